import type { ServerResponse } from 'node:http'
import { describe, expect, test } from 'vitest'
import { DeliveryState } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { hangUp, reply, type Script, silence, startScriptedServer } from '../sending/mail-server.js'
import { startReceivers } from './receivers.js'
import { deliveriesIn, FaultyWay } from './service-processes.js'

/** What the first attempts meet, one after the other; whatever comes after them is taken. Remembers when each of them came. */
function atFirst<Fault>(...faults: readonly Fault[]) {
  const times: number[] = []
  return {
    next(): Fault | undefined {
      times.push(Date.now())
      return faults[times.length - 1]
    },
    /** The waits between attempts, in milliseconds. */
    gaps: () => times.slice(1).map((time, index) => time - (times[index] ?? 0)),
  }
}

/** The line of an attempt that is going to be repeated. */
const again = (attempts: number, cause: unknown) => ({ level: 'info', state: 'QUEUED', attempts, cause })
const sent = (attempts: number) => ({ level: 'debug', state: 'SENT', attempts })

describe('a mail server that', () => {
  test('refuses for now is asked again, a second later and then two, until it takes the same mail', async () => {
    const replies = atFirst(451, 421)
    const receivers = await startReceivers({
      onRcptTo(_, __, done) {
        const code = replies.next()
        done(code === undefined ? null : reply(code))
      },
    })
    const way = new FaultyWay()
    const service = await way.start(receivers.settings)
    await way.ask(service, 'EMAIL')
    const stored = await way.becomes({ deliveryState: 'SENT', attempts: 3 })
    expect(stored).not.toHaveProperty('dueDate')
    expect(receivers.mails.map(({ mail }) => mail.messageId)).toEqual([`<${stored.id}@contacts.example>`])
    const [first = 0, second = 0] = replies.gaps()
    expect(first).toBeGreaterThanOrEqual(1000)
    expect(second).toBeGreaterThanOrEqual(2000)
    await service.logged(({ state }) => state === 'SENT')
    expect(deliveriesIn(service)).toEqual([again(1, 451), again(2, 421), sent(3)])
  })

  test('refuses for good is asked once: callers see FAILED, the operator one warning', async () => {
    const replies = atFirst(550)
    const receivers = await startReceivers({ onRcptTo: (_, __, done) => done(reply(replies.next() ?? 550)) })
    const way = new FaultyWay()
    const service = await way.start(receivers.settings)
    await way.ask(service, 'EMAIL')
    expect(await way.becomes({ deliveryState: 'FAILED', attempts: 1 })).not.toHaveProperty('dueDate')
    expect(await way.listed(service)).toBe(DeliveryState.FAILED)
    await service.logged(({ state }) => state === 'FAILED')
    expect(deliveriesIn(service)).toEqual([{ level: 'warn', state: 'FAILED', attempts: 1, cause: 550 }])
    expect([replies.gaps(), receivers.mails]).toEqual([[], []])
  })

  const scripts: readonly (readonly [string, Script, unknown])[] = [
    ['says nothing', { connect: silence }, 'ETIMEDOUT'],
    ['hangs up in the middle of DATA', { DATA: hangUp }, expect.stringMatching(/^(ECONN|ESOCKET|EPIPE)/)],
    ['hangs up where it should take the mail', { '.': hangUp }, expect.stringMatching(/^(ECONN|ESOCKET|EPIPE)/)],
  ]
  test.each(scripts)('%s is asked again', async (_, script, cause) => {
    const { settings } = await startReceivers()
    const way = new FaultyWay()
    const port = await startScriptedServer(script)
    const service = await way.start({ ...settings, SMTP_URL: `smtp://127.0.0.1:${port}` })
    await way.ask(service, 'EMAIL')
    await service.logged(({ state }) => state === 'QUEUED', 40_000)
    expect(deliveriesIn(service)[0]).toEqual(again(1, cause))
    const { deliveryState, dueDate, sendDate } = await way.stored()
    expect(deliveryState).toBe('QUEUED')
    expect(dueDate?.getTime()).toBeGreaterThanOrEqual(sendDate.getTime() + 1000)
    expect(await way.listed(service)).toBe(DeliveryState.QUEUED)
  })
})

describe('a gateway that', () => {
  type Answer = (response: ServerResponse) => void
  const status =
    (code: number, headers: Readonly<Record<string, string>> = {}): Answer =>
    (response) =>
      response.writeHead(code, headers).end()

  /** A text message through a gateway that answers so at first, until it is marked as sent. */
  async function sentAfter(...answers: readonly Answer[]) {
    const faults = atFirst(...answers)
    const receivers = await startReceivers({}, (response) => (faults.next() ?? status(202))(response))
    const way = new FaultyWay()
    const service = await way.start(receivers.settings)
    await way.ask(service, 'PHONE')
    const stored = await way.becomes({ deliveryState: 'SENT', attempts: answers.length + 1 })
    expect(stored).not.toHaveProperty('dueDate')
    const references = receivers.posted.map(({ body }) => (JSON.parse(body) as { readonly ref: string }).ref)
    expect(references).toEqual(Array.from({ length: answers.length + 1 }, () => stored.id))
    await service.logged(({ state }) => state === 'SENT')
    return { deliveries: deliveriesIn(service), gaps: faults.gaps() }
  }

  test('asks for a pause of three seconds gets it, and then the same message', async () => {
    const { deliveries, gaps } = await sentAfter(status(429, { 'retry-after': '3' }))
    expect(deliveries).toEqual([again(1, 429), sent(2)])
    expect(gaps[0]).toBeGreaterThanOrEqual(3000)
  })

  test('asks for a longer one has it stored', async () => {
    const receivers = await startReceivers({}, status(429, { 'retry-after': '120' }))
    const way = new FaultyWay()
    const service = await way.start(receivers.settings)
    await way.ask(service, 'PHONE')
    const { time } = await service.logged(({ state }) => state === 'QUEUED')
    const { deliveryState, attempts, dueDate, sendDate } = await way.stored()
    expect({ deliveryState, attempts }).toEqual({ deliveryState: 'QUEUED', attempts: 1 })
    expect(dueDate?.getTime()).toBeGreaterThanOrEqual(sendDate.getTime() + 120_000)
    expect(dueDate?.getTime()).toBeLessThanOrEqual(Date.parse(String(time)) + 120_000)
    expect(receivers.posted).toHaveLength(1)
  })

  test('fails is asked again a second later', async () => {
    const { deliveries, gaps } = await sentAfter(status(500))
    expect(deliveries).toEqual([again(1, 500), sent(2)])
    expect(gaps[0]).toBeGreaterThanOrEqual(1000)
  })

  test('says nothing is left after ten seconds, and asked again', async () => {
    const { deliveries, gaps } = await sentAfter(() => {})
    expect(deliveries).toEqual([again(1, 'ETIMEDOUT'), sent(2)])
    expect(gaps[0]).toBeGreaterThanOrEqual(10_000)
  })
})
