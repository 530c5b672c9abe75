import type { Document } from 'mongodb'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { DeliveryState } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { DeliveryScenario, deliveryLines } from '../../support/delivery-scenario.js'
import { startReceivers } from '../../support/receivers.js'
import { deferred, until } from '../../support/waiting.js'
import { type Command, WireProxy } from '../../support/wire-proxy.js'

/** The verification of the mail address in the document that a command writes. */
const writtenVerification = ({ name, body, documents }: Command): Document | undefined => {
  if (name !== 'update') return undefined
  const [update] = documents.length > 0 ? documents : ((body['updates'] ?? []) as Document[])
  return update?.['u']?.['email']?.['verification'] as Document | undefined
}

/** A proxy that never lets such a write pass. `arrived` resolves when one has arrived. */
async function startHoldingProxy(isHeld: (verification: Document) => boolean) {
  const proxy = await WireProxy.to(inject('mongodbUri'))
  const arrival = deferred()
  const never = deferred<'pass'>().promise
  proxy.watch((command) => {
    const verification = writtenVerification(command)
    if (!verification || !isHeld(verification)) return 'pass'
    arrival.resolve()
    return never
  })
  onTestFinished(() => proxy.close())
  return { uri: proxy.uri, arrived: arrival.promise }
}

const sent = (attempt: number) => ({ level: 'debug', channel: 'email', outcome: 'sent', attempt })

describe('a process that is killed', () => {
  test('after the answer and before its claim leaves the email to the next process, which sends it at once', async () => {
    const receivers = await startReceivers()
    const scenario = new DeliveryScenario()
    const { uri, arrived } = await startHoldingProxy(({ attempts }) => attempts === 1)
    const first = await scenario.start(receivers.settings, uri)
    await scenario.requestCode(first, 'email')
    await arrived
    expect(await scenario.storedVerification()).toMatchObject({ deliveryState: 'QUEUED', attempts: 0 })
    await first.kill()
    expect(receivers.emails).toEqual([])

    const second = await scenario.start(receivers.settings)
    const { id } = await scenario.untilStored({ deliveryState: 'SENT', attempts: 1 })
    expect(receivers.emails.map(({ mail }) => mail.messageId)).toEqual([`<${id}@contacts.example>`])
    await second.logged(({ outcome }) => outcome === 'sent')
    expect(deliveryLines(second)).toEqual([sent(1)])
    expect(await scenario.listedState(second)).toBe(DeliveryState.SENT)
  })

  test('during DATA leaves the email to the next process, which sends it when the lease has ended', async () => {
    const dataStarted = deferred()
    const unfinished = await startReceivers({
      onData(stream) {
        stream.resume()
        dataStarted.resolve()
      },
    })
    const receivers = await startReceivers()
    const scenario = new DeliveryScenario()
    const first = await scenario.start(unfinished.settings)
    await scenario.requestCode(first, 'email')
    await dataStarted.promise
    const claimed = await scenario.storedVerification()
    expect(claimed).toMatchObject({ deliveryState: 'QUEUED', attempts: 1 })
    // The lease is a minute.
    expect((claimed.dueDate?.getTime() ?? 0) - claimed.sendDate.getTime()).toBeGreaterThanOrEqual(60_000)
    await first.kill()
    expect(deliveryLines(first)).toEqual([])

    const second = await scenario.start(receivers.settings)
    expect(await scenario.listedState(second)).toBe(DeliveryState.QUEUED)
    await scenario.endLease()
    const { id } = await scenario.untilStored({ deliveryState: 'SENT', attempts: 2 })
    expect(receivers.emails.map(({ mail }) => mail.messageId)).toEqual([`<${id}@contacts.example>`])
    await second.logged(({ outcome }) => outcome === 'sent')
    expect(deliveryLines(second)).toEqual([sent(2)])
  })

  test('after the email was accepted and before that is stored causes the same email to be sent once more', async () => {
    const receivers = await startReceivers()
    const scenario = new DeliveryScenario()
    const { uri, arrived } = await startHoldingProxy(({ deliveryState }) => deliveryState === 'SENT')
    const first = await scenario.start(receivers.settings, uri)
    await scenario.requestCode(first, 'email')
    await arrived
    expect(receivers.emails).toHaveLength(1)
    expect(await scenario.storedVerification()).toMatchObject({ deliveryState: 'QUEUED', attempts: 1 })
    await first.kill()

    const second = await scenario.start(receivers.settings)
    await scenario.endLease()
    await until('it is sent again', () => receivers.emails.length === 2)
    await scenario.untilStored({ deliveryState: 'SENT', attempts: 2 })
    const [one, other] = receivers.emails
    expect(other?.mail.messageId).toBe(one?.mail.messageId)
    expect(other?.mail.text).toBe(one?.mail.text)
    await second.logged(({ outcome }) => outcome === 'sent')
    expect(deliveryLines(second)).toEqual([sent(2)])
  })
})
