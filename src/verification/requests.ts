import { parseEmailAddress } from '../addresses/email-address.js'
import { parsePhoneNumber } from '../addresses/phone-number.js'
import { parsePageSize, parsePageToken } from '../calls/paging.js'
import { parseContactId } from '../contacts/fields.js'
import type { ContactSettings } from '../contacts/settings.js'
import { invalid, type Parsed, requireValid, valid } from '../errors/parsed.js'
import type {
  CancelMessageContactUpdateRequest,
  ConfirmMessageContactVerificationRequest,
  ListMessageContactVerificationsRequest,
  SendEmailVerificationForMessageContactRequest,
  SendPhoneVerificationForMessageContactRequest,
} from '../gen/messagecontacts/v1/message_contact_service_pb.js'
import { codePattern } from './codes.js'
import type { Target } from './verification.js'

/** A contact and one of its addresses. */
export interface TargetRequest {
  readonly contactId: string
  readonly target: Target
}

/** A page of the verifications of a contact. */
export interface VerificationsRequest {
  readonly directoryId: string
  readonly contactId: string
  readonly size: number
  /** The channel of the last verification of the page before. */
  readonly after: string | undefined
}

/** From request messages to what they mean. Each method throws one Failure with every violation, in the request's field order. */
export class VerificationRequestParser {
  readonly #settings: Pick<ContactSettings, 'COUNTRY_CODES'>

  constructor(settings: Pick<ContactSettings, 'COUNTRY_CODES'>) {
    this.#settings = settings
  }

  sendEmailVerification(request: SendEmailVerificationForMessageContactRequest): TargetRequest {
    const target = this.#parseEmail(request.emailAddress)
    return requireValid({ contactId: parseContactId(request.contactId), target })
  }

  sendPhoneVerification(request: SendPhoneVerificationForMessageContactRequest): TargetRequest {
    const target = this.#parsePhone(request.phoneNumber)
    return requireValid({ contactId: parseContactId(request.contactId), target })
  }

  confirmVerification(request: ConfirmMessageContactVerificationRequest): TargetRequest & { readonly code: string } {
    const parseTarget = ({ case: name, value = '' }: typeof request.target): Parsed<Target> => {
      if (name === undefined)
        return invalid('target', 'MISSING_PARAMETER_TARGET', 'Must be email_address or phone_number.')
      return name === 'emailAddress' ? this.#parseEmail(value) : this.#parsePhone(value)
    }
    return requireValid({
      contactId: parseContactId(request.contactId),
      target: parseTarget(request.target),
      code: parseCode(request.code),
    })
  }

  /** At least one target. */
  cancelUpdate(request: CancelMessageContactUpdateRequest): { contactId: string; targets: readonly Target[] } {
    const { emailAddress, phoneNumber } = request
    const isEmpty = emailAddress === '' && phoneNumber === ''
    const { contactId, email, phone } = requireValid<{ contactId: string; email?: Target; phone?: Target }>({
      contactId: parseContactId(request.contactId),
      ...(isEmpty && { email: invalid('email_address', 'MISSING_PARAMETER_TARGET', 'Must be set, or phone_number.') }),
      ...(emailAddress !== '' && { email: this.#parseEmail(emailAddress) }),
      ...(phoneNumber !== '' && { phone: this.#parsePhone(phoneNumber) }),
    })
    return { contactId, targets: [email, phone].filter((target) => target !== undefined) }
  }

  listVerifications(request: ListMessageContactVerificationsRequest, directoryId: string): VerificationsRequest {
    const { contactId, pageSize, pageToken } = request
    return {
      directoryId,
      ...requireValid({
        contactId: parseContactId(contactId),
        size: parsePageSize(pageSize),
        after: parsePageToken(pageToken, { directoryId, contactId }),
      }),
    }
  }

  #parseEmail(text: string): Parsed<Target> {
    return targetOf('email', parseEmailAddress(text))
  }

  #parsePhone(text: string): Parsed<Target> {
    return targetOf('phone', parsePhoneNumber(text, this.#settings.COUNTRY_CODES))
  }
}

const targetOf = (kind: Target['kind'], address: Parsed<string>): Parsed<Target> =>
  'value' in address ? valid({ kind, address: address.value }) : address

/** What people and programs add to a code: white space, hyphens and the minus sign, and invisible characters. */
export const ignoredInCodes = /[\p{White_Space}\p{Dash_Punctuation}\p{Format}\u2212]/gu
/** Without the ignored characters no code is this long, and normalizing a long run of combining marks takes quadratic time. */
const maxNormalizedLength = 64
const codeRule = 'Must be the six digits that were received.'

/** A code as people paste it, also with full-width digits. What cannot be a code is refused here, before it costs an attempt. */
function parseCode(text: string): Parsed<string> {
  const rest = text.replaceAll(ignoredInCodes, '')
  // Again, because normalization makes some characters ignored ones.
  const code = rest.length > maxNormalizedLength ? rest : rest.normalize('NFKC').replaceAll(ignoredInCodes, '')
  if (code === '') return invalid('code', 'MISSING_PARAMETER_CODE', codeRule)
  return codePattern.test(code) ? valid(code) : invalid('code', 'INVALID_PARAMETER_CODE', codeRule)
}
