import type { ServerResponse } from 'node:http'
import type { SMTPServerOptions } from 'smtp-server'
import { expect } from 'vitest'
import { until } from '../rpc/toy-service.js'
import { startGateway } from '../sending/gateway-server.js'
import { startMailServer } from '../sending/mail-server.js'

/** A code as its receiver has it, and what tells a repeat. */
export interface ReceivedCode {
  readonly code: string
  readonly reference: string | undefined
}

/** A mail server and a gateway that take everything, unless they are told otherwise, and the people behind them. Ends with the test file. */
export async function startReceivers(
  options: SMTPServerOptions = {},
  answer: (response: ServerResponse) => void = (response) => response.end(),
) {
  const mail = await startMailServer(options)
  const gateway = await startGateway(answer)
  return {
    /** What the service must be told to send through them. */
    settings: {
      SMTP_URL: `smtp://127.0.0.1:${mail.port}`,
      MAIL_FROM: 'Message Contacts <no-reply@contacts.example>',
      SMS_URL: `http://127.0.0.1:${gateway.port}/messages`,
      SMS_BODY: '{"to":"{{to}}","text":"{{text}}","ref":"{{reference}}"}',
    },
    mails: mail.received,
    posted: gateway.posted,

    /** The code in the nth mail to an address, once that has arrived. */
    async mailed(address: string, nth = 1): Promise<ReceivedCode> {
      const toThem = () => mail.received.filter(({ to }) => to.includes(address))
      await until(`mail ${nth} to ${address}`, () => toThem().length >= nth, 20_000)
      const { text, messageId } = toThem()[nth - 1]?.mail ?? {}
      return { code: codeIn(text), reference: messageId }
    },

    /** The code in the nth text message to a number, `+` and digits, once that has arrived. */
    async texted(number: string, nth = 1): Promise<ReceivedCode> {
      const all = () => gateway.posted.map(({ body }) => JSON.parse(body) as Record<'to' | 'text' | 'ref', string>)
      const toThem = () => all().filter(({ to }) => to === number)
      await until(`text message ${nth} to ${number}`, () => toThem().length >= nth, 20_000)
      const { text, ref } = toThem()[nth - 1] ?? {}
      return { code: codeIn(text), reference: ref }
    },
  }
}

/** The only run of six digits. */
function codeIn(text = ''): string {
  const codes = text.match(/\d{6,}/g) ?? []
  expect(codes).toEqual([expect.stringMatching(/^\d{6}$/)])
  return String(codes[0])
}
