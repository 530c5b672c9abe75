import type { ErrorReason } from './gen/messagecontacts/v1/error_reason_pb.js'

/** Why a call is refused: the values of the contract's `ErrorReason`, which is where each of them is explained. */
export type Reason = Exclude<keyof typeof ErrorReason, 'UNSPECIFIED'>

/** The gRPC statuses a refusal can have, by their standard names. */
export type StatusName =
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

/** The kinds of `google.rpc` detail that may stand beside ErrorInfo. */
export type DetailKind = 'BadRequest' | 'ResourceInfo' | 'PreconditionFailure' | 'QuotaFailure' | 'RetryInfo'

/** What is the same in every refusal for one reason. */
export interface Meaning {
  /** The documented spelling, or for our own reasons the same style of it. */
  readonly code: string
  /** The documented HTTP status, or for our own reasons the one gRPC's mapping gives. */
  readonly httpStatus: number
  readonly status: StatusName
  /** A fixed sentence: nothing a caller sent ever stands in it. */
  readonly message: string
  readonly details: readonly DetailKind[]
  /** For reasons with RetryInfo: the shortest wait before a repeat, in milliseconds, where the refusal itself does not tell. */
  readonly retryAfterMs?: number
}

const badRequest = (code: string, message: string): Meaning => ({
  code,
  httpStatus: 400,
  status: 'INVALID_ARGUMENT',
  message,
  details: ['BadRequest'],
})

const failedPrecondition = (code: string, message: string): Meaning => ({
  code,
  httpStatus: 400,
  status: 'FAILED_PRECONDITION',
  message,
  details: ['PreconditionFailure'],
})

/** A limit over time: `retryAfterMs` is its whole length. */
const quotaExceeded = (code: string, httpStatus: number, message: string, retryAfterMs: number): Meaning => ({
  code,
  httpStatus,
  status: 'RESOURCE_EXHAUSTED',
  message,
  details: ['QuotaFailure', 'RetryInfo'],
  retryAfterMs,
})

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

/**
 * Every reason and what it means. The first sixteen are the documented codes of AddMessageContact, with their texts as documented.
 * A reason without a line here does not compile.
 */
export const meanings: Readonly<Record<Reason, Meaning>> = {
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
  CALLER_UNKNOWN: {
    code: 'CallerUnknown',
    httpStatus: 401,
    status: 'UNAUTHENTICATED',
    message: 'The resource directory of the caller cannot be told.',
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
  OUT_OF_TIME: {
    code: 'OutOfTime',
    httpStatus: 504,
    status: 'DEADLINE_EXCEEDED',
    message: 'The deadline came before the answer.',
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
    message: 'The contact does not exist.',
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
    message: 'Nothing waits for verification there.',
    details: ['ResourceInfo'],
  },
  SEND_VALIDATE_CODE_EXCEEDS_LIMIT_FOR_ACCOUNT: quotaExceeded(
    'SendValidateCodeExceedsLimitForAccount',
    409,
    'The maximum number of verification messages in a day exceeds the limit.',
    dayMs,
  ),
  CONTACT_STATUS_MISMATCH_ACTION: failedPrecondition(
    'ContactStatusMismatchAction',
    'The status of the contact does not allow this operation.',
  ),
  MISSING_PARAMETER_CODE: badRequest('MissingParameter.Code', 'You must specify Code.'),
  INVALID_PARAMETER_CODE: badRequest('InvalidParameter.Code', 'The Code is invalid.'),
  MISSING_PARAMETER_TARGET: badRequest('MissingParameter.Target', 'You must specify EmailAddress or PhoneNumber.'),
  VERIFICATION_CODE_WRONG: failedPrecondition('VerificationCodeWrong', 'The Code is wrong.'),
  VERIFICATION_CODE_EXPIRED: failedPrecondition(
    'VerificationCodeExpired',
    'The Code is no longer valid. Please ask for a new one.',
  ),
  VERIFICATION_TRIES_USED_UP: failedPrecondition(
    'VerificationTriesUsedUp',
    'The tries of this Code are used up. Please ask for a new one.',
  ),
  VERIFICATION_TRIES_PER_DAY: quotaExceeded(
    'VerificationTriesPerDay',
    429,
    'The maximum number of wrong Codes in a day exceeds the limit.',
    dayMs,
  ),
  LIMIT_EXCEEDED_ADDRESS: quotaExceeded(
    'LimitExceeded.Address',
    429,
    'The maximum number of messages to one address in a minute exceeds the limit.',
    minuteMs,
  ),
  SENDER_NOT_SET_UP: failedPrecondition('SenderNotSetUp', 'This service is not set up to send such messages.'),
}

/** One field that breaks a rule. `field` is its path in the request, such as `message_types[2]`. */
export interface Violation {
  readonly field: string
  readonly reason: Reason
}

/** Whose limit it is, in the words of a QuotaFailure. */
export type QuotaSubject = 'resource directory' | 'contact' | 'address'

/** What one refusal adds to its reason. Each becomes a detail of the kind that the reason's meaning names. */
export interface Facts {
  /** Every violation, in the request's field order; the first is the refusal's reason. */
  readonly violations?: readonly Violation[]
  /** The thing in the way, by type and by the name the caller used for it. */
  readonly resource?: { readonly type: string; readonly name: string }
  /** The limit that was reached: of what, the setting that holds it, and its value. */
  readonly quota?: { readonly subject: QuotaSubject; readonly setting: string; readonly limit: number }
  /** What is not as it must be: the contact, by the id the caller used, or a setting, by its name. */
  readonly precondition?: string
  /** How long to wait at least before a repeat, in milliseconds, where the reason's own figure is not the truth. */
  readonly retryAfterMs?: number
  /** Of this code, after a wrong one. */
  readonly triesLeft?: number
  /** What went wrong underneath: for the log alone, never for the caller. */
  readonly cause?: unknown
}

/** The one way to refuse a call. Everything else that is thrown is INTERNAL to the caller. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly reason: Reason
  readonly facts: Facts

  constructor(reason: Reason, facts: Facts = {}) {
    super(meanings[reason].message, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.reason = reason
    this.facts = facts
  }
}

/** Whatever was thrown, as a Failure: an unforeseen error is INTERNAL and keeps its cause. */
export function asFailure(thrown: unknown): Failure {
  return thrown instanceof Failure ? thrown : new Failure('INTERNAL', { cause: thrown })
}
