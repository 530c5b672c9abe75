import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigurationError, describeSettings, printableSettings } from '../../../src/config/read-settings.js'
import { readSettings, type Settings, settingsSchema } from '../../../src/settings.js'

type Environment = Readonly<Record<string, string | undefined>>

const uri = 'mongodb://user:password@database.example:27017'
const secret = 'o'.repeat(32)
const descriptions = describeSettings(settingsSchema)
const names = descriptions.map(({ name }) => name)
const descriptionOf = (of: string) => descriptions.find(({ name }) => name === of)?.description
const required = { MONGODB_URI: uri, AUTHENTICATION: 'header', VERIFICATION_SECRETS: secret }
const read = (environment: Environment) => readSettings({ ...required, ...environment })

/** Every problem with an environment. */
function problemsWith(environment: Environment): readonly string[] {
  try {
    readSettings(environment)
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    expect(error.name).toBe('ConfigurationError')
    expect(error.message).toBe(error.problems.join('\n'))
    return error.problems
  }
  return []
}
/** Every problem with an environment that also has the required settings. */
const problemsBeside = (environment: Environment) => problemsWith({ ...required, ...environment })

const defaults = {
  MONGODB_URI: uri,
  LISTEN: { host: '127.0.0.1', port: 50_051 },
  AUTHENTICATION: ['header'],
  JWT_ALGORITHMS: ['RS256', 'PS256', 'ES256', 'EdDSA'],
  JWT_CLOCK_SKEW_SECONDS: 30,
  JWT_DIRECTORY_CLAIM: 'directory_id',
  JWT_ROLES_CLAIM: 'scope',
  CONTACTS_PER_DIRECTORY: 20,
  COUNTRY_CODES: ['86'],
  NAME_MIDDLE_DOT: 'refuse',
  PHONE_NUMBER: 'required',
  UNCONFIGURED_SENDER: 'refuse',
  VERIFICATION_SECRETS: [secret],
  VERIFICATION_CODE_TTL_SECONDS: 1800,
  VERIFICATION_MAX_ATTEMPTS: 5,
  VERIFICATION_MAX_ATTEMPTS_PER_DAY: 20,
  EMAILS_PER_DIRECTORY_PER_DAY: 100,
  SMS_PER_DIRECTORY_PER_DAY: 100,
  MESSAGES_PER_ADDRESS_PER_DAY: 20,
  MESSAGES_PER_ADDRESS_PER_MINUTE: 10,
  MESSAGE_LANGUAGE: 'en',
  SMTP_REQUIRE_TLS: false,
  SMS_HEADERS: {},
  LOG_LEVEL: 'info',
  MAX_CALLS_IN_FLIGHT: 1000,
  MAX_CALL_SECONDS: 10,
  CALLS_PER_SECOND_PER_CALLER: 1000,
  CALLS_PER_SECOND_PER_DIRECTORY: 1000,
  MAX_MESSAGE_BYTES: 65_536,
  MAX_HEADER_BYTES: 32_768,
  MAX_CONNECTIONS: 1000,
  MAX_CONNECTIONS_PER_IP: 250,
  MAX_STREAMS_PER_CONNECTION: 250,
  MAX_CONNECTION_MEMORY_MB: 32,
  MAX_CONNECTION_IDLE_SECONDS: 300,
  MAX_CONNECTION_AGE_SECONDS: 1800,
  CONNECTION_AGE_GRACE_SECONDS: 30,
  KEEPALIVE_SECONDS: 30,
  REFLECTION: 'authenticated',
  DATABASE_POOL_SIZE: 20,
  DATABASE_TIMEOUT_SECONDS: 5,
  SHUTDOWN_DELAY_SECONDS: 0,
  SHUTDOWN_TIMEOUT_SECONDS: 8,
}

describe('without any other setting', () => {
  test('everything except the database, the authentication and the secrets has a default or is absent', () => {
    expect(read({})).toStrictEqual(defaults)
  })

  test('an empty variable counts as unset', () => {
    expect(
      read(Object.fromEntries(names.filter((name) => !(name in required)).map((name) => [name, '']))),
    ).toStrictEqual(defaults)
  })

  test('the database, the authentication and the secrets are required, and described', () => {
    const problems = [
      `MONGODB_URI is required. ${descriptionOf('MONGODB_URI')}`,
      `AUTHENTICATION is required. ${descriptionOf('AUTHENTICATION')}`,
      `VERIFICATION_SECRETS is required. ${descriptionOf('VERIFICATION_SECRETS')}`,
    ]
    expect(problemsWith({})).toEqual(problems)
    for (const value of ['', undefined])
      expect(problemsWith(Object.fromEntries(Object.keys(required).map((name) => [name, value])))).toEqual(problems)
  })

  test('variables of other programs are ignored', () => {
    expect(read({ PATH: '/bin', PORT: 'x', mongodb_uri: 'x' })).toStrictEqual(defaults)
  })
})

