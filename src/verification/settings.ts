import { z } from 'zod'
import { commaSeparated, wholeNumber } from '../config/values.js'

export const verificationSettings = z.object({
  VERIFICATION_SECRETS: commaSeparated(
    /^[!-+\x2d-~]{32,}$/,
    'must be secrets of 32 or more visible ASCII characters each, separated by commas',
  ).meta({
    description:
      'What codes are derived from: texts of 32 or more characters, separated by commas. The first one makes new codes, all are accepted.',
    shared: true,
    secret: true,
  }),
  VERIFICATION_CODE_TTL_SECONDS: wholeNumber(60, 86_400).prefault('1800').meta({
    description: 'How long a code is valid, in seconds, 60 to 86400.',
    shared: true,
  }),
  VERIFICATION_MAX_ATTEMPTS: wholeNumber(1, 100).prefault('5').meta({
    description: 'The maximum number of incorrect attempts for one code, 1 to 100.',
    shared: true,
  }),
  VERIFICATION_MAX_ATTEMPTS_PER_DAY: wholeNumber(1, 1000).prefault('20').meta({
    description: 'The maximum number of incorrect attempts for one contact in 24 hours, over all its codes, 1 to 1000.',
    shared: true,
  }),
  EMAILS_PER_DIRECTORY_PER_DAY: wholeNumber(1, 10_000).prefault('100').meta({
    description: 'The maximum number of codes that a directory may have sent by mail in 24 hours, 1 to 10000.',
    shared: true,
  }),
  SMS_PER_DIRECTORY_PER_DAY: wholeNumber(1, 10_000).prefault('100').meta({
    description: 'The maximum number of codes that a directory may have sent by SMS in 24 hours, 1 to 10000.',
    shared: true,
  }),
  MESSAGES_PER_ADDRESS_PER_DAY: wholeNumber(1, 10_000).prefault('20').meta({
    description:
      'The maximum number of codes that a directory may have sent to one address in 24 hours, over all its contacts, 1 to 10000.',
    shared: true,
  }),
  MESSAGES_PER_ADDRESS_PER_MINUTE: wholeNumber(1, 1000).prefault('10').meta({
    description: 'The maximum number of codes sent to one address in a minute, over all directories, 1 to 1000.',
    shared: true,
  }),
})

export type VerificationSettings = z.output<typeof verificationSettings>
