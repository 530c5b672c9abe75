import { create, type MessageInitShape } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pageToken } from '../../../src/calls/paging.js'
import { listOf, type PageRequest } from '../../../src/contacts/page.js'
import { ContactRequestParser } from '../../../src/contacts/requests.js'
import { MessageContactStatus, MessageType, Title } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { ListMessageContactsRequestSchema } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { defaultSettings, violationsIn } from '../../support/parsing.js'

type ListFields = MessageInitShape<typeof ListMessageContactsRequestSchema>

const parser = new ContactRequestParser(defaultSettings)
const parse = (fields: ListFields, directoryId = 'rd-1'): PageRequest =>
  parser.listMessageContacts(create(ListMessageContactsRequestSchema, fields), directoryId)
const violationsOf = (fields: ListFields, directoryId?: string) => violationsIn(() => parse(fields, directoryId))
/** A token for the page after `last`. */
const tokenOf = (page: PageRequest, last: string) => pageToken(listOf(page), last)

const plain: PageRequest = {
  directoryId: 'rd-1',
  size: 20,
  after: undefined,
  title: undefined,
  messageType: undefined,
  status: undefined,
  namePrefix: '',
}
const filters = {
  title: Title.CEO,
  messageType: MessageType.FAULT_MESSAGE,
  status: MessageContactStatus.ACTIVE,
  namePrefix: 'T',
}
const filteredList: PageRequest = {
  ...plain,
  title: 'CEO',
  messageType: 'FAULT_MESSAGE',
  status: 'ACTIVE',
  namePrefix: 'T',
}
/** Every field invalid, except for the name prefix, which can be any text. */
const invalidFields = { pageSize: -1, pageToken: 'none', title: 7, messageType: 7, status: 7, namePrefix: '1' }
const invalidToken = [['page_token', 'INVALID_PARAMETER_PAGE_TOKEN']]

test('a request without fields is for the first 20 contacts of the directory', () => {
  expect(parse({})).toEqual(plain)
})

test('a request is parsed to a page with the names of the contract', () => {
  expect(parse({ ...filters, pageSize: 7, pageToken: tokenOf(filteredList, 'Tom') })).toEqual({
    ...filteredList,
    size: 7,
    after: 'Tom',
  })
})

describe('page size', () => {
  test.each([
    [0, 20],
    [1, 1],
    [20, 20],
    [99, 99],
    [100, 100],
    [101, 100],
    [2_147_483_647, 100],
  ])('%i gives %i contacts', (pageSize, size) => {
    expect(parse({ pageSize })).toEqual({ ...plain, size })
  })

  test.each([-1, -20, -2_147_483_648])('%i is invalid', (pageSize) => {
    expect(violationsOf({ pageSize })).toEqual([['page_size', 'INVALID_PARAMETER_PAGE_SIZE']])
  })
})

describe('filters', () => {
  test.each([
    [1, 'FINANCE_DIRECTOR'],
    [2, 'TECHNICAL_DIRECTOR'],
    [3, 'MAINTENANCE_DIRECTOR'],
    [4, 'CEO'],
    [5, 'PROJECT_DIRECTOR'],
    [6, 'OTHER'],
  ] as const)('title %i is %s', (number, title) => {
    expect(parse({ title: number })).toEqual({ ...plain, title })
  })

  test.each([
    [1, 'SERVICE_MESSAGE'],
    [2, 'FAULT_MESSAGE'],
    [3, 'ACCOUNT_EXPENSES'],
    [4, 'SECURITY_MESSAGE'],
    [5, 'ACTIVITY_MESSAGE'],
    [6, 'PRODUCT_MESSAGE'],
  ] as const)('message type %i is %s', (number, messageType) => {
    expect(parse({ messageType: number })).toEqual({ ...plain, messageType })
  })

  test.each([
    [1, 'VERIFYING'],
    [2, 'ACTIVE'],
    [3, 'DELETING'],
  ] as const)('status %i is %s', (number, status) => {
    expect(parse({ status: number })).toEqual({ ...plain, status })
  })

  test.each([
    ['title', 'title', 7, 'INVALID_PARAMETER_TITLE'],
    ['messageType', 'message_type', 7, 'INVALID_PARAMETER_MESSAGE_TYPES'],
    ['status', 'status', 4, 'INVALID_PARAMETER_STATUS'],
  ])('a number of no %s is invalid', (key, field, first, reason) => {
    for (const number of [first, -1, 2_147_483_647, -2_147_483_648])
      expect(violationsOf({ [key]: number })).toEqual([[field, reason]])
  })
})

