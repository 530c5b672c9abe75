import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createAuthentication } from '../../../src/access/authenticate.js'
import { directoryIdPattern } from '../../../src/access/caller.js'
import { parseCallers } from '../../../src/access/callers-file.js'
import { createApiToken } from '../../../src/access/token.js'
import { credentials, noSources, readAccess } from '../../support/access/authentication.js'
import { failureOf } from '../../support/failure-of.js'

const { token, sha256 } = createApiToken(Buffer.alloc(32, 1))
const callers = parseCallers(
  Buffer.from(`
callers:
  - { id: console, token_sha256: ${sha256}, directories: [rd-1], roles: [editor] }
  - { id: notifier, spiffe: spiffe://example.org/notifier, directories: "*", roles: [reader] }
`),
)
const consoleIdentity = { id: 'console', via: 'token', directories: ['rd-1'], roles: ['editor'] }
const notifierIdentity = { id: 'notifier', via: 'mtls', directories: '*', roles: ['reader'] }
const headerIdentity = (id: string) => ({ id, via: 'header', directories: [id], roles: ['administrator'] })

const certificate = 'URI:spiffe://example.org/notifier'
const unknownCertificate = 'URI:spiffe://example.org/other'
const bearer = { authorization: `Bearer ${token}` }
const directory = { 'x-resource-directory-id': 'rd-1' }

/** The methods of AUTHENTICATION need the settings that are required with them. */
const authenticationWith = (AUTHENTICATION: string, others: Readonly<Record<string, string>> = {}) => {
  const required = { CALLERS_FILE: 'f', JWT_ISSUER: 'i', JWT_AUDIENCE: 'a', JWT_JWKS: 'f' }
  const settings = readAccess({ ...required, AUTHENTICATION, ...others })
  return createAuthentication(settings, { ...noSources, callers: () => callers })
}

describe('with `header`', () => {
  const directories = (...values: string[]) => credentials({ 'x-resource-directory-id': values })
  const authenticate = (of: ReturnType<typeof credentials>, defaultId?: string) =>
    authenticationWith('header', defaultId ? { DEFAULT_DIRECTORY_ID: defaultId } : {})(of)

  test('the caller is named by the header, also if there is a default', () => {
    expect(authenticate(directories('rd-1'))).toEqual(headerIdentity('rd-1'))
    expect(authenticate(directories('rd-1'), 'rd-default')).toEqual(headerIdentity('rd-1'))
  })

  test('the caller is the default if the header is absent, whatever other headers say', () => {
    expect(authenticate(directories(), 'rd-default')).toEqual(headerIdentity('rd-default'))
    const others = credentials({ 'x-request-id': 'rd-1', 'resource-directory-id': 'rd-1', directoryId: 'rd-1' })
    expect(authenticate(others, 'rd-default')).toEqual(headerIdentity('rd-default'))
  })

  test('credentials that are not used do not matter', () => {
    expect(authenticate(credentials({ ...bearer, ...directory }, unknownCertificate))).toEqual(headerIdentity('rd-1'))
  })

  test.each([
    ['no header and no default', directories(), undefined],
    ['two values', directories('rd-1', 'rd-2'), undefined],
    ['the same value twice', directories('rd-1', 'rd-1'), undefined],
    ['two values and a default', directories('rd-1', 'rd-2'), 'rd-default'],
    ['an empty value', directories(''), undefined],
    ['an empty value and a default', directories(''), 'rd-default'],
    ['an invalid value and a default', directories('rd 1'), 'rd-default'],
    ['values joined with a comma', directories('rd-1, rd-2'), undefined],
  ])('the caller is UNAUTHENTICATED with %s', (_, of, defaultId) => {
    const { reason, context } = failureOf(() => authenticate(of, defaultId))
    expect({ reason, context }).toEqual({ reason: 'UNAUTHENTICATED', context: {} })
  })
})

