import { setTimeout as pause } from 'node:timers/promises'
import { pino } from 'pino'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { listWith } from '../../support/access/calls.js'
import { answerWith, JwksServer } from '../../support/access/jwks-server.js'
import { jwksOf, jwtEnvironment, TokenIssuer } from '../../support/access/token-issuer.js'
import { type RunningService, startService } from '../../support/running-service.js'
import { until } from '../../support/waiting.js'

let first: TokenIssuer
let second: TokenIssuer
beforeAll(async () => {
  first = await TokenIssuer.create('k-1')
  second = await TokenIssuer.create('k-2')
})

let provider: JwksServer
let service: RunningService
/** The monotonic clock of the service, in milliseconds. It stands still unless a test moves it. */
let time = 0
/** The lines of the log. Without those of refused calls, which are many and take long to write. */
let lines: string[] = []
beforeEach(async () => {
  time = 0
  lines = []
  provider = await JwksServer.start(answerWith(jwksOf(first)))
  service = await startWith(provider)
  await until('the keys have been read', () => provider.requests === 1)
})
afterEach(async () => {
  await service.stop()
  await provider.close()
})

const startWith = ({ url }: Pick<JwksServer, 'url'>) =>
  startService({
    environment: { ...jwtEnvironment, JWT_JWKS: url },
    dependencies: {
      monotonicNow: () => time,
      log: pino({ level: 'info', base: null }, { write: (line: string) => lines.push(line) }),
    },
  })
const list = (token: string) => listWith(service.client, token)
/** Lets the time pass after which an unknown key causes another request. */
const passCooldown = () => {
  time += 10_000
}
const rejections = () =>
  lines
    .filter((line) => line.includes('JWKS rejected'))
    .map((line) => (JSON.parse(line) as { problems: unknown }).problems)

describe('an identity provider', () => {
  test('is asked once for its keys', async () => {
    expect(await Promise.all(Array.from({ length: 20 }, async () => list(await first.token())))).toEqual(
      Array(20).fill('OK'),
    )
    expect(provider.requests).toBe(1)
  })

  test('can rotate its keys: a new one is known at the first call, one that is gone is refused from then on', async () => {
    const token = await first.token()
    expect(await list(token)).toBe('OK')
    provider.answer = answerWith(jwksOf(second))
    passCooldown()
    expect(await list(await second.token())).toBe('OK')
    expect([await list(token), provider.requests]).toEqual(['UNAUTHENTICATED', 2])
  })

  test('is asked once by 1,000 calls with unknown keys, and is not asked again before 10 seconds have passed', async () => {
    const unknown = await second.token()
    const outcomes = (calls: number) => Promise.all(Array.from({ length: calls }, () => list(unknown)))
    passCooldown()
    expect(await outcomes(1000)).toEqual(Array(1000).fill('UNAUTHENTICATED'))
    expect(await outcomes(10)).toEqual(Array(10).fill('UNAUTHENTICATED'))
    expect(provider.requests).toBe(2)
    passCooldown()
    await list(unknown)
    expect(provider.requests).toBe(3)
  })

  test('that is away stops no call whose key is known', async () => {
    const known = await first.token()
    await provider.close()
    passCooldown()
    expect(await list(await second.token())).toBe('UNAUTHENTICATED')
    expect([await list(known), await list(await first.token())]).toEqual(['OK', 'OK'])
    expect(rejections()).toEqual([['JWT_JWKS cannot be read (ECONNREFUSED)']])
  })

  test('that does not answer stops no call whose key is known, and others only for 3 seconds', async () => {
    provider.answer = () => {}
    passCooldown()
    const unknown = list(await second.token())
    await until('the keys are requested', () => provider.requests === 2)
    expect([await list(await first.token()), rejections()]).toEqual(['OK', []])
    expect(await unknown).toBe('UNAUTHENTICATED')
    expect(rejections()).toEqual([['JWT_JWKS cannot be read (ETIMEDOUT)']])
  })

  test('that answers without end is not waited for', async () => {
    provider.answer = async (_, response) => {
      response.writeHead(200)
      while (!response.destroyed) {
        response.write(' ')
        await pause(50)
      }
    }
    passCooldown()
    expect(await list(await second.token())).toBe('UNAUTHENTICATED')
    expect(await list(await first.token())).toBe('OK')
    expect(rejections()).toEqual([['JWT_JWKS cannot be read (ETIMEDOUT)']])
  })

  test.each<[string, () => Parameters<typeof answerWith>, string]>([
    ['a page', () => ['<html>'], 'JWT_JWKS must be a JSON Web Key Set'],
    ['an error', () => [jwksOf(second), 500], 'JWT_JWKS cannot be read (500)'],
    ['no content', () => ['', 204], 'JWT_JWKS cannot be read (204)'],
    ['too much', () => [`${jwksOf(second)}${' '.repeat(300_000)}`], 'JWT_JWKS cannot be read (TOO_LARGE)'],
  ])('that answers with %s changes nothing', async (_, answer, problem) => {
    provider.answer = answerWith(...answer())
    passCooldown()
    expect([await list(await second.token()), await list(await first.token())]).toEqual(['UNAUTHENTICATED', 'OK'])
    expect(rejections()).toEqual([[problem]])
  })

  test('that leads to another server is not followed', async () => {
    const other = await JwksServer.start(answerWith(jwksOf(second)))
    provider.answer = answerWith('', 302, { location: other.url })
    passCooldown()
    expect([await list(await second.token()), other.requests]).toEqual(['UNAUTHENTICATED', 0])
    expect(rejections()).toEqual([['JWT_JWKS cannot be read (302)']])
    await other.close()
  })

  test('whose certificate is not trusted is not believed', async () => {
    const other = await JwksServer.start(answerWith(jwksOf(first)), { isTrusted: false })
    const believing = await startWith(other)
    expect(await listWith(believing.client, await first.token())).toBe('UNAUTHENTICATED')
    expect(rejections()).toEqual([['JWT_JWKS cannot be read (UNABLE_TO_VERIFY_LEAF_SIGNATURE)']])
    expect(other.requests).toBe(0)
    await believing.stop()
    await other.close()
  })
})
