import { MongoClient } from 'mongodb'
import { describe, expect, test, vi } from 'vitest'
import { ConfigurationError } from '../../../src/config/read-settings.js'
import { checkDatabaseAddress, Database } from '../../../src/database/database.js'
import { databaseSettings } from '../../../src/database/settings.js'
import { databaseName, uriProblems } from '../../../src/database/uri.js'
import { RecordingObserver } from '../../support/recording-observer.js'

describe('an option of MONGODB_URI that the service sets itself', () => {
  const onlyAs: readonly (readonly [name: string, allowed: string, other: string])[] = [
    ['retryWrites', 'true', 'false'],
    ['w', 'majority', '1'],
    ['journal', 'true', 'false'],
    ['j', 'true', 'false'],
    ['readConcernLevel', 'majority', 'local'],
    ['readPreference', 'primary', 'secondary'],
  ]
  test.each(onlyAs)('%s may be %s and nothing else', (name, allowed, other) => {
    const problem = `must not set ${name} to anything but ${allowed}`
    expect(uriProblems(`mongodb://a/?${name}=${allowed}`)).toEqual([])
    expect(uriProblems(`mongodb://a/?${name}=${other}`)).toEqual([problem])
    expect(uriProblems(`mongodb://a/?${name}=${allowed}&${name}=${other}`)).toEqual([problem])
  })

  test.each([
    ['maxPoolSize', 'use DATABASE_POOL_SIZE'],
    ['timeoutMS', 'use DATABASE_TIMEOUT_SECONDS'],
    ['socketTimeoutMS', 'use DATABASE_TIMEOUT_SECONDS'],
    ['waitQueueTimeoutMS', 'use DATABASE_TIMEOUT_SECONDS'],
    ['wtimeoutMS', 'use DATABASE_TIMEOUT_SECONDS'],
    ['wtimeout', 'use DATABASE_TIMEOUT_SECONDS'],
    ['dbName', 'use MONGODB_DATABASE'],
    ['serverSelectionTimeoutMS', 'the service sets it itself'],
    ['connectTimeoutMS', 'the service sets it itself'],
    ['heartbeatFrequencyMS', 'the service sets it itself'],
    ['readPreferenceTags', 'the service sets it itself'],
    ['maxStalenessSeconds', 'the service sets it itself'],
    ['writeConcern', 'the service sets it itself'],
    ['readConcern', 'the service sets it itself'],
    ['fsync', 'the service sets it itself'],
    ['ignoreUndefined', 'the service sets it itself'],
  ])('%s is refused: %s', (name, instead) => {
    expect(uriProblems(`mongodb://a/?${name}=1`)).toEqual([`must not set ${name}; ${instead}`])
  })

  test('is found in any case, percent-encoded, after a database and beside a password', () => {
    const problem = 'must not set maxPoolSize; use DATABASE_POOL_SIZE'
    for (const rest of [
      'a/?MAXPOOLSIZE=5',
      'a/?%6DaxPoolSize=5',
      'a,b:1/db?tls=true&maxpoolsize=5',
      'u:p?/w@a?maxPoolSize=5',
    ])
      expect([rest, uriProblems(`mongodb://${rest}`)]).toEqual([rest, [problem]])
  })

  test('is not found in a password', () => {
    expect(uriProblems('mongodb://u:x?w=1&maxPoolSize=2@a/?tls=true')).toEqual([])
  })

  test('is reported with the others, without its value', () => {
    const MONGODB_URI = 'mongodb://a/?w=hidden&maxPoolSize=hidden&tls=true'
    const { error } = databaseSettings.safeParse({ MONGODB_URI })
    expect(error?.issues.map(({ path, message }) => `${path} ${message}`)).toEqual([
      'MONGODB_URI must not set w to anything but majority',
      'MONGODB_URI must not set maxPoolSize; use DATABASE_POOL_SIZE',
    ])
  })
})

describe('every other option', () => {
  test('is accepted', () => {
    const options = 'replicaSet=rs0&tls=true&authSource=admin&appName=x&minPoolSize=2&maxIdleTimeMS=5&retryReads=false'
    expect(uriProblems(`mongodb+srv://cluster.example/?retryWrites=true&w=majority&${options}`)).toEqual([])
  })
})

describe('options that change how documents are read or written are refused', () => {
  test.each([
    ['raw=true', 'raw'],
    ['PROMOTEVALUES=false', 'promoteValues'],
    ['promoteLongs=true', 'promoteLongs'],
    ['useBigInt64=true', 'useBigInt64'],
  ])('%s', (option, name) => {
    expect(uriProblems(`mongodb://a/?${option}`)).toEqual([
      `must not set ${name}, which changes how documents are read or written`,
    ])
  })

  test('all that the driver passes on to its BSON library', () => {
    const names = Object.keys(new MongoClient('mongodb://a/').bsonOptions)
    expect(names.filter((name) => uriProblems(`mongodb://a/?${name}=x`).length === 0)).toEqual([])
  })
})