/** The minimum and the maximum of each number. */
const numbers: readonly (readonly [keyof Settings, number, number])[] = [
  ['VERIFICATION_CODE_TTL_SECONDS', 60, 86_400],
  ['VERIFICATION_MAX_ATTEMPTS', 1, 100],
  ['VERIFICATION_MAX_ATTEMPTS_PER_DAY', 1, 1000],
  ['EMAILS_PER_DIRECTORY_PER_DAY', 1, 10_000],
  ['SMS_PER_DIRECTORY_PER_DAY', 1, 10_000],
  ['MESSAGES_PER_ADDRESS_PER_DAY', 1, 10_000],
  ['MESSAGES_PER_ADDRESS_PER_MINUTE', 1, 1000],
  ['CONTACTS_PER_DIRECTORY', 1, 1000],
  ['MAX_CALLS_IN_FLIGHT', 1, 100_000],
  ['MAX_CALL_SECONDS', 1, 300],
  ['JWT_CLOCK_SKEW_SECONDS', 0, 300],
  ['MAX_MESSAGE_BYTES', 1024, 4_194_304],
  ['MAX_HEADER_BYTES', 4096, 65_536],
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
  ['SHUTDOWN_TIMEOUT_SECONDS', 1, 300],
]

describe.each(numbers)('%s', (name, min, max) => {
  test(`is a whole number from ${min} to ${max}`, () => {
    expect(read({ [name]: `${min}` })[name]).toBe(min)
    expect(read({ [name]: `${max}` })[name]).toBe(max)
  })

  test('cannot be anything else', () => {
    const others = ['-1', '1.5', '1e3', '0x10', ' 20', '20 ', '20\n', '٢٠', 'many', 'NaN', 'Infinity', '1'.repeat(400)]
    for (const value of [`${min - 1}`, `${max + 1}`, ...others])
      expect(problemsBeside({ [name]: value })).toEqual([`${name} must be a whole number from ${min} to ${max}`])
  })

  test('has its range in its description', () => {
    expect(descriptionOf(name)).toContain(`${min} to ${max}`)
  })
})

/** Values of the other settings, and what they are read as. */
const accepted: readonly (readonly [name: keyof Settings, value: string, setting: unknown])[] = [
  ['MONGODB_URI', 'mongodb://a', 'mongodb://a'],
  ['MONGODB_URI', 'mongodb+srv://cluster.example/?w=majority', 'mongodb+srv://cluster.example/?w=majority'],
  ['MONGODB_DATABASE', 'a', 'a'],
  ['MONGODB_DATABASE', `AZaz09_-${'x'.repeat(55)}`, `AZaz09_-${'x'.repeat(55)}`],
  ['LISTEN', '0.0.0.0:0', { host: '0.0.0.0', port: 0 }],
  ['LISTEN', 'localhost:65535', { host: 'localhost', port: 65_535 }],
  ['LISTEN', '[::1]:50051', { host: '::1', port: 50_051 }],
  ['LISTEN', '[::]:1', { host: '::', port: 1 }],
  ['LISTEN', '[FE80::0a1b]:80', { host: 'FE80::0a1b', port: 80 }],
  ['LISTEN', '[::ffff:127.0.0.1]:80', { host: '::ffff:127.0.0.1', port: 80 }],
  ['TLS', 'off', 'off'],
  ['CALLS_PER_SECOND_PER_CALLER', '1', 1],
  ['CALLS_PER_SECOND_PER_DIRECTORY', '1000000', 1_000_000],
  ['MAX_CALLS_IN_FLIGHT_PER_CALLER', '100000', 100_000],
  ['DEFAULT_DIRECTORY_ID', 'a'.repeat(64), 'a'.repeat(64)],
  ['DEFAULT_DIRECTORY_ID', 'rd_1-A', 'rd_1-A'],
  ['COUNTRY_CODES', '1', ['1']],
  ['COUNTRY_CODES', '999', ['999']],
  ['COUNTRY_CODES', '86,852', ['86', '852']],
  ['COUNTRY_CODES', '86 , 852,  1', ['86', '852', '1']],
  ['PHONE_NUMBER', 'required', 'required'],
  ['PHONE_NUMBER', 'optional', 'optional'],
  ...['refuse', 'print'].map((choice) => ['UNCONFIGURED_SENDER', choice, choice] as const),
  ...['debug', 'info', 'warn', 'error', 'silent'].map((level) => ['LOG_LEVEL', level, level] as const),
  ...['json', 'pretty'].map((format) => ['LOG_FORMAT', format, format] as const),
]

