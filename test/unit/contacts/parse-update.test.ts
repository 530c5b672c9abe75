import { create, type MessageInitShape } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ContactChange } from '../../../src/contacts/contact.js'
import { ContactRequestParser } from '../../../src/contacts/requests.js'
import type { ContactSettings } from '../../../src/contacts/settings.js'
import { MessageType, Title } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { UpdateMessageContactRequestSchema } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { defaultSettings, fieldsOf, type RequestFields, violationsIn } from '../../support/parsing.js'

type UpdateFields = MessageInitShape<typeof UpdateMessageContactRequestSchema>

const contactId = 'c-qL4HqKONzOM7b2Xd'
const optional: ContactSettings = { ...defaultSettings, PHONE_NUMBER: 'optional' }

function parse(fields: UpdateFields, settings: ContactSettings = defaultSettings) {
  const request = create(UpdateMessageContactRequestSchema, { contactId, ...fields })
  return new ContactRequestParser(settings).updateMessageContact(request)
}
const changeOf = (fields: UpdateFields, settings?: ContactSettings) => parse(fields, settings).change
const violationsOf = (fields: UpdateFields, settings?: ContactSettings) => violationsIn(() => parse(fields, settings))
const invalidMask = 'INVALID_PARAMETER_UPDATE_MASK'
const mask = (...paths: string[]) => ({ updateMask: { paths } })

const filled = {
  name: 'Tim',
  emailAddress: 'tim@EXAMPLE.com',
  phoneNumber: '86-13900005678',
  title: Title.CEO,
  messageTypes: [MessageType.PRODUCT_MESSAGE, MessageType.FAULT_MESSAGE, MessageType.PRODUCT_MESSAGE],
}
const wholeChange: ContactChange = {
  name: 'Tim',
  emailAddress: 'tim@example.com',
  phoneNumber: '86-13900005678',
  title: 'CEO',
  messageTypes: ['PRODUCT_MESSAGE', 'FAULT_MESSAGE'],
}
const empty = { name: '', emailAddress: '', phoneNumber: '', title: Title.UNSPECIFIED, messageTypes: [] }
const invalidFields = { name: 'T0m', emailAddress: 'tom', phoneNumber: '86', title: 7, messageTypes: [7, 1, 8] }

/** Each writable field: its path in a mask, its key, and the reason if it is empty. */
const fields = [
  ['name', 'name', 'MISSING_PARAMETER_NAME'],
  ['email_address', 'emailAddress', 'MISSING_PARAMETER_EMAIL_ADDRESS'],
  ['phone_number', 'phoneNumber', 'MISSING_PARAMETER_PHONE_NUMBER'],
  ['title', 'title', 'MISSING_PARAMETER_TITLE'],
  ['message_types', 'messageTypes', 'MISSING_PARAMETER_MESSAGE_TYPES'],
] as const
const paths = fields.map(([path]) => path)
const allMissing = fields.map(([path, , reason]) => [path, reason])
const allInvalid = [
  ['name', 'INVALID_PARAMETER_NAME'],
  ['email_address', 'INVALID_PARAMETER_EMAIL_ADDRESS'],
  ['phone_number', 'INVALID_PARAMETER_PHONE_NUMBER'],
  ['title', 'INVALID_PARAMETER_TITLE'],
  ['message_types[0]', 'INVALID_PARAMETER_MESSAGE_TYPES'],
  ['message_types[2]', 'INVALID_PARAMETER_MESSAGE_TYPES'],
]

test('a request is parsed to a change with the names of the contract', () => {
  expect(parse({ ...filled, etag: '"3"' })).toEqual({ contactId, etag: '"3"', change: wholeChange })
})

