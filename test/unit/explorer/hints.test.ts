import { type DescMethod, fromJson, type JsonObject, type Message } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { buildReference } from '../../../dev/explorer/build-reference.js'
import { type Hint, hintsFor } from '../../../explorer/src/calls/hints.js'
import { english } from '../../../explorer/src/texts/english.js'
import { simplifiedChinese } from '../../../explorer/src/texts/simplified-chinese.js'
import { traditionalChinese } from '../../../explorer/src/texts/traditional-chinese.js'
import { ContactRequestParser } from '../../../src/contacts/requests.js'
import type { ContactSettings } from '../../../src/contacts/settings.js'
import { Failure } from '../../../src/errors/failure.js'
import { MessageContactService } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { VerificationRequestParser } from '../../../src/verification/requests.js'
import { defaultSettings } from '../../support/parsing.js'

const reference = buildReference()
const names = reference.operations.map(({ name }) => name)

function hintsOf(operationName: string, values: JsonObject): Readonly<Record<string, Hint>> {
  const operation = reference.operations.find(({ name }) => name === operationName) ?? expect.fail('no such operation')
  return Object.fromEntries(hintsFor(operation, values, reference))
}

/** The example of an operation with other values. `undefined` leaves a field out. */
function hintsWith(operationName: string, values: Readonly<Record<string, unknown>>) {
  const example = reference.operations.find(({ name }) => name === operationName)?.example
  return hintsOf(operationName, JSON.parse(JSON.stringify({ ...example, ...values })) as JsonObject)
}

describe('before a request is sent', () => {
  test.each(names)('the example of %s needs no hint', (name) => {
    expect(hintsWith(name, {})).toEqual({})
  })

  test.each<[string, string, Readonly<Record<string, unknown>>, Readonly<Record<string, Hint>>]>([
    [
      'what is required',
      'AddMessageContact',
      { name: '', title: undefined, messageTypes: [] },
      {
        name: 'missing',
        title: 'missing',
        message_types: 'missing',
      },
    ],
    ['a short name', 'AddMessageContact', { name: 'T' }, { name: 'rule' }],
    ['a long name', 'AddMessageContact', { name: 'A'.repeat(13) }, { name: 'rule' }],
    ['a name with a digit', 'AddMessageContact', { name: 'Tom2' }, { name: 'rule' }],
    ['a mail address without a domain', 'AddMessageContact', { emailAddress: 'tom@' }, { email_address: 'rule' }],
    ['a host name without a dot', 'AddMessageContact', { emailAddress: 'tom@localhost' }, { email_address: 'rule' }],
    [
      'a long mail address',
      'AddMessageContact',
      { emailAddress: `t@${'a.'.repeat(130)}com` },
      { email_address: 'rule' },
    ],
    ['a number without a country code', 'AddMessageContact', { phoneNumber: '13900001234' }, { phone_number: 'rule' }],
    ['a number that is too short', 'AddMessageContact', { phoneNumber: '86-1390000' }, { phone_number: 'rule' }],
    ['a token with a space', 'AddMessageContact', { clientToken: 'a b' }, { client_token: 'rule' }],
    ['a title that is none', 'AddMessageContact', { title: 'TITLE_BOSS' }, { title: 'unknown' }],
    ['one type that is none', 'AddMessageContact', { messageTypes: ['MESSAGE_TYPE_X'] }, { message_types: 'unknown' }],
    ['a number as a name', 'AddMessageContact', { name: 7 }, { name: 'type' }],
    ['an id of another form', 'GetMessageContact', { contactId: 'c-1' }, { contact_id: 'rule' }],
    ['a negative number', 'ListMessageContacts', { pageSize: -1 }, { page_size: 'rule' }],
    ['a number that is none', 'ListMessageContacts', { pageSize: 'many' }, { page_size: 'type' }],
    ['a code of five digits', 'ConfirmMessageContactVerification', { code: '12345' }, { code: 'rule' }],
    ['no target', 'ConfirmMessageContactVerification', { emailAddress: undefined }, { email_address: 'missing' }],
    [
      'no change',
      'UpdateMessageContact',
      { title: undefined, messageTypes: [], updateMask: '' },
      {
        update_mask: 'nothing',
      },
    ],
    ['what the mask does not name', 'UpdateMessageContact', { name: 'T' }, { name: 'ignored' }],
    ['a masked field without a value', 'UpdateMessageContact', { title: undefined }, { title: 'missing' }],
  ])('there is a hint about %s', (_, name, values, hints) => {
    expect(hintsWith(name, values)).toEqual(hints)
  })

  test.each([
    ['a name of radicals and a middle dot', 'AddMessageContact', { name: '⽊・木' }],
    ['a name in another normalization form', 'AddMessageContact', { name: 'ABCDEFGHIJK豈' }],
    ['an international domain', 'AddMessageContact', { emailAddress: 'tom@例え。テスト' }],
    ['a number of another country', 'AddMessageContact', { phoneNumber: '852-51234567' }],
    ['a code as people paste it', 'ConfirmMessageContactVerification', { code: ' １２３-456\u200b' }],
    ['no phone number, which may be optional', 'AddMessageContact', { phoneNumber: undefined }],
    ['a number as text', 'ListMessageContacts', { pageSize: '5' }],
    ['null, which is no value', 'ListMessageContacts', { title: null }],
  ])('there is no hint about %s', (_, name, values) => {
    expect(hintsWith(name, values)).toEqual({})
  })

  test.each([english, simplifiedChinese, traditionalChinese])('every rule has a text', ({ ruleHints }) => {
    const ruled = reference.operations.flatMap(({ request }) => request.fields.filter(({ rule }) => rule))
    expect(Object.keys(ruleHints).toSorted()).toEqual([...new Set(ruled.map(({ name }) => name))].toSorted())
  })
})

