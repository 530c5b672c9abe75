import { toJson } from '@bufbuild/protobuf'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MessageType, Title } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { MessageContactService } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { type AddRequest, addRequest, type CallOptions } from '../client.js'
import { badRequest, expectRefusal, requestIdPattern } from '../refusal.js'
import { type RunningService, startService, uniqueName } from '../running-service.js'
import type { CallOperation } from './outside-client.js'

const { method } = MessageContactService
const date = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)

/** Tests of the operations on contacts, which every client must pass. Gives a function that gives the service. */
export function casesOfEveryClient(connect: (address: string) => CallOperation): () => RunningService {
  let service: RunningService
  const call: CallOperation = (...args) => connect(service.app.address)(...args)
  const add = (request: AddRequest, options?: Pick<CallOptions, 'directoryId'>) =>
    call(method.addMessageContact, request, options)
  beforeAll(async () => {
    service = await startService({ environment: { REFLECTION: 'open' } })
  })
  afterAll(() => service.stop())

  test('AddMessageContact answers with the whole contact, and with the request id of the trailing metadata', async () => {
    const directoryId = uniqueName('rd')
    const { response, requestId } = await add(addRequest({ name: '王明' }), { directoryId })
    expect(requestId).toMatch(requestIdPattern)
    expect(toJson(method.addMessageContact.output, response)).toEqual({
      requestId,
      contact: {
        contactId: expect.stringMatching(/^c-[A-Za-z0-9]{16}$/),
        name: '王明',
        emailAddress: 'tom@example.com',
        phoneNumber: '86-13900001234',
        title: 'TITLE_TECHNICAL_DIRECTOR',
        messageTypes: ['MESSAGE_TYPE_ACCOUNT_EXPENSES'],
        status: 'MESSAGE_CONTACT_STATUS_VERIFYING',
        createDate: date,
        updateDate: date,
        etag: '"1"',
      },
    })
    const stored = await service.collection.find({ directoryId }).toArray()
    expect(stored.map(({ _id, name }) => ({ _id, name }))).toEqual([{ _id: response.contact?.contactId, name: '王明' }])
  })

  test('AddMessageContact is refused with every violation at once', async () => {
    const request = {
      name: 'x',
      emailAddress: 'nobody',
      phoneNumber: '1-2025550123',
      title: Title.UNSPECIFIED,
      messageTypes: [MessageType.ACCOUNT_EXPENSES, 9],
    }
    await expectRefusal(add(request, { directoryId: uniqueName('rd') }), 'INVALID_PARAMETER_NAME_LENGTH', {
      BadRequest: badRequest(
        ['name', 'INVALID_PARAMETER_NAME_LENGTH'],
        ['email_address', 'INVALID_PARAMETER_EMAIL_ADDRESS'],
        ['phone_number', 'INVALID_PARAMETER_MOBILE_COUNTRY_CODE'],
        ['title', 'MISSING_PARAMETER_TITLE'],
        ['message_types[1]', 'INVALID_PARAMETER_MESSAGE_TYPES'],
      ),
    })
  })

  test('AddMessageContact is refused with the name that is in use', async () => {
    const directoryId = uniqueName('rd')
    await service.client.addMessageContact(addRequest({ name: '王明' }), { directoryId })
    await expectRefusal(add(addRequest({ name: '王明' }), { directoryId }), 'INVALID_PARAMETER_NAME_ALREADY_USED', {
      BadRequest: badRequest(['name', 'INVALID_PARAMETER_NAME_ALREADY_USED']),
      ResourceInfo: {
        resourceType: 'messagecontacts.v1.MessageContact',
        resourceName: '王明',
        owner: '',
        description: 'The Name already exists. Please change to another name.',
      },
    })
  })

  test('AddMessageContact is refused with the limit of a full directory', async () => {
    const directoryId = uniqueName('rd')
    for (const letter of 'ABCDEFGHIJKLMNOPQRST')
      await service.client.addMessageContact(addRequest({ name: `Tom${letter}` }), { directoryId })
    await expectRefusal(add(addRequest(), { directoryId }), 'LIMIT_EXCEEDED_CONTACTS', {
      QuotaFailure: {
        violations: [
          {
            subject: 'resource directory',
            description: 'The maximum number of contacts in a resource directory exceeds the limit.',
            apiService: '',
            quotaMetric: '',
            quotaId: 'CONTACTS_PER_DIRECTORY',
            quotaDimensions: {},
            quotaValue: 20n,
          },
        ],
      },
    })
  })

  test('a call without a directory is refused as UNAUTHENTICATED', async () => {
    await expectRefusal(add(addRequest()), 'UNAUTHENTICATED')
  })

  test('AddMessageContact with the same client token again answers with the same contact', async () => {
    const directoryId = uniqueName('rd')
    const request = addRequest({ clientToken: 'order-2026-11-24' })
    const first = await add(request, { directoryId })
    const repeated = await add(request, { directoryId })
    expect(repeated.response.contact).toEqual(first.response.contact)
    expect(repeated.requestId).toMatch(requestIdPattern)
    expect(repeated.requestId).not.toBe(first.requestId)
    expect(await service.collection.countDocuments({ directoryId })).toBe(1)
  })

  /** Adds contacts with these names through the client of the tests. Gives their ids. */
  const addNamed = (directoryId: string, ...names: readonly string[]) =>
    Promise.all(
      names.map(async (name) => {
        const { response } = await service.client.addMessageContact(addRequest({ name }), { directoryId })
        return response.contact?.contactId ?? ''
      }),
    )

  test('GetMessageContact answers with the contact', async () => {
    const directoryId = uniqueName('rd')
    const added = await service.client.addMessageContact(addRequest({ name: '王明' }), { directoryId })
    const contactId = added.response.contact?.contactId ?? ''
    const { response, requestId } = await call(method.getMessageContact, { contactId }, { directoryId })
    expect(response.contact).toEqual(added.response.contact)
    expect(response.requestId).toBe(requestId)
  })

  test('GetMessageContact does not find a contact of another directory', async () => {
    const [contactId = ''] = await addNamed(uniqueName('rd'), 'Tom')
    await expectRefusal(
      call(method.getMessageContact, { contactId }, { directoryId: uniqueName('rd') }),
      'ENTITY_NOT_EXISTS_CONTACT',
      {
        ResourceInfo: {
          resourceType: 'messagecontacts.v1.MessageContact',
          resourceName: contactId,
          owner: '',
          description: 'This Contact does not exist.',
        },
      },
    )
  })

  test('ListMessageContacts lists filtered contacts page by page, by name', async () => {
    const directoryId = uniqueName('rd')
    await addNamed(directoryId, 'Tom', '王明', 'Anna', 'Tim')
    const list = async (pageToken: string) => {
      const request = { pageSize: 2, pageToken, title: Title.TECHNICAL_DIRECTOR }
      const { response } = await call(method.listMessageContacts, request, { directoryId })
      return { ...response, names: response.contacts.map(({ name }) => name) }
    }
    const first = await list('')
    const second = await list(first.nextPageToken)
    expect([first, second].map(({ names, totalCount }) => ({ names, totalCount }))).toEqual([
      { names: ['Anna', 'Tim'], totalCount: 4 },
      { names: ['Tom', '王明'], totalCount: 4 },
    ])
    expect(second.nextPageToken).toBe('')
  })

  test('ListMessageContacts is refused with the page token of another list', async () => {
    const directoryId = uniqueName('rd')
    await addNamed(directoryId, 'Tom', 'Tim')
    const { response } = await call(method.listMessageContacts, { pageSize: 1 }, { directoryId })
    const otherList = { pageToken: response.nextPageToken, namePrefix: 'T' }
    await expectRefusal(call(method.listMessageContacts, otherList, { directoryId }), 'INVALID_PARAMETER_PAGE_TOKEN', {
      BadRequest: badRequest(['page_token', 'INVALID_PARAMETER_PAGE_TOKEN']),
    })
  })

  test('UpdateMessageContact changes the fields of the mask, and is refused with an old etag', async () => {
    const directoryId = uniqueName('rd')
    const [contactId = ''] = await addNamed(directoryId, 'Tom')
    const request = {
      contactId,
      name: '王明',
      emailAddress: 'ignored',
      updateMask: { paths: ['name'] },
      etag: '"1"',
    }
    const { response } = await call(method.updateMessageContact, request, { directoryId })
    expect(response.contact).toMatchObject({ contactId, name: '王明', emailAddress: 'tom@example.com', etag: '"2"' })
    await expectRefusal(call(method.updateMessageContact, request, { directoryId }), 'ETAG_MISMATCH')
  })

  test('UpdateMessageContact is refused with every invalid path of the mask', async () => {
    const request = { contactId: 'c-qL4HqKONzOM7b2Xd', name: 'Tom', updateMask: { paths: ['name', 'status', 'etag'] } }
    await expectRefusal(
      call(method.updateMessageContact, request, { directoryId: uniqueName('rd') }),
      'INVALID_PARAMETER_UPDATE_MASK',
      {
        BadRequest: badRequest(
          ['update_mask.paths[1]', 'INVALID_PARAMETER_UPDATE_MASK'],
          ['update_mask.paths[2]', 'INVALID_PARAMETER_UPDATE_MASK'],
        ),
      },
    )
  })

  test('DeleteMessageContact deletes the contact', async () => {
    const directoryId = uniqueName('rd')
    const [contactId = ''] = await addNamed(directoryId, 'Tom')
    const { response, requestId } = await call(method.deleteMessageContact, { contactId }, { directoryId })
    expect(toJson(method.deleteMessageContact.output, response)).toEqual({
      requestId,
      status: 'MESSAGE_CONTACT_DELETION_STATUS_DELETED',
    })
    expect(await service.collection.countDocuments({ directoryId })).toBe(0)
  })

  test('DeleteMessageContact is refused without a contact id, and with an invalid one', async () => {
    const { deleteMessageContact } = method
    const options = { directoryId: uniqueName('rd') }
    await expectRefusal(call(deleteMessageContact, {}, options), 'MISSING_PARAMETER_CONTACT_ID', {
      BadRequest: badRequest(['contact_id', 'MISSING_PARAMETER_CONTACT_ID']),
    })
    await expectRefusal(call(deleteMessageContact, { contactId: 'Tom' }, options), 'INVALID_PARAMETER_CONTACT_ID', {
      BadRequest: badRequest(['contact_id', 'INVALID_PARAMETER_CONTACT_ID']),
    })
  })

  return () => service
}
