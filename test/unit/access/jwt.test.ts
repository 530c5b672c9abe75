import { exportSPKI, importJWK, SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { parseCallers } from '../../../src/access/callers-file.js'
import { callerIdOf } from '../../../src/access/jwt.js'
import { issuers, jwtScenario, nowSeconds, startTime, tokenWith } from '../../support/access/jwt-scenario.js'
import { audience, issuer, unsignedToken } from '../../support/access/token-issuer.js'

describe('a token', () => {
  test('gives id, directories and roles', async () => {
    const token = await tokenWith({ directory_id: ['rd-1', 'rd-2'], scope: 'openid messagecontacts.editor' })
    expect(await jwtScenario().authenticate(token)).toEqual({
      id: 'billing',
      via: 'jwt',
      directories: ['rd-1', 'rd-2'],
      roles: ['editor'],
    })
  })

  test.each(['ec', 'rsa', 'pss', 'ed'] as const)('can be signed with a key of kind %s', async (kind) => {
    expect(await jwtScenario().outcome(await issuers[kind].token({ now: startTime }))).toBe('OK')
  })

  test('can name several audiences', async () => {
    expect(await jwtScenario().outcome(await tokenWith({ aud: ['other', audience] }))).toBe('OK')
  })

  test('needs no key id if one key fits', async () => {
    const { outcome, use } = jwtScenario()
    const token = await issuers.ec.token({ header: { kid: undefined }, now: startTime })
    expect(await outcome(token)).toBe('OK')
    use(issuers.ec, issuers.other)
    expect(await outcome(token)).toBe('UNAUTHENTICATED')
  })

  test.each<[string, Record<string, unknown>]>([
    ['no issuer', { iss: undefined }],
    ['another issuer', { iss: 'https://id.example.org' }],
    ['a longer issuer', { iss: `${issuer}/` }],
    ['no audience', { aud: undefined }],
    ['another audience', { aud: 'other' }],
    ['no audience in its list', { aud: [] }],
    ['no expiry time', { exp: undefined }],
    ['an expiry time that is a text', { exp: String(nowSeconds + 60) }],
    ['an expiry time in the past', { exp: nowSeconds - 31 }],
    ['a start in the future', { nbf: nowSeconds + 31 }],
    ['no subject', { sub: undefined }],
    ['an empty subject', { sub: '' }],
    ['a subject that is a number', { sub: 7 }],
  ])('with %s is UNAUTHENTICATED', async (_, claims) => {
    expect(await jwtScenario().outcome(await tokenWith(claims))).toBe('UNAUTHENTICATED')
  })

  test('is valid within the clock skew', async () => {
    const { outcome } = jwtScenario()
    expect(await outcome(await tokenWith({ exp: nowSeconds - 29 }))).toBe('OK')
    expect(await outcome(await tokenWith({ nbf: nowSeconds + 30 }))).toBe('OK')
    const { outcome: strictOutcome } = jwtScenario({ environment: { JWT_CLOCK_SKEW_SECONDS: '0' } })
    expect(await strictOutcome(await tokenWith({ exp: nowSeconds }))).toBe('UNAUTHENTICATED')
  })

  const claims = () => ({ iss: issuer, aud: audience, sub: 'a', exp: nowSeconds + 60, directory_id: 'rd-1' })
  test.each(['none', 'None', 'HS256', 'HS512', 'RS1', 'ES256K', '', 'toString', '__proto__'])(
    'with the algorithm `%s` is UNAUTHENTICATED',
    async (alg) => {
      for (const kid of ['k-ec', 'k-rsa']) {
        expect(await jwtScenario().outcome(unsignedToken({ alg, kid }, claims()))).toBe('UNAUTHENTICATED')
        expect(await jwtScenario().outcome(unsignedToken({ alg, kid }, claims(), 'AAAA'))).toBe('UNAUTHENTICATED')
      }
    },
  )

  test('that is signed by HMAC with the public key is UNAUTHENTICATED', async () => {
    const publicKey = await importJWK(issuers.rsa.publicJwk, 'RS256', { extractable: true })
    if (publicKey instanceof Uint8Array) throw new Error('not a public key')
    for (const secret of [await exportSPKI(publicKey), JSON.stringify(issuers.rsa.publicJwk)]) {
      const signing = new SignJWT(claims()).setProtectedHeader({ alg: 'HS256', kid: 'k-rsa' })
      expect(await jwtScenario().outcome(await signing.sign(Buffer.from(secret)))).toBe('UNAUTHENTICATED')
    }
  })

  test('of an algorithm that is not allowed is UNAUTHENTICATED', async () => {
    const { outcome } = jwtScenario({ environment: { JWT_ALGORITHMS: 'ES256, EdDSA' } })
    expect(await outcome(await issuers.rsa.token({ now: startTime }))).toBe('UNAUTHENTICATED')
    expect(await outcome(await issuers.ed.token({ now: startTime }))).toBe('OK')
  })

  test('that brings or names its own key is UNAUTHENTICATED', async () => {
    const jwk = issuers.other.publicJwk
    for (const header of [{ jwk }, { jku: 'https://id.example.org/' }, { kid: 'k-ec' }])
      expect(await jwtScenario().outcome(await issuers.other.token({ header, now: startTime }))).toBe('UNAUTHENTICATED')
  })

  test.each([
    '',
    'a',
    'a.b',
    'a.b.c',
    '..',
    'a.b.c.d.e',
    'e30.e30.',
    'bnVsbA.bnVsbA.AA',
    'W10.W10.AA',
    '\u{1f600}.a.b',
  ])('that is only `%s` is UNAUTHENTICATED', async (token) => {
    expect(await jwtScenario().outcome(token)).toBe('UNAUTHENTICATED')
  })

  test('is UNAUTHENTICATED while there are no keys', async () => {
    const { outcome, state } = jwtScenario()
    state.keySet = undefined
    expect(await outcome(await tokenWith())).toBe('UNAUTHENTICATED')
  })
})

describe('the directories', () => {
  test.each<[unknown, readonly string[] | '*']>([
    ['rd-1', ['rd-1']],
    [
      ['rd-1', 'rd-2'],
      ['rd-1', 'rd-2'],
    ],
    ['*', '*'],
    [['*'], '*'],
    [['*', 'rd-1'], ['rd-1']],
    ['rd-1 rd-2', []],
    [['rd 1', 'rd-1', 7, null], ['rd-1']],
    [{ $ne: '' }, []],
    [true, []],
    [undefined, []],
  ])('of the claim %j are %j', async (directory_id, directories) => {
    expect((await jwtScenario().authenticate(await tokenWith({ directory_id }))).directories).toEqual(directories)
  })

  test('can come from another claim', async () => {
    const { authenticate } = jwtScenario({ environment: { JWT_DIRECTORY_CLAIM: 'https://example.com/rd' } })
    const token = await tokenWith({ 'https://example.com/rd': 'rd-7' })
    expect((await authenticate(token)).directories).toEqual(['rd-7'])
    const { authenticate: bySubject } = jwtScenario({ environment: { JWT_DIRECTORY_CLAIM: 'sub' } })
    expect((await bySubject(token)).directories).toEqual(['billing'])
  })
})

describe('the roles', () => {
  test.each<[unknown, readonly string[]]>([
    ['messagecontacts.reader', ['reader']],
    ['messagecontacts.verifier openid messagecontacts.editor', ['editor', 'verifier']],
    [['messagecontacts.administrator', 'other', 7], ['administrator']],
    ['reader messagecontacts.owner Messagecontacts.reader messagecontacts.reader.x', []],
    ['messagecontacts.reader,messagecontacts.editor', []],
    [undefined, []],
    [{ reader: true }, []],
  ])('of the claim %j are %j', async (scope, roles) => {
    expect((await jwtScenario().authenticate(await tokenWith({ scope }))).roles).toEqual(roles)
  })

  test('can come from another claim', async () => {
    const { authenticate } = jwtScenario({ environment: { JWT_ROLES_CLAIM: 'roles' } })
    expect((await authenticate(await tokenWith({ roles: ['messagecontacts.editor'] }))).roles).toEqual(['editor'])
  })
})

describe('the id', () => {
  test.each(['billing', 'auth0|a1', 'system:serviceaccount:ns/name', 'a', 'a'.repeat(128), '7e57-beef', '0a'])(
    'is the subject %s itself',
    (subject) => {
      expect(callerIdOf(subject)).toBe(subject)
    },
  )

  test.each([
    'tom@example.com',
    '8613900001234',
    '+8613900001234',
    '86-13900001234',
    '王明',
    'a b',
    '-a',
    'a'.repeat(129),
  ])('is a hash of the subject %s', (subject) => {
    expect(callerIdOf(subject)).toMatch(/^jwt:[0-9a-f]{16}$/)
  })

  test('is a hash of a subject that looks like one', () => {
    const id = callerIdOf('tom@example.com')
    expect(callerIdOf(id)).not.toBe(id)
  })

  test('is a hash if the callers file has the subject as the id of another caller', async () => {
    const callers = parseCallers(
      Buffer.from('callers: [{ id: billing, dns: a.example, directories: [rd-1], roles: [reader] }]'),
    )
    expect((await jwtScenario({ callers }).authenticate(await tokenWith())).id).toMatch(/^jwt:[0-9a-f]{16}$/)
  })
})
