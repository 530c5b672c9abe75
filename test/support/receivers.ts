import type { ServerResponse } from 'node:http'
import type { SMTPServerOptions } from 'smtp-server'
import { expect } from 'vitest'
import { startGateway } from './gateway-server.js'
import { startMailServer } from './mail-server.js'
import { until } from './waiting.js'

/**
 * A code as its recipient reads it, and the reference of its message: the same for each attempt to send that message.
 */
export interface ReceivedCode {
  readonly code: string
  readonly reference: string | undefined
}

/**
 * Starts a mail server and an SMS gateway, which accept everything unless `options` and `answer` say otherwise. Stopped
 * after the test file.
 */
export async function startReceivers(
  options: SMTPServerOptions = {},
  answer: (response: ServerResponse) => void = (response) => response.end(),
) {
  const mailServer = await startMailServer(options)
  const gateway = await startGateway(answer)
  return {
    /** The settings with which a service sends through them. */
    settings: {
      SMTP_URL: `smtp://127.0.0.1:${mailServer.port}`,
      MAIL_FROM: 'Message Contacts <no-reply@contacts.example>',
      SMS_URL: `http://127.0.0.1:${gateway.port}/messages`,
      SMS_BODY: '{"to":"{{to}}","text":"{{text}}","ref":"{{reference}}"}',
    },
    emails: mailServer.received,
    smsRequests: gateway.requests,

    /** Waits for the nth email to an address, and gives the code in it. */
    async codeByEmail(address: string, nth = 1): Promise<ReceivedCode> {
      const emails = () => mailServer.received.filter(({ to }) => to.includes(address))
      await until(`email ${nth} to ${address}`, () => emails().length >= nth)
      const { text, messageId } = emails()[nth - 1]?.mail ?? {}
      return { code: codeIn(text), reference: messageId }
    },

    /** Waits for the nth text message to a number, `+` and digits, and gives the code in it. */
    async codeBySms(number: string, nth = 1): Promise<ReceivedCode> {
      const bodies = () =>
        gateway.requests.map(({ body }) => JSON.parse(body) as Readonly<Record<'to' | 'text' | 'ref', string>>)
      const messages = () => bodies().filter(({ to }) => to === number)
      await until(`text message ${nth} to ${number}`, () => messages().length >= nth)
      const { text, ref } = messages()[nth - 1] ?? {}
      return { code: codeIn(text), reference: ref }
    },
  }
}

/** The only run of six digits in the text. */
function codeIn(text = ''): string {
  const codes = text.match(/\d{6,}/g) ?? []
  expect(codes).toEqual([expect.stringMatching(/^\d{6}$/)])
  return String(codes[0])
}
