import { create, fromBinary, type Message, toBinary } from '@bufbuild/protobuf'
import { anyPack } from '@bufbuild/protobuf/wkt'
import { Metadata, status } from '@grpc/grpc-js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Facts, Failure, meanings, type Reason, type Violation } from '../../src/failure.js'
import { ErrorInfoSchema, HelpSchema } from '../../src/gen/google/rpc/error_details_pb.js'
import { StatusSchema } from '../../src/gen/google/rpc/status_pb.js'
import {
  answerTrailers,
  errorDomain,
  fromStatus,
  isRefusal,
  mostViolations,
  requestIdKey,
  toStatus,
} from '../../src/rpc/status.js'
import { badRequest, retryInfo } from '../refusal.js'

const requestId = '2DFCE4C9-04A9-4C83-BB14-FE791275EC53'
const detailsKey = 'grpc-status-details-bin'
const reasons = Object.keys(meanings) as Reason[]
const contactType = 'messagecontacts.v1.MessageContact'

/** What the store and the parser give each reason. */
function factsOf(reason: Reason, field = 'name'): Facts {
  const { details } = meanings[reason]
  return {
    ...(details.includes('BadRequest') && { violations: [{ field, reason }] }),
    ...(details.includes('ResourceInfo') && { resource: { type: contactType, name: 'Tom' } }),
    ...(details.includes('PreconditionFailure') && { precondition: 'c-1' }),
    ...(details.includes('QuotaFailure') && {
      quota: { subject: 'resource directory', setting: 'CONTACTS_PER_DIRECTORY', limit: 20 },
    }),
  }
}

function expectedDetails(reason: Reason): Record<string, unknown> {
  const { code, details, message, retryAfterMs = 0 } = meanings[reason]
  const all: Record<string, object> = {
    BadRequest: badRequest(['name', reason]),
    ResourceInfo: { resourceType: contactType, resourceName: 'Tom', owner: '', description: message },
    PreconditionFailure: { violations: [{ type: code, subject: 'c-1', description: message }] },
    QuotaFailure: {
      violations: [
        { subject: 'resource directory', description: message, quotaId: 'CONTACTS_PER_DIRECTORY', quotaValue: 20n },
      ],
    },
    RetryInfo: retryInfo(retryAfterMs),
  }
  return Object.fromEntries(details.map((kind) => [`google.rpc.${kind}`, all[kind]]))
}

/** The body of the trailer, as bytes. */
function bodyOf(metadata: Metadata): Buffer {
  const values = metadata.get(detailsKey)
  expect(values).toHaveLength(1)
  expect(values[0]).toBeInstanceOf(Buffer)
  return values[0] as Buffer
}

const infoOf = (failure: Failure) =>
  fromStatus(toStatus(failure, requestId)).details[0] as Message & { metadata: object }

