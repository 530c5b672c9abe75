import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MessageContactStatus, MessageType, Title } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { type AddRequest, addRequest } from '../../support/client.js'
import { bothClocks } from '../../support/clock.js'
import { contactResource } from '../../support/directory.js'
import { badRequest, expectRefusal, requestIdPattern } from '../../support/refusal.js'
import { type RunningService, startService, uniqueName } from '../../support/running-service.js'

const noon = new Date('2026-03-27T12:00:00.123Z')

describe('AddMessageContact', () => {
  let service: RunningService
  beforeAll(async () => {
    service = await startService({
      dependencies: { ...bothClocks(() => noon.getTime()), randomInt: (max) => Math.min(7, max - 1) },
    })
  })
  afterAll(() => service.stop())

  const add = (directoryId: string, request: AddRequest = {}) =>
    service.client.addMessageContact(addRequest(request), { directoryId })
  const fill = async (directoryId: string, contacts: number) => {
    for (let index = 0; index < contacts; index += 1)
      await add(directoryId, { name: `Tom${String.fromCharCode(65 + index)}` })
  }
  const storedIn = (directoryId: string) => service.collection.find({ directoryId }).toArray()

  test('returns the whole contact, and stores it as one document', async () => {
    const directoryId = uniqueName('rd')
    const { response, requestId } = await add(directoryId, {
      messageTypes: [MessageType.SECURITY_MESSAGE, MessageType.SERVICE_MESSAGE, MessageType.SECURITY_MESSAGE],
      clientToken: 'token-1',
    })
    const contactId = response.contact?.contactId
    expect(requestId).toMatch(requestIdPattern)
    expect(contactId).toMatch(/^c-[0-9A-Za-z]{16}$/)
    expect(response).toMatchObject({
      requestId,
      contact: {
        contactId,
        name: 'Tom',
        emailAddress: 'tom@example.com',
        phoneNumber: '86-13900001234',
        title: Title.TECHNICAL_DIRECTOR,
        messageTypes: [MessageType.SECURITY_MESSAGE, MessageType.SERVICE_MESSAGE],
        status: MessageContactStatus.VERIFYING,
        createDate: timestampFromDate(noon),
        updateDate: timestampFromDate(noon),
        etag: '"1"',
        pendingEmailAddress: '',
        pendingPhoneNumber: '',
      },
    })
    expect(response.contact?.emailVerifyDate).toBeUndefined()
    expect(response.contact?.phoneVerifyDate).toBeUndefined()
    expect(await storedIn(directoryId)).toEqual([
      {
        _id: contactId,
        directoryId,
        slot: 7,
        name: 'Tom',
        email: { address: 'tom@example.com' },
        phone: { address: '86-13900001234' },
        title: 'TECHNICAL_DIRECTOR',
        messageTypes: ['SECURITY_MESSAGE', 'SERVICE_MESSAGE'],
        createDate: noon,
        updateDate: noon,
        revision: 1,
        version: 1,
        clientToken: 'token-1',
        requestHash: expect.stringMatching(/^[\w-]{43}$/),
        lastWrite: { requestId, operation: 'AddMessageContact', caller: directoryId, date: noon },
      },
    ])
  })

  test('stores ideographs instead of Kangxi radicals, and the ASCII form of a domain that was typed in full width', async () => {
    const directoryId = uniqueName('rd')
    const { response } = await add(directoryId, { name: '⾼⼭', emailAddress: 'tom@ｑｑ。com' })
    expect(response.contact).toMatchObject({ name: '高山', emailAddress: 'tom@qq.com' })
    const repeated = add(directoryId, { name: '高山' })
    await expectRefusal(repeated, 'INVALID_PARAMETER_NAME_ALREADY_USED', {
      BadRequest: badRequest(['name', 'INVALID_PARAMETER_NAME_ALREADY_USED']),
      ResourceInfo: contactResource('高山', 'The Name already exists. Please change to another name.'),
    })
    const list = await service.client.listMessageContacts({ namePrefix: '⾼' }, { directoryId })
    expect(list.response.contacts).toEqual([response.contact])
  })

  test('stores names in normalization form C, and domains in lower-case ASCII', async () => {
    const directoryId = uniqueName('rd')
    const { response } = await add(directoryId, {
      name: '\u{F900}\u{20000}',
      emailAddress: 'Tom@B\u00FCcher.Example.COM',
    })
    expect(response.contact).toMatchObject({
      name: '\u8C48\u{20000}',
      emailAddress: 'Tom@xn--bcher-kva.example.com',
    })
  })

  test('accepts a name once per directory, and distinguishes upper and lower case', async () => {
    const [one, other] = [uniqueName('rd'), uniqueName('rd')]
    await add(one)
    await add(other)
    await add(one, { name: 'tom' })
    expect((await storedIn(one)).map(({ name }) => name)).toEqual(['Tom', 'tom'])
    expect((await storedIn(other)).map(({ name }) => name)).toEqual(['Tom'])
  })

  test('refuses with every violation at once, in field order, and stores nothing', async () => {
    const directoryId = uniqueName('rd')
    const request = {
      name: 'T',
      emailAddress: 'tom',
      phoneNumber: '1-2025550123',
      title: 7 as Title,
      messageTypes: [0 as MessageType, MessageType.FAULT_MESSAGE, 7 as MessageType],
      clientToken: 'two words',
    }
    await expectRefusal(add(directoryId, request), 'INVALID_PARAMETER_NAME_LENGTH', {
      BadRequest: badRequest(
        ['name', 'INVALID_PARAMETER_NAME_LENGTH'],
        ['email_address', 'INVALID_PARAMETER_EMAIL_ADDRESS'],
        ['phone_number', 'INVALID_PARAMETER_MOBILE_COUNTRY_CODE'],
        ['title', 'INVALID_PARAMETER_TITLE'],
        ['message_types[0]', 'INVALID_PARAMETER_MESSAGE_TYPES'],
        ['message_types[2]', 'INVALID_PARAMETER_MESSAGE_TYPES'],
        ['client_token', 'INVALID_PARAMETER_CLIENT_TOKEN'],
      ),
    })
    expect(await storedIn(directoryId)).toEqual([])
  })

  test('refuses an empty message with every required field', async () => {
    const request = { name: '', emailAddress: '', phoneNumber: '', title: 0, messageTypes: [] }
    await expectRefusal(add(uniqueName('rd'), request), 'MISSING_PARAMETER_NAME', {
      BadRequest: badRequest(
        ['name', 'MISSING_PARAMETER_NAME'],
        ['email_address', 'MISSING_PARAMETER_EMAIL_ADDRESS'],
        ['phone_number', 'MISSING_PARAMETER_PHONE_NUMBER'],
        ['title', 'MISSING_PARAMETER_TITLE'],
        ['message_types', 'MISSING_PARAMETER_MESSAGE_TYPES'],
      ),
    })
  })

  describe('a client token', () => {
    test('makes a repeated call return the first contact, also if the request differs before normalization', async () => {
      const directoryId = uniqueName('rd')
      const first = await add(directoryId, { name: '\u8C48\u8C48', clientToken: 't' })
      const again = await add(directoryId, {
        name: '\u{F900}\u{F900}',
        emailAddress: 'tom@EXAMPLE.com',
        messageTypes: [MessageType.ACCOUNT_EXPENSES, MessageType.ACCOUNT_EXPENSES],
        clientToken: 't',
      })
      expect(again.response.contact).toEqual(first.response.contact)
      expect(again.requestId).not.toBe(first.requestId)
      expect(await storedIn(directoryId)).toHaveLength(1)
    })

    test('makes a repeated call with another order of message types return the first contact in its order', async () => {
      const directoryId = uniqueName('rd')
      const messageTypes = [MessageType.PRODUCT_MESSAGE, MessageType.SERVICE_MESSAGE, MessageType.FAULT_MESSAGE]
      const first = await add(directoryId, { messageTypes, clientToken: 't' })
      const again = await add(directoryId, { messageTypes: messageTypes.toReversed(), clientToken: 't' })
      expect(again.response.contact).toEqual(first.response.contact)
      expect(again.response.contact?.messageTypes).toEqual(messageTypes)
      expect(await storedIn(directoryId)).toHaveLength(1)
    })

    test('is refused with another request, also if that request would be refused for its name', async () => {
      const directoryId = uniqueName('rd')
      await add(directoryId, { clientToken: 't' })
      const rule = 'The ClientToken is invalid, or was used for another request.'
      const refusal = { BadRequest: badRequest(['client_token', 'INVALID_PARAMETER_CLIENT_TOKEN', rule]) }
      const another = add(directoryId, { name: 'Ann', clientToken: 't' })
      await expectRefusal(another, 'INVALID_PARAMETER_CLIENT_TOKEN', refusal)
      const sameName = add(directoryId, { title: Title.CEO, clientToken: 't' })
      await expectRefusal(sameName, 'INVALID_PARAMETER_CLIENT_TOKEN', refusal)
      expect(await storedIn(directoryId)).toHaveLength(1)
    })

    test('is independent of the tokens of other directories', async () => {
      const [one, other] = [uniqueName('rd'), uniqueName('rd')]
      const first = await add(one, { clientToken: 't' })
      const second = await add(other, { name: 'Ann', clientToken: 't' })
      expect(second.response.contact?.contactId).not.toBe(first.response.contact?.contactId)
    })

    test('makes a repeated call return the first contact in a full directory', async () => {
      const directoryId = uniqueName('rd')
      const first = await add(directoryId, { clientToken: 't' })
      await fill(directoryId, 19)
      const again = await add(directoryId, { clientToken: 't' })
      expect(again.response.contact).toEqual(first.response.contact)
    })
  })

  test('refuses with the name if the name is taken and the directory is full', async () => {
    const directoryId = uniqueName('rd')
    await fill(directoryId, 20)
    await expect(add(directoryId, { name: 'TomA' })).rejects.toThrow('The Name already exists.')
    expect(await storedIn(directoryId)).toHaveLength(20)
  })
})

