import { describe, expect, test } from 'vitest'
import { commonReasons, documentedReasons, readComments, reasonsByOperation } from '../../../dev/docs/comments.js'
import { errorCatalog } from '../../../src/errors/catalog.js'
import { file_messagecontacts_v1_authorization } from '../../../src/gen/messagecontacts/v1/authorization_pb.js'
import {
  ErrorReason,
  ErrorReasonSchema,
  file_messagecontacts_v1_error_reason,
} from '../../../src/gen/messagecontacts/v1/error_reason_pb.js'
import { file_messagecontacts_v1_message_contact } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import {
  file_messagecontacts_v1_message_contact_service,
  MessageContactService,
} from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'

const comments = readComments()
const reasons = Object.keys(errorCatalog)

describe('the reasons of refusals', () => {
  test('the comments of the contract and the error catalog say the same of every reason', () => {
    const documented = [...documentedReasons(comments)].map(([reason, { code, httpStatus, status, details }]) => [
      reason,
      { code, httpStatus, status, details },
    ])
    const defined = Object.entries(errorCatalog).map(([reason, { code, httpStatus, status, details }]) => [
      reason,
      { code, httpStatus, status, details },
    ])
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(defined))
  })

  test('every value of the enum has an entry in the error catalog, in the same order', () => {
    const values = Object.values(ErrorReason).filter((value) => typeof value === 'string' && value !== 'UNSPECIFIED')
    expect(reasons).toEqual(values)
  })

  test('a reason is its code in upper case, word by word', () => {
    // Their codes are those of a family of services.
    const { PERMISSION_DENIED: _, THROTTLED: __, ...others } = errorCatalog
    for (const [reason, { code }] of Object.entries(others))
      expect(
        code
          .replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_')
          .replaceAll('.', '_')
          .toUpperCase(),
      ).toBe(reason)
  })

  test('a reason has a wait before a retry if and only if it has RetryInfo', () => {
    for (const { retryAfterMs, details } of Object.values(errorCatalog))
      expect(retryAfterMs !== undefined).toBe(details.includes('RetryInfo'))
  })
})

describe('the reasons that the comments list', () => {
  const common = commonReasons(comments)
  const byOperation = [...reasonsByOperation(comments)]

  test('every operation lists its own', () => {
    expect(byOperation.map(([operation]) => operation)).toEqual(MessageContactService.methods.map(({ name }) => name))
    for (const [, listed] of byOperation) expect(listed.length).toBeGreaterThan(0)
  })

  test.each([['every operation', common] as const, ...byOperation])('of %s exist, and none twice', (_, listed) => {
    expect(listed.filter((reason) => !reasons.includes(reason))).toEqual([])
    expect(listed).toEqual([...new Set(listed)])
  })

  test.each(byOperation)('of %s are not those of every operation', (_, listed) => {
    expect(listed.filter((reason) => common.includes(reason))).toEqual([])
  })

  test('every reason is listed', () => {
    const listed = new Set([...common, ...byOperation.flatMap(([, listed]) => listed)])
    expect(reasons.filter((reason) => !listed.has(reason))).toEqual([])
  })
})

test.each([
  file_messagecontacts_v1_authorization,
  file_messagecontacts_v1_error_reason,
  file_messagecontacts_v1_message_contact,
  file_messagecontacts_v1_message_contact_service,
])('the file $proto.name has the options of every language that has some', ({ proto: { options } }) => {
  expect(options).toMatchObject({
    goPackage: 'messagecontacts/v1;messagecontactsv1',
    javaPackage: 'io.messagecontacts.v1',
    javaMultipleFiles: true,
    csharpNamespace: 'MessageContacts.V1',
    phpNamespace: 'MessageContacts\\V1',
    rubyPackage: 'MessageContacts::V1',
    objcClassPrefix: 'MCT',
  })
})

describe('the comments of the contract', () => {
  const files = [file_messagecontacts_v1_message_contact, file_messagecontacts_v1_message_contact_service]

  test('on a field say first whether it is required, optional or output only', () => {
    const members = files
      .flatMap((file) => file.messages)
      .flatMap(({ typeName, members }) => members.map(({ name }) => `${typeName}.${name}`))
    const other = members.filter((name) => !/^ (Required|Optional|Output only)[.,] /.test(comments.get(name) ?? ''))
    expect(other).toEqual([])
  })

  test('name every error reason without its prefix', () => {
    const prefixed = [...comments].filter(
      ([name, comment]) => name !== ErrorReasonSchema.typeName && comment.includes('ERROR_REASON_'),
    )
    expect(prefixed).toEqual([])
  })
})