describe.each(reasons)('%s', (reason) => {
  const meaning = meanings[reason]
  const answerIt = () => toStatus(new Failure(reason, factsOf(reason)), requestId)

  test('has its status and sentence, the same outside and inside', () => {
    const answer = answerIt()
    expect(answer.code).toBe(status[meaning.status])
    expect(answer.details).toBe(meaning.message)
    const { code, message } = fromBinary(StatusSchema, bodyOf(answer.metadata))
    expect({ code, message }).toEqual({ code: answer.code, message: answer.details })
  })

  test('is read back as it was made: ErrorInfo first, then the details of its reason', () => {
    const answer = answerIt()
    const { details, ...refusal } = fromStatus(answer)
    expect(refusal).toEqual({ code: status[meaning.status], message: meaning.message, requestId })
    const [info, ...others] = details
    expect(info).toMatchObject({
      $typeName: 'google.rpc.ErrorInfo',
      reason,
      domain: 'messagecontacts',
      metadata: { code: meaning.code, httpStatus: String(meaning.httpStatus), requestId },
    })
    expect(Object.keys((info as Message & { metadata: object }).metadata)).toEqual(['code', 'httpStatus', 'requestId'])
    expect(others.map(({ $typeName }) => $typeName)).toEqual(Object.keys(expectedDetails(reason)))
    for (const detail of others) expect(detail).toMatchObject(expectedDetails(reason)[detail.$typeName] as object)
  })

  test('is packed as other languages unpack it', () => {
    const answer = answerIt()
    const { details } = fromBinary(StatusSchema, bodyOf(answer.metadata))
    for (const { typeUrl } of details) expect(typeUrl).toMatch(/^type\.googleapis\.com\/google\.rpc\.[A-Za-z]+$/)
  })

  test('keeps its trailers below 8 KiB in base64, however much there is to tell', () => {
    const violations: Violation[] = [
      { field: 'name', reason: 'INVALID_PARAMETER_NAME_ALREADY_USED' },
      { field: 'email_address', reason: 'INVALID_PARAMETER_EMAIL_ADDRESS_LENGTH' },
      { field: 'phone_number', reason: 'INVALID_PARAMETER_MOBILE_COUNTRY_CODE' },
      { field: 'client_token', reason: 'INVALID_PARAMETER_CLIENT_TOKEN' },
      ...Array.from({ length: 4_194_304 - 4_194_200 }, (_, index) => ({
        field: `message_types[${index + 4_194_200}]`,
        reason,
      })),
    ]
    const facts: Facts = {
      violations,
      // The longest name before it is normalized: twelve code points of four bytes.
      resource: { type: contactType, name: '\u{2f800}'.repeat(12) },
      quota: { subject: 'resource directory', setting: 'CONTACTS_PER_DIRECTORY', limit: 1000 },
      cause: new Error('never sent'.repeat(10_000)),
    }
    const { metadata } = toStatus(new Failure(reason, facts), requestId)
    const headers = Object.entries(metadata.toHttp2Headers()).map(([key, value]) => `${key}: ${value}`.length + 32)
    expect(headers.reduce((sum, length) => sum + length, 0)).toBeLessThan(8192)
    expect(bodyOf(metadata).toString()).not.toContain('never sent')
  })
})

describe('facts that a refusal has of its own', () => {
  test('how long to wait stands in place of what the reason says', () => {
    const { details } = fromStatus(toStatus(new Failure('LIMIT_EXCEEDED_ADDRESS', { retryAfterMs: 12_345 }), requestId))
    expect(details.find(({ $typeName }) => $typeName === 'google.rpc.RetryInfo')).toMatchObject(retryInfo(12_345))
  })

  test('the tries that are left stand in the metadata, also where there is none', () => {
    for (const triesLeft of [4, 0])
      expect(infoOf(new Failure('VERIFICATION_CODE_WRONG', { triesLeft })).metadata).toMatchObject({
        triesLeft: String(triesLeft),
      })
    expect(infoOf(new Failure('VERIFICATION_CODE_WRONG')).metadata).not.toHaveProperty('triesLeft')
  })
})

describe('more violations than there is room for', () => {
  const violations = (count: number): Violation[] =>
    Array.from({ length: count }, (_, index) => ({
      field: `message_types[${index}]`,
      reason: 'INVALID_PARAMETER_MESSAGE_TYPES',
    }))
  const failure = (count: number) => new Failure('INVALID_PARAMETER_MESSAGE_TYPES', { violations: violations(count) })
  const fieldsIn = (count: number) => {
    const [, detail] = fromStatus(toStatus(failure(count), requestId)).details
    return (detail as Message & { fieldViolations: { field: string }[] }).fieldViolations.map(({ field }) => field)
  }

  test('twenty are all told, and nothing is said of a rest', () => {
    expect(fieldsIn(mostViolations)).toEqual(violations(20).map(({ field }) => field))
    expect(infoOf(failure(20)).metadata).not.toHaveProperty('violationsLeftOut')
  })

  test.each([
    [21, '1'],
    [65_000, '64980'],
  ])('of %i the first twenty are told, and how many were left out', (count, leftOut) => {
    expect(fieldsIn(count)).toEqual(violations(20).map(({ field }) => field))
    expect(infoOf(failure(count)).metadata).toEqual({
      code: 'InvalidParameter.MessageTypes',
      httpStatus: '400',
      requestId,
      violationsLeftOut: leftOut,
    })
  })
})