describe('AddMessageContact with PHONE_NUMBER=optional, several COUNTRY_CODES and NAME_MIDDLE_DOT=allow', () => {
  let service: RunningService
  beforeAll(async () => {
    service = await startService({
      environment: { PHONE_NUMBER: 'optional', COUNTRY_CODES: '86, 44', NAME_MIDDLE_DOT: 'allow' },
    })
  })
  afterAll(() => service.stop())
  const nameRule =
    'Must be 2 to 12 letters A-Z a-z or Chinese characters, with middle dots only between Chinese characters.'
  const phoneRule =
    'Must be 86- and 11 digits beginning with 13 to 19, or another country code, a hyphen and a mobile number. Country codes served: 86, 44.'

  test('stores a contact without a phone number, with no empty field for it', async () => {
    const directoryId = uniqueName('rd')
    const { response } = await service.client.addMessageContact(addRequest({ phoneNumber: '' }), { directoryId })
    expect(response.contact?.phoneNumber).toBe('')
    const [stored = {}] = await service.collection.find({ directoryId }).toArray()
    expect(Object.keys(stored).sort()).toEqual([
      '_id',
      'createDate',
      'directoryId',
      'email',
      'lastWrite',
      'messageTypes',
      'name',
      'revision',
      'slot',
      'title',
      'updateDate',
      'version',
    ])
  })

  test('stores one form of the middle dot in a name, which is found by its prefix', async () => {
    const directoryId = uniqueName('rd')
    const request = addRequest({ name: '阿卜杜・热合曼' })
    const { response } = await service.client.addMessageContact(request, { directoryId })
    expect(response.contact?.name).toBe('阿卜杜·热合曼')
    const list = await service.client.listMessageContacts({ namePrefix: '阿卜杜•' }, { directoryId })
    expect(list.response.contacts).toEqual([response.contact])
  })

  test.each([
    ['a name with a dot at its end', { name: '阿卜杜·' }, 'name', 'INVALID_PARAMETER_NAME', nameRule],
    ['a fixed line', { phoneNumber: '44-2079460018' }, 'phone_number', 'INVALID_PARAMETER_PHONE_NUMBER', phoneRule],
    ['a VoIP number', { phoneNumber: '44-5612345678' }, 'phone_number', 'INVALID_PARAMETER_PHONE_NUMBER', phoneRule],
    [
      'another country',
      { phoneNumber: '1-2025550123' },
      'phone_number',
      'INVALID_PARAMETER_MOBILE_COUNTRY_CODE',
      phoneRule,
    ],
  ] as const)('refuses %s with a rule that follows the settings', async (_, fields, field, reason, rule) => {
    const call = service.client.addMessageContact(addRequest(fields), { directoryId: uniqueName('rd') })
    await expectRefusal(call, reason, { BadRequest: badRequest([field, reason, rule]) })
  })

  test('stores a number of another accepted country in the form that is dialled from abroad', async () => {
    const directoryId = uniqueName('rd')
    const request = addRequest({ phoneNumber: '44-07911123456' })
    const { response } = await service.client.addMessageContact(request, { directoryId })
    expect(response.contact?.phoneNumber).toBe('44-7911123456')
  })
})
