import type { ErrorReason } from '../gen/messagecontacts/v1/error_reason_pb.js'
import { dayMs, minuteMs } from '../time.js'

/** Why a call is refused: the values of `ErrorReason` in the contract, where each is explained. */
export type Reason = Exclude<keyof typeof ErrorReason, 'UNSPECIFIED'>

/** The gRPC status codes that refusals use, by their standard names. */
export type GrpcStatusName =
  | 'INVALID_ARGUMENT'
  | 'DEADLINE_EXCEEDED'
  | 'NOT_FOUND'
  | 'FAILED_PRECONDITION'
  | 'ALREADY_EXISTS'
  | 'RESOURCE_EXHAUSTED'
  | 'ABORTED'
  | 'INTERNAL'
  | 'UNAVAILABLE'
  | 'UNAUTHENTICATED'
  | 'PERMISSION_DENIED'

/** The kinds of `google.rpc` detail that may stand beside ErrorInfo. */
export type DetailKind = 'BadRequest' | 'ResourceInfo' | 'PreconditionFailure' | 'QuotaFailure' | 'RetryInfo'

/** What is the same in every refusal with one reason. */
export interface ErrorDefinition {
  /** The documented error code; for reasons of our own, a code in the same style. */
  readonly code: string
  /** The documented HTTP status; for reasons of our own, the one that the mapping of gRPC codes gives. */
  readonly httpStatus: number
  readonly status: GrpcStatusName
  /** A fixed sentence: it never contains anything that a caller sent. */
  readonly message: string
  readonly details: readonly DetailKind[]
  /** For reasons with RetryInfo: the minimum wait before a retry, in milliseconds, unless the failure has its own. */
  readonly retryAfterMs?: number
}

const badRequest = (code: string, message: string): ErrorDefinition => ({
  code,
  httpStatus: 400,
  status: 'INVALID_ARGUMENT',
  message,
  details: ['BadRequest'],
})

const failedPrecondition = (code: string, message: string): ErrorDefinition => ({
  code,
  httpStatus: 400,
  status: 'FAILED_PRECONDITION',
  message,
  details: ['PreconditionFailure'],
})

/** A quota, that is a limit over time: `retryAfterMs` is its window. */
const quotaExceeded = (code: string, httpStatus: number, message: string, retryAfterMs: number): ErrorDefinition => ({
  code,
  httpStatus,
  status: 'RESOURCE_EXHAUSTED',
  message,
  details: ['QuotaFailure', 'RetryInfo'],
  retryAfterMs,
})

/**
 * Every reason and what a refusal with it looks like. Codes and texts of documented errors are the documented ones.
 * A reason without an entry does not compile.
 */
