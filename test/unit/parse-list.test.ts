import { create, type MessageInitShape } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type PageRequest, pageToken } from '../../src/contacts/pages.js'
import { createParsers } from '../../src/contacts/requests.js'
import { MessageContactStatus, MessageType, Title } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { ListMessageContactsRequestSchema } from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { defaultRules, violationsIn } from './parsing.js'

type ListFields = MessageInitShape<typeof ListMessageContactsRequestSchema>

function list(fields: ListFields, directoryId = 'rd-1'): PageRequest {
  return createParsers(defaultRules).listMessageContacts(create(ListMessageContactsRequestSchema, fields), directoryId)
}
const refusalOf = (fields: ListFields, directoryId?: string) => violationsIn(() => list(fields, directoryId))

const plain: PageRequest = { directoryId: 'rd-1', size: 20, namePrefix: '' }
const filtered = {
  title: Title.CEO,
  messageType: MessageType.FAULT_MESSAGE,
  status: MessageContactStatus.ACTIVE,
  namePrefix: 'T',
}
const filteredList: PageRequest = {
  directoryId: 'rd-1',
  size: 20,
  title: 'CEO',
  messageType: 'FAULT_MESSAGE',
  status: 'ACTIVE',
  namePrefix: 'T',
}
/** Every field as it may not be, but for the beginning of a name, which may be anything. */
const wrong = { pageSize: -1, pageToken: 'none', title: 7, messageType: 7, status: 7, namePrefix: '1' }
const badToken = [['page_token', 'INVALID_PARAMETER_PAGE_TOKEN']]

test('a list that asks for nothing else is the first 20 contacts of the directory', () => {
  expect(list({})).toEqual(plain)
})

test('a list becomes facts in the names of the contract', () => {
  expect(list({ ...filtered, pageSize: 7, pageToken: pageToken(filteredList, 'Tom') })).toEqual({
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
    expect(list({ pageSize })).toEqual({ ...plain, size })
  })

  test.each([-1, -20, -2_147_483_648])('%i is invalid', (pageSize) => {
    expect(refusalOf({ pageSize })).toEqual([['page_size', 'INVALID_PARAMETER_PAGE_SIZE']])
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
  ] as const)('the title %i is %s', (number, title) => {
    expect(list({ title: number })).toEqual({ ...plain, title })
  })

  test.each([
    [1, 'SERVICE_MESSAGE'],
    [2, 'FAULT_MESSAGE'],
    [3, 'ACCOUNT_EXPENSES'],
    [4, 'SECURITY_MESSAGE'],
    [5, 'ACTIVITY_MESSAGE'],
    [6, 'PRODUCT_MESSAGE'],
  ] as const)('the message type %i is %s', (number, messageType) => {
    expect(list({ messageType: number })).toEqual({ ...plain, messageType })
  })

  test.each([
    [1, 'VERIFYING'],
    [2, 'ACTIVE'],
    [3, 'DELETING'],
  ] as const)('the status %i is %s', (number, status) => {
    expect(list({ status: number })).toEqual({ ...plain, status })
  })

  test.each([
    ['title', 'title', 7, 'INVALID_PARAMETER_TITLE'],
    ['messageType', 'message_type', 7, 'INVALID_PARAMETER_MESSAGE_TYPES'],
    ['status', 'status', 4, 'INVALID_PARAMETER_STATUS'],
  ])('a %s outside its enum is invalid', (key, field, first, reason) => {
    for (const number of [first, -1, 2_147_483_647, -2_147_483_648])
      expect(refusalOf({ [key]: number })).toEqual([[field, reason]])
  })
})

describe('the beginning of a name', () => {
  test.each(['T', 'Tom', '李', '\u{20000}', ' ', '1', '\n', 'abcdefghiXYZabc'])(
    'is kept as it is: %j',
    (namePrefix) => {
      expect(list({ namePrefix })).toEqual({ ...plain, namePrefix })
    },
  )

  test.each(['.*', '^T', 'T$', 'T|', '[A-Z]', '\\', '\\w', '(', '*', '%', '_', '$gt', '{"$gt":""}'])(
    'is plain text, and never a pattern: %s',
    (namePrefix) => {
      expect(list({ namePrefix })).toEqual({ ...plain, namePrefix })
    },
  )

  test.each([
    ['a compatibility ideograph', '\uf900', '\u8c48'],
    ['the sign of the unit kelvin', '\u212ae', 'Ke'],
    ['a letter and its accent', 'e\u0301', '\u00e9'],
    ['as many code units as a name may have before', 'e\u0301'.repeat(32), '\u00e9'.repeat(32)],
  ])('is taken in normalization form C, as names are kept: %s', (_, namePrefix, normalized) => {
    expect(list({ namePrefix })).toEqual({ ...plain, namePrefix: normalized })
  })

  test.each([
    ['one code unit more than a name may have', `${'e\u0301'.repeat(32)}a`],
    ['a run of marks that would take long to normalize', `a${'\u0315\u0300'.repeat(2_000_000)}`],
  ])('is left as it is where no name can be so long: %s', (_, namePrefix) => {
    expect(list({ namePrefix }).namePrefix === namePrefix).toBe(true)
  })
})

