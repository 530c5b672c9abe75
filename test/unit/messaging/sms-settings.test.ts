import { describe, expect, test } from 'vitest'
import { ConfigurationError, type Environment, readSettings } from '../../../src/config/read-settings.js'
import { messagingSettings } from '../../../src/messaging/settings.js'

const read = (environment: Environment) =>
  readSettings(messagingSettings, {}, environment, () => expect.fail('no file may be read'))

function problemsOf(environment: Environment): readonly string[] {
  try {
    read(environment)
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems
    throw error
  }
  return []
}

const template = '{"to":"{{to}}","text":"{{text}}"}'
const formType = '{"content-type":"application/x-www-form-urlencoded; charset=utf-8"}'
const xmlType = '{"Content-Type":"text/xml"}'
/** Settings and their problems. */
const combinations: readonly (readonly [environment: Environment, ...problems: string[]])[] = [
  [{ SMS_HEADERS: formType, SMS_BODY: 'to={{to}}&text={{text}}' }],
  [{ SMS_HEADERS: xmlType, SMS_BODY: '<sms to="{{to}}">{{text}}</sms>' }],
  [
    { SMS_HEADERS: formType, SMS_BODY: template },
    'SMS_BODY must be a form, name=value&name=value, with the placeholders of JSON inside its strings, because of the content type in SMS_HEADERS',
  ],
  [
    { SMS_HEADERS: xmlType, SMS_BODY: template },
    'SMS_BODY must be well-formed XML without document type, with placeholders only in texts and attribute values, and those of JSON inside its strings, because of the content type in SMS_HEADERS',
  ],
  [{ SMS_URL: 'https://sms.example/?to={{to}}', SMS_BODY: '{"text":"{{code}}"}' }],
  [{ SMS_URL: 'https://sms.example/?text={{text}}', SMS_HEADERS: '{"x-to":"{{national}}"}' }],
  [{ SMS_URL: 'https://sms.example/', SMS_HEADERS: '{"x-to":"{{to}}"}', SMS_BODY: '["{{text}}"]' }],
  [
    { SMS_URL: 'https://sms.example/?to={{to}}&param={"code":{{code}}}' },
    'SMS_URL must have the placeholders of JSON inside its strings',
  ],
  [
    { SMS_HEADERS: '{"x-param":"{\\"to\\":\\"{{to}}\\",\\"code\\":{{code}}}"}' },
    'SMS_HEADERS must have the placeholders of JSON inside its strings',
  ],
  // Not configured: refused when a code is requested, as without any of these settings.
  [{ SMS_URL: 'https://sms.example/', SMS_HEADERS: '{"x-to":"{{to}}"}' }],
  [{ SMS_SUCCESS: 'Code=OK', SMS_RETRY_CODES: 'isv.BUSINESS_LIMIT_CONTROL' }],
  [{ SMS_RETRY_CODES: 'isv.BUSINESS_LIMIT_CONTROL' }, 'SMS_RETRY_CODES requires SMS_SUCCESS'],
  [
    { SMS_SUCCESS: 'Code=OK', SMS_RETRY_CODES: 'a,,b' },
    'SMS_RETRY_CODES must be values with commas between, such as isv.BUSINESS_LIMIT_CONTROL',
  ],
  [
    { SMS_SUCCESS: 'Code=OK', SMS_RETRY_CODES: 'a, b ' },
    'SMS_RETRY_CODES must be values with commas between, such as isv.BUSINESS_LIMIT_CONTROL',
  ],
]

describe('the settings of text messages', () => {
  const named = combinations.map(
    ([environment, ...problems]) => [JSON.stringify(environment), environment, problems] as const,
  )
  test.each(named)('fit together or not: %s', (_, environment, problems) => {
    expect(problemsOf(environment)).toEqual(problems)
  })
})
