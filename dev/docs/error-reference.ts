import { codeToHttpStatus, errorToJson } from '@connectrpc/connect/protocol-connect'
import { describeSettings } from '../../src/config/read-settings.js'
import { errorCatalog, type Reason } from '../../src/errors/catalog.js'
import { Failure, type FailureContext, type QuotaSubject } from '../../src/errors/failure.js'
import { MessageContactService } from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { connectError } from '../../src/http/refusal.js'
import { type Settings, settingsSchema } from '../../src/settings.js'
import type { ErrorEntry } from '../explorer/reference.js'
import { type Comments, commonReasons, documentedReasons, reasonsByOperation } from './comments.js'

const requestId = '2DFCE4C9-04A9-4C83-BB14-FE791275EC53'
const contactId = 'c-qL4HqKONzOM7b2Xd'
const contactType = 'messagecontacts.v1.MessageContact'

/** All reasons in the order of the contract: for the documentation, the OpenAPI document and the explorer. */
export function errorReference(comments: Comments): readonly ErrorEntry[] {
  const common = commonReasons(comments)
  const byOperation = [...reasonsByOperation(comments)]
  return [...documentedReasons(comments)].map(([reason, { meaning, example }]) => {
    const { code, httpStatus, status, message, details } = errorCatalog[reason]
    const error = connectError(exampleFailure(reason), requestId)
    const operations = byOperation
      .filter(([, reasons]) => common.includes(reason) || reasons.includes(reason))
      .map(([operation]) => operation)
    return {
      reason,
      code,
      httpStatus,
      connectHttpStatus: codeToHttpStatus(error.code),
      status,
      message,
      meaning,
      remedy: remedies[reason],
      example,
      details,
      operations,
      exampleAnswer: errorToJson(error, undefined),
    }
  })
}

/** The fields and oneofs of all requests, the ones with more words first. */
const requestFields = MessageContactService.methods
  .flatMap(({ input }) => [...input.fields, ...input.oneofs].map(({ name }) => name))
  .toSorted((one, other) => other.length - one.length)

/** The field that a reason of BadRequest is about, by its name. */
function fieldOf(reason: Reason): string {
  const subject = reason.replace(/^(INVALID|MISSING)_PARAMETER_/, '').toLowerCase()
  // A country code is a part of the number.
  return requestFields.find((name) => subject.startsWith(name)) ?? 'phone_number'
}

function exampleFailure(reason: Reason): Failure {
  const { details } = errorCatalog[reason]
  const violations = details.includes('BadRequest') ? [{ field: fieldOf(reason), reason }] : []
  return new Failure(reason, {
    violations,
    resource: { type: contactType, name: reason.includes('NAME') ? 'Tom' : contactId },
    precondition: contactId,
    ...exampleContexts[reason],
  })
}

/** Facts that cannot be derived. */
const exampleContexts: Readonly<Partial<Record<Reason, FailureContext>>> = {
  LIMIT_EXCEEDED_CONTACTS: reached('resource directory', 'CONTACTS_PER_DIRECTORY'),
  SEND_VALIDATE_CODE_EXCEEDS_LIMIT_FOR_ACCOUNT: reached('resource directory', 'EMAILS_PER_DIRECTORY_PER_DAY'),
  VERIFICATION_ATTEMPTS_PER_DAY: reached('contact', 'VERIFICATION_MAX_ATTEMPTS_PER_DAY'),
  LIMIT_EXCEEDED_ADDRESS: reached('address', 'MESSAGES_PER_ADDRESS_PER_MINUTE'),
  THROTTLED: reached('caller', 'CALLS_PER_SECOND_PER_CALLER'),
  SENDER_NOT_CONFIGURED: { precondition: 'SMTP_URL' },
  VERIFICATION_CODE_INCORRECT: { precondition: contactId, attemptsRemaining: 4 },
  PERMISSION_DENIED: {
    permission: { action: 'messagecontacts:AddMessageContact', resource: 'messagecontact/*' },
  },
}

/** A limit with the default of its setting. */
function reached(subject: QuotaSubject, setting: keyof Settings): FailureContext {
  const description = describeSettings(settingsSchema).find(({ name }) => name === setting)
  return { quota: { subject, setting, limit: Number(description?.default) } }
}

const fillIn = 'Set the field and send the request again.'
const correct = 'Correct the field as the description in BadRequest says, and send the request again.'
const askForCode = 'Request a new code, and confirm that one.'

