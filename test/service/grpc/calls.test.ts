import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { afterEach, describe, expect, test } from 'vitest'
import { errorCatalog } from '../../../src/errors/catalog.js'
import { Failure } from '../../../src/errors/failure.js'
import {
  AddMessageContactRequestSchema,
  AddMessageContactResponseSchema,
} from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import type { CallEnd } from '../../../src/telemetry/observer.js'
import { answered, frame, rawCall } from '../../support/raw-call.js'
import { badRequest, expectRefusal, requestIdPattern, retryInfo } from '../../support/refusal.js'
import { echo, known, startToy, stopToys, type Toy, toyPath } from '../../support/toy-service.js'
import { deferred, until } from '../../support/waiting.js'

afterEach(stopToys)

/** A text that must never reach a client. */
const secret = 'mongodb://admin:hunter2@db.internal'

describe('an operation that answers', () => {
  test('gets the request, the caller and a request id, and its answer is sent with this id in the trailers', async () => {
    const toy = await startToy(async ({ name }, { caller, requestId, operation }) => ({
      requestId,
      contact: { name: `${caller.id} ${caller.directoryId} ${operation} ${name}` },
    }))
    const { response, requestId } = await toy.client.addMessageContact({ name: 'Tom' }, known)
    expect(requestId).toMatch(requestIdPattern)
    expect(response).toEqual(
      create(AddMessageContactResponseSchema, {
        requestId: requestId ?? '',
        contact: { name: 'toy toy AddMessageContact Tom' },
      }),
    )
  })

  test('gets a new request id for every call', async () => {
    const toy = await startToy(echo)
    const calls = Array.from({ length: 50 }, () => toy.client.addMessageContact({ name: 'Tom' }, known))
    const ids = (await Promise.all(calls)).map(({ requestId }) => requestId)
    expect(new Set(ids).size).toBe(50)
  })

  test('serves simultaneous calls, each with its own answer', async () => {
    const toy = await startToy(async ({ name }, { requestId }) => {
      // Later calls are answered sooner.
      await new Promise((resolve) => setTimeout(resolve, 20 - Number(name)))
      return { requestId, contact: { name } }
    })
    const names = Array.from({ length: 20 }, (_, index) => String(index))
    const answers = await Promise.all(names.map((name) => toy.client.addMessageContact({ name }, known)))
    expect(answers.map(({ response }) => response.contact?.name)).toEqual(names)
    expect(answers.map(({ response, requestId }) => response.requestId === requestId)).toEqual(names.map(() => true))
  })

  test('gets no unknown fields', async () => {
    const received = deferred<object>()
    const toy = await startToy(async (request) => {
      received.resolve(request)
      return {}
    })
    const bytes = toBinary(AddMessageContactRequestSchema, create(AddMessageContactRequestSchema, { name: 'Tom' }))
    // Field 1000, length-delimited, three bytes.
    const unknown = Buffer.from([0xc2, 0x3e, 3, 65, 66, 67])
    await toy.client.sendBytes(toyPath, Buffer.concat([bytes, unknown]), known)
    expect(await received.promise).toEqual(create(AddMessageContactRequestSchema, { name: 'Tom' }))
  })
})

describe('an operation that fails', () => {
  test('is answered with its Failure, with details', async () => {
    const toy = await startToy(async () => {
      throw new Failure('MISSING_PARAMETER_NAME', {
        violations: [{ field: 'name', reason: 'MISSING_PARAMETER_NAME' }],
        cause: new Error(secret),
      })
    })
    await expectRefusal(toy.client.addMessageContact({}, known), 'MISSING_PARAMETER_NAME', {
      BadRequest: badRequest(['name', 'MISSING_PARAMETER_NAME', errorCatalog.MISSING_PARAMETER_NAME.message]),
    })
  })

  const failing: readonly (readonly [string, Toy])[] = [
    ['throws an error', () => Promise.reject(new Error(secret))],
    ['throws before its first await', throwAtOnce],
    ['throws an error like those of a driver', () => Promise.reject(Object.assign(new Error(secret), { code: 11000 }))],
    ['throws an object like a status', () => Promise.reject({ code: 5, details: secret, metadata: {} })],
    ['throws a text', () => Promise.reject(secret)],
    ['throws undefined', () => Promise.reject(undefined)],
    ['returns a result that cannot be encoded', async () => ({ contact: { name: secret, title: 2 ** 40 } })],
  ]
  test.each(failing)('because it %s is INTERNAL, with the fixed message', async (_, fail) => {
    const toy = await startToy(fail)
    const { headers, body } = await rawCall(toy.address, {
      path: toyPath,
      headers: { 'x-resource-directory-id': 'toy' },
      body: frame(Buffer.alloc(0)),
    })
    expect(body).toHaveLength(0)
    expect(JSON.stringify(headers)).not.toContain('hunter2')
    await expectRefusal(answered(Promise.resolve({ headers, body, resetCode: 0 })), 'INTERNAL')
    expect(toy.endedCalls.map(({ reason }) => reason)).toEqual(['INTERNAL'])
  })

  test('leaves the connection usable for the next call', async () => {
    const toy = await startToy(async ({ name }, call) => {
      if (name === 'bad') throw new Error(secret)
      return echo(create(AddMessageContactRequestSchema, { name }), call)
    })
    await expectRefusal(toy.client.addMessageContact({ name: 'bad' }, known), 'INTERNAL')
    expect((await toy.client.addMessageContact({ name: 'Tom' }, known)).response.contact?.name).toBe('Tom')
  })
})

