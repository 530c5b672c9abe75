import { describe, expect, inject, test } from 'vitest'
import { ContactsClient } from '../../support/client.js'
import { uniqueName } from '../../support/running-service.js'
import { ServiceProcess } from '../../support/service-process.js'
import { startTraceCollector } from '../../support/trace-collector.js'

/** Makes a process of Node write the modules that it has loaded to standard error when it ends. */
const reportModules = `--import data:text/javascript,${encodeURIComponent(`
  import { createRequire } from 'node:module'
  const { cache } = createRequire('/x.js')
  process.on('exit', () => {
    for (const path of Object.keys(cache)) console.error('loaded ' + path)
  })`)}`

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

/** The packages of OpenTelemetry of which something was loaded. prom-client loads `api`, which does nothing by itself. */
function loadedPackages(service: ServiceProcess): ReadonlySet<string> {
  const found = service.stderr().matchAll(/^loaded .*node_modules\/@opentelemetry\/([\w-]+)\//gm)
  return new Set([...found].map(([, name = '']) => name).filter((name) => name !== 'api'))
}

test('without the variables of OpenTelemetry nothing of its SDK is loaded', async () => {
  const service = await listOnce({ NODE_OPTIONS: reportModules })
  expect(service.stderr()).toContain('/node_modules/mongodb/')
  expect(loadedPackages(service)).toEqual(new Set())
})

describe('with them', () => {
  test('the spans of the last calls are sent when the process stops', async () => {
    const collector = await startTraceCollector()
    const service = await listOnce({
      NODE_OPTIONS: reportModules,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=key-of-the-collector',
      OTEL_BSP_SCHEDULE_DELAY: '600000',
    })
    expect(loadedPackages(service)).toContain('sdk-trace-base')
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
