import { describe, expect, test } from 'vitest'
import { ConfigurationError, type Environment } from '../../../src/config/read-settings.js'
import { readSettings, settingsSchema } from '../../../src/settings.js'

const names = Object.keys(settingsSchema.shape)
const required = { MONGODB_URI: 'mongodb://a', AUTHENTICATION: 'header', VERIFICATION_SECRETS: 'o'.repeat(32) }
const read = (environment: Environment) => readSettings({ ...required, ...environment })

/** Every problem with an environment that also has the required settings. */
function problemsBeside(environment: Environment): readonly string[] {
  try {
    read(environment)
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems
    throw error
  }
  return []
}

describe('a setting of version 0.1 that was renamed', () => {
  const renamed = {
    VERIFICATION_VALID_SECONDS: 'VERIFICATION_CODE_TTL_SECONDS',
    VERIFICATION_TRIES: 'VERIFICATION_MAX_ATTEMPTS',
    VERIFICATION_TRIES_PER_DAY: 'VERIFICATION_MAX_ATTEMPTS_PER_DAY',
    MAILS_PER_DAY: 'EMAILS_PER_DIRECTORY_PER_DAY',
    TEXTS_PER_DAY: 'SMS_PER_DIRECTORY_PER_DAY',
    MAIL_LANGUAGE: 'MESSAGE_LANGUAGE',
    UNSENT_MESSAGES: 'UNCONFIGURED_SENDER',
    SHUTDOWN_SECONDS: 'SHUTDOWN_TIMEOUT_SECONDS',
  }
  const problems = Object.entries(renamed).map(([oldName, newName]) => `${oldName} is now called ${newName}`)

  test.each(Object.entries(renamed))('%s is reported with its new name, %s, which exists', (oldName, newName) => {
    expect(problemsBeside({ [oldName]: '100' })).toEqual([`${oldName} is now called ${newName}`])
    expect(names).toContain(newName)
    expect(names).not.toContain(oldName)
  })

  test('is reported also beside the new one, and with all other problems', () => {
    const oldSettings = Object.fromEntries(Object.keys(renamed).map((name) => [name, 'x']))
    expect(problemsBeside({ ...oldSettings, SHUTDOWN_TIMEOUT_SECONDS: '9', PHONE_NUMBER: 'x' })).toEqual([
      ...problems,
      'PHONE_NUMBER must be one of: required, optional',
    ])
  })

  test('counts as unset if it is empty', () => {
    expect(read(Object.fromEntries(Object.keys(renamed).map((name) => [name, ''])))).toStrictEqual(read({}))
  })
})
