import { expect } from 'vitest'
import type { Contact } from '../../src/contacts/contact.js'
import { errorCatalog, type Reason } from '../../src/errors/catalog.js'
import type { MessageContact } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { VerificationCodes } from '../../src/verification/codes.js'
import { contactResource, Directory } from './directory.js'
import { type ExpectedDetails, expectRefusal } from './refusal.js'
import { type RunningService, verificationSecrets } from './running-service.js'
import { until } from './waiting.js'

/**
 * A directory of a service with a test clock. Knows codes without receiving them: from the secret and the stored
 * contact.
 */
export class VerifyingDirectory extends Directory {
  constructor(service: RunningService) {
    super(service, Number.POSITIVE_INFINITY)
  }

  /**
   * Sends a code to the mail address of a contact that is to be verified, and gives it. Afterwards nothing is due to be
   * sent.
   */
  async sendCode(contact: MessageContact, secret = verificationSecrets): Promise<string> {
    const { contactId, emailAddress, pendingEmailAddress } = contact
    await this.sendEmail(contactId, pendingEmailAddress || emailAddress)
    return codeFor(await this.storedAfterDelivery(contactId), secret)
  }

  /** The stored contact, once all its messages have been sent. */
  async storedAfterDelivery(contactId: string): Promise<Contact> {
    await until('all messages are sent', async () => !(await this.#find(contactId)).deliveryDueDate)
    return this.#find(contactId)
  }

  /** Confirms the mail address of a contact that is to be verified. */
  confirmEmail(contact: MessageContact, code: string): Promise<MessageContact> {
    const { contactId, emailAddress, pendingEmailAddress } = contact
    const target = { case: 'emailAddress', value: pendingEmailAddress || emailAddress } as const
    return this.confirm({ contactId, code, target })
  }

  /** Asserts that a call is refused and that nothing in the directory changes. */
  async expectUnchanged(
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
    return contact ?? expect.fail(`the contact ${contactId} is not stored`)
  }
}

/** The code for a contact's mail address, as the service derives it. */
export function codeFor({ email: { verification } }: Contact, secret = verificationSecrets): string {
  return new VerificationCodes([secret]).codeOf(verification ?? expect.fail('no code was requested'))
}

/** A code that differs from this one. */
export const incorrectCode = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0')

/** The details of ENTITY_NOT_EXISTS_CONTACT_VERIFICATION. */
export const verificationNotFound = (contactId: string) => ({
  ResourceInfo: contactResource(contactId, errorCatalog.ENTITY_NOT_EXISTS_CONTACT_VERIFICATION.message),
})
