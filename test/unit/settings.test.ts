import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { printableSettings, readSettings, WrongSettings } from '../../src/settings.js'
import { type Setting, settingsTable } from '../../src/settings-table.js'

type Environment = Readonly<Record<string, string | undefined>>

const uri = 'mongodb://user:password@database.example:27017'
const secret = 'o'.repeat(32)
const names = Object.keys(settingsTable)
const required = { MONGODB_URI: uri, VERIFICATION_SECRETS: secret }
const read = (environment: Environment) => readSettings({ ...required, ...environment })

/** Every complaint about an environment. */
function complaintsAbout(environment: Environment): readonly string[] {
  try {
    readSettings(environment)
  } catch (error) {
    if (!(error instanceof WrongSettings)) throw error
    expect(error.name).toBe('WrongSettings')
    expect(error.message).toBe(error.complaints.join('\n'))
    return error.complaints
  }
  return []
}
const complaints = (environment: Environment) => complaintsAbout({ ...required, ...environment })

const defaults = {
  MONGODB_URI: uri,
  MONGODB_DATABASE: 'message_contacts',
  LISTEN: { host: '127.0.0.1', port: 50_051 },
  CONTACTS_PER_DIRECTORY: 20,
  COUNTRY_CODES: ['86'],
  PHONE_NUMBER: 'required',
  UNSENT_MESSAGES: 'refuse',
  VERIFICATION_SECRETS: [secret],
  VERIFICATION_VALID_SECONDS: 1800,
  VERIFICATION_TRIES: 5,
  VERIFICATION_TRIES_PER_DAY: 20,
  MAILS_PER_DAY: 100,
  TEXTS_PER_DAY: 100,
  MESSAGES_PER_ADDRESS_PER_MINUTE: 10,
  MAIL_LANGUAGE: 'en',
  SMTP_REQUIRE_TLS: false,
  SMS_HEADERS: {},
  LOG_LEVEL: 'info',
  MAX_CALLS_IN_FLIGHT: 1000,
  MAX_CALL_SECONDS: 10,
  MAX_MESSAGE_BYTES: 65_536,
  MAX_CONNECTIONS: 1000,
  MAX_STREAMS_PER_CONNECTION: 250,
  MAX_CONNECTION_MEMORY_MB: 32,
  MAX_CONNECTION_IDLE_SECONDS: 300,
  MAX_CONNECTION_AGE_SECONDS: 1800,
  CONNECTION_AGE_GRACE_SECONDS: 30,
  KEEPALIVE_SECONDS: 30,
  DATABASE_POOL_SIZE: 20,
  DATABASE_TIMEOUT_SECONDS: 5,
  SHUTDOWN_DELAY_SECONDS: 0,
  SHUTDOWN_SECONDS: 8,
}

describe('where nothing is set', () => {
  test('everything but the database and the secrets has a default, and the default directory is nobody', () => {
    expect(read({})).toStrictEqual(defaults)
  })

  test('an empty variable is an unset one', () => {
    expect(
      read(Object.fromEntries(names.filter((name) => !(name in required)).map((name) => [name, '']))),
    ).toStrictEqual(defaults)
  })

  test('the database and the secrets are asked for, with what they mean', () => {
    const asked = [
      `MONGODB_URI is required. ${settingsTable.MONGODB_URI.meaning}`,
      `VERIFICATION_SECRETS is required. ${settingsTable.VERIFICATION_SECRETS.meaning}`,
    ]
    expect(complaintsAbout({})).toEqual(asked)
    expect(complaintsAbout({ MONGODB_URI: '', VERIFICATION_SECRETS: '' })).toEqual(asked)
    expect(complaintsAbout({ MONGODB_URI: undefined, VERIFICATION_SECRETS: undefined })).toEqual(asked)
  })

  test('variables of others are nobody’s business', () => {
    expect(read({ PATH: '/bin', PORT: 'x', mongodb_uri: 'x' })).toStrictEqual(defaults)
  })
})

