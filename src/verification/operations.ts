import type { AddressKind, SupersededVerification } from '../addresses/address.js'
import type { OperationCall } from '../calls/call.js'
import type { ServiceImplementation } from '../calls/service.js'
import type { Contact } from '../contacts/contact.js'
import { contactResponse } from '../contacts/responses.js'
import type { ContactSettings } from '../contacts/settings.js'
import type { ContactReader } from '../contacts/store/reader.js'
import type { ContactWriter } from '../contacts/store/writer.js'
import { Failure } from '../errors/failure.js'
import type { MessageContactService } from '../gen/messagecontacts/v1/message_contact_service_pb.js'
import type { Sender } from '../messaging/sender.js'
import type { VerificationCodes } from './codes.js'
import { channelOf } from './delivery.js'
import { type TargetRequest, VerificationRequestParser } from './requests.js'
import { sendResponse, verificationsResponse } from './responses.js'
import type { SendLimits } from './send-limits.js'
import type { VerificationSettings } from './settings.js'
import {
  cancelUpdate,
  confirmVerification,
  pendingVerifications,
  requireAddressToVerify,
  startVerification,
} from './verification.js'

export interface VerificationDependencies {
  readonly settings: VerificationSettings & Pick<ContactSettings, 'COUNTRY_CODES'>
  readonly reader: ContactReader
  readonly writer: ContactWriter
  readonly codes: VerificationCodes
  readonly limits: SendLimits
  readonly sender: Pick<Sender, 'missingSetting'>
  /** Called when the delivery of a verification is due. */
  readonly wakeWorker: (verificationId: string) => void
  /** The time that is stored. */
  readonly now: () => Date
  /** 16 random hexadecimal digits. */
  readonly newVerificationId: () => string
}

type VerificationOperations = Pick<
  ServiceImplementation<typeof MessageContactService>,
  | 'sendEmailVerificationForMessageContact'
  | 'sendPhoneVerificationForMessageContact'
  | 'confirmMessageContactVerification'
  | 'cancelMessageContactUpdate'
  | 'listMessageContactVerifications'
>

/** The operations on verifications. Each of them: parse, decide, store, respond. The contract says what they promise. */
export function createVerificationOperations(dependencies: VerificationDependencies): VerificationOperations {
  const { settings, reader, writer, codes, now } = dependencies
  const parser = new VerificationRequestParser(settings)
  return {
    async sendEmailVerificationForMessageContact(request, call) {
      return sendCode(parser.sendEmailVerification(request), call, dependencies)
    },

    async sendPhoneVerificationForMessageContact(request, call) {
      return sendCode(parser.sendPhoneVerification(request), call, dependencies)
    },

    async confirmMessageContactVerification(request, call) {
      const { contactId, target, code } = parser.confirmVerification(request)
      call.noteContact(contactId)
      const isCorrect = (verification: SupersededVerification) => codes.isCorrect(verification, code)
      const decide = (contact: Contact) => confirmVerification(contact, target, isCorrect, now(), settings)
      const { contact } = await writer.change(contactId, call, decide)
      return contactResponse(contact, call.requestId)
    },

    async cancelMessageContactUpdate(request, call) {
      const { contactId, targets } = parser.cancelUpdate(request)
      call.noteContact(contactId)
      const { contact } = await writer.change(contactId, call, (found) => cancelUpdate(found, targets))
      return contactResponse(contact, call.requestId)
    },

    async listMessageContactVerifications(request, call) {
      const list = parser.listVerifications(request, call.caller.directoryId)
      const contact = await reader.get(list.contactId, call)
      return verificationsResponse(pendingVerifications(contact), list, call.requestId)
    },
  }
}

/**
 * Stores what is to be sent; the delivery worker sends it. Refuses with SENDER_NOT_CONFIGURED, ENTITY_NOT_EXISTS_CONTACT,
 * ENTITY_NOT_EXISTS_CONTACT_VERIFICATION, and as SendLimits and ContactWriter do, in this order.
 */
async function sendCode(
  { contactId, target }: TargetRequest,
  call: OperationCall,
  dependencies: VerificationDependencies,
) {
  const { settings, reader, writer, limits, sender, wakeWorker, now, newVerificationId } = dependencies
  call.noteContact(contactId)
  requireSender(sender, target.kind)
  // Before anything is counted.
  requireAddressToVerify(await reader.get(contactId, call), target)
  const nextSendDate = await limits.take(target, call)
  const id = newVerificationId()
  const { result } = await writer.change(contactId, call, (contact) =>
    startVerification(contact, target, id, now(), settings),
  )
  wakeWorker(id)
  return sendResponse(result?.expireDate ?? nextSendDate, nextSendDate, call.requestId)
}

function requireSender(sender: Pick<Sender, 'missingSetting'>, kind: AddressKind): void {
  const setting = sender.missingSetting(channelOf(kind))
  if (setting !== undefined) throw new Failure('SENDER_NOT_CONFIGURED', { precondition: setting })
}
