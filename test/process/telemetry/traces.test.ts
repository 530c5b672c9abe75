import { describe, expect, inject, test } from 'vitest'
import { ContactsClient } from '../../support/client.js'
import { uniqueName } from '../../support/running-service.js'
import { ServiceProcess } from '../../support/service-process.js'
import { startTraceCollector } from '../../support/trace-collector.js'

/**
 * Makes a process of Node write the packages that it has loaded modules of to standard error when it ends: in one short line, because what
 * does not fit into the pipe at once is lost at the end of a process.
 */
const reportPackages = `--import data:text/javascript,${encodeURIComponent(`
  import { createRequire } from 'node:module'
  const { cache } = createRequire('/x.js')
  const packageOf = (path) => path.match(/.*node_modules\\/((@[^/]+\\/)?[^/]+)/)?.[1]
  process.on('exit', () => console.error('loaded ' + [...new Set(Object.keys(cache).map(packageOf))].join(' ')))`)}`

/** Lists contacts in a process with these variables, and stops it. Gives the process. */
async function listOnce(variables: Readonly<Record<string, string>>): Promise<ServiceProcess> {
  const environment = { MONGODB_URI: inject('mongodbUri'), MONGODB_DATABASE: uniqueName('traces'), ...variables }
  const service = await ServiceProcess.start({ environment })
  const client = new ContactsClient(service.address)
  await client.listMessageContacts({}, { directoryId: uniqueName('rd') })
  client.close()
  service.signal('SIGTERM')
  expect(await service.exit()).toBe(0)
  return service
}

/** The packages of which something was loaded. */
const loadedPackages = (service: ServiceProcess) =>
  service
    .stderr()
    .match(/^loaded (.*)$/m)?.[1]
    ?.split(' ')

test('without the variables of OpenTelemetry nothing of its SDK is loaded', async () => {
  const service = await listOnce({ NODE_OPTIONS: reportPackages })
  const packages = loadedPackages(service)
  expect(packages).toContain('mongodb')
  // prom-client loads `api`, which does nothing by itself.
  expect(packages?.filter((name) => name.startsWith('@opentelemetry/'))).toEqual(['@opentelemetry/api'])
})

describe('with them', () => {
  test('the spans of the last calls are sent when the process stops', async () => {
    const collector = await startTraceCollector()
    const service = await listOnce({
      NODE_OPTIONS: reportPackages,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=key-of-the-collector',
      OTEL_BSP_SCHEDULE_DELAY: '600000',
    })
    expect(loadedPackages(service)).toContain('@opentelemetry/sdk-trace-base')
    expect(collector.requests).toMatchObject([{ path: '/v1/traces', headers: { 'api-key': 'key-of-the-collector' } }])
    expect(collector.spans.map(({ kind }) => kind)).toContain('SERVER')
    expect(collector.spans[0]?.resource).toMatchObject({
      'service.name': 'message-contacts',
      'service.version': expect.stringMatching(/^\d+\.\d+\.\d+/),
      'telemetry.sdk.language': 'nodejs',
    })
    expect(service.output()).not.toContain('key-of-the-collector')
  })

  test('the name and the attributes of the process are those that they give', async () => {
    const collector = await startTraceCollector()
    await listOnce({
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/traces-of-contacts`,
      OTEL_SERVICE_NAME: 'contacts-in-test',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    })
    expect(collector.requests).toMatchObject([{ path: '/traces-of-contacts' }])
    expect(collector.spans[0]?.resource).toMatchObject({
      'service.name': 'contacts-in-test',
      'deployment.environment.name': 'test',
    })
  })

  test('a process whose collector is away stops in order', async () => {
    const service = await listOnce({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' })
    expect(service.lines().at(-1)?.msg).toBe('stopped')
  })

  test('a process does not start if the SDK would ignore one of them', async () => {
    const service = ServiceProcess.launch({
      MONGODB_URI: inject('mongodbUri'),
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4317',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    })
    expect(await service.exit()).toBe(2)
    expect(service.stderr()).toBe(
      'OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf, the only protocol for traces that this service has\n',
    )
  })
})
