import { minuteMs } from '../time.js'
import type { CodeMessage } from './message.js'

/** The languages of messages, as BCP 47 tags. */
export const languages = ['en', 'zh-Hans', 'zh-Hant'] as const
export type Language = (typeof languages)[number]

/** The content of an email. */
export interface EmailContent {
  readonly subject: string
  /** Plain text. The code is its only run of six digits. */
  readonly text: string
  /** A complete document, also well-formed as XML. */
  readonly html: string
}

interface Phrases {
  readonly subject: string
  /** `name` is empty if the contact is not greeted by name. */
  readonly greeting: (name: string) => string
  readonly request: string
  readonly validity: (minutes: number) => string
  readonly warning: string
  /** Fits into one SMS: at most 160 characters of the GSM 7-bit alphabet, or 60 others plus a signature of ten. */
  readonly smsText: (code: string, minutes: number) => string
}

export const minutesInWords = (minutes: number) => (minutes === 1 ? '1 minute' : `${minutes} minutes`)

const phrases: Readonly<Record<Language, Phrases>> = {
  en: {
    subject: 'Your verification code',
    greeting: (name) => (name ? `Hello ${name},` : 'Hello,'),
    request:
      'Somebody asked to have the messages about a cloud account sent to this address. If you agree, enter this code where you were asked for it:',
    validity: (minutes) => `It is valid for ${minutesInWords(minutes)}.`,
    warning:
      'If you know nothing about this, ignore this mail: without the code nothing more is sent to you. Give the code to nobody who calls or writes to you for it.',
    smsText: (code, minutes) =>
      `${code} is your code to confirm this number for cloud account messages. Valid for ${minutesInWords(minutes)}. If you know nothing about it, ignore it.`,
  },
  'zh-Hans': {
    subject: '您的验证码',
    greeting: (name) => (name ? `${name}，您好：` : '您好：'),
    request: '有人申请将云账号的消息发送到此邮箱。如您同意，请在要求输入验证码的地方填写：',
    validity: (minutes) => `验证码${minutes}分钟内有效。`,
    warning: '如果您不知情，请忽略本邮件：未经验证，不会再向您发送任何消息。请勿将验证码告诉来电或来信索要的人。',
    smsText: (code, minutes) =>
      `验证码${code}，用于确认此号码接收云账号消息，${minutes}分钟内有效。如不知情请忽略，切勿告诉他人。`,
  },
  'zh-Hant': {
    subject: '您的驗證碼',
    greeting: (name) => (name ? `${name}，您好：` : '您好：'),
    request: '有人申請將雲端帳號的訊息寄送到此信箱。如您同意，請在要求輸入驗證碼的地方填寫：',
    validity: (minutes) => `驗證碼${minutes}分鐘內有效。`,
    warning: '如果您不知情，請忽略本郵件：未經驗證，不會再向您寄送任何訊息。請勿將驗證碼告訴來電或來信索取的人。',
    smsText: (code, minutes) =>
      `驗證碼${code}，用於確認此號碼接收雲端帳號訊息，${minutes}分鐘內有效。如不知情請忽略，切勿告訴他人。`,
  },
}

/** The email with a code. `now` in milliseconds since the epoch. */
export function emailContent(message: CodeMessage, language: Language, now: number): EmailContent {
  const { subject, greeting, request, validity, warning } = phrases[language]
  const beforeCode = [greeting(greetableName(message.name)), request]
  const afterCode = [validity(validMinutes(message, now)), warning]
  return {
    subject,
    text: `${[...beforeCode, message.code, ...afterCode].join('\n\n')}\n`,
    html: [
      '<!DOCTYPE html>',
      `<html lang="${language}"><head><meta charset="utf-8"/><title>${escapeHtml(subject)}</title></head><body>`,
      ...beforeCode.map(paragraph),
      `<p style="font-size: 2em; letter-spacing: 0.2em"><strong>${escapeHtml(message.code)}</strong></p>`,
      ...afterCode.map(paragraph),
      '</body></html>\n',
    ].join('\n'),
  }
}

/**
 * The text message with a code. `now` in milliseconds since the epoch. The code is its only run of six digits.
 * It contains no name: a single Chinese character in an English text would turn one SMS into two.
 */
export const smsText = (message: CodeMessage, language: Language, now: number): string =>
  phrases[language].smsText(message.code, validMinutes(message, now))

/** How long the code is still valid, in whole minutes, at least 1. `now` in milliseconds since the epoch. */
export const validMinutes = ({ expireDate }: CodeMessage, now: number): number =>
  Math.max(1, Math.round((expireDate.getTime() - now) / minuteMs))

/** The name, or an empty text if it could be something else, such as an address, a link or markup. */
const greetableName = (name: string) => (/^[A-Za-z\p{Unified_Ideograph}々〇·]{2,12}$/u.test(name) ? name : '')

const paragraph = (text: string) => `<p>${escapeHtml(text)}</p>`
const htmlEntities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escapeHtml = (text: string) => text.replaceAll(/[&<>"]/g, (character) => htmlEntities[character] ?? '')
