import { z } from 'zod'
import { text, wholeNumber } from '../config/values.js'
import { databaseNamePattern, uriProblems } from './uri.js'

export const databaseSettings = z.object({
  // The driver drops what follows a line break or `#`: options would be lost silently.
  MONGODB_URI: text(
    /^mongodb(\+srv)?:\/\/[^\s#]+$/,
    'must be a mongodb:// or mongodb+srv:// address, without white space and #',
  )
    .superRefine((uri, context) => {
      for (const message of uriProblems(uri)) context.addIssue({ code: 'custom', message })
    })
    .meta({
      description:
        'The address of the database, `mongodb://` or `mongodb+srv://`; in production a replica set. Options that the service sets itself (retries, concerns, pool size, timeouts) are refused if they differ.',
      secret: true,
    }),
  MONGODB_DATABASE: text(databaseNamePattern, 'must be 1 to 63 of A-Z a-z 0-9 _ -').optional().meta({
    description:
      'The name of the database that holds the collection `message_contacts`. By default the one that MONGODB_URI names, or else `message_contacts`.',
  }),
  DATABASE_POOL_SIZE: wholeNumber(1, 1000).prefault('20').meta({
    description:
      'The maximum number of connections to each member of the database, 1 to 1000. Batches share them, so few are enough.',
  }),
  DATABASE_TIMEOUT_SECONDS: wholeNumber(1, 60).prefault('5').meta({
    description:
      'The maximum duration of a database command in seconds, 1 to 60, whatever the deadlines of the calls that wait for it.',
  }),
})

export type DatabaseSettings = z.output<typeof databaseSettings>
