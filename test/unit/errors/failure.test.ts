import { status } from '@grpc/grpc-js'
import { describe, expect, test } from 'vitest'
import { errorCatalog, type Reason } from '../../../src/errors/catalog.js'
import { Failure, type FailureContext, toFailure } from '../../../src/errors/failure.js'
import { ErrorReason } from '../../../src/gen/messagecontacts/v1/error_reason_pb.js'

const entries = Object.entries(errorCatalog)
const reasons = Object.keys(errorCatalog) as Reason[]

/** The HTTP statuses of gRPC's own mapping, which apply unless the documented API has another one. */
const httpStatuses: Readonly<Record<string, number>> = {
  INVALID_ARGUMENT: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  FAILED_PRECONDITION: 400,
  ABORTED: 409,
  RESOURCE_EXHAUSTED: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
}

describe('the error catalog', () => {
  test('has the sixteen documented errors of AddMessageContact, word for word', () => {
    const documented = entries
      .slice(0, 16)
      .map(([, { code, httpStatus, status, message, details }]) =>
        [code, httpStatus, status, message, details.join(', ')].join(' | '),
      )
    expect(documented).toEqual([
      'MissingParameter.Name | 400 | INVALID_ARGUMENT | You must specify Name. | BadRequest',
      'InvalidParameter.Name | 400 | INVALID_ARGUMENT | The Name is invalid. | BadRequest',
      'InvalidParameter.Name.Length | 400 | INVALID_ARGUMENT | The Name exceeds the length limit. | BadRequest',
      'InvalidParameter.Name.AlreadyUsed | 400 | ALREADY_EXISTS | The Name already exists. Please change to another name. | BadRequest, ResourceInfo',
      'MissingParameter.EmailAddress | 400 | INVALID_ARGUMENT | You must specify EmailAddress. | BadRequest',
      'InvalidParameter.EmailAddress | 400 | INVALID_ARGUMENT | The EmailAddress is invalid. | BadRequest',
      'InvalidParameter.EmailAddress.Length | 400 | INVALID_ARGUMENT | The EmailAddress exceeds the length limit. | BadRequest',
      'MissingParameter.PhoneNumber | 400 | INVALID_ARGUMENT | You must specify PhoneNumber. | BadRequest',
      'InvalidParameter.PhoneNumber | 400 | INVALID_ARGUMENT | The PhoneNumber is invalid. | BadRequest',
      'InvalidParameter.MobileCountryCode | 400 | INVALID_ARGUMENT | The current site does not support the country code. | BadRequest',
      'MissingParameter.Title | 400 | INVALID_ARGUMENT | You must specify Title. | BadRequest',
      'InvalidParameter.Title | 400 | INVALID_ARGUMENT | The Title is invalid. | BadRequest',
      'MissingParameter.MessageTypes | 400 | INVALID_ARGUMENT | You must specify MessageTypes. | BadRequest',
      'InvalidParameter.MessageTypes | 400 | INVALID_ARGUMENT | The MessageTypes is invalid. | BadRequest',
      'LimitExceeded.Contacts | 400 | RESOURCE_EXHAUSTED | The maximum number of contacts in a resource directory exceeds the limit. | QuotaFailure',
      'ConcurrentCallNotSupported | 429 | ABORTED | The operation conflicts with other operations. Please try again later. | RetryInfo',
    ])
  })

  test('has a status and details for every other reason', () => {
    expect(entries.slice(16).map(([reason, { status, details }]) => [reason, status, ...details])).toEqual([
      ['INVALID_PARAMETER_CLIENT_TOKEN', 'INVALID_ARGUMENT', 'BadRequest'],
      ['UNAUTHENTICATED', 'UNAUTHENTICATED'],
      ['MALFORMED_REQUEST', 'INVALID_ARGUMENT'],
      ['OVERLOADED', 'RESOURCE_EXHAUSTED', 'RetryInfo'],
      ['DATABASE_UNAVAILABLE', 'UNAVAILABLE', 'RetryInfo'],
      ['OUTCOME_UNKNOWN', 'UNAVAILABLE', 'RetryInfo'],
      ['DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED'],
      ['SHUTTING_DOWN', 'UNAVAILABLE', 'RetryInfo'],
      ['INTERNAL', 'INTERNAL'],
      ['MISSING_PARAMETER_CONTACT_ID', 'INVALID_ARGUMENT', 'BadRequest'],
      ['INVALID_PARAMETER_CONTACT_ID', 'INVALID_ARGUMENT', 'BadRequest'],
      ['ENTITY_NOT_EXISTS_CONTACT', 'NOT_FOUND', 'ResourceInfo'],
      ['ETAG_MISMATCH', 'ABORTED'],
      ['INVALID_PARAMETER_PAGE_SIZE', 'INVALID_ARGUMENT', 'BadRequest'],
      ['INVALID_PARAMETER_PAGE_TOKEN', 'INVALID_ARGUMENT', 'BadRequest'],
      ['INVALID_PARAMETER_UPDATE_MASK', 'INVALID_ARGUMENT', 'BadRequest'],
      ['INVALID_PARAMETER_STATUS', 'INVALID_ARGUMENT', 'BadRequest'],
      ['ENTITY_NOT_EXISTS_CONTACT_VERIFICATION', 'NOT_FOUND', 'ResourceInfo'],
      ['SEND_VALIDATE_CODE_EXCEEDS_LIMIT_FOR_ACCOUNT', 'RESOURCE_EXHAUSTED', 'QuotaFailure', 'RetryInfo'],
      ['CONTACT_STATUS_MISMATCH_ACTION', 'FAILED_PRECONDITION', 'PreconditionFailure'],
      ['MISSING_PARAMETER_CODE', 'INVALID_ARGUMENT', 'BadRequest'],
      ['INVALID_PARAMETER_CODE', 'INVALID_ARGUMENT', 'BadRequest'],
      ['MISSING_PARAMETER_TARGET', 'INVALID_ARGUMENT', 'BadRequest'],
      ['VERIFICATION_CODE_INCORRECT', 'FAILED_PRECONDITION', 'PreconditionFailure'],
      ['VERIFICATION_CODE_EXPIRED', 'FAILED_PRECONDITION', 'PreconditionFailure'],
      ['VERIFICATION_ATTEMPTS_EXHAUSTED', 'FAILED_PRECONDITION', 'PreconditionFailure'],
      ['VERIFICATION_ATTEMPTS_PER_DAY', 'RESOURCE_EXHAUSTED', 'QuotaFailure', 'RetryInfo'],
      ['LIMIT_EXCEEDED_ADDRESS', 'RESOURCE_EXHAUSTED', 'QuotaFailure', 'RetryInfo'],
      ['SENDER_NOT_CONFIGURED', 'FAILED_PRECONDITION', 'PreconditionFailure'],
      ['VERIFICATION_CODE_SUPERSEDED', 'FAILED_PRECONDITION', 'PreconditionFailure'],
      ['PERMISSION_DENIED', 'PERMISSION_DENIED'],
      ['THROTTLED', 'RESOURCE_EXHAUSTED', 'QuotaFailure', 'RetryInfo'],
    ])
  })

  // Errors of other operations that are documented with another HTTP status.
  const documented: readonly Reason[] = ['SEND_VALIDATE_CODE_EXCEEDS_LIMIT_FOR_ACCOUNT']
  const ours = reasons.slice(16).filter((reason) => !documented.includes(reason))

  test.each(ours)('has for %s the HTTP status that gRPC maps its status to', (reason) => {
    expect(errorCatalog[reason].httpStatus).toBe(httpStatuses[errorCatalog[reason].status])
  })

  test('has every reason of the contract, in its order', () => {
    const contract = Object.values(ErrorReason).filter((value) => typeof value === 'string' && value !== 'UNSPECIFIED')
    expect(reasons).toEqual(contract)
  })

  // Their codes are documented for other operations, under names that gRPC has other names for.
  const namedOtherwise: readonly Reason[] = ['PERMISSION_DENIED', 'THROTTLED']

  test.each(reasons)('has for %s a code in the same style', (reason) => {
    if (!namedOtherwise.includes(reason))
      expect(reason.replaceAll('_', '').toLowerCase()).toBe(errorCatalog[reason].code.replaceAll('.', '').toLowerCase())
    expect(errorCatalog[reason].code).toMatch(/^[A-Z][A-Za-z]*(\.[A-Z][A-Za-z]*){0,2}$/)
  })

  test('has no code twice', () => {
    expect(new Set(entries.map(([, { code }]) => code)).size).toBe(entries.length)
  })

  test.each(reasons)('has for %s a status that gRPC knows and a short sentence', (reason) => {
    const { status: name, message } = errorCatalog[reason]
    expect(status[name]).toBeGreaterThan(0)
    expect(message).toMatch(/^[A-Z][A-Za-z ;,.]{10,100}\.$/)
  })

  test.each(reasons)('has for %s a wait before a retry exactly if it has RetryInfo', (reason) => {
    const { details, retryAfterMs } = errorCatalog[reason]
    expect(retryAfterMs !== undefined).toBe(details.includes('RetryInfo'))
    expect([undefined, 100, 1000, 60_000, 86_400_000]).toContain(retryAfterMs)
  })

  test('has no kind of detail twice for one reason', () => {
    for (const [, { details }] of entries) expect(new Set(details).size).toBe(details.length)
  })
})

