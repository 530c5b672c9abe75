import { create } from '@bufbuild/protobuf'
import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import {
  Channel,
  DeliveryState,
  type MessageContact,
  MessageContactStatus,
  MessageContactVerificationSchema,
} from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { minuteMs } from '../../../src/time.js'
import { Clock } from '../../support/clock.js'
import { Directory } from '../../support/directory.js'
import { type ReceivedCode, startReceivers } from '../../support/receivers.js'
import { expectRefusal } from '../../support/refusal.js'
import { type RunningService, startService } from '../../support/running-service.js'
import { verificationNotFound } from '../../support/verifying-directory.js'
import { deferred, until } from '../../support/waiting.js'

const codeTtlMs = 1_800_000

const clock = new Clock()
/** The time of the test clock, or `milliseconds` later. */
const timestamp = (milliseconds = 0) => timestampFromDate(new Date(clock.read() + milliseconds))

let service: RunningService
let receivers: Awaited<ReturnType<typeof startReceivers>>
beforeAll(async () => {
  receivers = await startReceivers()
  service = await startService({ environment: receivers.settings, dependencies: clock.dependencies })
})
afterAll(() => service.stop())

/** The same tests for both kinds of addresses. */
const kinds = [
  {
    name: 'a mail address',
    kind: 'email',
    field: 'emailAddress',
    pendingField: 'pendingEmailAddress',
    verifyDateField: 'emailVerifyDate',
    channel: Channel.EMAIL,
    current: 'tom@example.com',
    next: 'tom@example.org',
    third: 'tommy@example.org',
    send: (directory: Directory, contactId: string, address: string) => directory.sendEmail(contactId, address),
    receive: (address: string): Promise<ReceivedCode> => receivers.codeByEmail(address),
  },
  {
    name: 'a phone number',
    kind: 'phone',
    field: 'phoneNumber',
    pendingField: 'pendingPhoneNumber',
    verifyDateField: 'phoneVerifyDate',
    channel: Channel.SMS,
    current: '86-13900001234',
    next: '86-13800005678',
    third: '86-13700009012',
    send: (directory: Directory, contactId: string, number: string) => directory.sendSms(contactId, number),
    receive: (number: string): Promise<ReceivedCode> => receivers.codeBySms(`+${number.replace('-', '')}`),
  },
] as const

describe.each(kinds)(
  'verification of $name',
  ({ kind, field, pendingField, verifyDateField, channel, ...addresses }) => {
    const { current, next, third, send, receive } = addresses
    let directory: Directory
    let contactId: string
    beforeAll(async () => {
      directory = new Directory(service, Number.POSITIVE_INFINITY)
      contactId = (await directory.add()).contactId
    })

    /** What ListMessageContactVerifications shows of this kind of address. */
    async function listed() {
      const { verifications } = await directory.verifications({ contactId })
      return verifications.filter((verification) => verification.channel === channel)
    }
    const untilSent = () =>
      until('it is stored as sent', async () => (await listed())[0]?.deliveryState === DeliveryState.SENT)
    const notSent = (target: string) =>
      create(MessageContactVerificationSchema, { contactId, target, channel, deliveryState: DeliveryState.NOT_SENT })
    /** A verification whose code was sent now. */
    const sent = (target: string) =>
      create(MessageContactVerificationSchema, {
        contactId,
        target,
        channel,
        sendDate: timestamp(),
        expireDate: timestamp(codeTtlMs),
        attemptsRemaining: 5,
        deliveryState: DeliveryState.SENT,
      })
    const confirm = (address: string, code: string) =>
      directory.confirm({ contactId, code, target: { case: field, value: address } })
    /** The fields of a contact that the tests are about. */
    const fieldsOf = (contact: MessageContact) => ({
      [field]: contact[field],
      [pendingField]: contact[pendingField],
      [verifyDateField]: contact[verifyDateField],
      status: contact.status,
      etag: contact.etag,
    })
    const stored = async () => (await directory.stored())[0] ?? expect.fail('the contact is not stored')

    test('has not begun when the contact is added', async () => {
      expect(await listed()).toEqual([notSent(current)])
      expect((await directory.get(contactId)).status).toBe(MessageContactStatus.VERIFYING)
    })

    test('succeeds with the code that was sent, and makes the contact ACTIVE', async () => {
      const response = await send(directory, contactId, current)
      expect(response).toMatchObject({ expireDate: timestamp(codeTtlMs), nextSendDate: timestamp() })
      const { code } = await receive(current)
      await untilSent()
      expect(await listed()).toEqual([sent(current)])

      clock.advance(minuteMs)
      const confirmed = await confirm(current, code)
      expect(fieldsOf(confirmed)).toEqual({
        [field]: current,
        [pendingField]: '',
        [verifyDateField]: timestamp(),
        status: MessageContactStatus.ACTIVE,
        etag: '"2"',
      })
      expect(timestampDate(confirmed.updateDate ?? expect.fail('no update date'))).toEqual(clock.date)
      expect(await directory.get(contactId)).toEqual(confirmed)
      expect(await listed()).toEqual([])
      const contact = await stored()
      expect(contact).toMatchObject({ [kind]: { address: current, verifyDate: clock.date }, revision: 2 })
      expect(contact[kind]).not.toHaveProperty('verification')
      expect(contact).not.toHaveProperty('deliveryDueDate')
      expect(JSON.stringify(contact)).not.toContain(code)
    })

    test('does not succeed twice with the same code', async () => {
      const { code } = await receive(current)
      const details = verificationNotFound(contactId)
      await expectRefusal(confirm(current, code), 'ENTITY_NOT_EXISTS_CONTACT_VERIFICATION', details)
    })

    test('of a new one leaves the verified one in effect until it succeeds', async () => {
      const verifyDate = timestamp()
      clock.advance(minuteMs)
      const updated = await directory.update({ contactId, [field]: next })
      expect(fieldsOf(updated)).toEqual({
        [field]: current,
        [pendingField]: next,
        [verifyDateField]: verifyDate,
        status: MessageContactStatus.ACTIVE,
        etag: '"3"',
      })
      expect(await listed()).toEqual([notSent(next)])

      await send(directory, contactId, next)
      const { code } = await receive(next)
      await untilSent()
      expect(await listed()).toEqual([sent(next)])
      expect(await directory.get(contactId)).toEqual(updated)

      clock.advance(minuteMs)
      expect(fieldsOf(await confirm(next, code))).toEqual({
        [field]: next,
        [pendingField]: '',
        [verifyDateField]: timestamp(),
        status: MessageContactStatus.ACTIVE,
        etag: '"4"',
      })
      expect(await listed()).toEqual([])
      const contact = await stored()
      expect(contact).toMatchObject({ [kind]: { address: next, verifyDate: clock.date }, revision: 4 })
      for (const name of ['verification', 'pending']) expect(contact[kind]).not.toHaveProperty(name)
    })

    test('of a new one ends with CancelMessageContactUpdate: its code is not valid any more', async () => {
      const before = await directory.get(contactId)
      await directory.update({ contactId, [field]: third })
      await send(directory, contactId, third)
      const { code } = await receive(third)
      await untilSent()

      clock.advance(minuteMs)
      const cancelled = await directory.cancel({ contactId, [field]: third })
      expect(fieldsOf(cancelled)).toEqual({ ...fieldsOf(before), etag: '"6"' })
      expect(cancelled.updateDate).toEqual(timestamp())
      expect(await listed()).toEqual([])
      const details = verificationNotFound(contactId)
      await expectRefusal(confirm(third, code), 'ENTITY_NOT_EXISTS_CONTACT_VERIFICATION', details)
      const contact = await stored()
      for (const name of ['verification', 'pending']) expect(contact[kind]).not.toHaveProperty(name)
    })
  },
)