export const errorCatalog: Readonly<Record<Reason, ErrorDefinition>> = {
  MISSING_PARAMETER_NAME: badRequest('MissingParameter.Name', 'You must specify Name.'),
  INVALID_PARAMETER_NAME: badRequest('InvalidParameter.Name', 'The Name is invalid.'),
  INVALID_PARAMETER_NAME_LENGTH: badRequest('InvalidParameter.Name.Length', 'The Name exceeds the length limit.'),
  INVALID_PARAMETER_NAME_ALREADY_USED: {
    code: 'InvalidParameter.Name.AlreadyUsed',
    httpStatus: 400,
    status: 'ALREADY_EXISTS',
    message: 'The Name already exists. Please change to another name.',
    details: ['BadRequest', 'ResourceInfo'],
  },
  MISSING_PARAMETER_EMAIL_ADDRESS: badRequest('MissingParameter.EmailAddress', 'You must specify EmailAddress.'),
  INVALID_PARAMETER_EMAIL_ADDRESS: badRequest('InvalidParameter.EmailAddress', 'The EmailAddress is invalid.'),
  INVALID_PARAMETER_EMAIL_ADDRESS_LENGTH: badRequest(
    'InvalidParameter.EmailAddress.Length',
    'The EmailAddress exceeds the length limit.',
  ),
  MISSING_PARAMETER_PHONE_NUMBER: badRequest('MissingParameter.PhoneNumber', 'You must specify PhoneNumber.'),
  INVALID_PARAMETER_PHONE_NUMBER: badRequest('InvalidParameter.PhoneNumber', 'The PhoneNumber is invalid.'),
  INVALID_PARAMETER_MOBILE_COUNTRY_CODE: badRequest(
    'InvalidParameter.MobileCountryCode',
    'The current site does not support the country code.',
  ),
  MISSING_PARAMETER_TITLE: badRequest('MissingParameter.Title', 'You must specify Title.'),
  INVALID_PARAMETER_TITLE: badRequest('InvalidParameter.Title', 'The Title is invalid.'),
  MISSING_PARAMETER_MESSAGE_TYPES: badRequest('MissingParameter.MessageTypes', 'You must specify MessageTypes.'),
  INVALID_PARAMETER_MESSAGE_TYPES: badRequest('InvalidParameter.MessageTypes', 'The MessageTypes is invalid.'),
  LIMIT_EXCEEDED_CONTACTS: {
    code: 'LimitExceeded.Contacts',
    httpStatus: 400,
    status: 'RESOURCE_EXHAUSTED',
    message: 'The maximum number of contacts in a resource directory exceeds the limit.',
    details: ['QuotaFailure'],
  },
  CONCURRENT_CALL_NOT_SUPPORTED: {
    code: 'ConcurrentCallNotSupported',
    httpStatus: 429,
    status: 'ABORTED',
    message: 'The operation conflicts with other operations. Please try again later.',
    details: ['RetryInfo'],
    retryAfterMs: 100,
  },

  INVALID_PARAMETER_CLIENT_TOKEN: badRequest(
    'InvalidParameter.ClientToken',
    'The ClientToken is invalid, or was used for another request.',
  ),
  UNAUTHENTICATED: {
    code: 'Unauthenticated',
    httpStatus: 401,
    status: 'UNAUTHENTICATED',
    message: 'The caller could not be authenticated.',
    details: [],
  },
  MALFORMED_REQUEST: {
    code: 'MalformedRequest',
    httpStatus: 400,
    status: 'INVALID_ARGUMENT',
    message: 'The request is not a message of this operation.',
    details: [],
  },
  OVERLOADED: {
    code: 'Overloaded',
    httpStatus: 429,
    status: 'RESOURCE_EXHAUSTED',
    message: 'Too many calls are in flight. Please try again later.',
    details: ['RetryInfo'],
    retryAfterMs: 1000,
  },
  DATABASE_UNAVAILABLE: {
    code: 'DatabaseUnavailable',
    httpStatus: 503,
    status: 'UNAVAILABLE',
    message: 'The database cannot be reached; nothing was written. Please try again later.',
    details: ['RetryInfo'],
    retryAfterMs: 1000,
  },
  OUTCOME_UNKNOWN: {
    code: 'OutcomeUnknown',
    httpStatus: 503,
    status: 'UNAVAILABLE',
    message: 'It is not known whether this was written. Please look, or repeat an Add with the same ClientToken.',
    details: ['RetryInfo'],
    retryAfterMs: 1000,
  },
  DEADLINE_EXCEEDED: {
    code: 'DeadlineExceeded',
    httpStatus: 504,
    status: 'DEADLINE_EXCEEDED',
    message: 'The deadline passed before the answer was ready.',
    details: [],
  },
  SHUTTING_DOWN: {
    code: 'ShuttingDown',
    httpStatus: 503,
    status: 'UNAVAILABLE',
    message: 'This server is stopping. Please try again.',
    details: ['RetryInfo'],
    retryAfterMs: 100,
  },
  INTERNAL: {
    code: 'Internal',
    httpStatus: 500,
    status: 'INTERNAL',
    message: 'Something went wrong in this service.',
    details: [],
  },

  MISSING_PARAMETER_CONTACT_ID: badRequest('MissingParameter.ContactId', 'You must specify ContactId.'),
  INVALID_PARAMETER_CONTACT_ID: badRequest('InvalidParameter.ContactId', 'The ContactId is invalid.'),
  ENTITY_NOT_EXISTS_CONTACT: {
    code: 'EntityNotExists.Contact',
    httpStatus: 404,
    status: 'NOT_FOUND',
    message: 'This Contact does not exist.',
    details: ['ResourceInfo'],
  },
  ETAG_MISMATCH: {
    code: 'EtagMismatch',
    httpStatus: 409,
    status: 'ABORTED',
    message: 'The contact has changed since. Please read it again.',
    details: [],
  },
  INVALID_PARAMETER_PAGE_SIZE: badRequest('InvalidParameter.PageSize', 'The PageSize is invalid.'),
  INVALID_PARAMETER_PAGE_TOKEN: badRequest(
    'InvalidParameter.PageToken',
    'The PageToken is invalid, or belongs to another list.',
  ),
  INVALID_PARAMETER_UPDATE_MASK: badRequest('InvalidParameter.UpdateMask', 'The UpdateMask is invalid.'),
  INVALID_PARAMETER_STATUS: badRequest('InvalidParameter.Status', 'The Status is invalid.'),

  ENTITY_NOT_EXISTS_CONTACT_VERIFICATION: {
    code: 'EntityNotExists.Contact.Verification',
    httpStatus: 404,
    status: 'NOT_FOUND',
    message: 'This contact verification does not exist.',
    details: ['ResourceInfo'],
  },
  SEND_VALIDATE_CODE_EXCEEDS_LIMIT_FOR_ACCOUNT: quotaExceeded(
    'SendValidateCodeExceedsLimitForAccount',
    409,
    'For the same account, the number of verification codes sent exceeds the limit.',
    dayMs,
  ),
  CONTACT_STATUS_MISMATCH_ACTION: failedPrecondition(
    'ContactStatusMismatchAction',
    'The status of the contact does not allow the specified operation.',
  ),
  MISSING_PARAMETER_CODE: badRequest('MissingParameter.Code', 'You must specify Code.'),
  INVALID_PARAMETER_CODE: badRequest('InvalidParameter.Code', 'The Code is invalid.'),
  MISSING_PARAMETER_TARGET: badRequest('MissingParameter.Target', 'You must specify EmailAddress or PhoneNumber.'),
  VERIFICATION_CODE_INCORRECT: failedPrecondition('VerificationCodeIncorrect', 'The Code is incorrect.'),
  VERIFICATION_CODE_EXPIRED: failedPrecondition(
    'VerificationCodeExpired',
    'The Code is no longer valid. Please ask for a new one.',
  ),
  VERIFICATION_ATTEMPTS_EXHAUSTED: failedPrecondition(
    'VerificationAttemptsExhausted',
    'The attempts for this Code are used up. Please ask for a new one.',
  ),
  VERIFICATION_ATTEMPTS_PER_DAY: quotaExceeded(
    'VerificationAttemptsPerDay',
    429,
    'The maximum number of incorrect Codes in a day exceeds the limit.',
    dayMs,
  ),
  LIMIT_EXCEEDED_ADDRESS: quotaExceeded(
    'LimitExceeded.Address',
    429,
    'The number of messages to one address exceeds the limit.',
    minuteMs,
  ),
  SENDER_NOT_CONFIGURED: failedPrecondition(
    'SenderNotConfigured',
    'This service is not configured to send such messages.',
  ),
  VERIFICATION_CODE_SUPERSEDED: failedPrecondition('VerificationCodeSuperseded', 'A newer Code was sent.'),
  PERMISSION_DENIED: {
    code: 'NoPermission',
    httpStatus: 403,
    status: 'PERMISSION_DENIED',
    message: 'You are not authorized to do this action.',
    details: [],
  },
  THROTTLED: {
    code: 'Throttling.User',
    httpStatus: 429,
    status: 'RESOURCE_EXHAUSTED',
    message: 'Request was denied due to user flow control.',
    details: ['QuotaFailure', 'RetryInfo'],
    retryAfterMs: 1000,
  },
}
