import type { ServerResponse } from 'node:http'
import { describe, expect, test } from 'vitest'
import { DeliveryState } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import type { Channel } from '../../../src/messaging/message.js'
import { DeliveryScenario, deliveryLines } from '../../support/delivery-scenario.js'
import { disconnect, reply, type Script, silence, startScriptedServer } from '../../support/mail-server.js'
import { startReceivers } from '../../support/receivers.js'

/** The faults that the first attempts meet, in order; later attempts meet none. Records when each attempt came. */
function firstFaults<Fault>(...faults: readonly Fault[]) {
  const times: number[] = []
  return {
    next(): Fault | undefined {
      times.push(Date.now())
      return faults[times.length - 1]
    },
    /** The waits between attempts, in milliseconds. */
    waits: () => times.slice(1).map((time, index) => time - (times[index] ?? 0)),
  }
}

/** The log lines of an attempt that will be repeated, and of one that succeeded. */
const retry = (channel: Channel, attempt: number, cause: unknown) => ({
  level: 'info',
  channel,
  outcome: 'retry',
  attempt,
  cause,
})
const sent = (channel: Channel, attempt: number) => ({ level: 'debug', channel, outcome: 'sent', attempt })

describe('delivery of an email', () => {
  test('is attempted again after temporary refusals, one second and two seconds later, as the same email', async () => {
    const replies = firstFaults(451, 421)
    const receivers = await startReceivers({
      onRcptTo(_, __, done) {
        const code = replies.next()
        done(code === undefined ? null : reply(code))
      },
    })
    const scenario = new DeliveryScenario()
    const service = await scenario.start(receivers.settings)
    await scenario.requestCode(service, 'email')
    const stored = await scenario.untilStored({ deliveryState: 'SENT', attempts: 3 })
    expect(stored).not.toHaveProperty('dueDate')
    expect(receivers.emails.map(({ mail }) => mail.messageId)).toEqual([`<${stored.id}@contacts.example>`])
    const [first = 0, second = 0] = replies.waits()
    expect(first).toBeGreaterThanOrEqual(1000)
    expect(second).toBeGreaterThanOrEqual(2000)
    await service.logged(({ outcome }) => outcome === 'sent')
    expect(deliveryLines(service)).toEqual([retry('email', 1, 451), retry('email', 2, 421), sent('email', 3)])
  })

  test('fails after one permanent refusal: callers see FAILED, the log has one warning', async () => {
    const replies = firstFaults(550)
    const receivers = await startReceivers({ onRcptTo: (_, __, done) => done(reply(replies.next() ?? 550)) })
    const scenario = new DeliveryScenario()
    const service = await scenario.start(receivers.settings)
    await scenario.requestCode(service, 'email')
    expect(await scenario.untilStored({ deliveryState: 'FAILED', attempts: 1 })).not.toHaveProperty('dueDate')
    expect(await scenario.listedState(service)).toBe(DeliveryState.FAILED)
    await service.logged(({ outcome }) => outcome === 'failed')
    expect(deliveryLines(service)).toEqual([
      { level: 'warn', channel: 'email', outcome: 'failed', attempt: 1, cause: 550 },
    ])
    expect([replies.waits(), receivers.emails]).toEqual([[], []])
  })

  const connectionError = expect.stringMatching(/^(ECONN|ESOCKET|EPIPE)/)
  // A server that does not even greet, or refuses the sender, is a problem of the operator, and so a warning.
  const scripts: readonly (readonly [string, Script, string, unknown])[] = [
    ['rejects the name of the service', { EHLO: '550 no', HELO: '550 no' }, 'warn', 550],
    ['rejects the sender', { MAIL: '550 no' }, 'warn', 550],
    ['is silent', { connect: silence }, 'warn', 'ETIMEDOUT'],
    ['disconnects during DATA', { DATA: disconnect }, 'info', connectionError],
    ['disconnects instead of accepting the email', { '.': disconnect }, 'info', connectionError],
  ]
  test.each(scripts)('is queued again if the mail server %s', async (_, script, level, cause) => {
    const { settings } = await startReceivers()
    const scenario = new DeliveryScenario()
    const port = await startScriptedServer(script)
    const service = await scenario.start({ ...settings, SMTP_URL: `smtp://127.0.0.1:${port}` })
    await scenario.requestCode(service, 'email')
    await service.logged(({ outcome }) => outcome === 'retry', 60_000)
    expect(deliveryLines(service)[0]).toEqual({ ...retry('email', 1, cause), level })
    const { deliveryState, dueDate, sendDate } = await scenario.storedVerification()
    expect(deliveryState).toBe('QUEUED')
    expect(dueDate?.getTime()).toBeGreaterThanOrEqual(sendDate.getTime() + 1000)
    expect(await scenario.listedState(service)).toBe(DeliveryState.QUEUED)
  })
})

