import { z } from 'zod'
import { isDirectoryId } from './caller.js'
import { isBodyTemplate } from './sending/body-template.js'
import { languages } from './sending/wording.js'
import {
  address,
  countryCodes,
  gatewayUrl,
  headers,
  mailbox,
  mailServer,
  oneOf,
  secrets,
  text,
  wholeNumber,
  yesOrNo,
} from './setting-values.js'

/** One line of the table of settings. What it reads is always a text of the environment. */
export interface Setting {
  /** What it decides, with its unit and range: the README prints this. */
  readonly meaning: string
  /** What an unset or empty variable means. A setting with neither a default nor `optional` is required. */
  readonly default?: string
  readonly optional?: true
  /** Never printed or logged, and may come as a file that `NAME_FILE` names. */
  readonly secret?: true
  readonly parse: z.ZodType<unknown, string>
}

const setting = <const Line extends Setting>(line: Line) => line

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
  UNSENT_MESSAGES: setting({
    meaning:
      '`refuse` or `print`: what becomes of a code where the settings to send it lack. `print` shows it on the terminal, for development.',
    default: 'refuse',
    parse: oneOf('refuse', 'print'),
  }),
  VERIFICATION_SECRETS: setting({
    meaning:
      'What codes are derived from: texts of 32 or more characters, with commas between. The first makes new codes, all are accepted.',
    secret: true,
    parse: secrets,
  }),
  VERIFICATION_VALID_SECONDS: setting({
    meaning: 'How long a code is valid, 60 to 86400.',
    default: '1800',
    parse: wholeNumber(60, 86_400),
  }),
  VERIFICATION_TRIES: setting({
    meaning: 'How many wrong codes end a code, 1 to 100.',
    default: '5',
    parse: wholeNumber(1, 100),
  }),
  VERIFICATION_TRIES_PER_DAY: setting({
    meaning: 'How many wrong codes a contact may be given in a day, whatever codes were sent, 1 to 1000.',
    default: '20',
    parse: wholeNumber(1, 1000),
  }),
  MAILS_PER_DAY: setting({
    meaning: 'How many codes a directory may have sent by mail in a day, 1 to 10000.',
    default: '100',
    parse: wholeNumber(1, 10_000),
  }),
  TEXTS_PER_DAY: setting({
    meaning: 'How many codes a directory may have sent by text message in a day, 1 to 10000.',
    default: '100',
    parse: wholeNumber(1, 10_000),
  }),
  MESSAGES_PER_ADDRESS_PER_MINUTE: setting({
    meaning: 'How many codes one address or number may be sent in a minute, whoever asks, 1 to 1000.',
    default: '10',
    parse: wholeNumber(1, 1000),
  }),
  MAIL_LANGUAGE: setting({
    meaning: 'The language of mails and text messages: `en`, `zh-Hans` or `zh-Hant`.',
    default: 'en',
    parse: oneOf(...languages),
  }),
  SMTP_URL: setting({
    meaning:
      'The server that takes mails: `smtp://user:password@host:port` or `smtps://`. Without a port 587, or 465; without a user no login.',
    optional: true,
    secret: true,
    parse: mailServer,
  }),
  SMTP_REQUIRE_TLS: setting({
    meaning:
      '`yes` or `no`: whether a server that offers no TLS gets nothing. With `no`, STARTTLS is used where it is offered.',
    default: 'no',
    parse: yesOrNo,
  }),
  MAIL_FROM: setting({
    meaning: 'Whom mails are from: `no-reply@example.com` or `Name <no-reply@example.com>`.',
    optional: true,
    parse: mailbox,
  }),
  SMS_URL: setting({
    meaning: 'The gateway that takes text messages: an `http://` or `https://` address to POST to.',
    optional: true,
    secret: true,
    parse: gatewayUrl,
  }),
  SMS_HEADERS: setting({
    meaning:
      'Headers of those requests, as a JSON object of texts. `content-type` is `application/json` unless it is among them.',
    default: '{}',
    secret: true,
    parse: headers,
  }),
  SMS_BODY: setting({
    meaning:
      'Their body: JSON in whose texts `{{to}}` (`+` and digits), `{{text}}` and, if wanted, `{{reference}}` are filled in.',
    optional: true,
    secret: true,
    parse: z.string().refine(isBodyTemplate, {
      error: 'must be JSON with {{to}} and {{text}} in its texts, and no other placeholder than {{reference}}',
    }),
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
