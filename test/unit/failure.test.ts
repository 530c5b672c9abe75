import { status } from '@grpc/grpc-js'
import { describe, expect, test } from 'vitest'
import { asFailure, type Facts, Failure, meanings, type Reason } from '../../src/failure.js'
import { ErrorReason } from '../../src/gen/messagecontacts/v1/error_reason_pb.js'

const entries = Object.entries(meanings)
const reasons = Object.keys(meanings) as Reason[]

/** gRPC's own mapping of its statuses to HTTP, where the documented API does not say otherwise. */
const httpOf: Readonly<Record<string, number>> = {
  INVALID_ARGUMENT: 400,
  UNAUTHENTICATED: 401,
  NOT_FOUND: 404,
  FAILED_PRECONDITION: 400,
  ABORTED: 409,
  RESOURCE_EXHAUSTED: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
}

describe('the table of reasons', () => {
  test('says what the documented sixteen say, word for word', () => {
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

  test('gives our own reasons their statuses and details', () => {
    expect(entries.slice(16).map(([reason, { status, details }]) => [reason, status, ...details])).toEqual([
      ['INVALID_PARAMETER_CLIENT_TOKEN', 'INVALID_ARGUMENT', 'BadRequest'],
      ['CALLER_UNKNOWN', 'UNAUTHENTICATED'],
      ['MALFORMED_REQUEST', 'INVALID_ARGUMENT'],
      ['OVERLOADED', 'RESOURCE_EXHAUSTED', 'RetryInfo'],
      ['DATABASE_UNAVAILABLE', 'UNAVAILABLE', 'RetryInfo'],
      ['OUTCOME_UNKNOWN', 'UNAVAILABLE', 'RetryInfo'],
      ['OUT_OF_TIME', 'DEADLINE_EXCEEDED'],
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
      ['VERIFICATION_CODE_WRONG', 'FAILED_PRECONDITION', 'PreconditionFailure'],
      ['VERIFICATION_CODE_EXPIRED', 'FAILED_PRECONDITION', 'PreconditionFailure'],
      ['VERIFICATION_TRIES_USED_UP', 'FAILED_PRECONDITION', 'PreconditionFailure'],
      ['VERIFICATION_TRIES_PER_DAY', 'RESOURCE_EXHAUSTED', 'QuotaFailure', 'RetryInfo'],
      ['LIMIT_EXCEEDED_ADDRESS', 'RESOURCE_EXHAUSTED', 'QuotaFailure', 'RetryInfo'],
      ['SENDER_NOT_SET_UP', 'FAILED_PRECONDITION', 'PreconditionFailure'],
    ])
  })

  // Of the family's later operations these are documented with statuses of their own.
  const documented: readonly Reason[] = ['SEND_VALIDATE_CODE_EXCEEDS_LIMIT_FOR_ACCOUNT']
  const ours = reasons.slice(16).filter((reason) => !documented.includes(reason))

  test.each(ours)('gives %s the HTTP status that gRPC maps its own to', (reason) => {
    expect(meanings[reason].httpStatus).toBe(httpOf[meanings[reason].status])
  })

  test('has a line for each value of the contract, in its order', () => {
    const contract = Object.values(ErrorReason).filter((value) => typeof value === 'string' && value !== 'UNSPECIFIED')
    expect(reasons).toEqual(contract)
  })

  test.each(reasons)('spells the code of %s as its reason, in the other style', (reason) => {
    expect(reason.replaceAll('_', '').toLowerCase()).toBe(meanings[reason].code.replaceAll('.', '').toLowerCase())
    expect(meanings[reason].code).toMatch(/^[A-Z][A-Za-z]*(\.[A-Z][A-Za-z]*){0,2}$/)
  })

  test('has every code once', () => {
    expect(new Set(entries.map(([, { code }]) => code)).size).toBe(entries.length)
  })

  test.each(reasons)('gives %s a status that gRPC knows and a short plain sentence', (reason) => {
    const { status: name, message } = meanings[reason]
    expect(status[name]).toBeGreaterThan(0)
    expect(message).toMatch(/^[A-Z][A-Za-z ;,.]{10,100}\.$/)
  })

  test.each(reasons)('tells a wait for %s exactly where there is RetryInfo', (reason) => {
    const { details, retryAfterMs } = meanings[reason]
    expect(retryAfterMs !== undefined).toBe(details.includes('RetryInfo'))
    expect([undefined, 100, 1000, 60_000, 86_400_000]).toContain(retryAfterMs)
  })

  test('has each kind of detail at most once for a reason', () => {
    for (const [, { details }] of entries) expect(new Set(details).size).toBe(details.length)
  })
})

describe('a failure', () => {
  test.each(reasons)('speaks the sentence of %s', (reason) => {
    const { name, message, facts } = new Failure(reason)
    expect({ name, message, facts }).toEqual({ name: 'Failure', message: meanings[reason].message, facts: {} })
  })

  test('keeps its facts, and its cause where errors have theirs', () => {
    const facts: Facts = {
      quota: { subject: 'resource directory', setting: 'CONTACTS_PER_DIRECTORY', limit: 20 },
      cause: new Error('below'),
    }
    const failure = new Failure('LIMIT_EXCEEDED_CONTACTS', facts)
    expect(failure.facts).toBe(facts)
    expect(failure.cause).toBe(facts.cause)
  })

  test('has no cause at all where nothing went wrong underneath', () => {
    expect('cause' in new Failure('OVERLOADED')).toBe(false)
    expect('cause' in new Failure('OVERLOADED', { cause: undefined })).toBe(false)
    expect(new Failure('INTERNAL', { cause: null }).cause).toBe(null)
  })
})

describe('whatever is thrown is a failure', () => {
  test('a failure is itself', () => {
    const failure = new Failure('OVERLOADED')
    expect(asFailure(failure)).toBe(failure)
  })

  test.each([
    ['an error', new Error('secret')],
    ['a text', 'secret'],
    ['an object that looks like a failure', { name: 'Failure', reason: 'OVERLOADED', facts: {} }],
    ['nothing', undefined],
    ['null', null],
  ])('%s is INTERNAL, and the cause stays inside', (_, thrown) => {
    const { reason, message, facts } = asFailure(thrown)
    expect({ reason, message }).toEqual({ reason: 'INTERNAL', message: 'Something went wrong in this service.' })
    expect(facts.cause).toBe(thrown)
  })
})
