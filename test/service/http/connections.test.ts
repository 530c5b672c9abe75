import { once } from 'node:events'
import { Agent, type IncomingMessage, request as sendRequest } from 'node:http'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { Failure } from '../../../src/errors/failure.js'
import { httpCall, jsonOf } from '../../support/http-call.js'
import { startHttpToy, stopHttpToys } from '../../support/toy-http.js'
import { echo, never, toyPath } from '../../support/toy-service.js'
import { deferred, until } from '../../support/waiting.js'

const sockets: Socket[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await stopHttpToys()
})

type Toy = Awaited<ReturnType<typeof startHttpToy>>

const portOf = ({ address }: Pick<Toy, 'address'>) => Number(address.split(':')[1])

async function openSocket(toy: Pick<Toy, 'address'>): Promise<Socket> {
  const socket = connect({ port: portOf(toy), host: '127.0.0.1' })
  sockets.push(socket)
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

const headers = { 'x-resource-directory-id': 'toy', 'content-type': 'application/json' }
const call = { path: toyPath, headers, body: '{"name": "Tom"}' }
/** A call as text; without the last `missing` bytes of its body. */
function requestText(missing = 0): string {
  const lines = Object.entries({ host: 'toy', ...headers, 'content-length': call.body.length })
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return `POST ${toyPath} HTTP/1.1\r\n${head}\r\n${call.body.slice(0, call.body.length - missing)}`
}

/** Calls over a connection of the agent, and reads the whole answer. */
async function statusOf(toy: Toy, agent: Agent): Promise<number | undefined> {
  const request = sendRequest({ port: portOf(toy), host: '127.0.0.1', agent, path: toyPath, method: 'POST', headers })
  request.end(call.body)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  await text(response)
  return response.statusCode
}

const closed = (socket: Socket) => text(socket).catch(() => '')

describe('a slow client', () => {
  test.concurrent('that sends nothing, half of the headers or half of the body is refused, and its connection closed', async () => {
    const toy = await startHttpToy(echo)
    const answers = ['', 'POST / HTTP/1.1\r\nhost: toy\r\n', requestText(1)].map(async (sent) => {
      const socket = await openSocket(toy)
      socket.write(sent)
      return await closed(socket)
    })
    const timedOut = /^HTTP\/1\.1 408 Request Timeout\r\n[\s\S]*"The request did not arrive in time\."}$/
    expect(await Promise.all(answers)).toEqual([
      expect.stringMatching(timedOut),
      expect.stringMatching(timedOut),
      // Half of a body belongs to a request that has begun: no second answer may be mixed into its own.
      '',
    ])
    expect(toy.observer.startedCalls).toEqual([])
  })
})

describe('a client that sends without end', () => {
  test('gets its answer, and is cut when it does not stop', async () => {
    const toy = await startHttpToy(echo)
    const socket = await openSocket(toy)
    const received = closed(socket)
    const size = 1_000_000_000
    socket.write(requestText().replace(/content-length: \d+/, `content-length: ${size}`))
    const chunk = Buffer.alloc(65_536, ' ')
    while (!socket.destroyed && socket.writable) if (!socket.write(chunk)) await once(socket, 'drain').catch(() => {})
    expect(await received).toMatch(/^(HTTP\/1\.1 413 |$)/)
    expect(socket.bytesWritten).toBeLessThan(size / 10)
    expect(toy.observer.startedCalls).toEqual([])
  })
})

describe('MAX_CONNECTIONS', () => {
  test('closes further connections at once', async () => {
    const toy = await startHttpToy(echo, { settings: { MAX_CONNECTIONS: 1 } })
    await openSocket(toy)
    expect(await closed(await openSocket(toy))).toBe('')
    expect(toy.observer.reachedLimits).toEqual(['MAX_CONNECTIONS'])
  })
})

describe('MAX_STREAMS_PER_CONNECTION', () => {
  test('cuts a connection that sends more requests than it waits for', async () => {
    const toy = await startHttpToy(never, { settings: { MAX_STREAMS_PER_CONNECTION: 2 } })
    const socket = await openSocket(toy)
    socket.write(requestText().repeat(3))
    expect(await closed(socket)).toBe('')
    expect(toy.observer.reachedLimits).toEqual(['MAX_STREAMS_PER_CONNECTION'])
  })
})

describe('MAX_CONNECTION_IDLE_SECONDS', () => {
  test('closes a connection after a call', async () => {
    const toy = await startHttpToy(echo, { settings: { MAX_CONNECTION_IDLE_SECONDS: 0.2 } })
    const socket = await openSocket(toy)
    socket.write(requestText())
    expect(await closed(socket)).toMatch(/^HTTP\/1\.1 200 OK/)
  })
})

