import { create, type MessageInitShape } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Change } from '../../src/contacts/contact.js'
import type { FieldRules } from '../../src/contacts/fields.js'
import { createParsers } from '../../src/contacts/requests.js'
import { MessageType, Title } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { UpdateMessageContactRequestSchema } from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { defaultRules, detailsOf, type RequestFields, violationsIn } from './parsing.js'

type UpdateFields = MessageInitShape<typeof UpdateMessageContactRequestSchema>

const contactId = 'c-qL4HqKONzOM7b2Xd'
const optional: FieldRules = { ...defaultRules, phoneNumber: 'optional' }

/** What an update says of a contact. */
function update(fields: UpdateFields, rules: FieldRules = defaultRules) {
  const request = create(UpdateMessageContactRequestSchema, { contactId, ...fields })
  return createParsers(rules).updateMessageContact(request)
}
const changeOf = (fields: UpdateFields, rules?: FieldRules) => update(fields, rules).change
const refusalOf = (fields: UpdateFields, rules?: FieldRules) => violationsIn(() => update(fields, rules))
const mask = (...paths: string[]) => ({ updateMask: { paths } })

const filledIn = {
  name: 'Tim',
  emailAddress: 'tim@EXAMPLE.com',
  phoneNumber: '86-13900005678',
  title: Title.CEO,
  messageTypes: [MessageType.PRODUCT_MESSAGE, MessageType.FAULT_MESSAGE, MessageType.PRODUCT_MESSAGE],
}
const wholeChange: Change = {
  name: 'Tim',
  emailAddress: 'tim@example.com',
  phoneNumber: '86-13900005678',
  title: 'CEO',
  messageTypes: ['FAULT_MESSAGE', 'PRODUCT_MESSAGE'],
}
const empty = { name: '', emailAddress: '', phoneNumber: '', title: Title.UNSPECIFIED, messageTypes: [] }
const wrong = { name: 'T0m', emailAddress: 'tom', phoneNumber: '86', title: 7, messageTypes: [7, 1, 8] }

/** Each field that callers may write: its path in a mask, its key, and how it is refused where it is empty. */
const fields = [
  ['name', 'name', 'MISSING_PARAMETER_NAME'],
  ['email_address', 'emailAddress', 'MISSING_PARAMETER_EMAIL_ADDRESS'],
  ['phone_number', 'phoneNumber', 'MISSING_PARAMETER_PHONE_NUMBER'],
  ['title', 'title', 'MISSING_PARAMETER_TITLE'],
  ['message_types', 'messageTypes', 'MISSING_PARAMETER_MESSAGE_TYPES'],
] as const
const paths = fields.map(([path]) => path)
const allMissing = fields.map(([path, , reason]) => [path, reason])
const allWrong = [
  ['name', 'INVALID_PARAMETER_NAME'],
  ['email_address', 'INVALID_PARAMETER_EMAIL_ADDRESS'],
  ['phone_number', 'INVALID_PARAMETER_PHONE_NUMBER'],
  ['title', 'INVALID_PARAMETER_TITLE'],
  ['message_types[0]', 'INVALID_PARAMETER_MESSAGE_TYPES'],
  ['message_types[2]', 'INVALID_PARAMETER_MESSAGE_TYPES'],
]

test('an update becomes facts in the names of the contract', () => {
  expect(update({ ...filledIn, etag: '"3"' })).toEqual({ contactId, etag: '"3"', change: wholeChange })
})

describe.each<[string, UpdateFields]>([
  ['without a mask', {}],
  ['with a mask that names nothing', mask()],
])('%s', (_, masked) => {
  test('all fields are changed where all are filled in', () => {
    expect(changeOf({ ...filledIn, ...masked })).toEqual(wholeChange)
  })

  test.each(fields)('%s alone is changed where it alone is filled in', (_, key) => {
    expect(changeOf({ [key]: filledIn[key], ...masked })).toEqual({ [key]: wholeChange[key] })
  })

  test('nothing is changed where nothing is filled in', () => {
    expect(changeOf({ ...empty, ...masked })).toEqual({})
    expect(changeOf({ ...empty, ...masked }, optional)).toEqual({})
  })

  test('what is filled in wrongly is refused, all of it', () => {
    expect(refusalOf({ ...wrong, ...masked })).toEqual(allWrong)
  })
})

