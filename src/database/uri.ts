import { ConfigurationError } from '../config/read-settings.js'

/** An option of the driver that the service sets itself. */
interface OwnOption {
  readonly name: string
  /** The value that the service uses, which MONGODB_URI may therefore have. */
  readonly value?: string
  /** The setting to use instead. */
  readonly setting?: string
}

/** All of them: the driver would silently prefer the service's own value. */
const ownOptions: readonly OwnOption[] = [
  { name: 'retryWrites', value: 'true' },
  { name: 'w', value: 'majority' },
  { name: 'journal', value: 'true' },
  { name: 'j', value: 'true' },
  { name: 'readConcernLevel', value: 'majority' },
  { name: 'readPreference', value: 'primary' },
  { name: 'readPreferenceTags' },
  { name: 'maxStalenessSeconds' },
  { name: 'writeConcern' },
  { name: 'readConcern' },
  { name: 'fsync' },
  { name: 'wtimeoutMS', setting: 'DATABASE_TIMEOUT_SECONDS' },
  { name: 'wtimeout', setting: 'DATABASE_TIMEOUT_SECONDS' },
  { name: 'timeoutMS', setting: 'DATABASE_TIMEOUT_SECONDS' },
  { name: 'socketTimeoutMS', setting: 'DATABASE_TIMEOUT_SECONDS' },
  { name: 'waitQueueTimeoutMS', setting: 'DATABASE_TIMEOUT_SECONDS' },
  { name: 'maxPoolSize', setting: 'DATABASE_POOL_SIZE' },
  { name: 'dbName', setting: 'MONGODB_DATABASE' },
  { name: 'serverSelectionTimeoutMS' },
  { name: 'connectTimeoutMS' },
  { name: 'heartbeatFrequencyMS' },
  { name: 'ignoreUndefined' },
  { name: 'connectionType' },
]

/** Options of the driver that change how documents are read or written, which the service relies on. */
const documentOptions = [
  'bsonRegExp',
  'checkKeys',
  'enableUtf8Validation',
  'fieldsAsRaw',
  'forceServerObjectId',
  'promoteBuffers',
  'promoteLongs',
  'promoteValues',
  'raw',
  'serializeFunctions',
  'useBigInt64',
]

/** Path and query of an address, as the driver finds them. */
const afterHosts = /^[^/]+:\/\/(?:[^@]*@)?[^/?@]*\/?([^?]*)\??(.*)$/s

/** All values of an option; its name is given in any case. */
function valuesOf(uri: string, name: string): readonly string[] {
  const options = [...new URLSearchParams(afterHosts.exec(uri)?.[2])]
  return options.filter(([key]) => key.toLowerCase() === name.toLowerCase()).map(([, value]) => value)
}

export const hasOption = (uri: string, name: string): boolean => valuesOf(uri, name).length > 0

/** What is wrong with the options of a MONGODB_URI. Never quotes a value. */
export function uriProblems(uri: string): readonly string[] {
  const ownProblems = ownOptions
    .filter(({ name, value }) => valuesOf(uri, name).some((given) => given !== value))
    .map(({ name, value, setting }) => {
      if (value !== undefined) return `must not set ${name} to anything but ${value}`
      return setting ? `must not set ${name}; use ${setting}` : `must not set ${name}; the service sets it itself`
    })
  const documentProblems = documentOptions
    .filter((name) => hasOption(uri, name))
    .map((name) => `must not set ${name}, which changes how documents are read or written`)
  return [...ownProblems, ...documentProblems]
}

/** Throws ConfigurationError if MONGODB_URI wants more connections than DATABASE_POOL_SIZE: the driver would never connect. */
export function checkMinPoolSize(settings: {
  readonly MONGODB_URI: string
  readonly DATABASE_POOL_SIZE: number
}): void {
  if (valuesOf(settings.MONGODB_URI, 'minPoolSize').some((size) => Number(size) > settings.DATABASE_POOL_SIZE))
    throw new ConfigurationError(['MONGODB_URI must not set minPoolSize to more than DATABASE_POOL_SIZE'])
}

export const databaseNamePattern = /^[A-Za-z0-9_-]{1,63}$/
const defaultDatabase = 'message_contacts'
/** MongoDB keeps its own data there. They often stand in a MONGODB_URI to say where the user is defined. */
const systemDatabases = ['admin', 'local', 'config']

/** The database that MONGODB_DATABASE names, or else MONGODB_URI, or else the default. Throws ConfigurationError. */
export function databaseName(settings: {
  readonly MONGODB_URI: string
  readonly MONGODB_DATABASE?: string | undefined
}): string {
  if (settings.MONGODB_DATABASE !== undefined) return settings.MONGODB_DATABASE
  const name = afterHosts.exec(settings.MONGODB_URI)?.[1] || defaultDatabase
  if (systemDatabases.includes(name))
    throw new ConfigurationError([
      `MONGODB_URI names the database ${name}, which is not for contacts: name another one, or set MONGODB_DATABASE. Where users are defined says the option authSource`,
    ])
  if (!databaseNamePattern.test(name))
    throw new ConfigurationError(['MONGODB_URI must name a database of 1 to 63 of A-Z a-z 0-9 _ -'])
  return name
}
