import { describe, expect, test } from 'vitest'
import { ConfigurationError, readSettings } from '../../../src/config/read-settings.js'
import { verificationSettings } from '../../../src/verification/settings.js'

const secret = '!#$%&()*+-./:;<=>?@[]^_`{|}~\'"0aZ'
const read = (secrets: string) =>
  readSettings(verificationSettings, {}, { VERIFICATION_SECRETS: secrets }, () => expect.fail('no file may be read'))

function problemsWith(secrets: string): readonly string[] {
  try {
    read(secrets)
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems
    throw error
  }
  return []
}

describe('the verification settings', () => {
  test('have defaults for everything except the secrets', () => {
    expect(read(secret)).toStrictEqual({
      VERIFICATION_SECRETS: [secret],
      VERIFICATION_CODE_TTL_SECONDS: 1800,
      VERIFICATION_MAX_ATTEMPTS: 5,
      VERIFICATION_MAX_ATTEMPTS_PER_DAY: 20,
      EMAILS_PER_DIRECTORY_PER_DAY: 100,
      SMS_PER_DIRECTORY_PER_DAY: 100,
      MESSAGES_PER_ADDRESS_PER_DAY: 20,
      MESSAGES_PER_ADDRESS_PER_MINUTE: 10,
    })
  })

  test.each([
    [secret, [secret]],
    [`${'a'.repeat(32)},${'b'.repeat(500)} , ${secret}`, ['a'.repeat(32), 'b'.repeat(500), secret]],
  ])('accept the secrets %s', (secrets, expected) => {
    expect(read(secrets).VERIFICATION_SECRETS).toEqual(expected)
  })

  test.each([
    ['a short one', 'a'.repeat(31)],
    ['an empty one at the end', `${secret},`],
    ['an empty one at the beginning', `,${secret}`],
    ['an empty one in the middle', `${secret},,${secret}`],
    ['a short one at the end', `${secret},short`],
    ['a space and a letter that is not ASCII', `${secret};short é`],
    ['a space', `${'a'.repeat(20)} ${'a'.repeat(20)}`],
    ['a line break at the end', `${secret}\n`],
  ])('reject secrets with %s', (_, secrets) => {
    expect(problemsWith(secrets)).toEqual([
      'VERIFICATION_SECRETS must be secrets of 32 or more visible ASCII characters each, separated by commas',
    ])
  })

  test('reject secrets with a control character, which is named', () => {
    expect(problemsWith(`${secret}\u007f`)).toEqual([
      'VERIFICATION_SECRETS must not contain the invisible character U+007F',
    ])
  })
})