test.each(accepted)('%s accepts %s', (name, value, setting) => {
  expect(read({ TLS: 'off', [name]: value })[name]).toEqual(setting)
})

const format = 'LISTEN must be host:port, such as 0.0.0.0:50051 or [::1]:50051'
const codes = 'COUNTRY_CODES must be country codes separated by commas, such as 86,852'
const rejected: readonly (readonly [problem: string, ...values: string[]])[] = [
  [
    'MONGODB_URI must be a mongodb:// or mongodb+srv:// address, without white space and #',
    'mongodb://',
    'http://a',
    ' mongodb://a',
    'mongodb+tcp://a',
    'mongodb:/a',
  ],
  ['MONGODB_DATABASE must be 1 to 63 of A-Z a-z 0-9 _ -', 'a.b', 'a b', 'a/b', '$a', 'é', 'a\n', ' a', 'x'.repeat(64)],
  [
    format,
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
    format,
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
  ['UNCONFIGURED_SENDER must be one of: refuse, print', 'yes', 'Print', 'drop'],
  ['LOG_LEVEL must be one of: debug, info, warn, error, silent', 'trace', 'INFO', 'fatal', ' info'],
  ['LOG_FORMAT must be one of: json, pretty', 'text', 'JSON', 'pretty '],
]

test.each(rejected)('%s', (problem, ...values) => {
  const [name = ''] = problem.split(' ')
  for (const value of values) expect([value, problemsBeside({ [name]: value })]).toEqual([value, [problem]])
})

describe('problems', () => {
  test('are reported all at once, in the order of the settings, each with its variable', () => {
    const pathNames = ['TLS_CERT_FILE', 'TLS_KEY_FILE', 'TLS_CLIENT_CA_FILE', 'CALLERS_FILE', 'JWT_JWKS']
    const paths = Object.fromEntries(pathNames.map((name) => [name, 'secret\u0007']))
    const others = { ...paths, SMS_BODY: '{{secret}}', SMS_RETRY_CODES: 'secret\u0007' }
    const invalid = Object.fromEntries(names.map((name) => [name, '\u{1f600} secret']))
    const problems = problemsWith({ ...invalid, ...others })
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual(names)
    for (const problem of problems) expect(problem).toMatch(/^[A-Z_]+ must (be|have|not contain) \S/)
  })

  test('are in this order also if some settings are missing and some invalid', () => {
    const problems = problemsWith({ LISTEN: 'x', SHUTDOWN_TIMEOUT_SECONDS: '0' })
    expect(problems.map((problem) => problem.split(' ').slice(0, 2).join(' '))).toEqual([
      'MONGODB_URI is',
      'LISTEN must',
      'AUTHENTICATION is',
      'VERIFICATION_SECRETS is',
      'SHUTDOWN_TIMEOUT_SECONDS must',
    ])
  })

  test('never quote a value, and no other error is thrown', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string().map((text) => `mongodb:/${text}`),
    )
    fc.assert(
      fc.property(fc.constantFrom(...names), value, fc.uuid(), (name, text, secret) => {
        for (const problem of problemsBeside({ [name]: `${text}${secret}\n` })) expect(problem).not.toContain(secret)
      }),
      { numRuns: 300 },
    )
  })
})

describe('the descriptions', () => {
  test('have defaults that are read as the defaults', () => {
    const inEnvironment = descriptions.flatMap((setting) =>
      setting.default === undefined ? [] : [[setting.name, setting.default]],
    )
    expect(read(Object.fromEntries(inEnvironment))).toStrictEqual(defaults)
  })
})

test('the printed settings are all settings, with the secrets masked if they are set', () => {
  const printed = printableSettings(settingsSchema, read({ DEFAULT_DIRECTORY_ID: 'rd-1' }))
  const masked = { MONGODB_URI: '***', VERIFICATION_SECRETS: '***', SMS_HEADERS: '***' }
  expect(printed).toEqual({ ...defaults, DEFAULT_DIRECTORY_ID: 'rd-1', ...masked })
  expect(Object.keys(printed)).toEqual(names)
  expect(JSON.stringify(printed)).not.toContain('password')
})
