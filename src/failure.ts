import type { ErrorReason } from './gen/messagecontacts/v1/error_reason_pb.js'

/** Why a call is refused: the values of the contract's `ErrorReason`, which is where each of them is explained. */
export type Reason = Exclude<keyof typeof ErrorReason, 'UNSPECIFIED'>

/** The gRPC statuses a refusal can have, by their standard names. */
export type StatusName =
  | 'INVALID_ARGUMENT'
  | 'DEADLINE_EXCEEDED'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'RESOURCE_EXHAUSTED'
  | 'ABORTED'
  | 'INTERNAL'
  | 'UNAVAILABLE'
  | 'UNAUTHENTICATED'

/** The kinds of `google.rpc` detail that may stand beside ErrorInfo. */
export type DetailKind = 'BadRequest' | 'ResourceInfo' | 'QuotaFailure' | 'RetryInfo'

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
  /** For reasons with RetryInfo: the shortest wait before a repeat, in milliseconds. */
  readonly retryAfterMs?: number
}

const badRequest = (code: string, message: string): Meaning => ({
  code,
  httpStatus: 400,
  status: 'INVALID_ARGUMENT',
  message,
  details: ['BadRequest'],
})

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
    message: 'It is not known whether this was written. Please repeat it with the same ClientToken.',
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
}

/** One field that breaks a rule. `field` is its path in the request, such as `message_types[2]`. */
export interface Violation {
  readonly field: string
  readonly reason: Reason
}

/** What one refusal adds to its reason. Each becomes a detail of the kind that the reason's meaning names. */
export interface Facts {
  /** Every violation, in the request's field order; the first is the refusal's reason. */
  readonly violations?: readonly Violation[]
  /** The thing in the way, by type and by the name the caller used for it. */
  readonly resource?: { readonly type: string; readonly name: string }
  /** The limit that was reached: the setting that holds it, and its value. */
  readonly quota?: { readonly setting: string; readonly limit: number }
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
