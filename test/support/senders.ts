import { afterAll } from 'vitest'
import type { CodeMessage } from '../../src/messaging/message.js'
import { createSender, type Sender, type SenderDependencies } from '../../src/messaging/sender.js'
import { type MessagingSettings, messagingSettings } from '../../src/messaging/settings.js'

/** Friday, 27 March 2026, 17:19:21 GMT. */
export const now = Date.UTC(2026, 2, 27, 17, 19, 21)

/** A message whose code is valid for another 30 minutes. */
export const emailMessage: CodeMessage = {
  channel: 'email',
  to: 'tom@example.com',
  code: '012345',
  expireDate: new Date(now + 30 * 60_000),
  reference: 'v-4fGq_9',
  mayHaveArrived: false,
  name: 'Tom',
}
export const smsMessage: CodeMessage = { ...emailMessage, channel: 'sms', to: '86-13900001234' }

/** A sender with default settings unless others are given, whose clock always shows `now`. Closed after the test file. */
export function startSender(
  settings: Partial<MessagingSettings> = {},
  dependencies: Partial<SenderDependencies> = {},
): Sender {
  const sender = createSender(
    { ...messagingSettings.parse({}), ...settings },
    {
      now: () => now,
      print: (line) => {
        throw new Error(`printed: ${line}`)
      },
      ...dependencies,
    },
  )
  afterAll(() => sender.close())
  return sender
}

/** A sender of emails through the mail server on a port of this machine. */
export const startSmtpSender = (
  port: number,
  settings: Partial<MessagingSettings> = {},
  dependencies: Partial<SenderDependencies> = {},
) =>
  startSender(
    {
      SMTP_URL: { host: '127.0.0.1', port, tls: false },
      MAIL_FROM: { name: 'Message Contacts', address: 'no-reply@contacts.example' },
      ...settings,
    },
    dependencies,
  )

/** A sender of text messages through the gateway on a port of this machine. */
export const startSmsSender = (
  port: number,
  settings: Partial<MessagingSettings> = {},
  dependencies: Partial<SenderDependencies> = {},
) =>
  startSender(
    {
      SMS_URL: `http://127.0.0.1:${port}/messages?from=us`,
      SMS_HEADERS: { Authorization: 'Bearer secret' },
      SMS_BODY: '{"to":"{{to}}","text":"{{text}}","ref":"{{reference}}"}',
      ...settings,
    },
    dependencies,
  )
