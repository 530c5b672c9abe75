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

  test('is not looked at while traces are off', () => {
    expect(problemsOf({ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_TRACES_SAMPLER_ARG: 'x' })).toEqual([])
  })
})
