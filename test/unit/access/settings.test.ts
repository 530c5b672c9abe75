import { describe, expect, test } from 'vitest'
import { accessSettings } from '../../../src/access/settings.js'
import { ConfigurationError, readSettings } from '../../../src/config/read-settings.js'

const required = {
  AUTHENTICATION: 'jwt,mtls,token,header',
  CALLERS_FILE: '/etc/callers.yaml',
  JWT_ISSUER: 'https://id.example.com',
  JWT_AUDIENCE: 'message-contacts',
  JWT_JWKS: 'https://id.example.com/keys',
}
const read = (environment: Readonly<Record<string, string | undefined>>) =>
  readSettings(accessSettings, {}, { ...required, ...environment }, () => expect.fail('no file may be read'))

function problemsWith(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  try {
    read(environment)
    return []
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems
    throw error
  }
}

const algorithms = 'RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA'
const jwks = 'must be an https:// address without user and password, or the path of a file'

describe('the settings of access', () => {
  test.each<[keyof typeof required | 'JWT_ALGORITHMS' | 'JWT_ROLES_CLAIM', string, unknown]>([
    ['AUTHENTICATION', 'header', ['header']],
    ['AUTHENTICATION', 'token,mtls', ['token', 'mtls']],
    ['AUTHENTICATION', 'mtls , token,jwt', ['mtls', 'token', 'jwt']],
    ['CALLERS_FILE', 'callers.yaml', 'callers.yaml'],
    ['JWT_JWKS', 'https://id.example.com:8443/keys?v=1', 'https://id.example.com:8443/keys?v=1'],
    ['JWT_JWKS', '/etc/keys.json', '/etc/keys.json'],
    ['JWT_ALGORITHMS', 'ES512, EdDSA', ['ES512', 'EdDSA']],
    ['JWT_ROLES_CLAIM', 'https://example.com/roles', 'https://example.com/roles'],
  ])('%s accepts %s', (name, value, setting) => {
    expect(read({ [name]: value })[name]).toEqual(setting)
  })

  test.each<[string, string, readonly string[]]>([
    [
      'AUTHENTICATION',
      'must be one or more of jwt, mtls, token and header, with commas between',
      ['none', 'JWT', 'jwt,', ',jwt', 'jwt;mtls', 'jwt,jwt', 'jwt mtls', ' jwt', 'jwt,basic', '__proto__'],
    ],
    ['CALLERS_FILE', 'must be the path of a file', ['a\u0000', 'a\nb', 'a'.repeat(4097)]],
    ['JWT_ISSUER', 'must be the text of the claim iss, without blanks', [' a', 'a b', 'é', 'a'.repeat(1025)]],
    ['JWT_AUDIENCE', 'must be a text of the claim aud, without blanks', [' a', 'a b', 'a\n']],
    [
      'JWT_JWKS',
      jwks,
      [
        'http://id.example.com/keys',
        'file:///etc/keys',
        'https://',
        'https://tom:x@id.example.com/',
        'https://a/#b',
        'https://a/ b',
        'a\u0000',
      ],
    ],
    [
      'JWT_ALGORITHMS',
      `must be some of ${algorithms}, with commas between`,
      ['none', 'HS256', 'RS256,HS256', 'rs256', 'RS256,', 'RS256 ES256', 'RSA-OAEP'],
    ],
    ['JWT_DIRECTORY_CLAIM', 'must be the name of a claim, without blanks', [' a', 'a b', 'é']],
  ])('%s %s', (name, problem, values) => {
    for (const value of values)
      expect([value, problemsWith({ [name]: value })]).toEqual([value, [`${name} ${problem}`]])
  })
})

describe('the settings that a method needs', () => {
  test('are required if AUTHENTICATION contains it', () => {
    const nothing = Object.fromEntries(Object.keys(required).map((name) => [name, undefined]))
    expect(problemsWith({ ...nothing, AUTHENTICATION: 'header' })).toEqual([])
    const file = (method: string) => `CALLERS_FILE must be set, because AUTHENTICATION contains ${method}`
    expect(problemsWith({ ...nothing, AUTHENTICATION: 'token' })).toEqual([file('token')])
    expect(problemsWith({ ...nothing, AUTHENTICATION: 'mtls' })).toEqual([file('mtls')])
    expect(problemsWith({ ...nothing, AUTHENTICATION: 'jwt,token' })).toEqual([
      file('token'),
      'JWT_ISSUER must be set, because AUTHENTICATION contains jwt',
      'JWT_AUDIENCE must be set, because AUTHENTICATION contains jwt',
      'JWT_JWKS must be set, because AUTHENTICATION contains jwt',
    ])
  })

  test('include no default directory unless callers are believed', () => {
    expect(problemsWith({ DEFAULT_DIRECTORY_ID: 'rd-1' })).toEqual([])
    expect(problemsWith({ DEFAULT_DIRECTORY_ID: 'rd-1', AUTHENTICATION: 'token,jwt' })).toEqual([
      'DEFAULT_DIRECTORY_ID must not be set, because AUTHENTICATION does not contain header',
    ])
  })
})
