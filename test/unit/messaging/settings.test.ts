import fc from 'fast-check'
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
  ['MAIL_FROM', 'Zoë Müller (Köln) <a@b.example>', { name: 'Zoë Müller (Köln)', address: 'a@b.example' }],
  ['MAIL_FROM', '"Example, Inc." <a@b.example>', { name: 'Example, Inc.', address: 'a@b.example' }],
  ['MAIL_FROM', '"Example"<a@b.example>', { name: 'Example', address: 'a@b.example' }],
  ['MAIL_FROM', '"云, 有限公司" <a@b.example>', { name: '云, 有限公司', address: 'a@b.example' }],
  ['MAIL_FROM', '"a <b@c.example>; d: \\"e\\\\\\"" <a@b>', { name: 'a <b@c.example>; d: "e\\"', address: 'a@b' }],
  ['MAIL_FROM', 'The "Example, Inc." Team <a@b>', { name: 'The Example, Inc. Team', address: 'a@b' }],
  ['SMTP_EHLO_NAME', 'contacts.example.com', 'contacts.example.com'],
  ['SMTP_EHLO_NAME', 'relay-1', 'relay-1'],
  ['SMTP_EHLO_NAME', '[192.0.2.1]', '[192.0.2.1]'],
  ['SMTP_EHLO_NAME', '[IPv6:2001:db8::1]', '[IPv6:2001:db8::1]'],
  ['SMS_URL', 'https://sms.example/messages?key=1', 'https://sms.example/messages?key=1'],
  ['SMS_URL', 'http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
  ['SMS_URL', 'https://sms.example/#a', 'https://sms.example/#a'],
  ['SMS_URL', 'https://sms.example/{{to}}?t={{text}}', 'https://sms.example/{{to}}?t={{text}}'],
  ['SMS_URL', 'https://sms.example?t={{code}}&n={{national}}', 'https://sms.example?t={{code}}&n={{national}}'],
  ['SMS_HEADERS', '{}', {}],
  ['SMS_HEADERS', '{"x-id":"{{reference}}"}', { 'x-id': '{{reference}}' }],
  ['SMS_HEADERS', '{"Authorization": "Bearer abc", "x-b": ""}', { Authorization: 'Bearer abc', 'x-b': '' }],
  ['SMS_BODY', template, template],
  ['SMS_BODY', '{"n":"{{national}}","p":["{{code}}"]}', '{"n":"{{national}}","p":["{{code}}"]}'],
  ['SMS_SUCCESS', 'Code=OK', { path: ['Code'], value: 'OK' }],
  ['SMS_SUCCESS', 'SendStatusSet[0].Code=Ok', { path: ['SendStatusSet', 0, 'Code'], value: 'Ok' }],
]

const doubleBraces =
  'must not contain double braces except in {{to}}, {{national}}, {{country_code}}, {{text}}, {{code}}, {{minutes}}, {{reference}}, {{language}}'

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
    'SMTP_EHLO_NAME must be a domain name, such as contacts.example.com, or an IP address in brackets, such as [192.0.2.1]',
    'a b',
    'a\r\nMAIL FROM:<b@c>',
    '.example',
    'example.',
    'bücher.example',
    '192.0.2.1]',
    '[a.example]',
    '[192.0.2]',
    'a'.repeat(254),
  ],
  [
    'MAIL_FROM must be one mail address, such as no-reply@example.com or "Example, Inc." <no-reply@example.com>',
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
    '"Name <a@example.com>',
    'Name" <a@example.com>',
    '"Na\nme" <a@example.com>',
    '"Name\\" <a@example.com>',
    'Name: <a@example.com>',
    'Team: a@example.com;',
    'Team: Tom <a@example.com>, b@example.com;',
    'a@example.com, Name <b@example.com>',
    'Tom <a@example.com>, "Name" <b@example.com>',
    'Tom <a@example.com>; <b@example.com>',
    'Tom <<a@example.com>>',
    `"${'n'.repeat(101)}" <a@example.com>`,
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
    'SMS_URL must be an http:// or https:// address without user and password, with placeholders only in its path and query',
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
    'https://{{to}}.example',
    'https://sms.example{{to}}/',
    'https://sms.example:{{code}}/',
    '{{text}}://sms.example/',
    'https://{{to}}@sms.example/',
    'https://sms.example/#{{text}}',
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
    'SMS_BODY must be JSON with placeholders only inside strings, unless SMS_HEADERS has the content type of a form or of XML',
    'to={{to}}&text={{text}}',
    '<to>{{to}}{{text}}</to>',
    '{"to":"{{to}}","text":{{text}}}',
    '{"to":"{{to}}","text":"{{text}}",}',
    String.raw`{"to":"{{to}}","param":"{\"code\":{{code}}}"}`,
  ],
  [
    'SMS_BODY must contain {{to}} or {{national}}, and {{text}} or {{code}}; SMS_URL, SMS_HEADERS and SMS_BODY count together',
    '{"to":"{{to}}"}',
    '{"text":"{{text}}"}',
    '{"to":"{{country_code}}","text":"{{text}}"}',
    '{"to":"{{to}}","text":"{{minutes}}"}',
    '{}',
  ],
  [
    'SMS_URL must contain {{to}} or {{national}}, and {{text}} or {{code}}; SMS_URL, SMS_HEADERS and SMS_BODY count together',
    'https://sms.example/{{to}}',
    'https://sms.example/?code={{code}}',
    'https://sms.example/{{reference}}',
  ],
  [
    `SMS_BODY ${doubleBraces}`,
    '{"to":"{{to}}","text":"{{text}}","name":"{{name}}"}',
    '{"to":"{{ to }}","text":"{{text}}"}',
    '{"to":"{{to}","text":"{{text}}"}',
  ],
  [`SMS_URL ${doubleBraces}`, 'https://sms.example/{{to}}?text={{text}}&name={{name}}', 'https://sms.example/{{to}'],
  [`SMS_HEADERS ${doubleBraces}`, '{"x-to":"{{to}}","x-name":"{{name}}"}'],
  [
    'SMS_SUCCESS must be a path in a JSON answer, an equals sign and a value, such as Code=OK or SendStatusSet[0].Code=Ok',
    'OK',
    '=OK',
    'a b=OK',
    'a[x]=OK',
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

  test('are refused without a quotation of the value', () => {
    const values = rejected.flatMap(([problem, ...values]) => values.map((value) => [problem.split(' ')[0], value]))
    for (const [name = '', value = ''] of values) {
      const quoted = problemsWith(name as Name, `${value} s3cret`).join()
      expect(quoted).not.toContain('s3cret')
    }
  })

  test('accept any name of a sender as a quoted phrase', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), (text) => {
        const name = text.replaceAll(/\p{Cc}/gu, '').trim()
        const phrase = `"${name.replaceAll(/["\\]/g, '\\$&')}"`
        expect(read({ MAIL_FROM: `${phrase} <a@b.example>` }).MAIL_FROM).toEqual({ name, address: 'a@b.example' })
      }),
    )
  })
})
