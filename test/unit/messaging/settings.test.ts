import { describe, expect, test } from 'vitest'
import { ConfigurationError, describeSettings, readSettings } from '../../../src/config/read-settings.js'
import { type MessagingSettings, messagingSettings } from '../../../src/messaging/settings.js'

type Name = keyof MessagingSettings

const read = (environment: Readonly<Record<string, string>>) =>
  readSettings(messagingSettings, {}, environment, () => expect.fail('no file may be read'))

function problemsWith(name: Name, value: string): readonly string[] {
  try {
    read({ [name]: value })
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems
    throw error
  }
  return []
}

const server = { host: 'mail.example', port: 587, tls: false }
const template = '{"to":"{{to}}","text":"{{text}}"}'
const accepted: readonly (readonly [name: Name, value: string, setting: unknown])[] = [
  ['MESSAGE_LANGUAGE', 'en', 'en'],
  ['MESSAGE_LANGUAGE', 'zh-Hans', 'zh-Hans'],
  ['MESSAGE_LANGUAGE', 'zh-Hant', 'zh-Hant'],
  ['UNCONFIGURED_SENDER', 'refuse', 'refuse'],
  ['UNCONFIGURED_SENDER', 'print', 'print'],
  ['SMTP_URL', 'smtp://mail.example', server],
  ['SMTP_URL', 'smtp://mail.example/', server],
  ['SMTP_URL', 'smtps://mail.example', { ...server, port: 465, tls: true }],
  ['SMTP_URL', 'smtp://mail.example:25', { ...server, port: 25 }],
  ['SMTP_URL', 'smtps://127.0.0.1:2465', { host: '127.0.0.1', port: 2465, tls: true }],
  ['SMTP_URL', 'smtp://[::1]:25', { host: '::1', port: 25, tls: false }],
  ['SMTP_URL', 'smtp://us:pass@mail.example:25', { ...server, port: 25, login: { user: 'us', password: 'pass' } }],
  [
    'SMTP_URL',
    'smtp://us%40example.com:p%3A%2F%40%25@mail.example',
    { ...server, login: { user: 'us@example.com', password: 'p:/@%' } },
  ],
  ['SMTP_REQUIRE_TLS', 'yes', true],
  ['SMTP_REQUIRE_TLS', 'no', false],
  ['MAIL_FROM', 'no-reply@example.com', { name: '', address: 'no-reply@example.com' }],
  ['MAIL_FROM', '<no-reply@example.com>', { name: '', address: 'no-reply@example.com' }],
  ['MAIL_FROM', 'Our cloud, Inc. <a.b+c@x-y.example>', { name: 'Our cloud, Inc.', address: 'a.b+c@x-y.example' }],
  ['MAIL_FROM', '云  <a@b>', { name: '云', address: 'a@b' }],
  ['SMS_URL', 'https://sms.example/messages?key=1', 'https://sms.example/messages?key=1'],
  ['SMS_URL', 'http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
  ['SMS_HEADERS', '{}', {}],
  ['SMS_HEADERS', '{"Authorization": "Bearer abc", "x-b": ""}', { Authorization: 'Bearer abc', 'x-b': '' }],
  ['SMS_BODY', template, template],
]

const rejected: readonly (readonly [problem: string, ...values: string[]])[] = [
  ['MESSAGE_LANGUAGE must be one of: en, zh-Hans, zh-Hant', 'zh', 'EN', 'zh-hans', 'fr'],
  ['UNCONFIGURED_SENDER must be one of: refuse, print', 'yes', 'Print', 'drop'],
  [
    'SMTP_URL must be smtp://user:password@host:port or smtps://..., with % escapes for special characters',
    'mail.example',
    'mail.example:25',
    'http://mail.example',
    'smtp:mail.example',
    'smtp:/mail.example',
    'smtp://',
    'smtp:///',
    'smtp:///x',
    'smtp://:25',
    'smtp://us@mail.example',
    'smtp://:pass@mail.example',
    'smtp://us:pa%ss@mail.example',
    'smtp://us:pa/ss@mail.example',
    'smtp://mail.example:99999',
    'smtp://mail.example/path',
    'smtp://mail.example?tls.rejectUnauthorized=false',
    'smtp://mail.example#a',
    'smtp://mail.example\n',
    ' smtp://mail.example',
    'smtp://mail example',
  ],
  ['SMTP_REQUIRE_TLS must be one of: yes, no', 'true', 'YES', '1'],
  [
    'MAIL_FROM must be a mail address, such as no-reply@example.com or Name <no-reply@example.com>',
    'no-reply',
    '@example.com',
    'a@',
    'a@b@c',
    'a b@example.com',
    'a@example.com, b@example.com',
    'Name <a@example.com',
    'Name a@example.com',
    'Name <a@example.com> more',
    'Name <a@example.com> <b@example.com>',
    '"Name" <a@example.com>',
    'Na\nme <a@example.com>',
    'a@example.com\n',
    'a@bücher.example',
    'é@example.com',
    'a@.example.com',
    'a@example.com.',
    `${'a'.repeat(65)}@example.com`,
    `${'n'.repeat(101)}<a@example.com>`,
  ],
  [
    'SMS_URL must be an http:// or https:// address without user and password',
    'sms.example',
    'ftp://sms.example',
    'https:sms.example',
    'https://',
    'https://us:pass@sms.example',
    'https://us@sms.example',
    'https://:pass@sms.example',
    'https://sms.example/a b',
    ' https://sms.example',
    'https://sms.example\n',
  ],
  [
    'SMS_HEADERS must be a JSON object of header names and strings, such as {"Authorization": "Bearer ..."}',
    'Authorization: Bearer',
    '[]',
    'null',
    '"a"',
    '{"a":1}',
    '{"a":["b"]}',
    '{"a b":"c"}',
    '{"":"c"}',
    '{"a":"b\\r\\nc: d"}',
    '{"a":"云"}',
  ],
  [
    'SMS_BODY must be JSON with {{to}} and {{text}} in its strings, and no other placeholder than {{reference}}',
    'to={{to}}&text={{text}}',
    '{"to":"{{to}}"}',
    '{"to":"{{to}}","text":"{{text}}","name":"{{name}}"}',
  ],
]

describe('messaging settings', () => {
  test('have defaults that configure no channel', () => {
    expect(read({})).toStrictEqual({
      MESSAGE_LANGUAGE: 'en',
      UNCONFIGURED_SENDER: 'refuse',
      SMTP_REQUIRE_TLS: false,
      SMS_HEADERS: {},
    })
  })

  test('are secret if they can contain a secret', () => {
    const secrets = describeSettings(messagingSettings).filter(({ secret }) => secret)
    expect(secrets.map(({ name }) => name)).toEqual(['SMTP_URL', 'SMS_URL', 'SMS_HEADERS', 'SMS_BODY'])
  })

  test.each(accepted)('%s accepts %s', (name, value, setting) => {
    expect(read({ [name]: value })[name]).toEqual(setting)
  })

  test.each(rejected)('%s', (problem, ...values) => {
    const name = problem.split(' ')[0] as Name
    for (const value of values) expect([value, problemsWith(name, value)]).toEqual([value, [problem]])
  })
})
