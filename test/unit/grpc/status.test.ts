import { create, fromBinary, type Message, toBinary } from '@bufbuild/protobuf'
import { anyPack } from '@bufbuild/protobuf/wkt'
import { Metadata, status } from '@grpc/grpc-js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { errorCatalog, type Reason } from '../../../src/errors/catalog.js'
import { errorDomain, maxViolations } from '../../../src/errors/details.js'
import { Failure, type FailureContext, type Violation } from '../../../src/errors/failure.js'
import { ErrorInfoSchema, HelpSchema } from '../../../src/gen/google/rpc/error_details_pb.js'
import { StatusSchema } from '../../../src/gen/google/rpc/status_pb.js'
import { answerTrailers, fromStatus, isRefusal, requestIdKey, toStatus } from '../../../src/grpc/status.js'
import { badRequest, retryInfo } from '../../support/refusal.js'

const requestId = '2DFCE4C9-04A9-4C83-BB14-FE791275EC53'
const detailsKey = 'grpc-status-details-bin'
const reasons = Object.keys(errorCatalog) as Reason[]
const contactType = 'messagecontacts.v1.MessageContact'

/** A context with everything that the details of the reason need. */
function contextOf(reason: Reason): FailureContext {
  const { details } = errorCatalog[reason]
  return {
    ...(details.includes('BadRequest') && { violations: [{ field: 'name', reason }] }),
    ...(details.includes('ResourceInfo') && { resource: { type: contactType, name: 'Tom' } }),
    ...(details.includes('PreconditionFailure') && { precondition: 'c-1' }),
    ...(details.includes('QuotaFailure') && {
      quota: { subject: 'resource directory', setting: 'CONTACTS_PER_DIRECTORY', limit: 20 },
    }),
  }
}