describe('white space and #, after which the driver drops options, are refused', () => {
  test.each([
    'mongodb://a ',
    'mongodb://a/?tls=true\n',
    'mongodb://a/?w=majority\n&tls=true',
    'mongodb://a/?x&\ttls=true',
    'mongodb://a/?w=majority#&tls=true',
  ])('in %j', (MONGODB_URI) => {
    const { error } = databaseSettings.safeParse({ MONGODB_URI })
    expect(error?.issues.map(({ message }) => message)).toContain(
      'must be a mongodb:// or mongodb+srv:// address, without white space and #',
    )
  })
})

describe('minPoolSize', () => {
  const problem = 'MONGODB_URI must not set minPoolSize to more than DATABASE_POOL_SIZE'
  const check = (uri: string) =>
    checkDatabaseAddress(databaseSettings.parse({ MONGODB_URI: uri, DATABASE_POOL_SIZE: '5' }))

  test('may be as much as DATABASE_POOL_SIZE', () => {
    expect(check('mongodb://a/?minPoolSize=5')).toBeUndefined()
  })

  test.each(['minPoolSize=6', 'MINPOOLSIZE=50', 'minPoolSize=5&minPoolSize=6'])(
    'must not be more, with which the driver would never connect: %s',
    (option) => {
      expect(() => check(`mongodb://a/?${option}`)).toThrow(new ConfigurationError([problem]))
    },
  )
})

describe('the options of the driver', () => {
  /** The options that the driver is created with for an address. */
  async function driverOptions(MONGODB_URI: string): Promise<MongoClient['options'] | undefined> {
    const connect = vi.spyOn(MongoClient.prototype, 'connect').mockRejectedValue(new Error('not needed'))
    const now = () => 0
    const observer = new RecordingObserver()
    const database = new Database(databaseSettings.parse({ MONGODB_URI }), { now, monotonicNow: now, observer })
    await database.probe().catch(() => {})
    const [client] = connect.mock.contexts as MongoClient[]
    connect.mockRestore()
    return client?.options
  }

  test('that the service sets are refused in MONGODB_URI, all but appName', async () => {
    const defaults = new Map<string, unknown>(Object.entries(new MongoClient('mongodb://a/').options))
    const set = Object.entries((await driverOptions('mongodb://a/')) ?? {})
      .filter(([name, value]) => typeof value !== 'object' && value !== defaults.get(name))
      .map(([name]) => name)
    expect(set).toContain('maxPoolSize')
    expect(set.filter((name) => uriProblems(`mongodb://a/?${name}=other`).length === 0)).toEqual(['appName'])
  })

  test.each([
    ['mongodb://a/', 'message-contacts'],
    ['mongodb://a/?appname=other', 'other'],
  ])('have the appName of %s', async (uri, appName) => {
    expect((await driverOptions(uri))?.appName).toBe(appName)
  })
})

describe('the database', () => {
  test.each([
    ['mongodb://a', undefined, 'message_contacts'],
    ['mongodb://a/', undefined, 'message_contacts'],
    ['mongodb://a/?tls=true', undefined, 'message_contacts'],
    ['mongodb://a?tls=true', undefined, 'message_contacts'],
    ['mongodb://a/contacts', undefined, 'contacts'],
    ['mongodb://user:p%40ss@a:1,b:2/contacts?replicaSet=rs0', undefined, 'contacts'],
    ['mongodb+srv://user:p/w@cluster.example/contacts?tls=true', undefined, 'contacts'],
    ['mongodb://a/contacts', 'other', 'other'],
    ['mongodb://a/admin', 'other', 'other'],
  ])('of %s with MONGODB_DATABASE %s is %s', (MONGODB_URI, MONGODB_DATABASE, name) => {
    expect(databaseName({ MONGODB_URI, MONGODB_DATABASE })).toBe(name)
  })

  test.each(['admin', 'local', 'config'])('cannot be %s, where MongoDB keeps its own data', (name) => {
    expect(() => databaseName({ MONGODB_URI: `mongodb://user:password@a/${name}` })).toThrow(
      `MONGODB_URI names the database ${name}, which is not for contacts: name another one, or set MONGODB_DATABASE.`,
    )
  })

  test('cannot have a name that MONGODB_DATABASE could not have', () => {
    for (const name of ['a.b', 'a%20b', 'x'.repeat(64)])
      expect(() => databaseName({ MONGODB_URI: `mongodb://a/${name}` })).toThrow(
        'MONGODB_URI must name a database of 1 to 63 of A-Z a-z 0-9 _ -',
      )
  })
})
