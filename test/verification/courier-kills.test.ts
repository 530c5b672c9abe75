import type { Document } from 'mongodb'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { DeliveryState } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { promised, until } from '../rpc/toy-service.js'
import { type Command, WireProxy } from '../wire-proxy.js'
import { startReceivers } from './receivers.js'
import { deliveriesIn, FaultyWay } from './service-processes.js'

/** What a write makes of the mail's delivery. */
const deliveryIn = ({ name, body, documents }: Command): Document | undefined => {
  if (name !== 'update') return undefined
  const [update] = documents.length > 0 ? documents : ((body['updates'] ?? []) as Document[])
  return update?.['u']?.['emailVerification'] as Document | undefined
}

/** A proxy that keeps a write of that kind for ever, and tells when it came. */
async function proxyThatKeeps(isKept: (delivery: Document) => boolean) {
  const proxy = await WireProxy.to(inject('mongodbUri'))
  const { promise: came, keep: come } = promised()
  const never = promised<'pass'>().promise
  proxy.watch((command) => {
    const delivery = deliveryIn(command)
    if (!delivery || !isKept(delivery)) return 'pass'
    come()
    return never
  })
  onTestFinished(() => proxy.close())
  return { uri: proxy.uri, came }
}

describe('a process that is killed', () => {
  test('between its answer and the claim leaves the mail to the next one, which sends it at once', async () => {
    const receivers = await startReceivers()
    const way = new FaultyWay()
    const { uri, came } = await proxyThatKeeps(({ attempts }) => attempts === 1)
    const first = await way.start(receivers.settings, uri)
    await way.ask(first, 'EMAIL')
    await came
    expect(await way.stored()).toMatchObject({ deliveryState: 'QUEUED', attempts: 0 })
    await first.kill()
    expect(receivers.mails).toEqual([])

    const second = await way.start(receivers.settings)
    const { id } = await way.becomes({ deliveryState: 'SENT', attempts: 1 })
    expect(receivers.mails.map(({ mail }) => mail.messageId)).toEqual([`<${id}@contacts.example>`])
    await second.logged(({ state }) => state === 'SENT')
    expect(deliveriesIn(second)).toEqual([{ level: 'debug', state: 'SENT', attempts: 1 }])
    expect(await way.listed(second)).toBe(DeliveryState.SENT)
  })

  test('in the middle of DATA leaves the mail to the next one, which sends it when the claim has run out', async () => {
    const { promise: inData, keep: enterData } = promised()
    const slow = await startReceivers({
      onData(stream) {
        stream.resume()
        enterData()
      },
    })
    const receivers = await startReceivers()
    const way = new FaultyWay()
    const first = await way.start(slow.settings)
    await way.ask(first, 'EMAIL')
    await inData
    const claimed = await way.stored()
    expect(claimed).toMatchObject({ deliveryState: 'QUEUED', attempts: 1 })
    // The claim is a minute long.
    expect((claimed.dueDate?.getTime() ?? 0) - claimed.sendDate.getTime()).toBeGreaterThanOrEqual(60_000)
    await first.kill()
    expect(deliveriesIn(first)).toEqual([])

    const second = await way.start(receivers.settings)
    expect(await way.listed(second)).toBe(DeliveryState.QUEUED)
    await way.runOut()
    const { id } = await way.becomes({ deliveryState: 'SENT', attempts: 2 })
    expect(receivers.mails.map(({ mail }) => mail.messageId)).toEqual([`<${id}@contacts.example>`])
    await second.logged(({ state }) => state === 'SENT')
    expect(deliveriesIn(second)).toEqual([{ level: 'debug', state: 'SENT', attempts: 2 }])
  })

  test('after the mail was taken and before it is marked has it sent once more, as the same mail', async () => {
    const receivers = await startReceivers()
    const way = new FaultyWay()
    const { uri, came } = await proxyThatKeeps(({ deliveryState }) => deliveryState === 'SENT')
    const first = await way.start(receivers.settings, uri)
    await way.ask(first, 'EMAIL')
    await came
    expect(receivers.mails).toHaveLength(1)
    expect(await way.stored()).toMatchObject({ deliveryState: 'QUEUED', attempts: 1 })
    await first.kill()

    const second = await way.start(receivers.settings)
    await way.runOut()
    await until('it is sent again', () => receivers.mails.length === 2, 20_000)
    await way.becomes({ deliveryState: 'SENT', attempts: 2 })
    const [one, other] = receivers.mails
    expect(other?.mail.messageId).toBe(one?.mail.messageId)
    expect(other?.mail.text).toBe(one?.mail.text)
    await second.logged(({ state }) => state === 'SENT')
    expect(deliveriesIn(second)).toEqual([{ level: 'debug', state: 'SENT', attempts: 2 }])
  })
})
