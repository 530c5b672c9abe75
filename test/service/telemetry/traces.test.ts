import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Metadata } from '@grpc/grpc-js'
import { describe, expect, test } from 'vitest'
import { makeCalls } from '../../support/calls-of-every-kind.js'
import { addRequest } from '../../support/client.js'
import { Directory } from '../../support/directory.js'
import { httpCall } from '../../support/http-call.js'
import { storeQueued } from '../../support/queued-contacts.js'
import { startReceivers } from '../../support/receivers.js'
import { uniqueName } from '../../support/running-service.js'
import { type ReceivedSpan, startTraceCollector } from '../../support/trace-collector.js'
import { asText, startTraced } from '../../support/traced-service.js'
import { VerifyingDirectory } from '../../support/verifying-directory.js'
import { deferred, until } from '../../support/waiting.js'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const spanId = '00f067aa0ba902b7'
const sampled = `00-${traceId}-${spanId}-01`
const notSampled = `00-${traceId}-${spanId}-00`

const sendMethod = 'messagecontacts.v1.MessageContactService/SendEmailVerificationForMessageContact'

/** The trace of a Send in docs/traces.md. */
const page = readFileSync(fileURLToPath(new URL('../../../docs/traces.md', import.meta.url)), 'utf8')
const [, documentedTrace = ''] = /^```text\n([^`]*)\n```$/m.exec(page) ?? []

/** What a call needs to have this parent. */
function withParent(traceparent: string) {
  const metadata = new Metadata()
  metadata.set('traceparent', traceparent)
  return { metadata, directoryId: uniqueName('rd') }
}

test('the trace of a Send leads from the caller through batches and commands to the mail server', async () => {
  const collector = await startTraceCollector()
  const receivers = await startReceivers()
  const service = await startTraced(collector.url, { environment: receivers.settings })
  const options = withParent(sampled)
  const { response } = await service.client.addMessageContact(addRequest(), { ...options, metadata: new Metadata() })
  const { contactId = '', emailAddress = '' } = response.contact ?? {}
  const { requestId } = await service.client.sendEmailVerificationForMessageContact(
    { contactId, emailAddress },
    options,
  )
  await receivers.codeByEmail(emailAddress)
  const { dbName } = service.collection
  await service.stop()
  const add = collector.spans.find(({ name }) => name.endsWith('/AddMessageContact'))
  const spans = collector.spans.filter((span) => span.traceId !== add?.traceId)
  expect(asText(spans)).toBe(documentedTrace)
  expect(spans.filter((span) => !isWithinParent(span, spans))).toEqual([])
  const batch = { 'messagecontacts.batch.size': 1 }
  const command = (name: string, collection: string) => ({
    'db.system.name': 'mongodb',
    'db.operation.name': name,
    'db.namespace': dbName,
    'db.collection.name': collection,
  })
  expect(Object.fromEntries(spans.map(({ name, attributes }) => [name, attributes]))).toEqual({
    [sendMethod]: {
      'rpc.system.name': 'grpc',
      'rpc.method': sendMethod,
      'rpc.status_code': 'OK',
      'messagecontacts.request_id': requestId,
    },
    'batch read': batch,
    'batch limit': batch,
    'batch write': batch,
    'find message_contacts': command('find', 'message_contacts'),
    'find message_contacts_quotas': command('find', 'message_contacts_quotas'),
    'findAndModify message_contacts_quotas': command('findAndModify', 'message_contacts_quotas'),
    'update message_contacts': command('update', 'message_contacts'),
    'deliver email': {
      'messagecontacts.channel': 'email',
      'messagecontacts.delivery.attempt': 1,
      'messagecontacts.delivery.outcome': 'sent',
    },
    'send email': { 'messagecontacts.channel': 'email' },
  })
})

/** True for spans without a parent here. */
function isWithinParent({ parentSpanId, startTime, endTime }: ReceivedSpan, all: readonly ReceivedSpan[]): boolean {
  const parent = all.find((span) => span.spanId === parentSpanId)
  return !parent || (parent.startTime <= startTime && startTime <= endTime && endTime <= parent.endTime)
}

describe('a service with traces', () => {
  test('takes the parent of a call from its metadata and from its headers', async () => {
    const collector = await startTraceCollector()
    const service = await startTraced(collector.url, { environment: { HTTP_LISTEN: '127.0.0.1:0' } })
    const options = withParent(sampled)
    await service.client.listMessageContacts({}, options)
    const headers = {
      'content-type': 'application/json',
      'x-resource-directory-id': options.directoryId,
      traceparent: sampled,
      tracestate: 'one=1',
    }
    const path = '/messagecontacts.v1.MessageContactService/ListMessageContacts'
    const answer = await httpCall(service.app.httpAddress ?? '', { path, headers, body: '{}' })
    await service.stop()
    expect(answer.status).toBe(200)
    const calls = collector.spans.filter(({ kind }) => kind === 'SERVER')
    const common = { traceId, parentSpanId: spanId, name: path.slice(1) }
    expect(calls).toMatchObject([
      { ...common, traceState: '', attributes: { 'rpc.system.name': 'grpc', 'rpc.status_code': 'OK' } },
      { ...common, traceState: 'one=1', attributes: { 'rpc.system.name': 'connectrpc', 'rpc.status_code': 'OK' } },
    ])
  })

  test('gives each of many calls at once a span of the batch in which it waits', async () => {
    const collector = await startTraceCollector()
    const service = await startTraced(collector.url)
    const directory = new Directory(service)
    const { contactId } = await directory.add()
    await Promise.all(Array.from({ length: 50 }, () => directory.get(contactId)))
    await service.stop()
    const gets = collector.spans.filter(({ name }) => name.endsWith('/GetMessageContact'))
    const batches = collector.spans.filter(({ name }) => name === 'batch read')
    expect(batches.map(({ parentSpanId }) => parentSpanId).sort()).toEqual(gets.map(({ spanId: id }) => id).sort())
    // Each span of a batch with commands is linked to its calls, each other one to such a span.
    const withCommands = new Set(
      collector.spans.filter(({ name }) => name === 'find message_contacts').map(({ parentSpanId }) => parentSpanId),
    )
    const linkedCalls = batches
      .filter(({ spanId: id }) => withCommands.has(id))
      .flatMap(({ links }) => links.map(({ spanId: id }) => id))
    expect(linkedCalls.sort()).toEqual(gets.map(({ spanId: id }) => id).sort())
    const shares = batches.filter(({ spanId: id }) => !withCommands.has(id))
    expect(shares.every(({ links: [link] }) => withCommands.has(link?.spanId ?? ''))).toBe(true)
  })

  test('sends nothing about calls that are not sampled: neither the caller nor the sampler wants it', async () => {
    const collector = await startTraceCollector()
    const receivers = await startReceivers()
    const variables = { OTEL_TRACES_SAMPLER: 'parentbased_always_off' }
    const service = await startTraced(collector.url, { environment: receivers.settings, variables })
    for (const options of [withParent(notSampled), { directoryId: uniqueName('rd') }]) {
      const { response } = await service.client.addMessageContact(addRequest(), options)
      const { contactId = '', emailAddress = '' } = response.contact ?? {}
      await service.client.sendEmailVerificationForMessageContact({ contactId, emailAddress }, options)
    }
    await until('both are sent', () => receivers.emails.length === 2)
    const stored = await service.collection.find().toArray()
    await service.stop()
    expect(collector.requests).toEqual([])
    expect(stored.map(({ email }) => email.verification).filter((each) => each && 'traceparent' in each)).toEqual([])
  })

  test('may be told by its sampler not to ask callers', async () => {
    const collector = await startTraceCollector()
    const variables = { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' }
    const service = await startTraced(collector.url, { variables })
    await service.client.listMessageContacts({}, withParent(sampled))
    await service.stop()
    expect(collector.requests).toEqual([])
  })

  test('stores the span of a Send with the verification, and nothing else', async () => {
    const collector = await startTraceCollector()
    const environment = { UNCONFIGURED_SENDER: 'print' }
    const service = await startTraced(collector.url, { environment, dependencies: { print: () => {} } })
    const directory = new Directory(service)
    const { contactId, emailAddress } = await directory.add()
    await directory.sendEmail(contactId, emailAddress)
    const [stored] = await directory.stored()
    await service.stop()
    const send = collector.spans.find(({ name }) => name.endsWith('/SendEmailVerificationForMessageContact'))
    expect(stored?.email.verification?.traceparent).toBe(`00-${send?.traceId}-${send?.spanId}-01`)
  })

  test('delivers what was stored without a span, or with a damaged one, and makes none for it', async () => {
    const collector = await startTraceCollector()
    const receivers = await startReceivers()
    const service = await startTraced(collector.url, { environment: receivers.settings })
    const damaged = [undefined, 'tom@example.com', 7, { traceparent: sampled }, null]
    await storeQueued(
      service.collection,
      damaged.map((traceparent, index) => ({
        directoryId: uniqueName('rd'),
        emailAddress: `tom${index}@example.com`,
        phoneNumber: '86-13900001234',
        due: ['email'],
        traceparent,
      })),
    )
    const isQueued = { deliveryDueDate: { $exists: true } }
    await until('all are sent', async () => (await service.collection.countDocuments(isQueued)) === 0)
    await service.stop()
    expect(receivers.emails).toHaveLength(damaged.length)
    expect(collector.requests).toEqual([])
  })

  test('sends nothing that a caller sent, and nothing that was made for one', async () => {
    const collector = await startTraceCollector()
    const receivers = await startReceivers()
    const service = await startTraced(collector.url, { environment: receivers.settings })
    const ofCallers = await makeCalls(service)
    await service.stop()
    expect(collector.spans.length).toBeGreaterThan(50)
    const bytes = Buffer.concat(collector.bodies)
    expect(ofCallers.filter((value) => bytes.includes(value))).toEqual([])
    expect(bytes.includes('127.0.0.1')).toBe(false)
  })

  test('names the trace in the log lines of calls and deliveries', async () => {
    const collector = await startTraceCollector()
    const receivers = await startReceivers()
    const service = await startTraced(collector.url, { environment: receivers.settings })
    const directory = new VerifyingDirectory(service)
    await directory.sendCode(await directory.add())
    await service.stop()
    const lines = service
      .log()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
    const spans = collector.spans.filter(({ kind }) => kind === 'SERVER' || kind === 'CONSUMER')
    const named = lines
      .filter(({ trace_id }) => trace_id !== undefined)
      .map(({ msg, trace_id, span_id }) => {
        const span = spans.find(({ traceId: trace, spanId: id }) => trace === trace_id && id === span_id)
        return [msg, span?.name.replace(/.*\//, '')]
      })
    expect(named).toEqual([
      ['call ended', 'AddMessageContact'],
      ['audit', 'AddMessageContact'],
      ['call ended', 'SendEmailVerificationForMessageContact'],
      ['audit', 'SendEmailVerificationForMessageContact'],
      ['delivery attempt', 'deliver email'],
    ])
  })
})

describe('a service whose collector', () => {
  const fast = { OTEL_BSP_SCHEDULE_DELAY: '10', OTEL_EXPORTER_OTLP_TIMEOUT: '200' }
  const lostLines = (log: string) => log.split('\n').filter((line) => line.includes('"msg":"traces not sent"'))

  test('is away serves as always, and says so once', async () => {
    const service = await startTraced('http://127.0.0.1:9', { variables: fast })
    const directory = new Directory(service)
    await until('it is logged', async () => {
      await directory.list()
      return lostLines(service.log()).length > 0
    })
    // Three more exports fail.
    for (let call = 0; call < 60; call += 1) await directory.list()
    await service.stop()
    const [line = '', ...others] = lostLines(service.log())
    expect(others).toEqual([])
    expect(JSON.parse(line)).toMatchObject({ level: 40, cause: { code: 'ECONNREFUSED' } })
  })

  test('does not answer keeps only as many spans as may wait', async () => {
    const held = deferred()
    const collector = await startTraceCollector(() => held.promise)
    const variables = {
      OTEL_BSP_SCHEDULE_DELAY: '60000',
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '2',
      OTEL_BSP_MAX_QUEUE_SIZE: '4',
    }
    const service = await startTraced(collector.url, { variables })
    const directory = new Directory(service)
    for (let call = 0; call < 20; call += 1) await directory.list()
    held.resolve()
    await service.stop()
    expect(collector.spans).toHaveLength(2 + 4)
    expect(lostLines(service.log())).toEqual([])
  })

  test('does not answer when the process stops says so', async () => {
    const collector = await startTraceCollector(() => new Promise(() => {}))
    const service = await startTraced(collector.url)
    await new Directory(service).list()
    await service.stop()
    const [line = '', ...others] = lostLines(service.log())
    expect(others).toEqual([])
    expect(JSON.parse(line)).toMatchObject({ level: 40, cause: { code: 'ETIMEDOUT' } })
  })

  test('refuses them says so, without its words', async () => {
    const collector = await startTraceCollector(async (response) => {
      response.writeHead(401, 'tom@example.com').end('tom@example.com')
    })
    const service = await startTraced(collector.url, { variables: fast })
    await new Directory(service).list()
    await service.stop()
    const lines = lostLines(service.log())
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain('"code":401')
    expect(lines[0]).not.toContain('tom@')
  })
})
