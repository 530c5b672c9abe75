import { create } from '@bufbuild/protobuf'
import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import {
  Channel,
  DeliveryState,
  type MessageContact,
  MessageContactStatus,
  MessageContactVerificationSchema,
} from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { expectRefusal } from '../refusal.js'
import { promised, until } from '../rpc/toy-service.js'
import { contactResource, Directory } from '../service/directory.js'
import { type RunningService, startService } from '../service/running-service.js'
import { type ReceivedCode, startReceivers } from './receivers.js'

/** A Friday in 2097: no clock of the database takes it for the past. */
const start = Date.UTC(2097, 2, 29, 12, 0, 0, 123)
const validMs = 1_800_000
const at = (milliseconds: number) => timestampFromDate(new Date(milliseconds))

describe('an address and its proof', () => {
  let now = start
  let service: RunningService
  let receivers: Awaited<ReturnType<typeof startReceivers>>
  beforeAll(async () => {
    receivers = await startReceivers()
    service = await startService({ environment: receivers.settings, surroundings: { now: () => now } })
  })
  afterAll(() => service.stop())

  /** The same story is told of both kinds, in the terms of each. */
  const kinds = [
    {
      field: 'emailAddress',
      pending: 'pendingEmailAddress',
      verifyDate: 'emailVerifyDate',
      verification: 'emailVerification',
      channel: Channel.EMAIL,
      present: 'tom@example.com',
      next: 'tom@example.org',
      third: 'tommy@example.org',
      send: (directory: Directory, contactId: string, address: string) => directory.sendMail(contactId, address),
      received: (address: string): Promise<ReceivedCode> => receivers.mailed(address),
    },
    {
      field: 'phoneNumber',
      pending: 'pendingPhoneNumber',
      verifyDate: 'phoneVerifyDate',
      verification: 'phoneVerification',
      channel: Channel.PHONE,
      present: '86-13900001234',
      next: '86-13800005678',
      third: '86-13700009012',
      send: (directory: Directory, contactId: string, address: string) => directory.sendText(contactId, address),
      received: (address: string): Promise<ReceivedCode> => receivers.texted(`+${address.replace('-', '')}`),
    },
  ] as const

  describe.each(kinds)('$field', ({ field, pending, verifyDate, verification, channel, ...kind }) => {
    const { present, next, third, send, received } = kind
    let directory: Directory
    let contactId: string
    beforeAll(async () => {
      directory = new Directory(service, Number.POSITIVE_INFINITY)
      contactId = (await directory.add()).contactId
    })

    /** What the list has of this kind. */
    async function waiting() {
      const { verifications } = await directory.waiting({ contactId })
      return verifications.filter((waits) => waits.channel === channel)
    }
    const sentTo = (target: string, sendDate: number, deliveryState: DeliveryState) => {
      const dates = { sendDate: at(sendDate), expireDate: at(sendDate + validMs) }
      const sent = { contactId, target, channel, triesLeft: 5, deliveryState, ...dates }
      return [create(MessageContactVerificationSchema, sent)]
    }
    const notSentTo = (target: string) => [
      create(MessageContactVerificationSchema, { contactId, target, channel, deliveryState: DeliveryState.NOT_SENT }),
    ]
    const becomesSent = () =>
      until('it is marked as sent', async () => (await waiting())[0]?.deliveryState === DeliveryState.SENT, 20_000)
    const confirm = (address: string, code: string) =>
      directory.confirm({ contactId, code, target: { case: field, value: address } })
    const addressIn = (contact: MessageContact) => ({
      [field]: contact[field],
      [pending]: contact[pending],
      [verifyDate]: contact[verifyDate],
      status: contact.status,
      etag: contact.etag,
    })
    const stored = async () => (await directory.stored())[0]

    test('waits at first, and nothing is sent', async () => {
      expect(await waiting()).toEqual(notSentTo(present))
      expect((await directory.get(contactId)).status).toBe(MessageContactStatus.VERIFYING)
    })

    test('is proved with the code that its owner received, which makes the contact ACTIVE', async () => {
      const sent = await send(directory, contactId, present)
      expect(sent).toMatchObject({ expireDate: at(now + validMs), nextSendDate: at(now) })
      const { code } = await received(present)
      await becomesSent()
      expect(await waiting()).toEqual(sentTo(present, now, DeliveryState.SENT))

      now += 60_000
      const confirmed = await confirm(present, code)
      const proved = { [field]: present, [pending]: '', [verifyDate]: at(now), status: MessageContactStatus.ACTIVE }
      expect(addressIn(confirmed)).toEqual({ ...proved, etag: '"2"' })
      expect(timestampDate(confirmed.updateDate ?? expect.fail())).toEqual(new Date(now))
      expect(await directory.get(contactId)).toEqual(confirmed)
      expect(await waiting()).toEqual([])
      const document = await stored()
      expect(document).toMatchObject({ [field]: present, [verifyDate]: new Date(now), revision: 2 })
      for (const gone of [verification, 'deliveryDueDate']) expect(document).not.toHaveProperty(gone)
      expect(JSON.stringify(document)).not.toContain(code)
    })

    test('is not proved twice with the same code', async () => {
      const { code } = await received(present)
      await expectRefusal(confirm(present, code), 'ENTITY_NOT_EXISTS_CONTACT_VERIFICATION', {
        ResourceInfo: contactResource(contactId, 'Nothing waits for verification there.'),
      })
    })

    test('stays in effect while a new one waits, until that one is proved', async () => {
      const provedAt = now
      now += 60_000
      const updated = await directory.update({ contactId, [field]: next })
      const still = { [field]: present, [verifyDate]: at(provedAt), status: MessageContactStatus.ACTIVE }
      expect(addressIn(updated)).toEqual({ ...still, [pending]: next, etag: '"3"' })
      expect(await waiting()).toEqual(notSentTo(next))

      await send(directory, contactId, next)
      const { code } = await received(next)
      await becomesSent()
      expect(await waiting()).toEqual(sentTo(next, now, DeliveryState.SENT))
      expect(await directory.get(contactId)).toEqual(updated)

      now += 60_000
      const switched = await confirm(next, code)
      const inEffect = { [field]: next, [pending]: '', [verifyDate]: at(now), status: MessageContactStatus.ACTIVE }
      expect(addressIn(switched)).toEqual({ ...inEffect, etag: '"4"' })
      expect(await waiting()).toEqual([])
      expect(await stored()).toMatchObject({ [field]: next, [verifyDate]: new Date(now), revision: 4 })
      for (const gone of [verification, pending]) expect(await stored()).not.toHaveProperty(gone)
    })

    test('stays in effect where a new one is cancelled, and its code is worth nothing then', async () => {
      const before = await directory.get(contactId)
      await directory.update({ contactId, [field]: third })
      await send(directory, contactId, third)
      const { code } = await received(third)
      await becomesSent()

      now += 60_000
      const cancelled = await directory.cancel({ contactId, [field]: third })
      expect(addressIn(cancelled)).toEqual({ ...addressIn(before), etag: '"6"' })
      expect(cancelled.updateDate).toEqual(at(now))
      expect(await waiting()).toEqual([])
      await expectRefusal(confirm(third, code), 'ENTITY_NOT_EXISTS_CONTACT_VERIFICATION', {
        ResourceInfo: contactResource(contactId, 'Nothing waits for verification there.'),
      })
      for (const gone of [verification, pending]) expect(await stored()).not.toHaveProperty(gone)
    })
  })

  describe('what waits is listed', () => {
    test('page by page, the mail address first, sent to or not', async () => {
      const directory = new Directory(service, Number.POSITIVE_INFINITY)
      const { contactId } = await directory.add()
      const first = await directory.waiting({ contactId, pageSize: 1 })
      expect(first).toMatchObject({
        verifications: [{ channel: Channel.EMAIL, deliveryState: DeliveryState.NOT_SENT }],
        totalCount: 2,
      })
      expect(first.verifications).toHaveLength(1)
      const { nextPageToken: pageToken } = first
      const second = await directory.waiting({ contactId, pageSize: 1, pageToken })
      expect(second).toMatchObject({
        verifications: [{ channel: Channel.PHONE, deliveryState: DeliveryState.NOT_SENT }],
        nextPageToken: '',
        totalCount: 2,
      })
      expect(second.verifications).toHaveLength(1)
      const whole = await directory.waiting({ contactId })
      expect(whole).toMatchObject({
        verifications: [...first.verifications, ...second.verifications],
        nextPageToken: '',
        totalCount: 2,
      })
    })

    test('also behind one that was proved between two pages', async () => {
      const directory = new Directory(service, Number.POSITIVE_INFINITY)
      const { contactId } = await directory.add()
      const { nextPageToken: pageToken } = await directory.waiting({ contactId, pageSize: 1 })
      await service.collection.updateOne({ _id: contactId }, { $set: { emailVerifyDate: new Date(now) } })
      expect(await directory.waiting({ contactId, pageSize: 1, pageToken })).toMatchObject({
        verifications: [{ channel: Channel.PHONE }],
        nextPageToken: '',
        totalCount: 1,
      })
    })
  })
})

describe('a mail server that lets us wait', () => {
  test('is waited for by nobody: the answer comes at once, the message is QUEUED until it is taken', async () => {
    const held = promised()
    const asked = promised()
    const receivers = await startReceivers({
      onMailFrom(_, __, done) {
        asked.keep()
        void held.promise.then(() => done())
      },
    })
    const service = await startService({ environment: receivers.settings })
    onTestFinished(() => service.stop())
    const directory = new Directory(service)
    const { contactId, emailAddress } = await directory.add()
    const state = async () => (await directory.waiting({ contactId })).verifications[0]?.deliveryState
    await directory.sendMail(contactId, emailAddress)
    await asked.promise
    expect(await state()).toBe(DeliveryState.QUEUED)
    held.keep()
    const { code } = await receivers.mailed(emailAddress)
    await until('it is marked as sent', async () => (await state()) === DeliveryState.SENT, 20_000)
    const target = { case: 'emailAddress', value: emailAddress } as const
    expect((await directory.confirm({ contactId, code, target })).status).toBe(MessageContactStatus.ACTIVE)
  })
})