describe('with several methods', () => {
  test('the first one whose credential the call has decides', () => {
    const both = credentials({ ...bearer, ...directory }, certificate)
    expect(authenticationWith('token,mtls,header')(both)).toEqual(consoleIdentity)
    expect(authenticationWith('mtls, token, header')(both)).toEqual(notifierIdentity)
    expect(authenticationWith('mtls,token,header')(credentials({ ...bearer, ...directory }))).toEqual(consoleIdentity)
    expect(authenticationWith('jwt,token')(credentials(bearer))).toEqual(consoleIdentity)
    expect(authenticationWith('mtls,token,header')(credentials(directory))).toEqual(headerIdentity('rd-1'))
  })

  const wrongToken = { authorization: `Bearer ${createApiToken(Buffer.alloc(32, 2)).token}` }
  test.each([
    ['an unknown token', 'token,header', credentials({ ...wrongToken, ...directory })],
    ['an unknown token, beside a certificate', 'token,mtls,header', credentials(wrongToken, certificate)],
    ['an unknown certificate', 'mtls,header', credentials(directory, unknownCertificate)],
    ['an unknown certificate, beside a token', 'mtls,token', credentials(bearer, unknownCertificate)],
    ['a JWT where only tokens are used', 'token,header', credentials({ authorization: 'Bearer a.b.c', ...directory })],
    ['a token where only JWTs are used', 'jwt,header', credentials({ ...bearer, ...directory })],
    ['a password', 'token,header', credentials({ authorization: 'Basic dG9tOnRvbQ==', ...directory })],
    ['an empty authorization', 'token,header', credentials({ authorization: '', ...directory })],
    [
      'two tokens',
      'token,header',
      credentials({ authorization: [bearer.authorization, bearer.authorization], ...directory }),
    ],
  ])('the caller is UNAUTHENTICATED with %s', (_, methods, of) => {
    expect(failureOf(() => authenticationWith(methods)(of)).reason).toBe('UNAUTHENTICATED')
  })
})

describe('with `token`', () => {
  const authenticate = (authorization: string) => authenticationWith('token')(credentials({ authorization }))

  test('a caller of the callers file is known, whatever the case of the word Bearer', () => {
    for (const word of ['Bearer', 'bearer', 'BEARER']) expect(authenticate(`${word} ${token}`)).toEqual(consoleIdentity)
  })

  test.each([
    ['the hash instead of the token', `Bearer ${sha256}`],
    ['no prefix', `Bearer ${token.slice(4)}`],
    ['a shorter token', `Bearer ${token.slice(0, -1)}`],
    ['a longer token', `Bearer ${token}A`],
    ['another case', `Bearer ${token.toUpperCase()}`],
    ['no scheme', token],
    ['two blanks', `Bearer  ${token}`],
    ['a blank at the end', `Bearer ${token} `],
    ['two tokens', `Bearer ${token},${token}`],
    ['another scheme', `Token ${token}`],
  ])('a caller is UNAUTHENTICATED with %s', (_, authorization) => {
    const { reason, context } = failureOf(() => authenticate(authorization))
    expect({ reason, context }).toEqual({ reason: 'UNAUTHENTICATED', context: {} })
  })
})

describe('a directory id', () => {
  test.each(['a', '-', '_', 'AZaz09_-', 'a'.repeat(64)])('can be %s', (id) => {
    expect(id).toMatch(directoryIdPattern)
  })

  test.each([
    ['empty', ''],
    ['65 characters long', 'a'.repeat(65)],
    ['a text with a line break at the end', 'rd-1\n'],
    ['a text with a blank', 'rd 1'],
    ['a text with a dot', 'rd.1'],
    ['a text with a dollar sign', '$ne'],
    ['a text with a slash', 'a/b'],
    ['a text with other letters', 'réd'],
    ['a text of two lines', 'a\nb'],
  ])('cannot be %s', (_, id) => {
    expect(id).not.toMatch(directoryIdPattern)
  })

  test('has 1 to 64 of the allowed characters and nothing else', () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'AZaz09_-.'), maxLength: 70 }))
    const allowed = new Set('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-')
    fc.assert(
      fc.property(text, (id) => {
        const isValid = id.length >= 1 && id.length <= 64 && [...id].every((character) => allowed.has(character))
        expect(directoryIdPattern.test(id)).toBe(isValid)
      }),
    )
  })
})
