import { decodeProtectedHeader, errors } from 'jose'
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { parseJwks, RemoteKeys } from '../../../src/access/signing-keys.js'
import { ConfigurationError } from '../../../src/config/read-settings.js'
import { jwksOf, TokenIssuer } from '../../support/access/token-issuer.js'
import { deferred } from '../../support/waiting.js'

let first: TokenIssuer
let second: TokenIssuer
beforeAll(async () => {
  first = await TokenIssuer.create('k-1')
  second = await TokenIssuer.create('k-2')
})
beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000, toFake: ['setTimeout', 'clearTimeout', 'Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const minuteMs = 60_000

/** Keys behind an address whose answers a test decides. */
function provider() {
  const state = { answer: async (): Promise<string> => jwksOf(first), requests: 0, rejected: [] as string[] }
  const keys = new RemoteKeys({
    request: () => {
      state.requests += 1
      return state.answer()
    },
    monotonicNow: Date.now,
    onRejected: (problems) => state.rejected.push(...problems),
  })
  return { state, keys }
}

const fail = (code: unknown) => () => Promise.reject(Object.assign(new Error('secret'), { code }))

/** Whether the keys have the one of an issuer. */
async function has(keys: RemoteKeys, issuer: TokenIssuer): Promise<boolean> {
  const header = decodeProtectedHeader(await issuer.token())
  try {
    return (await keys.current?.({ alg: '', ...header }, { payload: '', signature: '' })) !== undefined
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return false
    throw error
  }
}

describe('the keys of an identity provider', () => {
  test('are read at the start, and every 5 minutes', async () => {
    const { state, keys } = provider()
    await keys.start()
    expect(await has(keys, first)).toBe(true)
    state.answer = async () => jwksOf(second)
    await vi.advanceTimersByTimeAsync(5 * minuteMs - 1)
    expect([state.requests, await has(keys, first)]).toEqual([1, true])
    await vi.advanceTimersByTimeAsync(1)
    expect([state.requests, await has(keys, first), await has(keys, second)]).toEqual([2, false, true])
    keys.stop()
    await vi.advanceTimersByTimeAsync(60 * minuteMs)
    expect(state.requests).toBe(2)
  })

  test('are the same object while they do not change', async () => {
    const { state, keys } = provider()
    await keys.refresh()
    const { current } = keys
    await keys.refresh()
    expect(keys.current).toBe(current)
    state.answer = async () => jwksOf(first, second)
    await keys.refresh()
    expect(keys.current).not.toBe(current)
  })

  test('are empty if the provider says so, because that withdraws them', async () => {
    const { state, keys } = provider()
    await keys.refresh()
    state.answer = async () => '{"keys":[]}'
    await keys.refresh()
    expect(await has(keys, first)).toBe(false)
  })

  test.each<[string, () => Promise<string>, string]>([
    ['is away', fail('ECONNREFUSED'), 'JWT_JWKS cannot be read (ECONNREFUSED)'],
    ['answers with an error', fail(503), 'JWT_JWKS cannot be read (503)'],
    ['says what must not be logged', fail('secret secret'), 'JWT_JWKS cannot be read'],
    ['answers with a page', async () => '<html>', 'JWT_JWKS must be a JSON Web Key Set'],
    ['answers with nothing', async () => '', 'JWT_JWKS must be a JSON Web Key Set'],
    ['answers with other JSON', async () => '{"error":"x"}', 'JWT_JWKS must be a JSON Web Key Set'],
    ['answers with keys that are none', async () => '{"keys":[1]}', 'JWT_JWKS must be a JSON Web Key Set'],
  ])('stay in use while it %s; this is reported once, and tried again every 30 seconds', async (_, answer, problem) => {
    const { state, keys } = provider()
    await keys.start()
    state.answer = answer
    await vi.advanceTimersByTimeAsync(5 * minuteMs)
    expect([state.requests, state.rejected, await has(keys, first)]).toEqual([2, [problem], true])
    await vi.advanceTimersByTimeAsync(minuteMs)
    expect([state.requests, state.rejected, await has(keys, first)]).toEqual([4, [problem], true])
    state.answer = async () => jwksOf(second)
    await vi.advanceTimersByTimeAsync(minuteMs / 2)
    expect([state.requests, await has(keys, first), await has(keys, second)]).toEqual([5, false, true])
    state.answer = answer
    await vi.advanceTimersByTimeAsync(5 * minuteMs)
    expect(state.rejected).toEqual([problem, problem])
    keys.stop()
  })
})

describe('an unknown key', () => {
  test('causes one request for all who ask at the same time', async () => {
    const { state, keys } = provider()
    await keys.start()
    await vi.advanceTimersByTimeAsync(10_000)
    const answer = deferred<string>()
    state.answer = () => answer.promise
    let waiting = 1000
    const calls = Array.from({ length: 1000 }, () => keys.refreshForUnknownKey().then(() => (waiting -= 1)))
    await vi.advanceTimersByTimeAsync(0)
    // More than 100 do not wait.
    expect([state.requests, waiting]).toEqual([2, 100])
    answer.resolve(jwksOf(second))
    await Promise.all(calls)
    expect([state.requests, await has(keys, second)]).toEqual([2, true])
    keys.stop()
  })

  test.each(['succeeded', 'failed'])('causes no request within 10 seconds after one that %s', async (outcome) => {
    const { state, keys } = provider()
    if (outcome === 'failed') state.answer = fail('ECONNREFUSED')
    await keys.start()
    await vi.advanceTimersByTimeAsync(9_999)
    await Promise.all(Array.from({ length: 1000 }, () => keys.refreshForUnknownKey()))
    expect(state.requests).toBe(1)
    await vi.advanceTimersByTimeAsync(1)
    await Promise.all(Array.from({ length: 10 }, () => keys.refreshForUnknownKey()))
    expect(state.requests).toBe(2)
    await Promise.all(Array.from({ length: 10 }, () => keys.refreshForUnknownKey()))
    expect(state.requests).toBe(2)
    keys.stop()
  })

  test('waits for the request of the start', async () => {
    const { state, keys } = provider()
    const answer = deferred<string>()
    state.answer = () => answer.promise
    void keys.start()
    const asked = keys.refreshForUnknownKey()
    answer.resolve(jwksOf(first))
    await asked
    expect([state.requests, await has(keys, first)]).toEqual([1, true])
    keys.stop()
  })
})

describe('a JWKS', () => {
  test('is refused without quoting it', () => {
    for (const text of ['secret', '{"keys":"secret"}', '[]', 'null', '{"keys":[null]}']) {
      expect(() => parseJwks(text)).toThrow(new ConfigurationError(['JWT_JWKS must be a JSON Web Key Set']))
    }
  })

  test('may have keys that are not for signatures, or unknown', async () => {
    const { keys } = JSON.parse(jwksOf(first)) as { keys: object[] }
    const others = [{ kty: 'oct', k: 'AAAA', kid: 'k-1', alg: 'HS256' }, { kty: 'RSA', use: 'enc' }, { kty: 'x' }, {}]
    const { state, keys: remote } = provider()
    state.answer = async () => JSON.stringify({ keys: [...others, ...keys] })
    await remote.refresh()
    expect([state.rejected, await has(remote, first)]).toEqual([[], true])
  })
})
