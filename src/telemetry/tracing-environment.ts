import { ConfigurationError, type Environment } from '../config/read-settings.js'

/** A variable of OpenTelemetry with a value that would be ignored or misunderstood. */
interface Check {
  readonly names: readonly string[]
  readonly isValid: (value: string) => boolean
  readonly rule: string
}

const isOneOf =
  (...values: readonly string[]) =>
  (value: string) =>
    values.includes(value)

const isProbability = (value: string) => Number(value) >= 0 && Number(value) <= 1

/** The SDK ignores all attributes if one of them is wrong. */
const areAttributes = (value: string) =>
  value.split(',').every((part) => part.trim() === '' || /^\s*[^=\s][^=]*=[^=]*$/.test(part)) && isPercentEncoded(value)

function isPercentEncoded(value: string): boolean {
  try {
    decodeURIComponent(value)
    return true
  } catch {
    return false
  }
}

/** Where the spans go. Traces are on if one of them is set. */
const endpoints = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']

const samplers = ['always_on', 'always_off', 'traceidratio']

/** The SDK itself takes a default instead of such a value, and says nothing. */
const checks: readonly Check[] = [
  {
    names: ['OTEL_TRACES_EXPORTER'],
    isValid: isOneOf('otlp', 'none'),
    rule: 'must be otlp or none',
  },
  {
    names: endpoints,
    isValid: (value) => /^https?:\/\/./.test(value) && URL.canParse(value),
    rule: 'must be an http:// or https:// address',
  },
  {
    names: ['OTEL_EXPORTER_OTLP_PROTOCOL', 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'],
    isValid: isOneOf('http/protobuf'),
    rule: 'must be http/protobuf, the only protocol for traces that this service has',
  },
  {
    names: ['OTEL_EXPORTER_OTLP_COMPRESSION', 'OTEL_EXPORTER_OTLP_TRACES_COMPRESSION'],
    isValid: isOneOf('gzip', 'none'),
    rule: 'must be gzip or none',
  },
  {
    // With 0 in one of them, the SDK sends nothing, or does not end.
    names: [
      'OTEL_EXPORTER_OTLP_TIMEOUT',
      'OTEL_EXPORTER_OTLP_TRACES_TIMEOUT',
      'OTEL_BSP_MAX_QUEUE_SIZE',
      'OTEL_BSP_MAX_EXPORT_BATCH_SIZE',
      'OTEL_BSP_SCHEDULE_DELAY',
      'OTEL_BSP_EXPORT_TIMEOUT',
    ],
    isValid: (value) => /^[1-9]\d{0,8}$/.test(value),
    rule: 'must be a whole number from 1 to 999999999',
  },
  {
    names: ['OTEL_TRACES_SAMPLER'],
    isValid: isOneOf(...samplers, ...samplers.map((name) => `parentbased_${name}`)),
    rule: `must be ${samplers.join(', ')}, or one of them after parentbased_`,
  },
  {
    names: ['OTEL_TRACES_SAMPLER_ARG'],
    isValid: isProbability,
    rule: 'must be a number from 0 to 1',
  },
  {
    names: ['OTEL_PROPAGATORS'],
    isValid: (value) => value.split(',').some((name) => name.trim() === 'tracecontext'),
    rule: 'must contain tracecontext, the only propagator that this service has',
  },
  {
    names: ['OTEL_RESOURCE_ATTRIBUTES'],
    isValid: areAttributes,
    rule: 'must be name=value, with commas between, and with % escapes for commas and equals signs',
  },
]

/** A variable for all signals does not count where the one for traces is set. */
function isOverridden(name: string, environment: Environment): boolean {
  const forTraces = name.replace('_OTLP_', '_OTLP_TRACES_')
  return forTraces !== name && Boolean(environment[forTraces])
}

/**
 * Whether the variables of OpenTelemetry ask for traces. The SDK reads the rest of them itself, and only if they do. An empty variable counts
 * as unset. Throws ConfigurationError if traces are on and a variable has a value that the SDK would ignore or
 * misunderstand.
 */
export function areTracesOn(environment: Environment): boolean {
  const { OTEL_SDK_DISABLED = '', OTEL_TRACES_EXPORTER, OTEL_TRACES_SAMPLER } = environment
  const isAskedFor = Boolean(OTEL_TRACES_EXPORTER) || endpoints.some((name) => environment[name])
  const isTurnedOff = OTEL_TRACES_EXPORTER === 'none' || OTEL_TRACES_SAMPLER === 'always_off'
  if (!isAskedFor || isTurnedOff || OTEL_SDK_DISABLED.toLowerCase() === 'true') return false
  const problems = checks.flatMap(({ names, isValid, rule }) =>
    names
      .filter((name) => !isOverridden(name, environment))
      .filter((name) => environment[name] && !isValid(environment[name]))
      .map((name) => `${name} ${rule}`),
  )
  if (problems.length > 0) throw new ConfigurationError(problems)
  return true
}
