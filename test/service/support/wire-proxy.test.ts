import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { BSON, type Document } from 'mongodb'
import { expect, onTestFinished, test } from 'vitest'
import { deferred } from '../../support/waiting.js'
import { isCallCommand } from '../../support/watched-service.js'
import { documentOf, type Verdict, WireProxy } from '../../support/wire-proxy.js'

const opMsg = 2013

/** A message in the format of the database, with one document if there is one. */
function message(requestId: number, responseTo: number, body?: Document): Buffer {
  const document = body ? Buffer.concat([Buffer.from([0, 0, 0, 0, 0]), BSON.serialize(body)]) : Buffer.alloc(0)
  const header = Buffer.alloc(16)
  for (const [at, value] of [header.length + document.length, requestId, responseTo, opMsg].entries())
    header.writeInt32LE(value, 4 * at)
  return Buffer.concat([header, document])
}

/** A database that answers each command when the test says so, and a driver that sends one through a proxy. */
async function startBehindProxy() {
  const commands: Buffer[] = []
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}).on('data', (command) => commands.push(command)))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy = await WireProxy.to(`mongodb://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const driver = connect({ host: '127.0.0.1', port: Number(new URL(proxy.uri).port) })
  const answers: Buffer[] = []
  driver.on('error', () => {}).on('data', (answer) => answers.push(answer))
  onTestFinished(async () => {
    driver.destroy()
    for (const socket of sockets) socket.destroy()
    server.close()
    await proxy.close()
  })
  return {
    proxy,
    send: (requestId: number) => driver.write(message(requestId, 0, { insert: 'contacts' })),
    received: (count: number) => expect.poll(() => commands.length).toBe(count),
    answer: (requestId: number, body?: Document) => sockets[0]?.write(message(requestId + 100, requestId, body)),
    answered: (requestId: number) => expect.poll(() => answers).toEqual([message(requestId + 100, requestId)]),
    isCut: () => expect.poll(() => driver.destroyed || driver.readableEnded).toBe(true),
    answers,
  }
}

test('cuts the connection of a command after it was executed', async () => {
  const { proxy, send, received, answer, isCut, answers } = await startBehindProxy()
  proxy.watch(() => 'cut after')
  send(1)
  await received(1)
  answer(1)
  await isCut()
  expect(answers).toEqual([])
})

test('shows each reply with the command that it answers, also one that is lost', async () => {
  const { proxy, send, received, answer, isCut } = await startBehindProxy()
  const seen: unknown[] = []
  proxy.watch(() => (seen.length === 0 ? 'pass' : 'cut after'))
  proxy.watchReplies((reply, command) => {
    seen.push([documentOf(reply), command?.connection, command?.body])
  })
  for (const requestId of [1, 2]) {
    send(requestId)
    await received(requestId)
    answer(requestId, { ok: requestId })
    await expect.poll(() => seen.length).toBe(requestId)
  }
  await isCut()
  expect(seen).toEqual([
    [{ ok: 1 }, 1, { insert: 'contacts' }],
    [{ ok: 2 }, 1, { insert: 'contacts' }],
  ])
})

test.each(['cut after', 'unreachable after'] as const)(
  'after a reset, a reply passes that was to be lost: %s',
  async (verdict) => {
    const { proxy, send, received, answer, answered } = await startBehindProxy()
    proxy.watch(() => verdict)
    send(1)
    await received(1)
    proxy.reset()
    answer(1)
    await answered(1)
  },
)

test.each(['cut before', 'cut after'] as const)(
  'after a reset, a command passes whose verdict comes only then: %s',
  async (verdict) => {
    const { proxy, send, received, answer, answered } = await startBehindProxy()
    const [watched, decided] = [deferred(), deferred<Verdict>()]
    proxy.watch(() => {
      watched.resolve()
      return decided.promise
    })
    send(1)
    await watched.promise
    proxy.reset()
    decided.resolve(verdict)
    await received(1)
    answer(1)
    await answered(1)
  },
)

test.each([
  ['mongodb://127.0.0.1:1/?directConnection=true', /^mongodb:\/\/127\.0\.0\.1:\d+\/\?directConnection=true$/],
  [
    'mongodb://tom:p%40ss%2Fword@db.example/?authSource=admin&replicaSet=main',
    /^mongodb:\/\/tom:p%40ss%2Fword@127\.0\.0\.1:\d+\/\?authSource=admin&replicaSet=main&directConnection=true$/,
  ],
])('keeps the user and the options of %s', async (databaseUri, expected) => {
  const proxy = await WireProxy.to(databaseUri)
  expect(proxy.uri).toMatch(expected)
  await proxy.close()
})

test.each<[boolean, string, Document]>([
  [false, 'hello', { hello: 1 }],
  [false, 'ismaster', { ismaster: 1 }],
  [false, 'saslStart', { saslStart: 1, mechanism: 'SCRAM-SHA-256' }],
  [false, 'saslContinue', { saslContinue: 1 }],
  [false, 'endSessions', { endSessions: [] }],
  [false, 'findAndModify', { findAndModify: 'message_contacts_health' }],
  [false, 'find', { find: 'message_contacts', filter: { deliveryDueDate: {} } }],
  [true, 'find', { find: 'message_contacts', filter: { directoryId: 'rd-1' } }],
  [true, 'insert', { insert: 'message_contacts' }],
  [true, 'findAndModify', { findAndModify: 'message_contacts_quotas' }],
])('a call to the service: %s for %s %o', (isOfCall, name, body) => {
  expect(isCallCommand({ connection: 1, name, body, documents: [] })).toBe(isOfCall)
})
