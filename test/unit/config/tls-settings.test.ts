import { describe, expect, test } from 'vitest'
import { ConfigurationError, type Environment } from '../../../src/config/read-settings.js'
import { readSettings } from '../../../src/settings.js'

function problemsWith(environment: Environment): readonly string[] {
  try {
    readSettings({
      MONGODB_URI: 'mongodb://a',
      VERIFICATION_SECRETS: 'o'.repeat(32),
      AUTHENTICATION: 'header',
      ...environment,
    })
    return []
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems
    throw error
  }
}

describe('TLS', () => {
  const pair = { TLS_CERT_FILE: '/tls/cert.pem', TLS_KEY_FILE: '/tls/key.pem' }
  const everywhere = { LISTEN: '0.0.0.0:50051' }

  test.each<[string, Environment]>([
    ['files', { ...everywhere, ...pair }],
    ['TLS=on and files', { ...everywhere, ...pair, TLS: 'on' }],
    ['files for clients too', { ...everywhere, ...pair, TLS_CLIENT_CA_FILE: '/tls/ca.pem' }],
    ['TLS=off', { ...everywhere, TLS: 'off' }],
    ['nothing, on 127.0.0.1', { LISTEN: '127.0.0.1:1' }],
    ['nothing, on 127.1.2.3', { LISTEN: '127.1.2.3:1' }],
    ['nothing, on localhost', { LISTEN: 'localhost:1' }],
    ['nothing, on ::1', { LISTEN: '[::1]:1' }],
    ['nothing, on loopback addresses of both', { LISTEN: '127.0.0.1:1', HTTP_LISTEN: '[::1]:2' }],
    ['files, with HTTP on all addresses', { HTTP_LISTEN: '0.0.0.0:8080', ...pair }],
    ['TLS=off, with HTTP on all addresses', { HTTP_LISTEN: '0.0.0.0:8080', TLS: 'off' }],
  ])('may be %s', (_, environment) => {
    expect(problemsWith(environment)).toEqual([])
  })

  test.each<[string, Environment, string]>([
    [
      'nothing, on all addresses',
      everywhere,
      'TLS must be chosen, because LISTEN is no loopback address: set TLS_CERT_FILE and TLS_KEY_FILE to encrypt connections; or TLS=off if something else encrypts them; or LISTEN to an address such as 127.0.0.1:50051',
    ],
    ['nothing, on all IPv6 addresses', { LISTEN: '[::]:1' }, 'TLS must be chosen'],
    [
      'nothing, with HTTP on all addresses',
      { HTTP_LISTEN: '0.0.0.0:8080' },
      'TLS must be chosen, because HTTP_LISTEN is no loopback address',
    ],
    ['nothing, on a name', { LISTEN: 'example.com:1' }, 'TLS must be chosen'],
    [
      'nothing, on a name that begins like a loopback address',
      { LISTEN: '127.0.0.1.example.com:1' },
      'TLS must be chosen',
    ],
    ['TLS=on without files', { TLS: 'on' }, 'TLS must not be on without TLS_CERT_FILE and TLS_KEY_FILE'],
    ['TLS=off with files', { ...pair, TLS: 'off' }, 'TLS must not be off with TLS_CERT_FILE and TLS_KEY_FILE'],
    [
      'a certificate without a key',
      { TLS_CERT_FILE: '/tls/cert.pem' },
      'TLS_KEY_FILE must be set together with TLS_CERT_FILE',
    ],
    [
      'a key without a certificate',
      { TLS_KEY_FILE: '/tls/key.pem' },
      'TLS_CERT_FILE must be set together with TLS_KEY_FILE',
    ],
    ['a path with a line break', { ...pair, TLS_KEY_FILE: 'key.pem\n' }, 'TLS_KEY_FILE must be the path of a file'],
    [
      'without files for clients, where callers are known by certificates',
      { ...pair, AUTHENTICATION: 'mtls', CALLERS_FILE: '/callers.yaml' },
      'TLS_CLIENT_CA_FILE must be set, because AUTHENTICATION contains mtls',
    ],
    [
      'files for clients alone',
      { TLS_CLIENT_CA_FILE: '/tls/ca.pem' },
      'TLS_CLIENT_CA_FILE must not be set without TLS_CERT_FILE and TLS_KEY_FILE',
    ],
  ])('must not be %s', (_, environment, problem) => {
    expect(problemsWith(environment)).toEqual([expect.stringContaining(problem)])
  })
})
