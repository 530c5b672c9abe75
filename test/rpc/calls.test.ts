import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { afterEach, describe, expect, test } from 'vitest'
import { Failure } from '../../src/failure.js'
import {
  AddMessageContactRequestSchema,
  AddMessageContactResponseSchema,
} from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import type { Answered } from '../../src/rpc/call.js'
import { badRequest, expectRefusal, requestIdPattern, retryInfo } from '../refusal.js'
import { answered, frame, rawCall } from './raw-call.js'
import { echo, known, promised, startToy, stopToys, type Toy, toyPath, until } from './toy-service.js'

afterEach(stopToys)

/** What no caller may ever read. */
const secret = 'mongodb://admin:hunter2@db.internal'

describe('a function that answers', () => {
  test('is given the request, the caller and a request id, and its answer is sent with that id in the trailers', async () => {
    const toy = await startToy(async ({ name }, { caller, requestId }) => ({
      requestId,
      contact: { name: `${caller} ${name}` },
    }))
    const { response, requestId } = await toy.client.addMessageContact({ name: 'Tom' }, known)
    expect(requestId).toMatch(requestIdPattern)
    expect(response).toEqual(
      create(AddMessageContactResponseSchema, { requestId: requestId ?? '', contact: { name: 'toy Tom' } }),
    )
  })

  test('has another request id for every call', async () => {
    const toy = await startToy(echo)
    const calls = Array.from({ length: 50 }, () => toy.client.addMessageContact({ name: 'Tom' }, known))
    const ids = (await Promise.all(calls)).map(({ requestId }) => requestId)
    expect(new Set(ids).size).toBe(50)
  })

  test('answers calls at once, each with its own answer', async () => {
    const toy = await startToy(async ({ name }, { requestId }) => {
      // The later it was asked, the sooner it answers.
      await new Promise((resolve) => setTimeout(resolve, 20 - Number(name)))
      return { requestId, contact: { name } }
    })
    const names = Array.from({ length: 20 }, (_, index) => String(index))
    const answers = await Promise.all(names.map((name) => toy.client.addMessageContact({ name }, known)))
    expect(answers.map(({ response }) => response.contact?.name)).toEqual(names)
    expect(answers.map(({ response, requestId }) => response.requestId === requestId)).toEqual(names.map(() => true))
  })

  test('is given no unknown fields', async () => {
    const asked = promised<object>()
    const toy = await startToy(async (request) => {
      asked.keep(request)
      return {}
    })
    const bytes = toBinary(AddMessageContactRequestSchema, create(AddMessageContactRequestSchema, { name: 'Tom' }))
    // Field 1000, length-delimited, three bytes.
    const unknown = Buffer.from([0xc2, 0x3e, 3, 65, 66, 67])
    await toy.client.sendBytes(toyPath, Buffer.concat([bytes, unknown]), known)
    expect(await asked.promise).toEqual(create(AddMessageContactRequestSchema, { name: 'Tom' }))
  })
})

describe('a function that fails', () => {
  test('is refused as its Failure says, with details', async () => {
    const toy = await startToy(async () => {
      throw new Failure('MISSING_PARAMETER_NAME', {
        violations: [{ field: 'name', reason: 'MISSING_PARAMETER_NAME' }],
        cause: new Error(secret),
      })
    })
    await expectRefusal(toy.client.addMessageContact({}, known), 'MISSING_PARAMETER_NAME', {
      BadRequest: badRequest(['name', 'MISSING_PARAMETER_NAME']),
    })
  })

  const failing: readonly (readonly [string, Toy])[] = [
    ['throws an error', () => Promise.reject(new Error(secret))],
    ['throws before its first await', throwAtOnce],
    ['throws what a driver throws', () => Promise.reject(Object.assign(new Error(secret), { code: 11000 }))],
    ['throws what looks like a status', () => Promise.reject({ code: 5, details: secret, metadata: {} })],
    ['throws a text', () => Promise.reject(secret)],
    ['throws nothing at all', () => Promise.reject(undefined)],
    ['answers what cannot be serialized', async () => ({ contact: { name: secret, title: 2 ** 40 } })],
  ]
  test.each(failing)('that %s is INTERNAL with one fixed sentence', async (_, fail) => {
    const toy = await startToy(fail)
    const { headers, body } = await rawCall(toy.address, {
      path: toyPath,
      headers: { 'x-resource-directory-id': 'toy' },
      body: frame(Buffer.alloc(0)),
    })
    expect(body).toHaveLength(0)
    expect(JSON.stringify(headers)).not.toContain('hunter2')
    await expectRefusal(answered(Promise.resolve({ headers, body, resetCode: 0 })), 'INTERNAL')
    expect(toy.observed.map(({ reason }) => reason)).toEqual(['INTERNAL'])
  })

  test('leaves the connection good for the next call', async () => {
    const toy = await startToy(async ({ name }, call) => {
      if (name === 'bad') throw new Error(secret)
      return echo(create(AddMessageContactRequestSchema, { name }), call)
    })
    await expectRefusal(toy.client.addMessageContact({ name: 'bad' }, known), 'INTERNAL')
    expect((await toy.client.addMessageContact({ name: 'Tom' }, known)).response.contact?.name).toBe('Tom')
  })
})

