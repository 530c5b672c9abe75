import type { CodeMessage } from './code-message.js'

/** The languages in which codes are sent, by their BCP 47 tags. */
export const languages = ['en', 'zh-Hans', 'zh-Hant'] as const
export type Language = (typeof languages)[number]

/** What a mail says, in its three forms. */
export interface MailWording {
  readonly subject: string
  /** Plain text. The code is its only run of six digits. */
  readonly text: string
  /** A whole document, well-formed as XML too. */
  readonly html: string
}

interface Phrases {
  readonly subject: string
  /** `name` is lawful, or empty where there is none to greet. */
  readonly greeting: (name: string) => string
  readonly request: string
  readonly validity: (minutes: number) => string
  readonly warning: string
  /** One SMS: at most 160 characters of GSM 7-bit, or 60 others, which leaves room for a signature of ten. */
  readonly textMessage: (code: string, minutes: number) => string
}

const minutesInWords = (minutes: number) => (minutes === 1 ? '1 minute' : `${minutes} minutes`)

const phrases: Readonly<Record<Language, Phrases>> = {
  en: {
    subject: 'Your verification code',
    greeting: (name) => (name ? `Hello ${name},` : 'Hello,'),
    request:
      'Somebody asked to have the messages about a cloud account sent to this address. If you agree, enter this code where you were asked for it:',
    validity: (minutes) => `It is valid for ${minutesInWords(minutes)}.`,
    warning:
      'If you know nothing about this, ignore this mail: without the code nothing more is sent to you. Give the code to nobody who calls or writes to you for it.',
    textMessage: (code, minutes) =>
      `${code} is your code to confirm this number for cloud account messages. Valid for ${minutesInWords(minutes)}. If you know nothing about it, ignore it.`,
  },
  'zh-Hans': {
    subject: '您的验证码',
    greeting: (name) => (name ? `${name}，您好：` : '您好：'),
    request: '有人申请将云账号的消息发送到此邮箱。如您同意，请在要求输入验证码的地方填写：',
    validity: (minutes) => `验证码${minutes}分钟内有效。`,
    warning: '如果您不知情，请忽略本邮件：未经验证，不会再向您发送任何消息。请勿将验证码告诉来电或来信索要的人。',
    textMessage: (code, minutes) =>
      `验证码${code}，用于确认此号码接收云账号消息，${minutes}分钟内有效。如不知情请忽略，切勿告诉他人。`,
  },
  'zh-Hant': {
    subject: '您的驗證碼',
    greeting: (name) => (name ? `${name}，您好：` : '您好：'),
    request: '有人申請將雲端帳號的訊息寄送到此信箱。如您同意，請在要求輸入驗證碼的地方填寫：',
    validity: (minutes) => `驗證碼${minutes}分鐘內有效。`,
    warning: '如果您不知情，請忽略本郵件：未經驗證，不會再向您寄送任何訊息。請勿將驗證碼告訴來電或來信索取的人。',
    textMessage: (code, minutes) =>
      `驗證碼${code}，用於確認此號碼接收雲端帳號訊息，${minutes}分鐘內有效。如不知情請忽略，切勿告訴他人。`,
  },
}

/** The mail that brings a code. */
export function mailWording({ name, code, validMinutes }: CodeMessage, language: Language): MailWording {
  const { subject, greeting, request, validity, warning } = phrases[language]
  const [before, after] = [
    [greeting(lawfulName(name)), request],
    [validity(validMinutes), warning],
  ]
  return {
    subject,
    text: `${[...before, code, ...after].join('\n\n')}\n`,
    html: [
      '<!DOCTYPE html>',
      `<html lang="${language}"><head><meta charset="utf-8"/><title>${escaped(subject)}</title></head><body>`,
      ...before.map(paragraph),
      `<p style="font-size: 2em; letter-spacing: 0.2em"><strong>${escaped(code)}</strong></p>`,
      ...after.map(paragraph),
      '</body></html>\n',
    ].join('\n'),
  }
}

/**
 * The text message that brings a code, without a name: one Han character in an English text would make two messages of it.
 * The code is its only run of six digits.
 */
export const textMessageWording = ({ code, validMinutes }: CodeMessage, language: Language): string =>
  phrases[language].textMessage(code, validMinutes)

/** Whatever else a contact may be called by mistake, nobody is greeted with an address, a link or markup. */
const lawfulName = (name: string) => (/^[A-Za-z\p{Unified_Ideograph}々〇]{2,12}$/u.test(name) ? name : '')

const paragraph = (text: string) => `<p>${escaped(text)}</p>`
const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text: string) => text.replaceAll(/[&<>"]/g, (character) => entities[character] ?? '')
