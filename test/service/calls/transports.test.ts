import { type MessageInitShape, type MessageShape, toJson } from '@bufbuild/protobuf'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import type { OperationCall } from '../../../src/calls/call.js'
import type { BoundService, Operation } from '../../../src/calls/service.js'
import type { CallSettings } from '../../../src/calls/settings.js'
import { createContactOperations } from '../../../src/contacts/operations.js'
import { contactCollection } from '../../../src/contacts/store/collection.js'
import { ContactInserter } from '../../../src/contacts/store/inserter.js'
import { ContactLister } from '../../../src/contacts/store/lister.js'
import { ContactReader } from '../../../src/contacts/store/reader.js'
import { TakenReader } from '../../../src/contacts/store/taken-reader.js'
import { ContactWriter } from '../../../src/contacts/store/writer.js'
import { Database } from '../../../src/database/database.js'
import { errorCatalog, type Reason } from '../../../src/errors/catalog.js'
import { Failure } from '../../../src/errors/failure.js'
import { type MessageContact, MessageContactSchema } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { MessageContactService } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { readSettings } from '../../../src/settings.js'
import { addRequest, ContactsClient } from '../../support/client.js'
import { unknownContactId } from '../../support/directory.js'
import { RecordingObserver } from '../../support/recording-observer.js'
import { requestIdPattern } from '../../support/refusal.js'
import { uniqueName, verificationSecrets } from '../../support/running-service.js'
import { echo, toyService } from '../../support/toy-service.js'
import {
  type GetRequest,
  path,
  refusalOf,
  startTransports,
  type Transport,
  transports,
} from '../../support/transports.js'
import { deferred, until } from '../../support/waiting.js'
import { WireProxy } from '../../support/wire-proxy.js'

// The call pipeline knows no transport: one service gives the same answers over gRPC and over each protocol of HTTP.

const method = MessageContactService.method.getMessageContact
const headers = { 'x-resource-directory-id': 'rd-1' }

/** Waited for by the toy operation for the contact `held`. */
let release = deferred()
let runs = 0

/** Answers with the contact id and the caller's directory; fails or waits for some contact ids. */
async function getMessageContact(
  { contactId }: MessageShape<typeof method.input>,
  { requestId, caller }: OperationCall,
): Promise<MessageInitShape<typeof method.output>> {
  runs += 1
  if (contactId === 'missing') throw new Failure('ENTITY_NOT_EXISTS_CONTACT')
  if (contactId === 'crash') throw new Error('mongodb://admin:hunter2@db.internal')
  if (contactId === 'held') await release.promise
  return { requestId, contact: { contactId, name: caller.directoryId } }
}

describe.each(transports)('GetMessageContact over %s, with a toy operation,', (transport) => {
  const other: Transport = transport === 'gRPC' ? 'Connect JSON' : 'gRPC'
  let stop = async () => {}
  afterEach(async () => {
    release.resolve()
    await stop()
  })

  async function start(settings: Partial<CallSettings> = {}) {
    release = deferred()
    runs = 0
    const toy = toyService(echo)
    const operations = { ...toy.operations, getMessageContact: getMessageContact as Operation }
    const running = await startTransports({ ...toy, operations }, settings)
    stop = running.stop
    return running
  }

  test('is answered with the result of the operation', async () => {
    const { send, observer } = await start()
    expect(await send(transport, { contactId: 'c-1', headers })).toEqual({
      requestId: observer.startedCalls[0]?.requestId,
      contact: { contactId: 'c-1', name: 'rd-1' },
    })
  })

  test('is served if its deadline is further away than timers can be', async () => {
    const { send, observer } = await start()
    const seen = await send(transport, { contactId: 'c-1', headers, timeoutMs: 9_999_999_000 })
    expect(seen).toMatchObject({ contact: { contactId: 'c-1', name: 'rd-1' } })
    expect(observer.endedCalls.map(({ reason }) => reason)).toEqual(['OK'])
  })

  test.each<readonly [Reason, GetRequest, number]>([
    ['DEADLINE_EXCEEDED', { contactId: 'c-1', headers, timeoutMs: 0 }, 0],
    ['UNAUTHENTICATED', { contactId: 'c-1' }, 0],
    ['MALFORMED_REQUEST', { contactId: 'c-1', headers, malformed: true }, 0],
    ['ENTITY_NOT_EXISTS_CONTACT', { contactId: 'missing', headers }, 1],
    ['INTERNAL', { contactId: 'crash', headers }, 1],
    ['DEADLINE_EXCEEDED', { contactId: 'held', headers, timeoutMs: 200 }, 1],
  ])('is refused with %s: %o', async (reason, request, expectedRuns) => {
    const { send, observer } = await start()
    const seen = await send(transport, request)
    expect(seen).toEqual(refusalOf(reason))
    expect(observer.endedCalls).toMatchObject([{ requestId: seen.requestId, path, reason }])
    expect(runs).toBe(expectedRuns)
  })

  test.each<readonly [Reason, GetRequest]>([
    ['UNAUTHENTICATED', { contactId: 'c-1' }],
    ['MALFORMED_REQUEST', { contactId: 'c-1', headers, malformed: true }],
    ['ENTITY_NOT_EXISTS_CONTACT', { contactId: 'missing', headers }],
  ])('is refused with %s and a link to its page, if PUBLIC_DOCS_URL is set', async (reason, request) => {
    const { send } = await start({ PUBLIC_DOCS_URL: 'https://docs.example.com/contacts' })
    const url = `https://docs.example.com/contacts/errors/${errorCatalog[reason].code}`
    const help = { $typeName: 'google.rpc.Help', links: [{ description: expect.any(String), url }] }
    const others = errorCatalog[reason].details.map((kind) => ({ $typeName: `google.rpc.${kind}` }))
    const { refusal } = refusalOf(reason)
    expect(await send(transport, request)).toMatchObject({ refusal: { ...refusal, details: [...others, help] } })
  })

  test('is refused with OVERLOADED because of calls over the other transport', async () => {
    const { send } = await start({ MAX_CALLS_IN_FLIGHT: 1 })
    const held = send(other, { contactId: 'held', headers })
    await until('the call is in flight', () => runs === 1)
    expect(await send(transport, { contactId: 'c-1', headers })).toEqual(refusalOf('OVERLOADED'))
    release.resolve()
    expect(await held).toMatchObject({ contact: { contactId: 'held' } })
  })

  test('is refused with SHUTTING_DOWN, or OUTCOME_UNKNOWN if it is open, when the pipeline stops', async () => {
    const { send, pipeline } = await start()
    const held = send(transport, { contactId: 'held', headers })
    await until('the call is in flight', () => runs === 1)
    pipeline.refuseNewCalls()
    expect(await send(transport, { contactId: 'c-1', headers })).toEqual(refusalOf('SHUTTING_DOWN'))
    pipeline.abandonOpenCalls()
    expect(await held).toEqual(refusalOf('OUTCOME_UNKNOWN'))
  })
})

