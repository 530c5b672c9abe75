import { z } from 'zod'
import { text } from '../config/values.js'
import { directoryIdPattern } from './caller.js'

export const accessSettings = z.object({
  DEFAULT_DIRECTORY_ID: text(directoryIdPattern, 'must be 1 to 64 of A-Z a-z 0-9 _ -').optional().meta({
    description:
      'The resource directory of callers that send no `x-resource-directory-id`. For development; leave it unset in production.',
  }),
})

export type AccessSettings = z.output<typeof accessSettings>