describe('a page token', () => {
  test.each(['Tom', '李明', '\u{20000}a'])('goes on behind the name that the page before ended with: %s', (name) => {
    expect(list({ pageToken: pageToken(plain, name) })).toEqual({ ...plain, after: name })
  })

  test('may be used with another page size', () => {
    expect(list({ pageSize: 50, pageToken: pageToken(plain, 'Tom') })).toEqual({
      ...plain,
      size: 50,
      after: 'Tom',
    })
  })

  test('goes with the beginning of a name in whichever form it is written', () => {
    const token = pageToken({ ...plain, namePrefix: 'Ke' }, 'Ken')
    expect(list({ namePrefix: '\u212ae', pageToken: token })).toEqual({ ...plain, namePrefix: 'Ke', after: 'Ken' })
  })

  test('is refused in another directory', () => {
    expect(refusalOf({ pageToken: pageToken(plain, 'Tom') }, 'rd-2')).toEqual(badToken)
  })

  test.each<[string, ListFields]>([
    ['title', { title: Title.OTHER }],
    ['title', { title: 0 }],
    ['message type', { messageType: MessageType.PRODUCT_MESSAGE }],
    ['message type', { messageType: 0 }],
    ['status', { status: MessageContactStatus.VERIFYING }],
    ['status', { status: 0 }],
    ['beginning of the name', { namePrefix: 'To' }],
    ['beginning of the name', { namePrefix: '' }],
  ])('is refused with another %s: %j', (_, otherwise) => {
    const token = pageToken(filteredList, 'Tom')
    expect(refusalOf({ ...filtered, ...otherwise, pageToken: token })).toEqual(badToken)
    expect(list({ ...filtered, pageToken: token })).toEqual({ ...filteredList, after: 'Tom' })
  })

  test.each([
    ['title', 'title', 'INVALID_PARAMETER_TITLE'],
    ['messageType', 'message_type', 'INVALID_PARAMETER_MESSAGE_TYPES'],
    ['status', 'status', 'INVALID_PARAMETER_STATUS'],
  ] as const)('belongs to no list with an unlawful %s: both are told', (key, field, reason) => {
    for (const of of [plain, filteredList, { ...filteredList, [key]: undefined }])
      expect(refusalOf({ ...filtered, [key]: wrong[key], pageToken: pageToken(of, 'Tom') })).toEqual([
        ...badToken,
        [field, reason],
      ])
  })

  test.each([
    ['a name', 'Tom'],
    ['too short', 'AAAA'],
    ['a seal over nothing', 'A'.repeat(16)],
    ['a blank', ' '],
    ['an emoji', '\u{1f600}'],
    ['a whole message', 'A'.repeat(60_000)],
  ])('is refused that is %s', (_, token) => {
    expect(refusalOf({ pageToken: token })).toEqual(badToken)
  })
})

describe('every violation is told at once, in field order', () => {
  test('where everything is wrong that can be', () => {
    expect(refusalOf(wrong)).toEqual([
      ['page_size', 'INVALID_PARAMETER_PAGE_SIZE'],
      ['page_token', 'INVALID_PARAMETER_PAGE_TOKEN'],
      ['title', 'INVALID_PARAMETER_TITLE'],
      ['message_type', 'INVALID_PARAMETER_MESSAGE_TYPES'],
      ['status', 'INVALID_PARAMETER_STATUS'],
    ])
  })

  test('as many as the fields have one by one', () => {
    const some = fc.subarray(['pageSize', 'pageToken', 'title', 'messageType', 'status', 'namePrefix'] as const)
    fc.assert(
      fc.property(some, (keys) => {
        const fields = Object.fromEntries(keys.map((key) => [key, wrong[key]]))
        const wrongs = keys.filter((key) => key !== 'namePrefix')
        if (wrongs.length === 0) expect(list(fields)).toEqual({ ...plain, ...fields })
        else expect(refusalOf(fields)).toEqual(wrongs.flatMap((key) => refusalOf({ [key]: wrong[key] })))
      }),
    )
  })
})
