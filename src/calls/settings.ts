import { z } from 'zod'
import { wholeNumber } from '../config/values.js'

export const callSettings = z.object({
  MAX_CALLS_IN_FLIGHT: wholeNumber(1, 100_000).prefault('1000').meta({
    description:
      'The maximum number of calls in flight in this process, 1 to 100000. Further calls are refused as OVERLOADED.',
  }),
  MAX_CALL_SECONDS: wholeNumber(1, 300).prefault('10').meta({
    description: 'The maximum duration of a call in seconds, 1 to 300, if its client would wait longer.',
  }),
})

export type CallSettings = z.output<typeof callSettings>