describe('a call without a known caller', () => {
  const broken = Buffer.from([0x0a, 0x05, 0x41])

  test('is UNAUTHENTICATED, even if its bytes are not a message', async () => {
    const toy = await startToy(echo)
    await expectRefusal(toy.client.sendBytes(toyPath, broken), 'UNAUTHENTICATED')
    await expectRefusal(answered(rawCall(toy.address, { path: toyPath })), 'UNAUTHENTICATED')
    await expectRefusal(toy.client.addMessageContact({ name: 'Tom' }), 'UNAUTHENTICATED')
  })

  test('does not reach the operation, nor does a malformed request', async () => {
    let runs = 0
    const toy = await startToy(async () => {
      runs += 1
      return {}
    })
    await expectRefusal(toy.client.addMessageContact({}), 'UNAUTHENTICATED')
    await expectRefusal(toy.client.sendBytes(toyPath, broken, known), 'MALFORMED_REQUEST')
    expect(runs).toBe(0)
  })

  test('is OVERLOADED if the service is, before its caller is authenticated', async () => {
    const held = deferred()
    const toy = await startToy(() => held.promise.then(() => ({})), { settings: { MAX_CALLS_IN_FLIGHT: 1 } })
    const first = toy.client.addMessageContact({}, known)
    await expectRefusal(nextOtherRefusal(toy.connect()), 'OVERLOADED', { RetryInfo: retryInfo(1000) })
    held.resolve()
    await first
  })
})

describe('the observer', () => {
  test('sees the end of every call once, and nothing that the client sent', async () => {
    const cause = new Error(secret)
    const toy = await startToy(async ({ name }, call) => {
      if (name === 'bad') throw cause
      return echo(create(AddMessageContactRequestSchema, { name }), call)
    })
    const ids = [(await toy.client.addMessageContact({ name: 'Tom' }, known)).requestId]
    await expectRefusal(toy.client.addMessageContact({ name: 'bad' }, known), 'INTERNAL')
    await expectRefusal(toy.client.addMessageContact({ name: 'Tom' }), 'UNAUTHENTICATED')
    await expectRefusal(toy.client.sendBytes(toyPath, Buffer.from([0xff]), known), 'MALFORMED_REQUEST')
    // Without a message grpc-js calls no handler; the call is observed nevertheless.
    await expectRefusal(
      answered(rawCall(toy.address, { path: toyPath, headers: { 'x-resource-directory-id': 'toy' } })),
      'MALFORMED_REQUEST',
    )
    const ended = (reason: CallEnd['reason'], others: Partial<CallEnd> = {}) => ({
      path: toyPath,
      requestId: expect.stringMatching(requestIdPattern),
      reason,
      durationMs: expect.any(Number),
      cancelled: false,
      ...others,
    })
    expect(toy.endedCalls).toEqual([
      ended('OK', { requestId: ids[0] ?? '' }),
      ended('INTERNAL', { cause }),
      ended('UNAUTHENTICATED'),
      ended('MALFORMED_REQUEST'),
      ended('MALFORMED_REQUEST'),
    ])
    expect(new Set(toy.endedCalls.map(({ requestId }) => requestId)).size).toBe(5)
  })

  test('sees how long a call took, by the given clock', async () => {
    let now = 1_000_000
    const toy = await startToy(
      async () => {
        now += 1234
        return {}
      },
      { now: () => now },
    )
    await toy.client.addMessageContact({}, known)
    expect(toy.endedCalls.map(({ durationMs }) => durationMs)).toEqual([1234])
  })

  test('sees that the client cancelled the call', async () => {
    const held = deferred()
    const started = deferred()
    const toy = await startToy(async (_, { deadline }) => {
      started.resolve()
      await until('the deadline has expired', () => deadline.isExpired())
      held.resolve()
      return {}
    })
    const cancellation = new AbortController()
    const call = toy.client.addMessageContact({}, { ...known, signal: cancellation.signal })
    await started.promise
    cancellation.abort()
    await expect(call).rejects.toMatchObject({ refusal: { code: 1, details: [] } })
    await held.promise
    await until('the end was observed', () => toy.endedCalls.length === 1)
    expect(toy.endedCalls).toMatchObject([{ reason: 'OK', cancelled: true }])
  })
})

test('an answer is encoded as its message in the contract', async () => {
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

/** Repeats a call without a caller until it is refused for another reason than that. */
async function nextOtherRefusal(client: { addMessageContact(request: object): Promise<unknown> }): Promise<unknown> {
  for (let attempt = 0; ; attempt += 1) {
    const refusal: unknown = await client.addMessageContact({}).then(
      () => undefined,
      (error: unknown) => error,
    )
    if (attempt > 100 || !String(refusal).includes('caller')) throw refusal
  }
}
