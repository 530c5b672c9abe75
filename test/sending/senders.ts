import { afterAll } from 'vitest'
import type { CodeMessage } from '../../src/sending/code-message.js'
import type { GatewayOptions } from '../../src/sending/gateway.js'
import type { MailOptions } from '../../src/sending/mail.js'
import { createSender, type Sender, type SenderOptions } from '../../src/sending/sender.js'

/** Friday, 27 March 2026, 17:19:21 GMT. */
const now = Date.UTC(2026, 2, 27, 17, 19, 21)

export const mailMessage: CodeMessage = {
  channel: 'EMAIL',
  to: 'tom@example.com',
  code: '012345',
  validMinutes: 30,
  reference: 'v-4fGq_9',
  name: 'Tom',
}
export const textMessage: CodeMessage = { ...mailMessage, channel: 'PHONE', to: '86-13900001234' }

type Others = Partial<Omit<SenderOptions, 'mail' | 'gateway'>>

/** A sender that knows no more than it is told. Ends with the test file. */
export function sender(options: Partial<SenderOptions> = {}): Sender {
  const made = createSender({
    mail: { server: undefined, from: undefined, requireTls: false },
    gateway: { url: undefined, headers: {}, body: undefined },
    language: 'en',
    now: () => now,
    ...options,
  })
  afterAll(() => made.close())
  return made
}

/** One that sends mails through the server on a port of this machine. */
export const mailSender = (port: number, mail: Partial<MailOptions> = {}, others: Others = {}) =>
  sender({
    mail: {
      server: { host: '127.0.0.1', port, tls: false },
      from: { name: 'Message Contacts', address: 'no-reply@contacts.example' },
      requireTls: false,
      ...mail,
    },
    ...others,
  })

/** One that sends text messages through the gateway on a port of this machine. */
export const textSender = (port: number, gateway: Partial<GatewayOptions> = {}, others: Others = {}) =>
  sender({
    gateway: {
      url: `http://127.0.0.1:${port}/messages?from=us`,
      headers: { Authorization: 'Bearer secret' },
      body: '{"to":"{{to}}","text":"{{text}}","ref":"{{reference}}"}',
      ...gateway,
    },
    ...others,
  })
