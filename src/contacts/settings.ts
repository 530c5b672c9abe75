import { z } from 'zod'
import { commaSeparated, oneOf, wholeNumber } from '../config/values.js'

export const contactSettings = z.object({
  CONTACTS_PER_DIRECTORY: wholeNumber(1, 1000)
    .prefault('20')
    .meta({
      description:
        'The maximum number of contacts in a directory, 1 to 1000; the same in all processes. Lowering it removes no contact, ' +
        'and a directory may still get a contact in each free slot below the new limit.',
      shared: true,
    }),
  COUNTRY_CODES: commaSeparated(/^[1-9]\d{0,2}$/, 'must be country codes separated by commas, such as 86,852')
    .prefault('86')
    .meta({ description: 'The country codes of phone numbers that are accepted, separated by commas.', shared: true }),
  NAME_MIDDLE_DOT: oneOf('refuse', 'allow').prefault('refuse').meta({
    description:
      '`refuse` or `allow`: whether names may have a middle dot (U+00B7) between Chinese characters. It counts as a character.',
    shared: true,
  }),
  PHONE_NUMBER: oneOf('required', 'optional').prefault('required').meta({
    description: '`required` or `optional`: whether a contact must have a phone number.',
    shared: true,
  }),
})

export type ContactSettings = z.output<typeof contactSettings>
