import { toJson } from '@bufbuild/protobuf'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MessageContactService } from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { addRequest } from '../client.js'
import { expectRefusal } from '../refusal.js'
import { type RunningService, startService, uniqueName } from '../service/running-service.js'
import type { CallOperation } from './outside-client.js'

const { method } = MessageContactService
const date = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
const emailAddress = 'tom@example.com'
const phoneNumber = '86-13900001234'

/** How every client proves an address: one set of tests, each time through another client. */
export function verificationCasesOfEveryClient(connect: (address: string) => CallOperation): void {
  let service: RunningService
  const printed: string[] = []
  const call: CallOperation = (...args) => connect(service.app.address)(...args)
  beforeAll(async () => {
    const print = (line: string) => printed.push(line)
    service = await startService({ environment: { UNSENT_MESSAGES: 'print' }, surroundings: { print } })
  })
  afterAll(() => service.stop())

  /** A contact of a directory of its own. */
  async function added() {
    const directoryId = uniqueName('rd')
    const { response } = await service.client.addMessageContact(addRequest(), { directoryId })
    return { contactId: response.contact?.contactId ?? '', facts: { directoryId } }
  }
  /** The code that comes after these lines, as its owner reads it. */
  async function codeAfter(lines: number): Promise<string> {
    const read = () => /(?<!\d)\d{6}(?!\d)/.exec(printed.slice(lines).join('\n').replaceAll(phoneNumber.slice(3), ''))
    await expect.poll(() => read() !== null).toBe(true)
    return read()?.[0] ?? ''
  }

  test('asks for a code by mail, sees what waits, and proves the address with the code', async () => {
    const { contactId, facts } = await added()
    const before = printed.length
    const sent = await call(method.sendEmailVerificationForMessageContact, { contactId, emailAddress }, facts)
    expect(toJson(method.sendEmailVerificationForMessageContact.output, sent.response)).toEqual({
      requestId: sent.requestId,
      expireDate: date,
      nextSendDate: date,
    })
    const code = await codeAfter(before)
    const list = () => call(method.listMessageContactVerifications, { contactId, pageSize: 1 }, facts)
    await expect.poll(async () => (await list()).response.verifications[0]?.deliveryState).toBe(3)
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
          triesLeft: 5,
          deliveryState: 'DELIVERY_STATE_SENT',
        },
      ],
      nextPageToken: expect.any(String),
      totalCount: 2,
    })
    const target = { case: 'emailAddress', value: emailAddress } as const
    const proved = await call(method.confirmMessageContactVerification, { contactId, target, code }, facts)
    expect(toJson(method.confirmMessageContactVerification.output, proved.response)).toMatchObject({
      contact: { contactId, status: 'MESSAGE_CONTACT_STATUS_ACTIVE', emailVerifyDate: date, etag: '"2"' },
    })
  })

  test('proves a phone number with the code of a text message, after a wrong one that costs a try', async () => {
    const { contactId, facts } = await added()
    const before = printed.length
    await call(method.sendPhoneVerificationForMessageContact, { contactId, phoneNumber }, facts)
    const code = await codeAfter(before)
    const target = { case: 'phoneNumber', value: phoneNumber } as const
    const wrong = { contactId, target, code: code === '000000' ? '000001' : '000000' }
    await expectRefusal(
      call(method.confirmMessageContactVerification, wrong, facts),
      'VERIFICATION_CODE_WRONG',
      {
        PreconditionFailure: {
          violations: [{ type: 'VerificationCodeWrong', subject: contactId, description: 'The Code is wrong.' }],
        },
      },
      { triesLeft: '4' },
    )
    const { response } = await call(method.confirmMessageContactVerification, { contactId, target, code }, facts)
    expect(response.contact).toMatchObject({ contactId, status: 2, phoneNumber })
  })

  test('is told that an address waits for nothing, and that there is nothing to cancel', async () => {
    const { contactId, facts } = await added()
    const unknown = { contactId, emailAddress: 'else@example.com' }
    await expectRefusal(
      call(method.sendEmailVerificationForMessageContact, unknown, facts),
      'ENTITY_NOT_EXISTS_CONTACT_VERIFICATION',
      {
        ResourceInfo: {
          resourceType: 'messagecontacts.v1.MessageContact',
          resourceName: contactId,
          owner: '',
          description: 'Nothing waits for verification there.',
        },
      },
    )
    await expectRefusal(
      call(method.cancelMessageContactUpdate, { contactId, emailAddress }, facts),
      'CONTACT_STATUS_MISMATCH_ACTION',
      {
        PreconditionFailure: {
          violations: [
            {
              type: 'ContactStatusMismatchAction',
              subject: contactId,
              description: 'The status of the contact does not allow this operation.',
            },
          ],
        },
      },
    )
  })

  test('cancels what waits behind an address in effect', async () => {
    const { contactId, facts } = await added()
    await service.collection.updateOne({ _id: contactId }, { $set: { emailVerifyDate: new Date() } })
    await service.client.updateMessageContact({ contactId, emailAddress: 'new@example.com' }, facts)
    const cancel = { contactId, emailAddress: 'new@example.com' }
    const { response } = await call(method.cancelMessageContactUpdate, cancel, facts)
    expect(response.contact).toMatchObject({ emailAddress, pendingEmailAddress: '', etag: '"3"' })
  })
}
