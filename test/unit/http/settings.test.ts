import { describe, expect, test } from 'vitest'
import type { ConfigurationError } from '../../../src/config/read-settings.js'
import { readSettings } from '../../../src/settings.js'

const read = (environment: Readonly<Record<string, string>>) =>
  readSettings({
    AUTHENTICATION: 'header',
    MONGODB_URI: 'mongodb://a',
    VERIFICATION_SECRETS: 'o'.repeat(32),
    ...environment,
  })

function problems(environment: Readonly<Record<string, string>>): readonly string[] {
  try {
    read(environment)
    return []
  } catch (error) {
    return (error as ConfigurationError).problems
  }
}

test('nothing is served over HTTP, and to no other origin, unless it is set', () => {
  const { HTTP_LISTEN, HTTP_ALLOWED_ORIGINS } = read({})
  expect([HTTP_LISTEN, HTTP_ALLOWED_ORIGINS]).toEqual([undefined, undefined])
})

test('HTTP_LISTEN is an address', () => {
  expect(read({ HTTP_LISTEN: '127.0.0.1:8080' }).HTTP_LISTEN).toEqual({ host: '127.0.0.1', port: 8080 })
  expect(problems({ HTTP_LISTEN: '8080' })).toEqual([
    'HTTP_LISTEN must be host:port, such as 0.0.0.0:50051 or [::1]:50051',
  ])
})

describe('HTTP_ALLOWED_ORIGINS', () => {
  test.each([
    ['https://example.com', ['https://example.com']],
    ['http://localhost:5173', ['http://localhost:5173']],
    ['https://a.example , https://[::1]:8443', ['https://a.example', 'https://[::1]:8443']],
  ])('accepts %s', (value, origins) => {
    expect(read({ HTTP_ALLOWED_ORIGINS: value }).HTTP_ALLOWED_ORIGINS).toEqual(origins)
  })

  test.each([
    '*',
    'null',
    'example.com',
    'https://example.com/',
    'https://example.com/path',
    'https://EXAMPLE.com',
    'https://example.com:443',
    'https://*.example.com',
    'https://user@example.com',
    'ftp://example.com',
    'https://example.com,',
  ])('refuses %s', (value) => {
    expect(problems({ HTTP_ALLOWED_ORIGINS: value })).toEqual([
      'HTTP_ALLOWED_ORIGINS must be origins such as https://example.com, separated by commas',
    ])
  })
})