describe('a name prefix', () => {
  test.each(['T', 'Tom', '李', '\u{20000}', ' ', '1', '\n', 'abcdefghiXYZabc'])('is not changed: %j', (namePrefix) => {
    expect(parse({ namePrefix })).toEqual({ ...plain, namePrefix })
  })

  test.each(['.*', '^T', 'T$', 'T|', '[A-Z]', '\\', '\\w', '(', '*', '%', '_', '$gt', '{"$gt":""}'])(
    'is plain text, not a pattern: %s',
    (namePrefix) => {
      expect(parse({ namePrefix })).toEqual({ ...plain, namePrefix })
    },
  )

  test.each([
    ['a compatibility ideograph', '\uf900', '\u8c48'],
    ['the sign of the unit kelvin', '\u212ae', 'Ke'],
    ['a letter and its accent', 'e\u0301', '\u00e9'],
    ['Kangxi radicals', '⾼⼭', '高山'],
    ['as many code units as a name can have before normalization', 'e\u0301'.repeat(32), '\u00e9'.repeat(32)],
  ])('is converted to normalization form C, in which names are stored: %s', (_, namePrefix, normalized) => {
    expect(parse({ namePrefix })).toEqual({ ...plain, namePrefix: normalized })
  })

  test.each([
    ['refuse', '阿卜杜・'],
    ['allow', '阿卜杜·'],
  ] as const)('has its middle dots converted as those of names: NAME_MIDDLE_DOT=%s', (setting, namePrefix) => {
    const request = create(ListMessageContactsRequestSchema, { namePrefix: '阿卜杜・' })
    const settings = { ...defaultSettings, NAME_MIDDLE_DOT: setting }
    expect(new ContactRequestParser(settings).listMessageContacts(request, 'rd-1')).toEqual({ ...plain, namePrefix })
  })

  test.each([
    ['one code unit more than a name can have', `${'e\u0301'.repeat(32)}a`],
    ['a long run of marks, which would take long to normalize', `a${'\u0315\u0300'.repeat(2_000_000)}`],
  ])('is not normalized if no name can be as long: %s', (_, namePrefix) => {
    expect(parse({ namePrefix }).namePrefix === namePrefix).toBe(true)
  })
})

describe('a page token', () => {
  test.each(['Tom', '李明', '\u{20000}a'])('gives the last name of the page before: %s', (name) => {
    expect(parse({ pageToken: tokenOf(plain, name) })).toEqual({ ...plain, after: name })
  })

  test('can be used with another page size', () => {
    expect(parse({ pageSize: 50, pageToken: tokenOf(plain, 'Tom') })).toEqual({
      ...plain,
      size: 50,
      after: 'Tom',
    })
  })

  test('can be used with the same name prefix in another normalization form', () => {
    const token = tokenOf({ ...plain, namePrefix: 'Ke' }, 'Ken')
    expect(parse({ namePrefix: '\u212ae', pageToken: token })).toEqual({ ...plain, namePrefix: 'Ke', after: 'Ken' })
  })

  test('is invalid in another directory', () => {
    expect(violationsOf({ pageToken: tokenOf(plain, 'Tom') }, 'rd-2')).toEqual(invalidToken)
  })

  test.each<[string, ListFields]>([
    ['title', { title: Title.OTHER }],
    ['title', { title: 0 }],
    ['message type', { messageType: MessageType.PRODUCT_MESSAGE }],
    ['message type', { messageType: 0 }],
    ['status', { status: MessageContactStatus.VERIFYING }],
    ['status', { status: 0 }],
    ['name prefix', { namePrefix: 'To' }],
    ['name prefix', { namePrefix: '' }],
  ])('is invalid with another %s: %j', (_, changes) => {
    const token = tokenOf(filteredList, 'Tom')
    expect(violationsOf({ ...filters, ...changes, pageToken: token })).toEqual(invalidToken)
    expect(parse({ ...filters, pageToken: token })).toEqual({ ...filteredList, after: 'Tom' })
  })

  test.each([
    ['title', 'title', 'INVALID_PARAMETER_TITLE'],
    ['messageType', 'message_type', 'INVALID_PARAMETER_MESSAGE_TYPES'],
    ['status', 'status', 'INVALID_PARAMETER_STATUS'],
  ] as const)('belongs to no list with an invalid %s: both are reported', (key, field, reason) => {
    for (const page of [plain, filteredList, { ...filteredList, [key]: undefined }])
      expect(violationsOf({ ...filters, [key]: invalidFields[key], pageToken: tokenOf(page, 'Tom') })).toEqual([
        ...invalidToken,
        [field, reason],
      ])
  })

  test.each([
    ['a name', 'Tom'],
    ['too short', 'AAAA'],
    ['a checksum of nothing', 'A'.repeat(16)],
    ['a space', ' '],
    ['an emoji', '\u{1f600}'],
    ['very long', 'A'.repeat(60_000)],
  ])('is invalid if it is %s', (_, token) => {
    expect(violationsOf({ pageToken: token })).toEqual(invalidToken)
  })
})

describe('every violation is reported at once, in field order', () => {
  test('if every field is invalid that can be', () => {
    expect(violationsOf(invalidFields)).toEqual([
      ['page_size', 'INVALID_PARAMETER_PAGE_SIZE'],
      ['page_token', 'INVALID_PARAMETER_PAGE_TOKEN'],
      ['title', 'INVALID_PARAMETER_TITLE'],
      ['message_type', 'INVALID_PARAMETER_MESSAGE_TYPES'],
      ['status', 'INVALID_PARAMETER_STATUS'],
    ])
  })

  test('as the fields have them one by one', () => {
    const some = fc.subarray(['pageSize', 'pageToken', 'title', 'messageType', 'status', 'namePrefix'] as const)
    fc.assert(
      fc.property(some, (keys) => {
        const fields = Object.fromEntries(keys.map((key) => [key, invalidFields[key]]))
        const invalidKeys = keys.filter((key) => key !== 'namePrefix')
        if (invalidKeys.length === 0) expect(parse(fields)).toEqual({ ...plain, ...fields })
        else
          expect(violationsOf(fields)).toEqual(
            invalidKeys.flatMap((key) => violationsOf({ [key]: invalidFields[key] })),
          )
      }),
    )
  })
})