describe('GetMessageContact with the operations and the database of the service,', () => {
  let proxy: WireProxy
  let database: Database
  let running: Awaited<ReturnType<typeof startTransports>>
  let contact: MessageContact
  beforeAll(async () => {
    proxy = await WireProxy.to(inject('mongodbUri'))
    const toy = toyService(echo)
    const operations = { ...toy.operations, ...contactOperations() }
    await database.probe()
    running = await startTransports({ ...toy, operations })
    const client = new ContactsClient(running.grpcAddress)
    const { response } = await client.addMessageContact(addRequest(), { directoryId: 'rd-1' })
    contact = response.contact ?? expect.fail('the answer has no contact')
    client.close()
  })
  afterAll(async () => {
    await running?.stop()
    await database?.close()
    await proxy?.close()
  })

  /** The modules of the service, connected as in the service, without its server. */
  function contactOperations(): BoundService['operations'] {
    const settings = readSettings({
      MONGODB_URI: proxy.uri,
      MONGODB_DATABASE: uniqueName('test'),
      DATABASE_TIMEOUT_SECONDS: '1',
      AUTHENTICATION: 'header',
      VERIFICATION_SECRETS: verificationSecrets,
    })
    database = new Database(settings, {
      now: Date.now,
      monotonicNow: () => performance.now(),
      observer: new RecordingObserver(),
    })
    const contacts = contactCollection(database)
    const reader = new ContactReader(database, contacts)
    const randomInt = () => 0
    const taken = new TakenReader(database, contacts)
    const operations = createContactOperations({
      settings,
      reader,
      lister: new ContactLister({ database, contacts, reader, settings }),
      inserter: new ContactInserter({ database, contacts, taken, settings, randomInt }),
      writer: new ContactWriter({ database, contacts, reader, randomInt }),
      now: () => database.now(),
      newContactId: () => 'c-0123456789ABCDEF',
    })
    return operations as unknown as BoundService['operations']
  }

  test.each(transports)('gives the contact over %s', async (transport) => {
    expect(await running.send(transport, { contactId: contact.contactId, headers })).toEqual({
      requestId: expect.stringMatching(requestIdPattern),
      contact: toJson(MessageContactSchema, contact),
    })
  })

  test.each<readonly [string, Reason, GetRequest]>([
    ['the contact is unknown', 'ENTITY_NOT_EXISTS_CONTACT', { contactId: unknownContactId, headers }],
    [
      'the contact belongs to another directory',
      'ENTITY_NOT_EXISTS_CONTACT',
      { contactId: 'c-0123456789ABCDEF', headers: { 'x-resource-directory-id': 'rd-2' } },
    ],
    ['the id is missing', 'MISSING_PARAMETER_CONTACT_ID', { contactId: '', headers }],
    ['the id is malformed', 'INVALID_PARAMETER_CONTACT_ID', { contactId: 'c-?', headers }],
    ['the caller is unknown', 'UNAUTHENTICATED', { contactId: 'c-?' }],
    ['the body is malformed', 'MALFORMED_REQUEST', { contactId: '', headers, malformed: true }],
  ])('is refused over all transports alike if %s: %s', async (_, reason, request) => {
    const seen = await Promise.all(transports.map((transport) => running.send(transport, request)))
    const [overGrpc] = seen as [ReturnType<typeof refusalOf>]
    for (const refusal of seen) expect(refusal).toEqual(refusalOf(reason, overGrpc.refusal.details))
  })

  test.each(transports)(
    'is refused over %s while the database cannot be reached, and served again after that',
    async (transport) => {
      const request = { contactId: contact.contactId, headers }
      proxy.watch(() => 'unreachable after')
      expect(await running.send(transport, request)).toEqual(refusalOf('DATABASE_UNAVAILABLE'))
      proxy.reset()
      await until('the database answers again', () =>
        database.probe().then(
          () => true,
          () => false,
        ),
      )
      expect(await running.send(transport, request)).toMatchObject({ contact: { name: 'Tom' } })
    },
  )
})