/** Least, most, and what is said about everything else. */
const numbers: readonly (readonly [keyof typeof defaults, number, number])[] = [
  ['VERIFICATION_VALID_SECONDS', 60, 86_400],
  ['VERIFICATION_TRIES', 1, 100],
  ['VERIFICATION_TRIES_PER_DAY', 1, 1000],
  ['MAILS_PER_DAY', 1, 10_000],
  ['TEXTS_PER_DAY', 1, 10_000],
  ['MESSAGES_PER_ADDRESS_PER_MINUTE', 1, 1000],
  ['CONTACTS_PER_DIRECTORY', 1, 1000],
  ['MAX_CALLS_IN_FLIGHT', 1, 100_000],
  ['MAX_CALL_SECONDS', 1, 300],
  ['MAX_MESSAGE_BYTES', 1024, 4_194_304],
  ['MAX_CONNECTIONS', 1, 100_000],
  ['MAX_STREAMS_PER_CONNECTION', 1, 10_000],
  ['MAX_CONNECTION_MEMORY_MB', 1, 1024],
  ['MAX_CONNECTION_IDLE_SECONDS', 1, 86_400],
  ['MAX_CONNECTION_AGE_SECONDS', 1, 86_400],
  ['CONNECTION_AGE_GRACE_SECONDS', 1, 3600],
  ['KEEPALIVE_SECONDS', 1, 3600],
  ['DATABASE_POOL_SIZE', 1, 1000],
  ['DATABASE_TIMEOUT_SECONDS', 1, 60],
  ['SHUTDOWN_DELAY_SECONDS', 0, 300],
  ['SHUTDOWN_SECONDS', 1, 300],
]

describe.each(numbers)('%s', (name, least, most) => {
  test(`is a whole number from ${least} to ${most}`, () => {
    expect(read({ [name]: `${least}` })[name]).toBe(least)
    expect(read({ [name]: `${most}` })[name]).toBe(most)
  })

  test('is nothing else', () => {
    const others = ['-1', '1.5', '1e3', '0x10', ' 20', '20 ', '20\n', '٢٠', 'many', 'NaN', 'Infinity', '1'.repeat(400)]
    for (const value of [`${least - 1}`, `${most + 1}`, ...others])
      expect(complaints({ [name]: value })).toEqual([`${name} must be a whole number from ${least} to ${most}`])
  })

  test('tells its range where its meaning is told', () => {
    expect(settingsTable[name].meaning).toContain(`${least} to ${most}`)
  })
})

/** What each other setting takes, and what comes of it. */
const accepted: readonly (readonly [name: keyof typeof settingsTable, value: string, becomes: unknown])[] = [
  ['MONGODB_URI', 'mongodb://a', 'mongodb://a'],
  ['MONGODB_URI', 'mongodb+srv://cluster.example/?w=1', 'mongodb+srv://cluster.example/?w=1'],
  ['MONGODB_DATABASE', 'a', 'a'],
  ['MONGODB_DATABASE', `AZaz09_-${'x'.repeat(55)}`, `AZaz09_-${'x'.repeat(55)}`],
  ['LISTEN', '0.0.0.0:0', { host: '0.0.0.0', port: 0 }],
  ['LISTEN', 'localhost:65535', { host: 'localhost', port: 65_535 }],
  ['LISTEN', '[::1]:50051', { host: '::1', port: 50_051 }],
  ['LISTEN', '[::]:1', { host: '::', port: 1 }],
  ['LISTEN', '[FE80::0a1b]:80', { host: 'FE80::0a1b', port: 80 }],
  ['LISTEN', '[::ffff:127.0.0.1]:80', { host: '::ffff:127.0.0.1', port: 80 }],
  ['DEFAULT_DIRECTORY_ID', 'a'.repeat(64), 'a'.repeat(64)],
  ['DEFAULT_DIRECTORY_ID', 'rd_1-A', 'rd_1-A'],
  ['COUNTRY_CODES', '1', ['1']],
  ['COUNTRY_CODES', '999', ['999']],
  ['COUNTRY_CODES', '86,852', ['86', '852']],
  ['COUNTRY_CODES', '86 , 852,  1', ['86', '852', '1']],
  ['PHONE_NUMBER', 'required', 'required'],
  ['PHONE_NUMBER', 'optional', 'optional'],
  ['UNSENT_MESSAGES', 'refuse', 'refuse'],
  ['UNSENT_MESSAGES', 'print', 'print'],
  ...['debug', 'info', 'warn', 'error', 'silent'].map((level) => ['LOG_LEVEL', level, level] as const),
]

test.each(accepted)('%s may be %s', (name, value, becomes) => {
  expect(read({ [name]: value })[name]).toEqual(becomes)
})

