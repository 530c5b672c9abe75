import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MessageContactStatus, MessageType, Title } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { type AddRequest, addRequest } from '../client.js'
import { badRequest, expectRefusal, requestIdPattern } from '../refusal.js'
import { type RunningService, startService, uniqueName } from './running-service.js'

const noon = new Date('2026-03-27T12:00:00.123Z')

describe('AddMessageContact', () => {
  let service: RunningService
  beforeAll(async () => {
    service = await startService({
      surroundings: { now: () => noon.getTime(), dice: (sides) => Math.min(7, sides - 1) },
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

  test('gives the whole contact back, and keeps it in one document', async () => {
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
        messageTypes: [MessageType.SERVICE_MESSAGE, MessageType.SECURITY_MESSAGE],
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
        emailAddress: 'tom@example.com',
        phoneNumber: '86-13900001234',
        title: 'TECHNICAL_DIRECTOR',
        messageTypes: ['SERVICE_MESSAGE', 'SECURITY_MESSAGE'],
        createDate: noon,
        updateDate: noon,
        revision: 1,
        clientToken: 'token-1',
        requestHash: expect.stringMatching(/^[\w-]{43}$/),
      },
    ])
  })

  test('keeps names in normalization form C, and domains in lower-case ASCII', async () => {
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

  test('one name may be in every directory once, and differs by case', async () => {
    const [one, other] = [uniqueName('rd'), uniqueName('rd')]
    await add(one)
    await add(other)
    await add(one, { name: 'tom' })
    expect((await storedIn(one)).map(({ name }) => name)).toEqual(['Tom', 'tom'])
    expect((await storedIn(other)).map(({ name }) => name)).toEqual(['Tom'])
  })

  test('names every violation in one answer, in field order, and keeps nothing', async () => {
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

  test('an empty message lacks every field that is required', async () => {
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
    test('makes a repeat give the first contact again, whatever the request looks like', async () => {
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

    test('is refused for another request, even where that one would be refused for its name', async () => {
      const directoryId = uniqueName('rd')
      await add(directoryId, { clientToken: 't' })
      const refusal = { BadRequest: badRequest(['client_token', 'INVALID_PARAMETER_CLIENT_TOKEN']) }
      const another = add(directoryId, { name: 'Ann', clientToken: 't' })
      await expectRefusal(another, 'INVALID_PARAMETER_CLIENT_TOKEN', refusal)
      const sameName = add(directoryId, { title: Title.CEO, clientToken: 't' })
      await expectRefusal(sameName, 'INVALID_PARAMETER_CLIENT_TOKEN', refusal)
      expect(await storedIn(directoryId)).toHaveLength(1)
    })

    test('belongs to its directory', async () => {
      const [one, other] = [uniqueName('rd'), uniqueName('rd')]
      const first = await add(one, { clientToken: 't' })
      const second = await add(other, { name: 'Ann', clientToken: 't' })
      expect(second.response.contact?.contactId).not.toBe(first.response.contact?.contactId)
    })

    test('gives the first contact again also when the directory has become full', async () => {
      const directoryId = uniqueName('rd')
      const first = await add(directoryId, { clientToken: 't' })
      await fill(directoryId, 19)
      const again = await add(directoryId, { clientToken: 't' })
      expect(again.response.contact).toEqual(first.response.contact)
    })
  })

  test('where the name is taken and the directory is full as well, the name is the answer', async () => {
    const directoryId = uniqueName('rd')
    await fill(directoryId, 20)
    await expect(add(directoryId, { name: 'TomA' })).rejects.toThrow('The Name already exists.')
    expect(await storedIn(directoryId)).toHaveLength(20)
  })
})

describe('with PHONE_NUMBER=optional and more COUNTRY_CODES', () => {
  let service: RunningService
  beforeAll(async () => {
    service = await startService({ environment: { PHONE_NUMBER: 'optional', COUNTRY_CODES: '86, 44' } })
  })
  afterAll(() => service.stop())

  test('a contact without a number is kept without one, and nothing in its place', async () => {
    const directoryId = uniqueName('rd')
    const { response } = await service.client.addMessageContact(addRequest({ phoneNumber: '' }), { directoryId })
    expect(response.contact?.phoneNumber).toBe('')
    const [stored = {}] = await service.collection.find({ directoryId }).toArray()
    expect(Object.keys(stored).sort()).toEqual([
      '_id',
      'createDate',
      'directoryId',
      'emailAddress',
      'messageTypes',
      'name',
      'revision',
      'slot',
      'title',
      'updateDate',
    ])
  })

  test('a number of another country that is served is kept as it is dialled from abroad', async () => {
    const directoryId = uniqueName('rd')
    const request = addRequest({ phoneNumber: '44-07911123456' })
    const { response } = await service.client.addMessageContact(request, { directoryId })
    expect(response.contact?.phoneNumber).toBe('44-7911123456')
  })
})