/** What a service with the loosest settings looks at. */
const settings: ContactSettings = {
  ...defaultSettings,
  COUNTRY_CODES: ['86', '1', '44', '852'],
  NAME_MIDDLE_DOT: 'allow',
  PHONE_NUMBER: 'optional',
}
const contacts = new ContactRequestParser(settings)
const verification = new VerificationRequestParser(settings)

/** Each parser throws a Failure with every violation. */
const parsers: Readonly<Record<string, (request: never) => unknown>> = {
  AddMessageContact: (request) => contacts.addMessageContact(request),
  GetMessageContact: (request) => contacts.getMessageContact(request),
  ListMessageContacts: (request) => contacts.listMessageContacts(request, 'rd-1'),
  UpdateMessageContact: (request) => contacts.updateMessageContact(request),
  DeleteMessageContact: (request) => contacts.deleteMessageContact(request),
  SendEmailVerificationForMessageContact: (request) => verification.sendEmailVerification(request),
  SendPhoneVerificationForMessageContact: (request) => verification.sendPhoneVerification(request),
  ConfirmMessageContactVerification: (request) => verification.confirmVerification(request),
  CancelMessageContactUpdate: (request) => verification.cancelUpdate(request),
  ListMessageContactVerifications: (request) => verification.listVerifications(request, 'rd-1'),
}

/** The fields that the service refuses; undefined if the request is no message. */
function refusedFields(method: DescMethod, values: JsonObject): readonly string[] | undefined {
  let request: Message
  try {
    request = fromJson(method.input, values)
  } catch {
    return undefined
  }
  try {
    parsers[method.name]?.(request as never)
    return []
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return (error.context.violations ?? []).map(({ field }) => field.replace(/[[.].*$/, ''))
  }
}

const anyText = fc.oneof(
  fc.constantFrom(
    '',
    'T',
    'Tom',
    '木·木',
    '⽊⽊',
    'tom@example.com',
    'tom@localhost',
    'tom@例え。テスト',
    '86-13900001234',
  ),
  fc.constantFrom('86-1', '1-2015550123', 'c-qL4HqKONzOM7b2Xd', 'c-1', '123456', '12 34-56', 'a b', 'x'.repeat(65)),
  fc.string({ unit: 'binary', maxLength: 16 }),
  fc.string({ unit: 'grapheme', maxLength: 16 }),
  fc.tuple(fc.string({ maxLength: 8 }), fc.string({ unit: 'grapheme', maxLength: 8 })).map((parts) => parts.join('@')),
)
const anyValue = fc.oneof(
  anyText,
  fc.constantFrom(null, true, 0, 1, 7, -1, 2.5, [], ['MESSAGE_TYPE_FAULT_MESSAGE'], [1, 9], ['X'], {}),
  fc.constantFrom('TITLE_CEO', 'TITLE_UNSPECIFIED', 'MESSAGE_TYPE_FAULT_MESSAGE', 'name,title', '*'),
)

describe('whatever a form holds', () => {
  test.each(names)('what has a hint would be refused: %s', (name) => {
    const method = MessageContactService.methods.find((one) => one.name === name) ?? expect.fail('no such operation')
    const { request, example } = reference.operations.find((one) => one.name === name) ?? expect.fail()
    const jsonNames = request.fields.map(({ jsonName }) => jsonName)
    const differences = fc.dictionary(fc.constantFrom(...jsonNames), anyValue, { maxKeys: jsonNames.length })
    const oneofs = new Map(request.fields.map((field) => [field.name, field.oneof]))
    fc.assert(
      fc.property(differences, fc.boolean(), (changed, isBeside) => {
        const values = { ...(isBeside && example), ...changed } as JsonObject
        const refused = refusedFields(method, values)
        for (const [field, hint] of Object.entries(hintsOf(name, values)))
          if (refused && hint !== 'ignored') expect([field, oneofs.get(field)]).toSatisfy(isAmong(refused))
      }),
      { numRuns: 2000 },
    )
  })
})

const isAmong = (refused: readonly string[]) => (fieldNames: readonly (string | undefined)[]) =>
  fieldNames.some((name) => name !== undefined && refused.includes(name))
