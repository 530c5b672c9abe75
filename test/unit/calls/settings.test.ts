import { describe, expect, test } from 'vitest'
import type { ConfigurationError } from '../../../src/config/read-settings.js'
import { readSettings } from '../../../src/settings.js'

function read(PUBLIC_DOCS_URL: string) {
  const required = { AUTHENTICATION: 'header', MONGODB_URI: 'mongodb://a', VERIFICATION_SECRETS: 'o'.repeat(32) }
  return readSettings({ ...required, PUBLIC_DOCS_URL }).PUBLIC_DOCS_URL
}

function problemsOf(value: string): readonly string[] {
  try {
    read(value)
    return []
  } catch (error) {
    return (error as ConfigurationError).problems
  }
}

describe('PUBLIC_DOCS_URL', () => {
  test.each([
    ['https://docs.example.com', 'https://docs.example.com'],
    ['https://docs.example.com/', 'https://docs.example.com'],
    ['https://docs.example.com:8443/contacts//', 'https://docs.example.com:8443/contacts'],
    ['https://例え.example', 'https://xn--r8jz45g.example'],
    ['https://'.padEnd(200, 'd'), 'https://'.padEnd(200, 'd')],
  ])('accepts %s', (value, url) => {
    expect(read(value)).toBe(url)
  })

  test.each([
    'docs.example.com',
    'http://docs.example.com',
    'javascript:alert(1)',
    'https://user@docs.example.com',
    'https://docs.example.com?',
    'https://docs.example.com/#errors',
    'https://docs.example.com/a b',
    'https://'.padEnd(201, 'd'),
  ])('refuses %s', (value) => {
    expect(problemsOf(value)).toEqual([
      'PUBLIC_DOCS_URL must be an https:// address of at most 200 characters, without user, password, query and fragment',
    ])
  })
})
