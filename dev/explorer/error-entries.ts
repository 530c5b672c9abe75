import { errorToJson } from '@connectrpc/connect/protocol-connect'
import { type ErrorDefinition, errorCatalog, type Reason } from '../../src/errors/catalog.js'
import { Failure, type FailureContext } from '../../src/errors/failure.js'
import { connectError } from '../../src/http/refusal.js'
import { type Comments, commonReasons, documentedReasons, reasonsByOperation } from '../docs/comments.js'
import type { ErrorEntry, JsonObject } from './reference.js'

const requestId = '2DFCE4C9-04A9-4C83-BB14-FE791275EC53'
const contactId = 'c-qL4HqKONzOM7b2Xd'

/** An entry of the error center for every reason, in the order of the catalog. */
export function errorEntries(comments: Comments): readonly ErrorEntry[] {
  const common = commonReasons(comments)
  const byOperation = [...reasonsByOperation(comments)]
  return [...documentedReasons(comments)].map(([reason, { meaning, example }]) => {
    const { code, httpStatus, status, message, details } = errorCatalog[reason]
    const operations = byOperation.filter(([, reasons]) => reasons.includes(reason)).map(([name]) => name)
    return {
      reason,
      code,
      httpStatus,
      status,
      message,
      details,
      meaning,
      cause: example,
      advice: adviceFor(reason, errorCatalog[reason]),
      answer: exampleAnswer(reason, errorCatalog[reason]),
      ...(!common.includes(reason) && { operations }),
    }
  })
}

const exampleAnswer = (reason: Reason, definition: ErrorDefinition): JsonObject =>
  errorToJson(connectError(new Failure(reason, exampleContext(reason, definition)), requestId), undefined) as JsonObject

/** The facts of a refusal as the details of this reason need them. */
function exampleContext(reason: Reason, { code, details }: ErrorDefinition): FailureContext {
  const context: { -readonly [Key in keyof FailureContext]: FailureContext[Key] } = {}
  if (details.includes('BadRequest')) context.violations = [{ field: fieldOf(code), reason }]
  if (details.includes('ResourceInfo')) context.resource = { type: 'messagecontact', name: contactId }
  if (details.includes('PreconditionFailure')) context.precondition = contactId
  if (details.includes('QuotaFailure'))
    context.quota = { subject: 'resource directory', setting: 'CONTACTS_PER_DIRECTORY', limit: 20 }
  if (reason === 'VERIFICATION_CODE_INCORRECT') context.attemptsRemaining = 4
  return context
}

/** `InvalidParameter.EmailAddress.Length` is about `email_address`. */
const fieldOf = (code: string) => {
  const [, parameter = ''] = code.split('.')
  return parameter.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase()
}

/** What to do where the details of a refusal do not say it. */
const adviceByReason: Readonly<Partial<Record<Reason, string>>> = {
  INVALID_PARAMETER_NAME_ALREADY_USED:
    'Choose another name. If this call was repeated, the contact may be the one that you added yourself: set `client_token` to see it.',
  LIMIT_EXCEEDED_CONTACTS: 'Delete a contact that is no longer needed, or ask the operator for a higher limit.',
  UNAUTHENTICATED: 'Send a valid bearer token, and name the directory in `x-resource-directory-id` exactly once.',
  PERMISSION_DENIED: 'Ask the operator for a role that includes the action, or name a directory of this caller.',
  MALFORMED_REQUEST: 'Generate the client from the current contract, or correct the names and types in the JSON.',
  OUTCOME_UNKNOWN:
    'Find out whether the write happened before you repeat it: read the contact. An Add with a `client_token` and a Delete can be repeated at once.',
  DEADLINE_EXCEEDED:
    'Find out whether a write happened before you repeat it. If this occurs often, allow the call more time.',
  INTERNAL: 'Report it to the operator with the request id. Do not repeat the call at once.',
  ETAG_MISMATCH: 'Read the contact again, decide again, and send the change with the new `etag`.',
  ENTITY_NOT_EXISTS_CONTACT:
    'Check the id and the directory of the call. After a Delete it means that the contact is deleted.',
  ENTITY_NOT_EXISTS_CONTACT_VERIFICATION:
    'List the verifications of the contact: only addresses that are pending can be verified.',
  CONTACT_STATUS_MISMATCH_ACTION:
    'Read the contact: only addresses that are pending behind verified ones can be dropped.',
  VERIFICATION_CODE_INCORRECT:
    'Ask the recipient for the code again. `attemptsRemaining` says how many attempts are left.',
  VERIFICATION_CODE_EXPIRED: 'Send a new code and confirm that one.',
  VERIFICATION_ATTEMPTS_EXHAUSTED: 'Send a new code and confirm that one.',
  VERIFICATION_CODE_SUPERSEDED: 'Use the newest message: only its code counts. This was no attempt.',
  SENDER_NOT_CONFIGURED: 'Ask the operator to configure a mail server or an SMS gateway.',
}

function adviceFor(reason: Reason, { details }: ErrorDefinition): string {
  const advice = adviceByReason[reason]
  if (advice) return advice
  if (details.includes('RetryInfo'))
    return 'Nothing was written. Repeat the call after the wait that RetryInfo gives, and wait longer after each further refusal.'
  return 'Correct the request; `BadRequest` names every field that breaks a rule, with the rule. The same request is refused again.'
}