function expectedDetails(reason: Reason): Record<string, unknown> {
  const { code, details, message, retryAfterMs = 0 } = errorCatalog[reason]
  const all: Record<string, object> = {
    BadRequest: badRequest(['name', reason, errorCatalog[reason].message]),
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

/** The value of the trailer with the details. */
function bodyOf(metadata: Metadata): Buffer {
  const values = metadata.get(detailsKey)
  expect(values).toHaveLength(1)
  expect(values[0]).toBeInstanceOf(Buffer)
  return values[0] as Buffer
}

const infoOf = (failure: Failure) =>
  fromStatus(toStatus(failure, requestId)).details[0] as Message & { metadata: object }

describe.each(reasons)('%s', (reason) => {
  const definition = errorCatalog[reason]
  const createStatus = () => toStatus(new Failure(reason, contextOf(reason)), requestId)

  test('has its status and message, outside the details and inside', () => {
    const answer = createStatus()
    expect(answer.code).toBe(status[definition.status])
    expect(answer.details).toBe(definition.message)
    const { code, message } = fromBinary(StatusSchema, bodyOf(answer.metadata))
    expect({ code, message }).toEqual({ code: answer.code, message: answer.details })
  })

  test('is read back as it was made: ErrorInfo first, then the details of the reason', () => {
    const answer = createStatus()
    const { details, ...refusal } = fromStatus(answer)
    expect(refusal).toEqual({ code: status[definition.status], message: definition.message, requestId })
    const [info, ...others] = details
    expect(info).toMatchObject({
      $typeName: 'google.rpc.ErrorInfo',
      reason,
      domain: 'messagecontacts',
      metadata: { code: definition.code, httpStatus: String(definition.httpStatus), requestId },
    })
    const { metadata } = info as Message & { metadata: object }
    const hasViolations = definition.details.includes('BadRequest')
    expect(metadata).toEqual({
      code: definition.code,
      httpStatus: String(definition.httpStatus),
      requestId,
      ...(hasViolations && { field: 'name', violations: `name=${reason}` }),
    })
    expect(others.map(({ $typeName }) => $typeName)).toEqual(Object.keys(expectedDetails(reason)))
    for (const detail of others) expect(detail).toMatchObject(expectedDetails(reason)[detail.$typeName] as object)
  })

  test('has a link to the page of its code as the last detail, if there is an error center', () => {
    const { details } = fromStatus(
      toStatus(new Failure(reason, contextOf(reason)), requestId, 'https://docs.example.com'),
    )
    const url = `https://docs.example.com/errors/${definition.code}`
    expect(details.map(({ $typeName }) => $typeName)).toEqual([
      'google.rpc.ErrorInfo',
      ...Object.keys(expectedDetails(reason)),
      'google.rpc.Help',
    ])
    expect(details.at(-1)).toMatchObject({ links: [{ description: 'What this error means, and what to do.', url }] })
  })

  test('has details with type URLs that other languages accept', () => {
    const answer = createStatus()
    const { details } = fromBinary(StatusSchema, bodyOf(answer.metadata))
    for (const { typeUrl } of details) expect(typeUrl).toMatch(/^type\.googleapis\.com\/google\.rpc\.[A-Za-z]+$/)
  })

  test('has trailers below 8 KiB in base64, even with the largest possible context', () => {
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
    const context: FailureContext = {
      violations,
      // The longest name before normalization: 12 code points of 4 bytes each.
      resource: { type: contactType, name: '\u{2f800}'.repeat(12) },
      quota: { subject: 'resource directory', setting: 'CONTACTS_PER_DIRECTORY', limit: 1000 },
      cause: new Error('never sent'.repeat(10_000)),
    }
    const { metadata } = toStatus(new Failure(reason, context), requestId, 'https://'.padEnd(200, 'd'))
    const headers = Object.entries(metadata.toHttp2Headers()).map(([key, value]) => `${key}: ${value}`.length + 32)
    expect(headers.reduce((sum, length) => sum + length, 0)).toBeLessThan(8192)
    expect(bodyOf(metadata).toString()).not.toContain('never sent')
  })
})

describe('the context of a failure', () => {
  test('overrides the wait before a retry', () => {
    const { details } = fromStatus(toStatus(new Failure('LIMIT_EXCEEDED_ADDRESS', { retryAfterMs: 12_345 }), requestId))
    expect(details.find(({ $typeName }) => $typeName === 'google.rpc.RetryInfo')).toMatchObject(retryInfo(12_345))
  })

  test('gives the remaining attempts in the metadata, also if there are none', () => {
    for (const attemptsRemaining of [4, 0])
      expect(infoOf(new Failure('VERIFICATION_CODE_INCORRECT', { attemptsRemaining })).metadata).toMatchObject({
        attemptsRemaining: String(attemptsRemaining),
      })
    expect(infoOf(new Failure('VERIFICATION_CODE_INCORRECT')).metadata).not.toHaveProperty('attemptsRemaining')
  })
})

describe('many violations', () => {
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

  test('are all listed up to twenty', () => {
    expect(fieldsIn(maxViolations)).toEqual(violations(20).map(({ field }) => field))
    expect(infoOf(failure(20)).metadata).not.toHaveProperty('violationsLeftOut')
  })

  test.each([
    [21, '1'],
    [65_000, '64980'],
  ])('are cut to the first twenty of %i, and the number left out is given', (count, leftOut) => {
    expect(fieldsIn(count)).toEqual(violations(20).map(({ field }) => field))
    expect(infoOf(failure(count)).metadata).toEqual({
      code: 'InvalidParameter.MessageTypes',
      httpStatus: '400',
      requestId,
      field: 'message_types[0]',
      violations: violations(20)
        .map(({ field }) => `${field}=INVALID_PARAMETER_MESSAGE_TYPES`)
        .join(','),
      violationsLeftOut: leftOut,
    })
  })
})

describe('a failure without context', () => {
  test.each(reasons)('has all its kinds of detail: %s', (reason) => {
    const { details } = fromStatus(toStatus(new Failure(reason), requestId))
    expect(details.map(({ $typeName }) => $typeName)).toEqual(
      ['ErrorInfo', ...errorCatalog[reason].details].map((kind) => `google.rpc.${kind}`),
    )
  })

  test('has empty fields in its details', () => {
    const of = (reason: Reason) => fromStatus(toStatus(new Failure(reason), requestId)).details.slice(1)
    expect(of('INVALID_PARAMETER_NAME_ALREADY_USED')).toMatchObject([
      { fieldViolations: [] },
      { resourceType: '', resourceName: '' },
    ])
    expect(of('LIMIT_EXCEEDED_CONTACTS')).toMatchObject([{ violations: [{ quotaId: '', quotaValue: 0n }] }])
  })
})

describe('the trailers of an answer', () => {
  test('have the request id and nothing else', () => {
    expect(answerTrailers(requestId).getMap()).toEqual({ [requestIdKey]: requestId })
    expect(requestIdKey).toBe('x-request-id')
    expect(errorDomain).toBe('messagecontacts')
  })

  test('are those of a refusal exactly if they have details', () => {
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

  test('that grpc-js itself made gives no details and no request id', () => {
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
  ])('whose details have %s than the call throws', (_, init) => {
    const answer = { code: status.ABORTED, details: 'same', metadata: body(init) }
    expect(() => fromStatus(answer)).toThrow(new Error('the details and the call have different statuses'))
  })

  test('leaves out unknown details', () => {
    const info = anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason: 'INTERNAL' }))
    const help = anyPack(HelpSchema, create(HelpSchema, { links: [{ url: 'https://example.com/' }] }))
    const foreign = { ...info, typeUrl: 'type.googleapis.com/example.ErrorInfo' }
    const similar = { ...info, typeUrl: 'type.googleapis.com/not.google.rpc.ErrorInfo' }
    const metadata = body({ code: status.ABORTED, message: 'same', details: [foreign, similar, help, info] })
    const { details } = fromStatus({ code: status.ABORTED, details: 'same', metadata })
    expect(details.map(({ $typeName }) => $typeName)).toEqual(['google.rpc.Help', 'google.rpc.ErrorInfo'])
  })
})

test('every failure is read back as it was made, whatever its context', () => {
  const violation = fc.record({ field: fc.string(), reason: fc.constantFrom(...reasons) })
  const anyContext = fc.record(
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
      attemptsRemaining: fc.nat(),
      cause: fc.string(),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.constantFrom(...reasons), anyContext, fc.uuid(), (reason, context, id) => {
      const answer = toStatus(new Failure(reason, context), id)
      const refusal = fromStatus(answer)
      expect(refusal).toMatchObject({ code: answer.code, message: errorCatalog[reason].message, requestId: id })
      expect(refusal.details).toHaveLength(1 + errorCatalog[reason].details.length)
      expect(refusal.details[0]).toMatchObject({ reason, metadata: { requestId: id } })
    }),
    { numRuns: 50 },
  )
})