describe('the order of a call', () => {
  const broken = Buffer.from([0x0a, 0x05, 0x41])

  test('a stranger is CALLER_UNKNOWN, even with bytes that are no message', async () => {
    const toy = await startToy(echo)
    await expectRefusal(toy.client.sendBytes(toyPath, broken), 'CALLER_UNKNOWN')
    await expectRefusal(answered(rawCall(toy.address, { path: toyPath })), 'CALLER_UNKNOWN')
    await expectRefusal(toy.client.addMessageContact({ name: 'Tom' }), 'CALLER_UNKNOWN')
  })

  test('a stranger takes no room: the function is not run', async () => {
    let runs = 0
    const toy = await startToy(async () => {
      runs += 1
      return {}
    })
    await expectRefusal(toy.client.addMessageContact({}), 'CALLER_UNKNOWN')
    await expectRefusal(toy.client.sendBytes(toyPath, broken, known), 'MALFORMED_REQUEST')
    expect(runs).toBe(0)
  })

  test('an overloaded server does not ask who calls', async () => {
    const held = promised()
    const toy = await startToy(() => held.promise.then(() => ({})), { mostCallsInFlight: 1 })
    const first = toy.client.addMessageContact({}, known)
    await expectRefusal(afterRefusal(toy.connect()), 'OVERLOADED', { RetryInfo: retryInfo(1000) })
    held.keep()
    await first
  })
})

describe('observe', () => {
  test('is told once of every call, and nothing that the caller sent', async () => {
    const cause = new Error(secret)
    const toy = await startToy(async ({ name }, call) => {
      if (name === 'bad') throw cause
      return echo(create(AddMessageContactRequestSchema, { name }), call)
    })
    const ids = [(await toy.client.addMessageContact({ name: 'Tom' }, known)).requestId]
    await expectRefusal(toy.client.addMessageContact({ name: 'bad' }, known), 'INTERNAL')
    await expectRefusal(toy.client.addMessageContact({ name: 'Tom' }), 'CALLER_UNKNOWN')
    await expectRefusal(toy.client.sendBytes(toyPath, Buffer.from([0xff]), known), 'MALFORMED_REQUEST')
    // Without a message no handler is reached, and yet it is told.
    await expectRefusal(
      answered(rawCall(toy.address, { path: toyPath, headers: { 'x-resource-directory-id': 'toy' } })),
      'MALFORMED_REQUEST',
    )
    const told = (reason: Answered['reason'], others: Partial<Answered> = {}) => ({
      path: toyPath,
      requestId: expect.stringMatching(requestIdPattern),
      reason,
      durationMs: expect.any(Number),
      cancelled: false,
      ...others,
    })
    expect(toy.observed).toEqual([
      told('OK', { requestId: ids[0] ?? '' }),
      told('INTERNAL', { cause }),
      told('CALLER_UNKNOWN'),
      told('MALFORMED_REQUEST'),
      told('MALFORMED_REQUEST'),
    ])
    expect(new Set(toy.observed.map(({ requestId }) => requestId)).size).toBe(5)
  })

  test('is told how long a call took, by the clock that was handed in', async () => {
    let now = 1_000_000
    const toy = await startToy(
      async () => {
        now += 1234
        return {}
      },
      { now: () => now },
    )
    await toy.client.addMessageContact({}, known)
    expect(toy.observed.map(({ durationMs }) => durationMs)).toEqual([1234])
  })

  test('is told that the client went away', async () => {
    const held = promised()
    const begun = promised()
    const toy = await startToy(async (_, { ended }) => {
      begun.keep()
      await until('the call has ended', ended)
      held.keep()
      return {}
    })
    const gone = new AbortController()
    const call = toy.client.addMessageContact({}, { ...known, signal: gone.signal })
    await begun.promise
    gone.abort()
    await expect(call).rejects.toMatchObject({ refusal: { code: 1, details: [] } })
    await held.promise
    await until('it was told', () => toy.observed.length === 1)
    expect(toy.observed).toMatchObject([{ reason: 'OK', cancelled: true }])
  })
})

test('an answer is the message that the contract says', async () => {
  const toy = await startToy(echo)
  const body = await answered(
    rawCall(toy.address, {
      path: toyPath,
      headers: { 'x-resource-directory-id': 'toy' },
      body: frame(
        toBinary(AddMessageContactRequestSchema, create(AddMessageContactRequestSchema, { name: '\u{20000}' })),
      ),
    }),
  )
  expect(fromBinary(AddMessageContactResponseSchema, body).contact?.name).toBe('\u{20000}')
})

function throwAtOnce(): never {
  throw new Error(secret)
}

/** Calls of a stranger, again and again, until the server has no room left for one. */
async function afterRefusal(client: { addMessageContact(request: object): Promise<unknown> }): Promise<unknown> {
  for (let attempt = 0; ; attempt += 1) {
    const refusal: unknown = await client.addMessageContact({}).then(
      () => undefined,
      (error: unknown) => error,
    )
    if (attempt > 100 || !String(refusal).includes('caller')) throw refusal
  }
}