describe('a failure', () => {
  test.each(reasons)('has the message of %s', (reason) => {
    const { name, message, context } = new Failure(reason)
    expect({ name, message, context }).toEqual({ name: 'Failure', message: errorCatalog[reason].message, context: {} })
  })

  test('has its context, and its cause also as the cause of the error', () => {
    const context: FailureContext = {
      quota: { subject: 'resource directory', setting: 'CONTACTS_PER_DIRECTORY', limit: 20 },
      cause: new Error('below'),
    }
    const failure = new Failure('LIMIT_EXCEEDED_CONTACTS', context)
    expect(failure.context).toBe(context)
    expect(failure.cause).toBe(context.cause)
  })

  test('has no cause property if it has no cause', () => {
    expect('cause' in new Failure('OVERLOADED')).toBe(false)
    expect('cause' in new Failure('OVERLOADED', { cause: undefined })).toBe(false)
    expect(new Failure('INTERNAL', { cause: null }).cause).toBe(null)
  })

  test('has no stack trace, and errors made after it have theirs', () => {
    expect(new Failure('OVERLOADED').stack).not.toContain('at ')
    expect(new Error('any').stack).toContain('at ')
  })
})

describe('a thrown value as a Failure', () => {
  test('is itself if it is a Failure', () => {
    const failure = new Failure('OVERLOADED')
    expect(toFailure(failure)).toBe(failure)
  })

  test.each([
    ['an error', new Error('secret')],
    ['a text', 'secret'],
    ['an object that looks like a failure', { name: 'Failure', reason: 'OVERLOADED', context: {} }],
    ['undefined', undefined],
    ['null', null],
  ])('is INTERNAL with the value as its cause if it is %s', (_, thrown) => {
    const { reason, message, context } = toFailure(thrown)
    expect({ reason, message }).toEqual({ reason: 'INTERNAL', message: 'Something went wrong in this service.' })
    expect(context.cause).toBe(thrown)
  })
})