describe.each<[string, UpdateFields]>([
  ['without a mask', {}],
  ['with an empty mask', mask()],
])('%s', (_, masked) => {
  test('all fields are changed if all have a value', () => {
    expect(changeOf({ ...filled, ...masked })).toEqual(wholeChange)
  })

  test.each(fields)('only %s is changed if only it has a value', (_, key) => {
    expect(changeOf({ [key]: filled[key], ...masked })).toEqual({ [key]: wholeChange[key] })
  })

  test('the mask is invalid if no field has a value: the request names nothing', () => {
    for (const settings of [defaultSettings, optional])
      expect(violationsOf({ ...empty, ...masked }, settings)).toEqual([['update_mask', invalidMask]])
  })

  test('a request that names nothing has its other violations too, in field order', () => {
    expect(violationsOf({ ...empty, contactId: 'c', ...masked })).toEqual([
      ['contact_id', 'INVALID_PARAMETER_CONTACT_ID'],
      ['update_mask', invalidMask],
    ])
  })

  test('every invalid value is reported', () => {
    expect(violationsOf({ ...invalidFields, ...masked })).toEqual(allInvalid)
  })
})

describe('a mask', () => {
  test.each(fields)('of %s changes that field, whatever the others contain', (path, key) => {
    for (const others of [filled, empty, invalidFields])
      expect(changeOf({ ...others, [key]: filled[key], ...mask(path) })).toEqual({ [key]: wholeChange[key] })
  })

  test.each(fields)('of %s requires a value', (path, key, missing) => {
    expect(violationsOf({ ...filled, [key]: empty[key], ...mask(path) })).toEqual([[path, missing]])
  })

  test.each(fields)('of %s requires a valid value', (path, key) => {
    const expected = allInvalid.filter(([field]) => field?.replace(/\[\d\]$/, '') === path)
    expect(violationsOf({ ...filled, [key]: invalidFields[key], ...mask(path) })).toEqual(expected)
  })

  test('of all fields changes all, in any order', () => {
    expect(changeOf({ ...filled, ...mask(...paths) })).toEqual(wholeChange)
    expect(changeOf({ ...filled, ...mask(...paths.toReversed()) })).toEqual(wholeChange)
  })

  test('that names a field twice changes it once', () => {
    expect(changeOf({ ...filled, ...mask('name', 'title', 'name') })).toEqual({ name: 'Tim', title: 'CEO' })
    expect(violationsOf({ ...filled, name: '', ...mask('name', 'name') })).toEqual([['name', 'MISSING_PARAMETER_NAME']])
  })
})

describe('the mask *', () => {
  test.each([1, 2])('changes all fields, given %i times', (times) => {
    expect(changeOf({ ...filled, ...mask(...Array(times).fill('*')) })).toEqual(wholeChange)
  })

  test('requires a value of every field', () => {
    expect(violationsOf({ ...empty, ...mask('*') })).toEqual(allMissing)
  })

  test('requires valid values', () => {
    expect(violationsOf({ ...invalidFields, ...mask('*') })).toEqual(allInvalid)
  })

  test.each([
    ['before', ['*', 'name']],
    ['after', ['name', '*']],
    ['between', ['name', '*', 'title', '*']],
  ])('is invalid beside another path: %s', (_, paths) => {
    expect(violationsOf({ ...filled, ...mask(...paths) })).toEqual([['update_mask', 'INVALID_PARAMETER_UPDATE_MASK']])
  })

  test('is reported together with an unknown path beside it, and every field is checked', () => {
    expect(violationsOf({ ...empty, ...mask('*', 'name', 'colour') })).toEqual([
      ...allMissing,
      ['update_mask', 'INVALID_PARAMETER_UPDATE_MASK'],
      ['update_mask.paths[2]', 'INVALID_PARAMETER_UPDATE_MASK'],
    ])
  })
})

describe('a path is invalid if it is unknown or not writable', () => {
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
    const violations = [['update_mask.paths[1]', 'INVALID_PARAMETER_UPDATE_MASK']]
    expect(violationsOf({ ...filled, ...mask('name', path) })).toEqual(violations)
  })

  test('each by its position, also alone and repeated', () => {
    expect(violationsOf({ ...filled, ...mask('status') })).toEqual([
      ['update_mask.paths[0]', 'INVALID_PARAMETER_UPDATE_MASK'],
    ])
    expect(violationsOf({ ...invalidFields, ...mask('status', 'title', 'etag', 'status') })).toEqual([
      ['title', 'INVALID_PARAMETER_TITLE'],
      ['update_mask.paths[0]', 'INVALID_PARAMETER_UPDATE_MASK'],
      ['update_mask.paths[2]', 'INVALID_PARAMETER_UPDATE_MASK'],
      ['update_mask.paths[3]', 'INVALID_PARAMETER_UPDATE_MASK'],
    ])
  })
})

