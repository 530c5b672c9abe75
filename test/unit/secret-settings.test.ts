import { describe, expect, test } from 'vitest'
import { printableSettings, readSettings, WrongSettings } from '../../src/settings.js'
import { type Setting, settingsTable } from '../../src/settings-table.js'

type Environment = Readonly<Record<string, string>>

/** A lawful value of each secret. */
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

const read = (environment: Environment, all = files) =>
  readSettings(environment, (path) => all[path] ?? expect.fail(`no file ${path}`))

function complaintsAbout(environment: Environment, all?: Environment): readonly string[] {
  try {
    read({ ...values, ...environment }, all)
  } catch (error) {
    if (error instanceof WrongSettings) return error.complaints
    throw error
  }
  return []
}

describe('a secret', () => {
  test('is each setting that could hold one', () => {
    const marked = Object.entries<Setting>(settingsTable).filter(([, { secret }]) => secret)
    expect(marked.map(([name]) => name)).toEqual(Object.keys(values))
  })

  test('may stand in a file', () => {
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
  ])('in a file ends before one line break: %j', (end, kept) => {
    const { MONGODB_URI } = read(
      { ...values, MONGODB_URI: '', MONGODB_URI_FILE: 'file' },
      { file: `mongodb://hidden${end}` },
    )
    expect(MONGODB_URI).toBe(`mongodb://hidden${kept}`)
  })

  test.each(secrets)('%s is masked where it is printed', (name, value) => {
    const printed = printableSettings(read({ ...values, [name]: value }))
    expect(printed[name]).toBe('***')
    expect(JSON.stringify(printed)).not.toContain('hidden')
  })

  test('that is not set is not masked', () => {
    const { MONGODB_URI, VERIFICATION_SECRETS } = values
    const printed = printableSettings(read({ MONGODB_URI, VERIFICATION_SECRETS }))
    expect([printed['SMTP_URL'], printed['SMS_URL'], printed['SMS_BODY']]).toEqual([undefined, undefined, undefined])
  })
})

describe.each(secrets)('%s_FILE', (name) => {
  const inFile = { [name]: '', [`${name}_FILE`]: 'hidden' }

  test('beside the variable itself is refused', () => {
    const both = { [`${name}_FILE`]: `/secrets/${name}` }
    expect(complaintsAbout(both)).toEqual([`${name}_FILE must not be set beside ${name}`])
  })

  test.each([
    ['a file that cannot be read', {}, 'must name a file that can be read'],
    ['an empty file', { hidden: '' }, 'must name a file that is not empty'],
    ['a line break', { hidden: '\n' }, 'must name a file that is not empty'],
  ])('of %s is refused', (_, all: Environment, complaint) => {
    expect(complaintsAbout(inFile, all)).toEqual([`${name}_FILE ${complaint}`])
  })

  test('of something else is refused as the variable is, without a word of it', () => {
    const [complaint = '', ...others] = complaintsAbout(inFile, { hidden: '\u{1f600} hidden' })
    expect(complaint).toMatch(new RegExp(`^${name} must be `))
    expect([complaint.includes('hidden'), others]).toEqual([false, []])
  })

  test('that is empty counts as unset', () => {
    expect(complaintsAbout({ [`${name}_FILE`]: '' })).toEqual([])
  })
})

test('without a way to read files no file can be read', () => {
  expect(() => readSettings({ ...values, SMTP_URL: '', SMTP_URL_FILE: 'a' })).toThrow(
    'SMTP_URL_FILE must name a file that can be read',
  )
})

test('only a secret may stand in a file', () => {
  const { LISTEN } = read({ ...values, LISTEN_FILE: '/secrets/LISTEN' })
  expect(LISTEN).toEqual({ host: '127.0.0.1', port: 50_051 })
})
