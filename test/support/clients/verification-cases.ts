import { toJson } from '@bufbuild/protobuf'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DeliveryState, MessageContactStatus } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { MessageContactService } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { addRequest } from '../client.js'
import { expectRefusal } from '../refusal.js'
import { type RunningService, startService, uniqueName } from '../running-service.js'
import { until } from '../waiting.js'
import type { CallOperation } from './outside-client.js'

const { method } = MessageContactService
const date = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
const emailAddress = 'tom@example.com'
const phoneNumber = '86-13900001234'

/** Tests of the verification of addresses, which every client must pass. */
export function verificationCasesOfEveryClient(connect: (address: string) => CallOperation): void {
  let service: RunningService
  const printed: string[] = []
  const call: CallOperation = (...args) => connect(service.app.address)(...args)
  beforeAll(async () => {
    const print = (line: string) => printed.push(line)
    service = await startService({
      environment: { UNCONFIGURED_SENDER: 'print', REFLECTION: 'open' },
      dependencies: { print },
    })
  })
  afterAll(() => service.stop())

  /** Adds a contact to a new directory. */
  async function addContact() {
    const directoryId = uniqueName('rd')
    const { response } = await service.client.addMessageContact(addRequest(), { directoryId })
    return { contactId: response.contact?.contactId ?? '', options: { directoryId } }
  }
  /** Waits for a code in the messages that are printed after so many lines. */
  async function codeAfter(lines: number): Promise<string> {
    const find = () => /(?<!\d)\d{6}(?!\d)/.exec(printed.slice(lines).join('\n'))?.[0]
    await until('a code is printed', () => find() !== undefined)
    return find() ?? ''
  }

  test('a mail address is listed until it is verified with the code that was sent', async () => {
    const { contactId, options } = await addContact()
    const before = printed.length
    const sent = await call(method.sendEmailVerificationForMessageContact, { contactId, emailAddress }, options)
    expect(toJson(method.sendEmailVerificationForMessageContact.output, sent.response)).toEqual({
      requestId: sent.requestId,
      expireDate: date,
      nextSendDate: date,
    })
    const code = await codeAfter(before)
    const list = () => call(method.listMessageContactVerifications, { contactId, pageSize: 1 }, options)
    const isSent = async () => (await list()).response.verifications[0]?.deliveryState === DeliveryState.SENT
    await until('it is stored as sent', isSent)
    const listed = await list()
    expect(toJson(method.listMessageContactVerifications.output, listed.response)).toEqual({
      requestId: listed.requestId,
      verifications: [
        {
          contactId,
          target: emailAddress,
          channel: 'CHANNEL_EMAIL',
          sendDate: date,
          expireDate: date,
          attemptsRemaining: 5,
          deliveryState: 'DELIVERY_STATE_SENT',
        },
      ],
      nextPageToken: expect.any(String),
      totalCount: 2,
    })
    const target = { case: 'emailAddress', value: emailAddress } as const
    const confirmed = await call(method.confirmMessageContactVerification, { contactId, target, code }, options)
    expect(toJson(method.confirmMessageContactVerification.output, confirmed.response)).toMatchObject({
      contact: { contactId, status: 'MESSAGE_CONTACT_STATUS_ACTIVE', emailVerifyDate: date, etag: '"2"' },
    })
  })

  test('a phone number is verified after an incorrect code, which costs one attempt', async () => {
    const { contactId, options } = await addContact()
    const before = printed.length
    await call(method.sendPhoneVerificationForMessageContact, { contactId, phoneNumber }, options)
    const code = await codeAfter(before)
    const target = { case: 'phoneNumber', value: phoneNumber } as const
    const incorrect = { contactId, target, code: code === '000000' ? '000001' : '000000' }
    await expectRefusal(
      call(method.confirmMessageContactVerification, incorrect, options),
      'VERIFICATION_CODE_INCORRECT',
      {
        PreconditionFailure: {
          violations: [
            { type: 'VerificationCodeIncorrect', subject: contactId, description: 'The Code is incorrect.' },
          ],
        },
      },
      { attemptsRemaining: '4' },
    )
    const { response } = await call(method.confirmMessageContactVerification, { contactId, target, code }, options)
    expect(response.contact).toMatchObject({ contactId, status: MessageContactStatus.ACTIVE, phoneNumber })
  })

  test('an unknown address is not found, and an address that is not pending is not cancelled', async () => {
    const { contactId, options } = await addContact()
    const unknown = { contactId, emailAddress: 'else@example.com' }
    await expectRefusal(
      call(method.sendEmailVerificationForMessageContact, unknown, options),
      'ENTITY_NOT_EXISTS_CONTACT_VERIFICATION',
      {
        ResourceInfo: {
          resourceType: 'messagecontacts.v1.MessageContact',
          resourceName: contactId,
          owner: '',
          description: 'This contact verification does not exist.',
        },
      },
    )
    await expectRefusal(
      call(method.cancelMessageContactUpdate, { contactId, emailAddress }, options),
      'CONTACT_STATUS_MISMATCH_ACTION',
      {
        PreconditionFailure: {
          violations: [
            {
              type: 'ContactStatusMismatchAction',
              subject: contactId,
              description: 'The status of the contact does not allow the specified operation.',
            },
          ],
        },
      },
    )
  })

  test('CancelMessageContactUpdate drops an address that is pending behind a verified one', async () => {
    const { contactId, options } = await addContact()
    await service.collection.updateOne({ _id: contactId }, { $set: { 'email.verifyDate': new Date() } })
    await service.client.updateMessageContact({ contactId, emailAddress: 'new@example.com' }, options)
    const cancel = { contactId, emailAddress: 'new@example.com' }
    const { response } = await call(method.cancelMessageContactUpdate, cancel, options)
    expect(response.contact).toMatchObject({ emailAddress, pendingEmailAddress: '', etag: '"3"' })
  })
}