describe('with a mask', () => {
  test.each(fields)('of %s that field is changed, whatever the others hold', (path, key) => {
    for (const others of [filledIn, empty, wrong])
      expect(changeOf({ ...others, [key]: filledIn[key], ...mask(path) })).toEqual({ [key]: wholeChange[key] })
  })

  test.each(fields)('of %s that field must not be empty', (path, key, missing) => {
    expect(refusalOf({ ...filledIn, [key]: empty[key], ...mask(path) })).toEqual([[path, missing]])
  })

  test.each(fields)('of %s that field must not be wrong', (path, key) => {
    const ofIt = allWrong.filter(([field]) => field?.replace(/\[\d\]$/, '') === path)
    expect(refusalOf({ ...filledIn, [key]: wrong[key], ...mask(path) })).toEqual(ofIt)
  })

  test('of all fields all are changed, in whichever order it names them', () => {
    expect(changeOf({ ...filledIn, ...mask(...paths) })).toEqual(wholeChange)
    expect(changeOf({ ...filledIn, ...mask(...paths.toReversed()) })).toEqual(wholeChange)
  })

  test('that names a field twice it is changed once', () => {
    expect(changeOf({ ...filledIn, ...mask('name', 'title', 'name') })).toEqual({ name: 'Tim', title: 'CEO' })
    expect(refusalOf({ ...filledIn, name: '', ...mask('name', 'name') })).toEqual([['name', 'MISSING_PARAMETER_NAME']])
  })
})

describe('with the mask *', () => {
  test.each([1, 2])('all fields are changed, also where it stands there %i times', (times) => {
    expect(changeOf({ ...filledIn, ...mask(...Array(times).fill('*')) })).toEqual(wholeChange)
  })

  test('none may be empty', () => {
    expect(refusalOf({ ...empty, ...mask('*') })).toEqual(allMissing)
  })

  test('none may be wrong', () => {
    expect(refusalOf({ ...wrong, ...mask('*') })).toEqual(allWrong)
  })

  test.each([
    ['before', ['*', 'name']],
    ['behind', ['name', '*']],
    ['between', ['name', '*', 'title', '*']],
  ])('no other path may stand beside it: %s', (_, paths) => {
    expect(refusalOf({ ...filledIn, ...mask(...paths) })).toEqual([['update_mask', 'INVALID_PARAMETER_UPDATE_MASK']])
  })

  test('an unknown path beside it is told as well, and every field is judged', () => {
    expect(refusalOf({ ...empty, ...mask('*', 'name', 'colour') })).toEqual([
      ...allMissing,
      ['update_mask', 'INVALID_PARAMETER_UPDATE_MASK'],
      ['update_mask.paths[2]', 'INVALID_PARAMETER_UPDATE_MASK'],
    ])
  })
})

describe('a path is refused that is unknown, or that callers may not write', () => {
  test.each([
    'contact_id',
    'status',
    'create_date',
    'update_date',
    'email_verify_date',
    'phone_verify_date',
    'pending_email_address',
    'pending_phone_number',
    'etag',
    'update_mask',
    'emailAddress',
    'phoneNumber',
    'messageTypes',
    'EMAIL_ADDRESS',
    'Name',
    'name ',
    ' name',
    'name\n',
    'name,title',
    'name.first',
    'contact.name',
    'message_types[0]',
    'message_types.0',
    'message_types.*',
    '**',
    '.',
    '',
    '_id',
    'slot',
    'directoryId',
    '$set',
    '__proto__',
    'constructor',
    'length',
    '0',
  ])('%j', (path) => {
    const refusal = [['update_mask.paths[1]', 'INVALID_PARAMETER_UPDATE_MASK']]
    expect(refusalOf({ ...filledIn, ...mask('name', path) })).toEqual(refusal)
  })

  test('each by its place, also where it is there alone or again', () => {
    expect(refusalOf({ ...filledIn, ...mask('status') })).toEqual([
      ['update_mask.paths[0]', 'INVALID_PARAMETER_UPDATE_MASK'],
    ])
    expect(refusalOf({ ...wrong, ...mask('status', 'title', 'etag', 'status') })).toEqual([
      ['title', 'INVALID_PARAMETER_TITLE'],
      ['update_mask.paths[0]', 'INVALID_PARAMETER_UPDATE_MASK'],
      ['update_mask.paths[2]', 'INVALID_PARAMETER_UPDATE_MASK'],
      ['update_mask.paths[3]', 'INVALID_PARAMETER_UPDATE_MASK'],
    ])
  })
})

