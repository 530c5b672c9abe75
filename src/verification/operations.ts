import type { AddressKind, SupersededVerification } from '../addresses/address.js'
import type { OperationCall } from '../calls/call.js'
import type { ServiceImplementation } from '../calls/service.js'
import type { Contact } from '../contacts/contact.js'
import { contactResponse } from '../contacts/responses.js'
import type { ContactSettings } from '../contacts/settings.js'
import type { ContactReader } from '../contacts/store/reader.js'
import type { ContactWriter } from '../contacts/store/writer.js'
import type { Reason } from '../errors/catalog.js'
import { Failure } from '../errors/failure.js'
import type { MessageContactService } from '../gen/messagecontacts/v1/message_contact_service_pb.js'
import type { Sender } from '../messaging/sender.js'
import type { Observer, VerificationResult } from '../telemetry/observer.js'
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
import type { DeliveryWorker } from './worker.js'

export interface VerificationDependencies {
  readonly settings: VerificationSettings & Pick<ContactSettings, 'COUNTRY_CODES'>
  readonly reader: ContactReader
  readonly writer: ContactWriter
  readonly codes: VerificationCodes
  readonly limits: SendLimits
  readonly sender: Pick<Sender, 'missingSetting'>
  readonly worker: Pick<DeliveryWorker, 'wake'>
  /** The time that is stored. */
  readonly now: () => Date
  /** 16 random hexadecimal digits. */
  readonly newVerificationId: () => string
  readonly observer: Pick<Observer, 'verificationChanged'>
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
  const { settings, reader, writer } = dependencies
  const parser = new VerificationRequestParser(settings)
  return {
    async sendEmailVerificationForMessageContact(request, call) {
      return sendCode(parser.sendEmailVerification(request), call, dependencies)
    },

    async sendPhoneVerificationForMessageContact(request, call) {
      return sendCode(parser.sendPhoneVerification(request), call, dependencies)
    },

    async confirmMessageContactVerification(request, call) {
      return confirmCode(parser.confirmVerification(request), call, dependencies)
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

/** Refuses as `confirmVerification` and ContactWriter do. */
async function confirmCode(
  { contactId, target, code }: TargetRequest & { readonly code: string },
  call: OperationCall,
  { settings, writer, codes, now, observer }: VerificationDependencies,
) {
  call.noteContact(contactId)
  const isCorrect = (verification: SupersededVerification) => codes.isCorrect(verification, code)
  const decide = (contact: Contact) => confirmVerification(contact, target, isCorrect, now(), settings)
  const report = (result: VerificationResult) => observer.verificationChanged(channelOf(target.kind), result)
  try {
    const { contact } = await writer.change(contactId, call, decide)
    report('verified')
    return contactResponse(contact, call.requestId)
  } catch (error) {
    const result = error instanceof Failure ? refusedResults[error.reason] : undefined
    if (result) report(result)
    throw error
  }
}

/** What a refused code was. */
const refusedResults: Readonly<Partial<Record<Reason, VerificationResult>>> = {
  VERIFICATION_CODE_INCORRECT: 'incorrect',
  VERIFICATION_CODE_SUPERSEDED: 'superseded',
  VERIFICATION_CODE_EXPIRED: 'expired',
  VERIFICATION_ATTEMPTS_EXHAUSTED: 'exhausted',
  VERIFICATION_ATTEMPTS_PER_DAY: 'exhausted',
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
  const { settings, reader, writer, limits, sender, worker, now, newVerificationId, observer } = dependencies
  call.noteContact(contactId)
  requireSender(sender, target.kind)
  // Before anything is counted.
  const known = await reader.get(contactId, call)
  requireAddressToVerify(known, target)
  const nextSendDate = await limits.take(target, call)
  const id = newVerificationId()
  const { traceparent } = call
  const decide = (contact: Contact) => startVerification(contact, target, { id, traceparent }, now(), settings)
  const { result } = await writer.change(contactId, call, decide, { known })
  observer.verificationChanged(channelOf(target.kind), 'requested')
  if (result) worker.wake({ contactId, kind: target.kind, verification: result })
  return sendResponse(result?.expireDate ?? nextSendDate, nextSendDate, call.requestId)
}

function requireSender(sender: Pick<Sender, 'missingSetting'>, kind: AddressKind): void {
  const setting = sender.missingSetting(channelOf(kind))
  if (setting !== undefined) throw new Failure('SENDER_NOT_CONFIGURED', { precondition: setting })
}