describe('facts that are missing', () => {
  test.each(reasons)('%s is answered all the same, with all its kinds of detail', (reason) => {
    const { details } = fromStatus(toStatus(new Failure(reason), requestId))
    expect(details.map(({ $typeName }) => $typeName)).toEqual(
      ['ErrorInfo', ...meanings[reason].details].map((kind) => `google.rpc.${kind}`),
    )
  })

  test('leave their places empty', () => {
    const of = (reason: Reason) => fromStatus(toStatus(new Failure(reason), requestId)).details.slice(1)
    expect(of('INVALID_PARAMETER_NAME_ALREADY_USED')).toMatchObject([
      { fieldViolations: [] },
      { resourceType: '', resourceName: '' },
    ])
    expect(of('LIMIT_EXCEEDED_CONTACTS')).toMatchObject([{ violations: [{ quotaId: '', quotaValue: 0n }] }])
  })
})

describe('the trailers of an answer', () => {
  test('hold the request id and nothing else', () => {
    expect(answerTrailers(requestId).getMap()).toEqual({ [requestIdKey]: requestId })
    expect(requestIdKey).toBe('x-request-id')
    expect(errorDomain).toBe('messagecontacts')
  })

  test('are a refusal exactly where they hold details', () => {
    expect(isRefusal(toStatus(new Failure('INTERNAL'), requestId).metadata)).toBe(true)
    expect([answerTrailers(requestId), new Metadata(), null, undefined].map(isRefusal)).toEqual([
      false,
      false,
      false,
      false,
    ])
  })
})

describe('reading a status', () => {
  const body = (init: object) => {
    const metadata = new Metadata()
    metadata.set(detailsKey, Buffer.from(toBinary(StatusSchema, create(StatusSchema, init))))
    return metadata
  }

  test('that the library sent by itself: no details and no request id', () => {
    const answer = { code: status.UNIMPLEMENTED, details: 'unknown method', metadata: new Metadata() }
    expect(fromStatus(answer)).toStrictEqual({
      code: status.UNIMPLEMENTED,
      message: 'unknown method',
      requestId: undefined,
      details: [],
    })
  })

  test.each([
    ['another code', { code: status.INTERNAL, message: 'same' }],
    ['another message', { code: status.ABORTED, message: 'other' }],
  ])('whose details speak of %s than the call: that is no answer of ours', (_, init) => {
    const answer = { code: status.ABORTED, details: 'same', metadata: body(init) }
    expect(() => fromStatus(answer)).toThrow(new Error('the details speak of another status than the call'))
  })

  test('leaves out details it does not know', () => {
    const info = anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason: 'INTERNAL' }))
    const help = anyPack(HelpSchema, create(HelpSchema, { links: [{ url: 'https://example.com/' }] }))
    const foreign = { ...info, typeUrl: 'type.googleapis.com/example.ErrorInfo' }
    const halfNamed = { ...info, typeUrl: 'type.googleapis.com/not.google.rpc.ErrorInfo' }
    const metadata = body({ code: status.ABORTED, message: 'same', details: [foreign, halfNamed, help, info] })
    const { details } = fromStatus({ code: status.ABORTED, details: 'same', metadata })
    expect(details.map(({ $typeName }) => $typeName)).toEqual(['google.rpc.Help', 'google.rpc.ErrorInfo'])
  })
})

test('every failure comes back as what it was, whatever its facts', () => {
  const violation = fc.record({ field: fc.string(), reason: fc.constantFrom(...reasons) })
  const anyFacts = fc.record(
    {
      violations: fc.array(violation, { maxLength: 40 }),
      resource: fc.record({ type: fc.string(), name: fc.string({ unit: 'binary' }) }),
      quota: fc.record({
        subject: fc.constantFrom('resource directory', 'contact', 'address'),
        setting: fc.string(),
        limit: fc.nat(),
      }),
      precondition: fc.string(),
      retryAfterMs: fc.nat(),
      triesLeft: fc.nat(),
      cause: fc.string(),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.constantFrom(...reasons), anyFacts, fc.uuid(), (reason, facts, id) => {
      const answer = toStatus(new Failure(reason, facts), id)
      const refusal = fromStatus(answer)
      expect(refusal).toMatchObject({ code: answer.code, message: meanings[reason].message, requestId: id })
      expect(refusal.details).toHaveLength(1 + meanings[reason].details.length)
      expect(refusal.details[0]).toMatchObject({ reason, metadata: { requestId: id } })
    }),
    { numRuns: 50 },
  )
})