describe('where phone numbers are optional', () => {
  test.each(['phone_number', '*'])('one is taken away that is named and empty: %s', (path) => {
    const { phoneNumber } = changeOf({ ...filledIn, phoneNumber: '', ...mask(path) }, optional)
    expect(phoneNumber).toBeNull()
  })

  test('one is left as it is that is empty and not named', () => {
    expect(changeOf({ ...filledIn, phoneNumber: '', ...mask('name') }, optional)).toEqual({ name: 'Tim' })
    expect(changeOf({ ...filledIn, phoneNumber: '' }, optional)).toEqual({ ...wholeChange, phoneNumber: undefined })
  })

  test('one may be given, and must be in order', () => {
    expect(changeOf({ ...filledIn, ...mask('phone_number') }, optional)).toEqual({ phoneNumber: '86-13900005678' })
    expect(refusalOf({ ...wrong, ...mask('phone_number') }, optional)).toEqual([
      ['phone_number', 'INVALID_PARAMETER_PHONE_NUMBER'],
    ])
  })

  test('no other field may be empty', () => {
    expect(refusalOf({ ...empty, ...mask('*') }, optional)).toEqual(
      allMissing.filter(([path]) => path !== 'phone_number'),
    )
  })
})

test('every violation is told at once, in field order: the contact, the fields, the mask', () => {
  expect(refusalOf({ ...wrong, contactId: '', ...mask(...paths, 'status', '*') })).toEqual([
    ['contact_id', 'MISSING_PARAMETER_CONTACT_ID'],
    ...allWrong,
    ['update_mask', 'INVALID_PARAMETER_UPDATE_MASK'],
    ['update_mask.paths[5]', 'INVALID_PARAMETER_UPDATE_MASK'],
  ])
})

test.each(['', '"1"', '1', '"01"', '*', 'nonsense', ' ', '\u{1f600}'])('the etag %j is handed on as it is', (etag) => {
  expect(update({ ...filledIn, etag })).toEqual({ contactId, etag, change: wholeChange })
})

describe('whatever the fields hold', () => {
  const anyFields: fc.Arbitrary<Required<typeof filledIn>> = fc.record({
    name: fc.oneof(fc.constantFrom('', 'Tom', '李明', 'e\u0301e'), fc.string()),
    emailAddress: fc.oneof(fc.constantFrom('', 'tom@example.com', 'tom@EXAMPLE.com'), fc.string()),
    phoneNumber: fc.oneof(fc.constantFrom('', '86-13900001234', '1-2025550123'), fc.string()),
    title: fc.integer({ min: 0, max: 8 }),
    messageTypes: fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 4 }),
  })
  const somePaths = fc.subarray([...paths], { minLength: 1 })

  test('those that the mask names are judged as in an add, and the others not at all', () => {
    fc.assert(
      fc.property(anyFields, somePaths, (held, named) => {
        const keys = fields.flatMap(([path, key]) => (named.includes(path) ? [key] : []))
        const ofThem = (from: RequestFields | Change) => Object.fromEntries(keys.map((key) => [key, from[key]]))
        const added = outcomeOf(() => ofThem(detailsOf(ofThem(held))))
        expect(outcomeOf(() => changeOf({ ...held, ...mask(...named) }))).toEqual(added)
      }),
    )
  })

  test('without a mask it is as with one of the fields that are filled in', () => {
    fc.assert(
      fc.property(anyFields, (held) => {
        const filled = fields.flatMap(([path, key]) => (String(held[key]) === String(empty[key]) ? [] : [path]))
        expect(outcomeOf(() => changeOf(held))).toEqual(outcomeOf(() => changeOf({ ...held, ...mask(...filled) })))
      }),
    )
  })

  function outcomeOf(act: () => unknown) {
    try {
      return act()
    } catch {
      return violationsIn(act)
    }
  }
})