describe('ListMessageContactVerifications', () => {
  test('lists page by page, the mail address first, also if no code was sent', async () => {
    const directory = new Directory(service, Number.POSITIVE_INFINITY)
    const { contactId } = await directory.add()
    const first = await directory.verifications({ contactId, pageSize: 1 })
    expect(first).toMatchObject({
      verifications: [{ channel: Channel.EMAIL, deliveryState: DeliveryState.NOT_SENT }],
      totalCount: 2,
    })
    expect(first.verifications).toHaveLength(1)
    const { nextPageToken: pageToken } = first
    const second = await directory.verifications({ contactId, pageSize: 1, pageToken })
    expect(second).toMatchObject({
      verifications: [{ channel: Channel.SMS, deliveryState: DeliveryState.NOT_SENT }],
      nextPageToken: '',
      totalCount: 2,
    })
    expect(second.verifications).toHaveLength(1)
    const all = await directory.verifications({ contactId })
    expect(all).toMatchObject({
      verifications: [...first.verifications, ...second.verifications],
      nextPageToken: '',
      totalCount: 2,
    })
  })

  test('continues after an address that was verified between two pages', async () => {
    const directory = new Directory(service, Number.POSITIVE_INFINITY)
    const { contactId } = await directory.add()
    const { nextPageToken: pageToken } = await directory.verifications({ contactId, pageSize: 1 })
    await service.collection.updateOne({ _id: contactId }, { $set: { 'email.verifyDate': clock.date } })
    expect(await directory.verifications({ contactId, pageSize: 1, pageToken })).toMatchObject({
      verifications: [{ channel: Channel.SMS }],
      nextPageToken: '',
      totalCount: 1,
    })
  })
})

describe('SendEmailVerificationForMessageContact', () => {
  test('answers before the mail server accepts the email, which is QUEUED until then', async () => {
    const acceptance = deferred()
    const arrival = deferred()
    const slowReceivers = await startReceivers({
      onMailFrom(_, __, done) {
        arrival.resolve()
        void acceptance.promise.then(() => done())
      },
    })
    const slowService = await startService({ environment: slowReceivers.settings })
    onTestFinished(() => slowService.stop())
    const directory = new Directory(slowService)
    const { contactId, emailAddress } = await directory.add()
    const state = async () => (await directory.verifications({ contactId })).verifications[0]?.deliveryState
    await directory.sendEmail(contactId, emailAddress)
    await arrival.promise
    expect(await state()).toBe(DeliveryState.QUEUED)
    acceptance.resolve()
    const { code } = await slowReceivers.codeByEmail(emailAddress)
    await until('it is stored as sent', async () => (await state()) === DeliveryState.SENT)
    const target = { case: 'emailAddress', value: emailAddress } as const
    expect((await directory.confirm({ contactId, code, target })).status).toBe(MessageContactStatus.ACTIVE)
  })
})
