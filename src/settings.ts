import { z } from 'zod'
import { isDirectoryId } from './caller.js'

/** One line of the table of settings. What it reads is always a text of the environment. */
interface Setting<Value> {
  /** What it decides, with its unit and range: the README prints this. */
  readonly meaning: string
  /** What an unset or empty variable means. A setting with neither a default nor `optional` is required. */
  readonly default?: string
  readonly optional?: true
  /** Never printed or logged. */
  readonly secret?: true
  readonly parse: z.ZodType<Value, string>
}

const setting = <Value>(line: Setting<Value>) => line

const text = (pattern: RegExp, must: string) => z.string().regex(pattern, { error: must })
const oneOf = <const Values extends readonly [string, ...string[]]>(...values: Values) =>
  z.string().pipe(z.enum(values, { error: `must be one of: ${values.join(', ')}` }))

function wholeNumber(least: number, most: number) {
  const error = `must be a whole number from ${least} to ${most}`
  return z
    .string()
    .regex(/^\d{1,15}$/, { error })
    .transform(Number)
    .pipe(z.number().min(least, { error }).max(most, { error }))
}

/** `host:port`; an IPv6 host in brackets. */
const address = text(
  /^(\[[0-9a-fA-F:.]+\]|[^\s:[\]]+):\d{1,5}$/,
  'must be host:port, such as 0.0.0.0:50051 or [::1]:50051',
)
  .transform((value) => {
    const colon = value.lastIndexOf(':')
    return { host: value.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(value.slice(colon + 1)) }
  })
  .refine(({ port }) => port <= 65_535, { error: 'must have a port from 0 to 65535' })

const countryCodes = text(
  /^[1-9]\d{0,2}( *, *[1-9]\d{0,2})*$/,
  'must be country codes with commas between, such as 86,852',
).transform((value) => value.split(',').map((code) => code.trim()))

