import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../../../src/config/read-settings.js'
import { areTracesOn } from '../../../src/telemetry/tracing-environment.js'

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }

/** The problems with these variables. */
function problemsOf(environment: Readonly<Record<string, string>>): readonly string[] {
  try {
    areTracesOn(environment)
    return []
  } catch (error) {
    return error instanceof ConfigurationError ? error.problems : expect.fail(String(error))
  }
}

describe('traces', () => {
  test.each([
    [endpoint],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://collector.example:4318/v1/traces' }],
    [{ OTEL_TRACES_EXPORTER: 'otlp' }],
    [{ ...endpoint, OTEL_SDK_DISABLED: 'false' }],
    [{ ...endpoint, OTEL_TRACES_SAMPLER: 'parentbased_always_off' }],
  ])('are on with %j', (environment) => {
    expect(areTracesOn(environment)).toBe(true)
  })

  test.each([
    [{}],
    [{ OTEL_SERVICE_NAME: 'contacts', OTEL_TRACES_SAMPLER: 'always_on' }],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
    [{ ...endpoint, OTEL_SDK_DISABLED: 'TRUE' }],
    [{ ...endpoint, OTEL_TRACES_EXPORTER: 'none' }],
    [{ ...endpoint, OTEL_TRACES_SAMPLER: 'always_off' }],
  ])('are off with %j', (environment) => {
    expect(areTracesOn(environment)).toBe(false)
  })
})

const wholeNumber = 'must be a whole number from 1 to 999999999'
const attributes = 'must be name=value, with commas between, and with % escapes for commas and equals signs'

describe('a variable that the SDK would ignore', () => {
  test.each([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318', 'must be an http:// or https:// address'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'http://', 'must be an http:// or https:// address'],
    ['OTEL_TRACES_EXPORTER', 'console', 'must be otlp or none'],
    [
      'OTEL_EXPORTER_OTLP_PROTOCOL',
      'grpc',
      'must be http/protobuf, the only protocol for traces that this service has',
    ],
    [
      'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL',
      'http/json',
      'must be http/protobuf, the only protocol for traces that this service has',
    ],
    [
      'OTEL_TRACES_SAMPLER',
      'jaeger_remote',
      'must be always_on, always_off, traceidratio, or one of them after parentbased_',
    ],
    ['OTEL_TRACES_SAMPLER_ARG', '5 %', 'must be a number from 0 to 1'],
    ['OTEL_TRACES_SAMPLER_ARG', '1.5', 'must be a number from 0 to 1'],
    ['OTEL_EXPORTER_OTLP_COMPRESSION', 'zstd', 'must be gzip or none'],
    ['OTEL_EXPORTER_OTLP_TRACES_COMPRESSION', 'GZIP', 'must be gzip or none'],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '10s', wholeNumber],
    ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', '1e4', wholeNumber],
    ['OTEL_BSP_MAX_QUEUE_SIZE', '0', wholeNumber],
    ['OTEL_BSP_MAX_EXPORT_BATCH_SIZE', '0', wholeNumber],
    ['OTEL_BSP_SCHEDULE_DELAY', '-1', wholeNumber],
    ['OTEL_BSP_EXPORT_TIMEOUT', '4294967296', wholeNumber],
    ['OTEL_PROPAGATORS', 'b3,xtracecontext', 'must contain tracecontext, the only propagator that this service has'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'production', attributes],
    ['OTEL_RESOURCE_ATTRIBUTES', 'a=1,b', attributes],
    ['OTEL_RESOURCE_ATTRIBUTES', 'a=b=c', attributes],
    ['OTEL_RESOURCE_ATTRIBUTES', ' =a', attributes],
    ['OTEL_RESOURCE_ATTRIBUTES', 'a=%', attributes],
    ['OTEL_RESOURCE_ATTRIBUTES', 'a=%ff', attributes],
  ])('is refused: %s=%s', (name, value, rule) => {
    expect(problemsOf({ ...endpoint, [name]: value })).toEqual([`${name} ${rule}`])
  })

  test('is refused with all others at once', () => {
    const environment = { OTEL_TRACES_EXPORTER: 'zipkin', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }
    expect(problemsOf(environment)).toEqual([
      'OTEL_TRACES_EXPORTER must be otlp or none',
      'OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf, the only protocol for traces that this service has',
    ])
  })

  test.each([
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf' }],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector:4318' }],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: '10s', OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '10000' }],
    [{ OTEL_PROPAGATORS: 'b3, tracecontext,baggage' }],
    [{ OTEL_RESOURCE_ATTRIBUTES: 'service.namespace=a%2Cb, deployment.environment.name = production,k8s.node.name=' }],
    [{ OTEL_BSP_MAX_QUEUE_SIZE: '4096', OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' }],
  ])('is not among %j', (environment) => {
    expect(problemsOf({ ...endpoint, ...environment })).toEqual([])
  })

  test('is not looked at while traces are off', () => {
    expect(problemsOf({ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_TRACES_SAMPLER_ARG: 'x' })).toEqual([])
  })
})