const inForm = 'LISTEN must be host:port, such as 0.0.0.0:50051 or [::1]:50051'
const codes = 'COUNTRY_CODES must be country codes with commas between, such as 86,852'
const refused: readonly (readonly [complaint: string, ...values: string[]])[] = [
  [
    'MONGODB_URI must be a mongodb:// or mongodb+srv:// address',
    'mongodb://',
    'http://a',
    ' mongodb://a',
    'mongodb+tcp://a',
    'mongodb:/a',
  ],
  ['MONGODB_DATABASE must be 1 to 63 of A-Z a-z 0-9 _ -', 'a.b', 'a b', 'a/b', '$a', 'é', 'a\n', ' a', 'x'.repeat(64)],
  [
    inForm,
    '50051',
    ':50051',
    'localhost',
    'localhost:',
    'localhost:http',
    'a b:1',
    '::1:50051',
    '[::1]',
    '[]:1',
    '[::1]:',
    '[::g]:1',
  ],
  [
    inForm,
    'localhost:123456',
    'localhost:1 ',
    ' localhost:1',
    'localhost:1\n',
    'http://localhost:1',
    '[::1]50051',
    'a]:1',
    '[a:1',
  ],
  ['LISTEN must have a port from 0 to 65535', 'localhost:65536', '[::1]:99999'],
  ['DEFAULT_DIRECTORY_ID must be 1 to 64 of A-Z a-z 0-9 _ -', 'a'.repeat(65), 'rd 1', 'rd.1', 'rd-1\n'],
  [
    codes,
    '0',
    '086',
    '1234',
    '+86',
    '86;852',
    '86,',
    ',86',
    '86,,852',
    '86,0',
    '86,1234',
    ' 86',
    '86 ',
    'China',
    '8 6',
  ],
  ['PHONE_NUMBER must be one of: required, optional', 'yes', 'Required', 'optional '],
  ['UNSENT_MESSAGES must be one of: refuse, print', 'yes', 'Print', 'drop'],
  ['LOG_LEVEL must be one of: debug, info, warn, error, silent', 'trace', 'INFO', 'fatal', ' info'],
]

test.each(refused)('%s', (complaint, ...values) => {
  const [name = ''] = complaint.split(' ')
  for (const value of values) expect([value, complaints({ [name]: value })]).toEqual([value, [complaint]])
})

describe('complaints', () => {
  test('come all at once, in the order of the table, each naming its variable', () => {
    const wrong = Object.fromEntries(names.map((name) => [name, '\u{1f600} secret']))
    const said = complaintsAbout(wrong)
    expect(said.map((complaint) => complaint.split(' ')[0])).toEqual(names)
    for (const complaint of said) expect(complaint).toMatch(/^[A-Z_]+ must (be|have) \S/)
  })

  test('stand beside each other whether something is missing or wrong', () => {
    const said = complaintsAbout({ LISTEN: 'x', SHUTDOWN_SECONDS: '0' })
    expect(said.map((complaint) => complaint.split(' ').slice(0, 2).join(' '))).toEqual([
      'MONGODB_URI is',
      'LISTEN must',
      'VERIFICATION_SECRETS is',
      'SHUTDOWN_SECONDS must',
    ])
  })

  test('never hold a value, and nothing else is ever thrown', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string().map((text) => `mongodb:/${text}`),
    )
    fc.assert(
      fc.property(fc.constantFrom(...names), value, fc.uuid(), (name, text, secret) => {
        for (const complaint of complaints({ [name]: `${text}${secret}\n` })) expect(complaint).not.toContain(secret)
      }),
      { numRuns: 300 },
    )
  })
})

describe('the table', () => {
  const lines = Object.entries<Setting>(settingsTable)
  const those = (are: (line: Setting) => unknown) => lines.filter(([, line]) => are(line)).map(([name]) => name)

  test.each(lines)('tells what %s means', (_, { meaning }) => {
    expect(meaning).toMatch(/^[A-Z`].{20,}\.$/)
  })

  test('says which are secret, and which may be absent', () => {
    const gateway = ['SMS_URL', 'SMS_HEADERS', 'SMS_BODY']
    expect(those(({ secret }) => secret)).toEqual(['MONGODB_URI', 'VERIFICATION_SECRETS', 'SMTP_URL', ...gateway])
    const absent = ['DEFAULT_DIRECTORY_ID', 'SMTP_URL', 'MAIL_FROM', 'SMS_URL', 'SMS_BODY']
    expect(those(({ optional }) => optional)).toEqual(absent)
    expect(those((line) => line.default === undefined && !line.optional)).toEqual(Object.keys(required))
  })
})

test('what is printed is every setting, the secret ones masked where they are set', () => {
  const printed = printableSettings(read({ DEFAULT_DIRECTORY_ID: 'rd-1' }))
  const masked = { MONGODB_URI: '***', VERIFICATION_SECRETS: '***', SMS_HEADERS: '***' }
  expect(printed).toEqual({ ...defaults, DEFAULT_DIRECTORY_ID: 'rd-1', ...masked })
  expect(Object.keys(printed)).toEqual(names)
  expect(JSON.stringify(printed)).not.toContain('password')
})