/** What a caller does about each reason. */
const remedies: Readonly<Record<Reason, string>> = {
  MISSING_PARAMETER_NAME: fillIn,
  INVALID_PARAMETER_NAME: correct,
  INVALID_PARAMETER_NAME_LENGTH: correct,
  INVALID_PARAMETER_NAME_ALREADY_USED:
    'Choose another name. After a retry, look first whether the contact is the one that the first attempt added; a `client_token` avoids this.',
  MISSING_PARAMETER_EMAIL_ADDRESS: fillIn,
  INVALID_PARAMETER_EMAIL_ADDRESS: correct,
  INVALID_PARAMETER_EMAIL_ADDRESS_LENGTH: correct,
  MISSING_PARAMETER_PHONE_NUMBER: fillIn,
  INVALID_PARAMETER_PHONE_NUMBER: correct,
  INVALID_PARAMETER_MOBILE_COUNTRY_CODE:
    'Use a number with an accepted country code, or ask the operator to accept this one.',
  MISSING_PARAMETER_TITLE: fillIn,
  INVALID_PARAMETER_TITLE: correct,
  MISSING_PARAMETER_MESSAGE_TYPES: fillIn,
  INVALID_PARAMETER_MESSAGE_TYPES: correct,
  LIMIT_EXCEEDED_CONTACTS: 'Delete a contact that is no longer needed, or ask the operator for a higher limit.',
  CONCURRENT_CALL_NOT_SUPPORTED: 'Send the request again unchanged, after the time that RetryInfo gives.',
  INVALID_PARAMETER_CLIENT_TOKEN: 'Use a new token, such as a UUID, for every new request; keep it for its retries.',
  UNAUTHENTICATED:
    'Send a valid token or certificate. A caller with several directories sends the header `x-resource-directory-id` too, exactly once.',
  MALFORMED_REQUEST:
    'Send one message of this operation: generate the client from the current contract or, in JSON, check the names of fields and enum values, and the types.',
  OVERLOADED: 'Send the request again after the time that RetryInfo gives, and wait longer after each refusal.',
  DATABASE_UNAVAILABLE: 'Send the request again after the time that RetryInfo gives. Nothing was written.',
  OUTCOME_UNKNOWN:
    'Repeat an Add with the same `client_token`, or a Delete. After any other write, read the contact before you repeat it.',
  DEADLINE_EXCEEDED: 'A write may have happened: proceed as with OUTCOME_UNKNOWN. Allow the call more time.',
  SHUTTING_DOWN: 'Send the request again: another process takes it.',
  INTERNAL: 'Report the request id to the operator, whose log has the cause. Do not repeat the call at once.',
  MISSING_PARAMETER_CONTACT_ID: fillIn,
  INVALID_PARAMETER_CONTACT_ID: correct,
  ENTITY_NOT_EXISTS_CONTACT: 'Check the id and the directory. After a Delete it means that the contact is deleted.',
  ETAG_MISMATCH: 'Read the contact again, decide anew, and send the change with the new `etag`.',
  INVALID_PARAMETER_PAGE_SIZE: correct,
  INVALID_PARAMETER_PAGE_TOKEN:
    'Send the `next_page_token` of the previous page with the same filters, or start with the first page.',
  INVALID_PARAMETER_UPDATE_MASK: correct,
  INVALID_PARAMETER_STATUS: correct,
  ENTITY_NOT_EXISTS_CONTACT_VERIFICATION:
    'List the pending verifications of the contact: the address may be verified already, or a code must be requested first.',
  SEND_VALIDATE_CODE_EXCEEDS_LIMIT_FOR_ACCOUNT:
    'Wait for the time that RetryInfo gives, or ask the operator for a higher limit.',
  CONTACT_STATUS_MISMATCH_ACTION:
    'Read the contact: only addresses that are pending behind verified ones can be dropped.',
  MISSING_PARAMETER_CODE: fillIn,
  INVALID_PARAMETER_CODE: correct,
  MISSING_PARAMETER_TARGET: 'Set `email_address` or `phone_number`, and send the request again.',
  VERIFICATION_CODE_INCORRECT:
    'Send the code of the newest message, exactly as it was received. `attemptsRemaining` says how many attempts are left.',
  VERIFICATION_CODE_EXPIRED: askForCode,
  VERIFICATION_ATTEMPTS_EXHAUSTED: askForCode,
  VERIFICATION_ATTEMPTS_PER_DAY: 'Wait for the time that RetryInfo gives.',
  LIMIT_EXCEEDED_ADDRESS: 'Wait for the time that RetryInfo gives, and request the code then.',
  SENDER_NOT_CONFIGURED: 'Ask the operator to configure the setting that PreconditionFailure names.',
  VERIFICATION_CODE_SUPERSEDED: 'Send the code of the newest message. This call was no attempt.',
  PERMISSION_DENIED: 'Ask the operator for a role that includes the action, or for the right to the directory.',
  THROTTLED: 'Send fewer calls. Repeat this one after the time that RetryInfo gives.',
}