describe('delivery of a text message', () => {
  type Answer = (response: ServerResponse) => void
  const status =
    (code: number, headers: Readonly<Record<string, string>> = {}): Answer =>
    (response) =>
      response.writeHead(code, headers).end()

  /** Sends a text message through a gateway that first answers like this, until it is stored as sent. */
  async function sendAfter(...answers: readonly Answer[]) {
    const faults = firstFaults(...answers)
    const receivers = await startReceivers({}, (response) => (faults.next() ?? status(202))(response))
    const scenario = new DeliveryScenario()
    const service = await scenario.start(receivers.settings)
    await scenario.requestCode(service, 'sms')
    const stored = await scenario.untilStored({ deliveryState: 'SENT', attempts: answers.length + 1 })
    expect(stored).not.toHaveProperty('dueDate')
    const references = receivers.smsRequests.map(({ body }) => (JSON.parse(body) as { readonly ref: string }).ref)
    expect(references).toEqual(Array.from({ length: answers.length + 1 }, () => stored.id))
    await service.logged(({ outcome }) => outcome === 'sent')
    return { lines: deliveryLines(service), waits: faults.waits() }
  }

  test('is attempted again after the three seconds that Retry-After asks for', async () => {
    const { lines, waits } = await sendAfter(status(429, { 'retry-after': '3' }))
    expect(lines).toEqual([retry('sms', 1, 429), sent('sms', 2)])
    expect(waits[0]).toBeGreaterThanOrEqual(3000)
  })

  test('is stored as due after the two minutes that Retry-After asks for', async () => {
    const receivers = await startReceivers({}, status(429, { 'retry-after': '120' }))
    const scenario = new DeliveryScenario()
    const service = await scenario.start(receivers.settings)
    await scenario.requestCode(service, 'sms')
    const { time } = await service.logged(({ outcome }) => outcome === 'retry')
    const { deliveryState, attempts, dueDate, sendDate } = await scenario.storedVerification()
    expect({ deliveryState, attempts }).toEqual({ deliveryState: 'QUEUED', attempts: 1 })
    expect(dueDate?.getTime()).toBeGreaterThanOrEqual(sendDate.getTime() + 120_000)
    expect(dueDate?.getTime()).toBeLessThanOrEqual(Date.parse(String(time)) + 120_000)
    expect(receivers.smsRequests).toHaveLength(1)
  })

  test('is attempted again one second after an error of the gateway', async () => {
    const { lines, waits } = await sendAfter(status(500))
    expect(lines).toEqual([retry('sms', 1, 500), sent('sms', 2)])
    expect(waits[0]).toBeGreaterThanOrEqual(1000)
  })

  test('is attempted again if the gateway is silent for ten seconds', async () => {
    const { lines, waits } = await sendAfter(() => {})
    expect(lines).toEqual([retry('sms', 1, 'ETIMEDOUT'), sent('sms', 2)])
    expect(waits[0]).toBeGreaterThanOrEqual(10_000)
  })
})
