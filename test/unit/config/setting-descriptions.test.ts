import { describe, expect, test } from 'vitest'
import { defaultAddress } from '../../../dev/start-checks.mjs'
import { describeSettings } from '../../../src/config/read-settings.js'
import { settingsByModule, settingsSchema } from '../../../src/settings.js'

const descriptions = describeSettings(settingsSchema)
const names = descriptions.map(({ name }) => name)

describe('the descriptions of the settings', () => {
  const namesOf = (isOne: (setting: (typeof descriptions)[number]) => unknown) =>
    descriptions.filter(isOne).map(({ name }) => name)

  test.each(descriptions)('explain $name in sentences', ({ description }) => {
    expect(description).toMatch(/^[A-Z`].{20,}\.$/)
  })

  test('name each setting once, module by module', () => {
    expect(names).toEqual(Object.values(settingsByModule).flatMap((schema) => Object.keys(schema.shape)))
    expect(new Set(names).size).toBe(names.length)
  })

  test('say which are secret, which may be absent, and which are required', () => {
    const gateway = ['SMS_URL', 'SMS_HEADERS', 'SMS_BODY']
    expect(namesOf(({ secret }) => secret)).toEqual(['MONGODB_URI', 'VERIFICATION_SECRETS', 'SMTP_URL', ...gateway])
    const sms = ['SMS_URL', 'SMS_BODY', 'SMS_SUCCESS', 'SMS_RETRY_CODES']
    const mail = ['SMTP_URL', 'SMTP_EHLO_NAME', 'MAIL_FROM']
    const absent = [
      'MONGODB_DATABASE',
      'HTTP_LISTEN',
      'HTTP_ALLOWED_ORIGINS',
      ...['TLS', 'TLS_CERT_FILE', 'TLS_KEY_FILE', 'TLS_CLIENT_CA_FILE'],
      'PUBLIC_DOCS_URL',
      ...['CALLERS_FILE', 'JWT_ISSUER', 'JWT_AUDIENCE', 'JWT_JWKS'],
      'DEFAULT_DIRECTORY_ID',
      'MAX_CALLS_IN_FLIGHT_PER_CALLER',
      ...mail,
      ...sms,
      'LOG_FORMAT',
      'ADMIN_LISTEN',
    ]
    expect(namesOf((setting) => setting.default === undefined && !setting.required)).toEqual(absent)
    expect(namesOf((setting) => setting.required)).toEqual(['MONGODB_URI', 'AUTHENTICATION', 'VERIFICATION_SECRETS'])
  })

  test('are checked by npm start with the same default address', () => {
    expect(descriptions.find(({ name }) => name === 'LISTEN')?.default).toBe(defaultAddress)
  })
})
