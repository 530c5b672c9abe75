import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  ConfigurationError,
  describeSettings,
  printableSettings,
  readSettings as readFromEnvironment,
} from '../../../src/config/read-settings.js'
import { readSettings, settingsSchema } from '../../../src/settings.js'

type Environment = Readonly<Record<string, string>>

/** A valid value of each secret. */
const values = {
  MONGODB_URI: 'mongodb://user:hidden@a',
  VERIFICATION_SECRETS: 'hidden'.repeat(6),
  SMTP_URL: 'smtp://user:hidden@mail.example',
  SMS_URL: 'https://sms.example/?key=hidden',
  SMS_HEADERS: '{"Authorization":"hidden"}',
  SMS_BODY: '{"key":"hidden","to":"{{to}}","text":"{{text}}"}',
}
const secrets = Object.entries(values)
const files: Environment = Object.fromEntries(secrets.map(([name, value]) => [`/secrets/${name}`, value]))

const read = (environment: Environment, readable = files) =>
  readSettings({ AUTHENTICATION: 'header', ...environment }, (path) => readable[path] ?? expect.fail(`no file ${path}`))

function problemsWith(environment: Environment, readable?: Environment): readonly string[] {
  try {
    read({ ...values, ...environment }, readable)
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems
    throw error
  }
  return []
}

describe('a secret', () => {
  test('is every setting that can contain one', () => {
    const marked = describeSettings(settingsSchema).filter(({ secret }) => secret)
    expect(marked.map(({ name }) => name)).toEqual(Object.keys(values))
  })

  test('can come from a file', () => {
    const named = Object.fromEntries(secrets.map(([name]) => [`${name}_FILE`, `/secrets/${name}`]))
    expect(read(named)).toStrictEqual(read(values))
  })

  test.each([
    ['', ''],
    ['\n', ''],
    ['\r\n', ''],
    ['\n\n', '\n'],
    ['\nb\n', '\nb'],
    [' ', ' '],
  ])('from a file ends before one final line break: %j', (end, value) => {
    const anyText = z.object({ TOKEN: z.string().meta({ secret: true }) })
    const { TOKEN } = readFromEnvironment(anyText, {}, { TOKEN_FILE: 'file' }, () => `hidden${end}`)
    expect(TOKEN).toBe(`hidden${value}`)
  })

  test.each(secrets)('%s is masked when settings are printed', (name, value) => {
    const printed = printableSettings(settingsSchema, read({ ...values, [name]: value }))
    expect(printed[name]).toBe('***')
    expect(JSON.stringify(printed)).not.toContain('hidden')
  })

  test('that is not set is not masked', () => {
    const { MONGODB_URI, VERIFICATION_SECRETS } = values
    const printed = printableSettings(settingsSchema, read({ MONGODB_URI, VERIFICATION_SECRETS }))
    expect([printed['SMTP_URL'], printed['SMS_URL'], printed['SMS_BODY']]).toEqual([undefined, undefined, undefined])
  })
})

describe.each(secrets)('%s_FILE', (name) => {
  const fromFile = { [name]: '', [`${name}_FILE`]: 'hidden' }

  test('is refused together with the variable itself', () => {
    const both = { [`${name}_FILE`]: `/secrets/${name}` }
    expect(problemsWith(both)).toEqual([`${name}_FILE must not be set together with ${name}`])
  })

  test.each([
    ['names a file that cannot be read', {}, 'must name a file that can be read'],
    ['names an empty file', { hidden: '' }, 'must name a file that is not empty'],
    ['names a file that contains only a line break', { hidden: '\n' }, 'must name a file that is not empty'],
  ])('is refused if it %s', (_, readable: Environment, problem) => {
    expect(problemsWith(fromFile, readable)).toEqual([`${name}_FILE ${problem}`])
  })

  test('is refused as the variable is if the value is invalid, and the problem does not quote it', () => {
    const [problem = '', ...others] = problemsWith(fromFile, { hidden: '\u{1f600} hidden' })
    expect(problem).toMatch(new RegExp(`^${name} must be `))
    expect([problem.includes('hidden'), others]).toEqual([false, []])
  })

  test('that is empty counts as unset', () => {
    expect(problemsWith({ [`${name}_FILE`]: '' })).toEqual([])
  })
})

test('without a function that reads files, no file can be read', () => {
  expect(() => readSettings({ ...values, SMTP_URL: '', SMTP_URL_FILE: 'a' })).toThrow(
    'SMTP_URL_FILE must name a file that can be read',
  )
})

test('only a secret can come from a file', () => {
  const { LISTEN } = read({ ...values, LISTEN_FILE: '/secrets/LISTEN' })
  expect(LISTEN).toEqual({ host: '127.0.0.1', port: 50_051 })
})