describe('MAX_CONNECTION_AGE_SECONDS and CONNECTION_AGE_GRACE_SECONDS', () => {
  const settings = { MAX_CONNECTION_AGE_SECONDS: 0.3, CONNECTION_AGE_GRACE_SECONDS: 0.3 }

  test('lets the call of an old connection finish, and closes it then', async () => {
    const held = deferred()
    const toy = await startHttpToy((request, operation) => held.promise.then(() => echo(request, operation)), {
      settings: { ...settings, CONNECTION_AGE_GRACE_SECONDS: 60 },
    })
    const busy = await openSocket(toy)
    busy.write(requestText())
    const answer = closed(busy)
    // It is younger, so the other one is old when it is closed.
    expect(await closed(await openSocket(toy))).toBe('')
    held.resolve()
    expect(await answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*connection: close/i)
  })

  test('cuts it after the grace period', async () => {
    const toy = await startHttpToy(never, { settings })
    const socket = await openSocket(toy)
    socket.write(requestText())
    expect(await closed(socket)).toBe('')
  })
})

describe('a client that goes away', () => {
  test('is observed as cancelled', async () => {
    const started = deferred()
    const held = deferred()
    const work = async () => {
      started.resolve()
      await held.promise
      return {}
    }
    const toy = await startHttpToy(work, { settings: { MAX_CONNECTIONS: 1 } })
    const socket = await openSocket(toy)
    socket.write(requestText())
    await started.promise
    socket.destroy()
    // A second connection is accepted only when the first one is gone.
    const isAccepted = () => httpCall(toy.address, { method: 'GET', path: '/' }).then(Boolean, () => false)
    await until('the connection is gone', isAccepted)
    held.resolve()
    await until('the call has ended', () => toy.observer.endedCalls.length === 1)
    expect(toy.observer.endedCalls).toMatchObject([{ reason: 'OK', cancelled: true }])
  })
})

describe('stop', () => {
  test('resolves at once if connections have no calls, even if one never sent anything', async () => {
    const toy = await startHttpToy(echo)
    await openSocket(toy)
    const kept = await openSocket(toy)
    kept.write(requestText())
    await once(kept, 'data')
    await toy.stop(60_000)
  })

  test('ends connections whose delayed refusals it answers', async () => {
    let runs = 0
    const refuse = async () => {
      runs += 1
      throw new Failure('THROTTLED')
    }
    // With a clock that stands still, 200 refusals are answered at once, and all others are delayed.
    const toy = await startHttpToy(refuse, { now: () => 0 })
    const agent = new Agent({ keepAlive: true, maxSockets: 20 })
    onTestFinished(() => agent.destroy())
    const statuses = () => Promise.all(Array.from({ length: 20 }, () => statusOf(toy, agent)))
    for (let wave = 0; wave < 10; wave += 1) await statuses()
    const delayed = statuses()
    await until('they are refused', () => runs === 220)
    // The client keeps its connections open: the service ends them, long before this timeout.
    const stopped = toy.stop(60_000)
    expect(await delayed).toEqual(Array(20).fill(429))
    await stopped
  }, 30_000)

  test('lets open calls finish, refuses those that arrive on open connections, and closes the port', async () => {
    const held = deferred()
    let runs = 0
    const toy = await startHttpToy(async (request, operation) => {
      runs += 1
      await held.promise
      return await echo(request, operation)
    })
    const open = httpCall(toy.address, call)
    await until('it runs', () => runs === 1)
    const incomplete = await openSocket(toy)
    incomplete.write(requestText(1))
    const answer = closed(incomplete)
    // Its headers have been read when a later request is answered.
    await httpCall(toy.address, { method: 'GET', path: '/' })
    const stopped = toy.stop(60_000)
    await expect(httpCall(toy.address, call)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    incomplete.write('}')
    expect(await answer).toMatch(/^HTTP\/1\.1 503 [\s\S]*SHUTTING_DOWN/)
    held.resolve()
    expect(jsonOf(await open)).toMatchObject({ contact: { name: 'Tom' } })
    await stopped
    expect(runs).toBe(1)
  })

  test('answers calls that are still open after the timeout as OUTCOME_UNKNOWN', async () => {
    const started = deferred()
    const toy = await startHttpToy((request, operation) => {
      started.resolve()
      return never(request, operation)
    })
    const open = httpCall(toy.address, call)
    await started.promise
    await toy.stop(1000)
    const answer = await open
    expect([answer.status, jsonOf(answer)['code']]).toEqual([503, 'unavailable'])
    expect(toy.observer.endedCalls.map(({ reason }) => reason)).toEqual(['OUTCOME_UNKNOWN'])
  })
})

test('calls follow each other on one connection', async () => {
  const toy = await startHttpToy(echo, { settings: { MAX_CONNECTIONS: 1 } })
  const agent = new Agent({ keepAlive: true })
  for (let count = 0; count < 3; count += 1) {
    const request = sendRequest({ port: portOf(toy), host: '127.0.0.1', agent, path: toyPath, method: 'POST', headers })
    request.end(call.body)
    const [response] = await once(request, 'response')
    expect(JSON.parse(await text(response))).toMatchObject({ contact: { name: 'Tom' } })
  }
  agent.destroy()
})
