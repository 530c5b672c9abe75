import { expect } from 'vitest'
import { hotp } from '../../src/contacts/codes.js'
import type { Contact } from '../../src/contacts/contact.js'
import type { Reason } from '../../src/failure.js'
import type { MessageContact } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { type ExpectedDetails, expectRefusal } from '../refusal.js'
import { until } from '../rpc/toy-service.js'
import { contactResource, Directory } from '../service/directory.js'
import { type RunningService, verificationSecrets } from '../service/running-service.js'

/** A directory of a service with a clock of its own, which knows the codes without receiving them: from the secret and what is stored. */
export class ProvingDirectory extends Directory {
  constructor(service: RunningService) {
    super(service, Number.POSITIVE_INFINITY)
  }

  /** A contact with a code under way to its mail address, of which nothing is to be written any more. */
  async sentTo(contact: MessageContact, secret = verificationSecrets): Promise<string> {
    const { contactId, emailAddress, pendingEmailAddress } = contact
    await this.sendMail(contactId, pendingEmailAddress || emailAddress)
    return hotp(secret, (await this.settled(contactId)).emailVerification?.id ?? expect.fail('no code was asked for'))
  }

  /** What is stored of a contact when all its messages have been sent. */
  async settled(contactId: string): Promise<Contact> {
    await until('all is sent', async () => (await this.#find(contactId)).deliveryDueDate === undefined, 20_000)
    return this.#find(contactId)
  }

  confirmMail({ contactId, emailAddress, pendingEmailAddress }: MessageContact, code: string): Promise<MessageContact> {
    return this.confirm({
      contactId,
      code,
      target: { case: 'emailAddress', value: pendingEmailAddress || emailAddress },
    })
  }

  /** That a call is refused and leaves everything as it was. */
  async expectKept(
    call: () => Promise<unknown>,
    reason: Reason,
    details: ExpectedDetails,
    metadata: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const before = await this.stored()
    await expectRefusal(call(), reason, details, metadata)
    expect(await this.stored()).toEqual(before)
  }

  async #find(contactId: string): Promise<Contact> {
    const contact = (await this.stored()).find(({ _id }) => _id === contactId)
    return contact ?? expect.fail(`nothing is stored of ${contactId}`)
  }
}

/** Any code but this one. */
export const otherThan = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0')

/** The details of ENTITY_NOT_EXISTS_CONTACT_VERIFICATION. */
export const nothingWaits = (contactId: string) => ({
  ResourceInfo: contactResource(contactId, 'Nothing waits for verification there.'),
})