describe('if phone numbers are optional', () => {
  test.each(['phone_number', '*'])('an empty one that the mask names is removed: %s', (path) => {
    const change = changeOf({ ...filled, phoneNumber: '', ...mask(path) }, optional)
    expect(['phoneNumber' in change, change.phoneNumber]).toEqual([true, undefined])
  })

  test('an empty one that the mask does not name stays', () => {
    const { phoneNumber: _, ...otherFields } = wholeChange
    expect(changeOf({ ...filled, phoneNumber: '', ...mask('name') }, optional)).toStrictEqual({ name: 'Tim' })
    expect(changeOf({ ...filled, phoneNumber: '' }, optional)).toStrictEqual(otherFields)
  })

  test('one can be set, and must be valid', () => {
    expect(changeOf({ ...filled, ...mask('phone_number') }, optional)).toEqual({ phoneNumber: '86-13900005678' })
    expect(violationsOf({ ...invalidFields, ...mask('phone_number') }, optional)).toEqual([
      ['phone_number', 'INVALID_PARAMETER_PHONE_NUMBER'],
    ])
  })

  test('every other field requires a value', () => {
    expect(violationsOf({ ...empty, ...mask('*') }, optional)).toEqual(
      allMissing.filter(([path]) => path !== 'phone_number'),
    )
  })
})

test('every violation is reported at once, in field order: contact id, fields, mask', () => {
  expect(violationsOf({ ...invalidFields, contactId: '', ...mask(...paths, 'status', '*') })).toEqual([
    ['contact_id', 'MISSING_PARAMETER_CONTACT_ID'],
    ...allInvalid,
    ['update_mask', 'INVALID_PARAMETER_UPDATE_MASK'],
    ['update_mask.paths[5]', 'INVALID_PARAMETER_UPDATE_MASK'],
  ])
})

test.each(['', '"1"', '1', '"01"', '*', 'nonsense', ' ', '\u{1f600}'])(
  'the etag %j is taken without a check',
  (etag) => {
    expect(parse({ ...filled, etag })).toEqual({ contactId, etag, change: wholeChange })
  },
)

describe('any values of the fields', () => {
  const anyFields: fc.Arbitrary<Required<typeof filled>> = fc.record({
    name: fc.oneof(fc.constantFrom('', 'Tom', '李明', 'e\u0301e'), fc.string()),
    emailAddress: fc.oneof(fc.constantFrom('', 'tom@example.com', 'tom@EXAMPLE.com'), fc.string()),
    phoneNumber: fc.oneof(fc.constantFrom('', '86-13900001234', '1-2025550123'), fc.string()),
    title: fc.integer({ min: 0, max: 8 }),
    messageTypes: fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 4 }),
  })
  const somePaths = fc.subarray([...paths], { minLength: 1 })

  test('are checked as in an add if the mask names them, and not at all otherwise', () => {
    fc.assert(
      fc.property(anyFields, somePaths, (values, named) => {
        const keys = fields.flatMap(([path, key]) => (named.includes(path) ? [key] : []))
        const namedOnly = (from: RequestFields | ContactChange) =>
          Object.fromEntries(keys.map((key) => [key, from[key]]))
        const added = outcomeOf(() => namedOnly(fieldsOf(namedOnly(values))))
        expect(outcomeOf(() => changeOf({ ...values, ...mask(...named) }))).toEqual(added)
      }),
    )
  })

  test('mean without a mask the same as with a mask of the fields that have a value', () => {
    fc.assert(
      fc.property(anyFields, (values) => {
        const named = fields.flatMap(([path, key]) => (String(values[key]) === String(empty[key]) ? [] : [path]))
        expect(outcomeOf(() => changeOf(values))).toEqual(outcomeOf(() => changeOf({ ...values, ...mask(...named) })))
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