/** Every setting, in the order the README shows them. */
export const settingsTable = {
  MONGODB_URI: setting({
    meaning: 'Where the database is: `mongodb://` or `mongodb+srv://`. In production a replica set.',
    secret: true,
    parse: text(/^mongodb(\+srv)?:\/\/./, 'must be a mongodb:// or mongodb+srv:// address'),
  }),
  MONGODB_DATABASE: setting({
    meaning: 'The database that holds the collection `message_contacts`.',
    default: 'message_contacts',
    parse: text(/^[A-Za-z0-9_-]{1,63}$/, 'must be 1 to 63 of A-Z a-z 0-9 _ -'),
  }),
  LISTEN: setting({
    meaning: '`host:port` to serve on. Port 0 takes any free one; `0.0.0.0:50051` serves on every address.',
    default: '127.0.0.1:50051',
    parse: address,
  }),
  DEFAULT_DIRECTORY_ID: setting({
    meaning: 'The resource directory of callers who name none. For development: in production leave it unset.',
    optional: true,
    parse: z.string().refine(isDirectoryId, { error: 'must be 1 to 64 of A-Z a-z 0-9 _ -' }),
  }),
  CONTACTS_PER_DIRECTORY: setting({
    meaning:
      'How many contacts a directory may hold, 1 to 1000. The same in all processes. Each contact has one of as many places: lowering the number removes nothing, and free places among the first so many are still given out.',
    default: '20',
    parse: wholeNumber(1, 1000),
  }),
  COUNTRY_CODES: setting({
    meaning: 'The country codes of phone numbers that are served, with commas between.',
    default: '86',
    parse: countryCodes,
  }),
  PHONE_NUMBER: setting({
    meaning: '`required` or `optional`: whether a contact must have a phone number.',
    default: 'required',
    parse: oneOf('required', 'optional'),
  }),
  LOG_LEVEL: setting({
    meaning: '`debug` (a line for every call), `info`, `warn`, `error` or `silent`.',
    default: 'info',
    parse: oneOf('debug', 'info', 'warn', 'error', 'silent'),
  }),
  MAX_CALLS_IN_FLIGHT: setting({
    meaning: 'Calls at work in this process, 1 to 100000. One more is refused as OVERLOADED.',
    default: '1000',
    parse: wholeNumber(1, 100_000),
  }),
  MAX_CALL_SECONDS: setting({
    meaning: 'The longest a call may take where its client would wait longer, 1 to 300.',
    default: '10',
    parse: wholeNumber(1, 300),
  }),
  MAX_MESSAGE_BYTES: setting({
    meaning: 'The largest request, 1024 to 4194304.',
    default: '65536',
    parse: wholeNumber(1024, 4_194_304),
  }),
  MAX_CONNECTIONS: setting({
    meaning: 'Connections to this process, 1 to 100000. One more is closed at once.',
    default: '1000',
    parse: wholeNumber(1, 100_000),
  }),
  MAX_STREAMS_PER_CONNECTION: setting({
    meaning: 'Calls at once on one connection, 1 to 10000. A client keeps more of them waiting on its side.',
    default: '250',
    parse: wholeNumber(1, 10_000),
  }),
  MAX_CONNECTION_MEMORY_MB: setting({
    meaning: 'What one connection may hold in buffers, in megabytes, 1 to 1024.',
    default: '32',
    parse: wholeNumber(1, 1024),
  }),
  MAX_CONNECTION_IDLE_SECONDS: setting({
    meaning: 'A connection without a call is closed after so long, 1 to 86400.',
    default: '300',
    parse: wholeNumber(1, 86_400),
  }),
  MAX_CONNECTION_AGE_SECONDS: setting({
    meaning:
      'A connection is told to go after so long, give or take a tenth, so that clients find new processes; 1 to 86400.',
    default: '1800',
    parse: wholeNumber(1, 86_400),
  }),
  CONNECTION_AGE_GRACE_SECONDS: setting({
    meaning: 'And is cut so long after that, whatever it still carries, 1 to 3600.',
    default: '30',
    parse: wholeNumber(1, 3600),
  }),
  KEEPALIVE_SECONDS: setting({
    meaning: 'How often a silent peer is asked whether it is still there, 1 to 3600; it has 10 seconds to answer.',
    default: '30',
    parse: wholeNumber(1, 3600),
  }),
  DATABASE_POOL_SIZE: setting({
    meaning: 'Connections to each member of the database, 1 to 1000. Groups of calls share them, so few are enough.',
    default: '20',
    parse: wholeNumber(1, 1000),
  }),
  DATABASE_TIMEOUT_SECONDS: setting({
    meaning: 'The longest a database command may take, 1 to 60, whatever the deadlines of the calls behind it.',
    default: '5',
    parse: wholeNumber(1, 60),
  }),
  SHUTDOWN_DELAY_SECONDS: setting({
    meaning: 'From NOT_SERVING until calls are refused, 0 to 300: the time balancers need to look elsewhere.',
    default: '0',
    parse: wholeNumber(0, 300),
  }),
  SHUTDOWN_SECONDS: setting({
    meaning: 'How long calls under way may take to finish after that, 1 to 300; then they are cut.',
    default: '8',
    parse: wholeNumber(1, 300),
  }),
}

type Table = typeof settingsTable

/** The settings by their names, parsed. Only those with neither default nor need can be undefined. */
export type Settings = {
  readonly [Name in keyof Table]: Table[Name]['parse'] extends z.ZodType<infer Value, string>
    ? Name extends 'DEFAULT_DIRECTORY_ID'
      ? Value | undefined
      : Value
    : never
}

/** Every complaint about the settings at once, each naming its variable and never its value. */
export class WrongSettings extends Error {
  override readonly name = 'WrongSettings'
  readonly complaints: readonly string[]

  constructor(complaints: readonly string[]) {
    super(complaints.join('\n'))
    this.complaints = complaints
  }
}

/** Reads the settings from an environment. An empty variable counts as unset. Throws WrongSettings. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const complaints: string[] = []
  const settings: Record<string, unknown> = {}
  for (const [name, line] of Object.entries<Setting<unknown>>(settingsTable)) {
    const value = environment[name] || line.default
    if (value !== undefined) {
      const parsed = line.parse.safeParse(value)
      if (parsed.success) settings[name] = parsed.data
      else complaints.push(`${name} ${parsed.error.issues[0]?.message}`)
    } else if (!line.optional) complaints.push(`${name} is required. ${line.meaning}`)
  }
  if (complaints.length > 0) throw new WrongSettings(complaints)
  return settings as Settings
}

/** For the log: every setting but the secret ones. */
export function printableSettings(settings: Settings): Record<string, unknown> {
  const lines = Object.entries<Setting<unknown>>(settingsTable)
  return Object.fromEntries(
    lines.map(([name, { secret }]) => [name, secret ? '***' : settings[name as keyof Settings]]),
  )
}
