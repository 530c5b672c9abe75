import { z } from 'zod'
import { text, wholeNumber } from '../config/values.js'
import { directoryIdPattern } from './caller.js'

export const accessSettings = z.object({
  DEFAULT_DIRECTORY_ID: text(directoryIdPattern, 'must be 1 to 64 of A-Z a-z 0-9 _ -').optional().meta({
    description:
      'The resource directory of callers that send no `x-resource-directory-id`. For development; leave it unset in production.',
  }),
  CALLS_PER_SECOND_PER_CALLER: wholeNumber(1, 1_000_000).prefault('1000').meta({
    description:
      'The maximum number of calls of one caller in a second, in this process, 1 to 1000000; after a quiet time twice as many at once. Further calls are refused as THROTTLED. `calls_per_second` in the callers file is for one caller.',
  }),
  CALLS_PER_SECOND_PER_DIRECTORY: wholeNumber(1, 1_000_000).prefault('1000').meta({
    description:
      'The maximum number of calls for one resource directory in a second, in this process, by all its callers together, 1 to 1000000; after a quiet time twice as many at once. Further calls are refused as THROTTLED.',
  }),
  MAX_CALLS_IN_FLIGHT_PER_CALLER: wholeNumber(1, 100_000).optional().meta({
    description:
      'The maximum number of calls in flight of one caller in this process, 1 to 100000, by default a quarter of `MAX_CALLS_IN_FLIGHT`. Further calls are refused as THROTTLED.',
  }),
})

export type AccessSettings = z.output<typeof accessSettings>
