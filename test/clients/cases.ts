import { toJson } from '@bufbuild/protobuf'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MessageType, Title } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { MessageContactService } from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { type AddRequest, addRequest, type CallFacts } from '../client.js'
import { badRequest, expectRefusal, requestIdPattern } from '../refusal.js'
import { type RunningService, startService, uniqueName } from '../service/running-service.js'
import type { CallOperation } from './outside-client.js'

const { method } = MessageContactService
const date = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)

/** What every client must be able to do, whatever it is made of: one set of tests, each time through another client. */
export function casesOfEveryClient(connect: (address: string) => CallOperation): () => RunningService {
  let service: RunningService
  const call: CallOperation = (...args) => connect(service.app.address)(...args)
  const add = (request: AddRequest, facts?: Pick<CallFacts, 'directoryId'>) =>
    call(method.addMessageContact, request, facts)
  beforeAll(async () => {
    service = await startService()
  })
  afterAll(() => service.stop())

  test('adds a contact and reads it back whole, with the request id of the trailing metadata', async () => {
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
    const kept = await service.collection.find({ directoryId }).toArray()
    expect(kept.map(({ _id, name }) => ({ _id, name }))).toEqual([{ _id: response.contact?.contactId, name: '王明' }])
  })

  test('is told every violation in one refusal', async () => {
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

  test('is told which name is taken', async () => {
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

  test('is told the limit of a directory that is full', async () => {
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

  test('is told that it must say for which directory it calls', async () => {
    await expectRefusal(add(addRequest()), 'CALLER_UNKNOWN')
  })

  test('repeats a call with its token and is given the same contact', async () => {
    const directoryId = uniqueName('rd')
    const request = addRequest({ clientToken: 'order-2026-11-24' })
    const first = await add(request, { directoryId })
    const again = await add(request, { directoryId })
    expect(again.response.contact).toEqual(first.response.contact)
    expect(again.requestId).toMatch(requestIdPattern)
    expect(again.requestId).not.toBe(first.requestId)
    expect(await service.collection.countDocuments({ directoryId })).toBe(1)
  })

  /** Adds them through the tests' own client, and gives their ids. */
  const addNamed = (directoryId: string, ...names: readonly string[]) =>
    Promise.all(
      names.map(async (name) => {
        const { response } = await service.client.addMessageContact(addRequest({ name }), { directoryId })
        return response.contact?.contactId ?? ''
      }),
    )

  test('gets a contact', async () => {
    const directoryId = uniqueName('rd')
    const added = await service.client.addMessageContact(addRequest({ name: '王明' }), { directoryId })
    const contactId = added.response.contact?.contactId ?? ''
    const { response, requestId } = await call(method.getMessageContact, { contactId }, { directoryId })
    expect(response.contact).toEqual(added.response.contact)
    expect(response.requestId).toBe(requestId)
  })

  test('is told that a contact of another directory does not exist', async () => {
    const [contactId = ''] = await addNamed(uniqueName('rd'), 'Tom')
    await expectRefusal(
      call(method.getMessageContact, { contactId }, { directoryId: uniqueName('rd') }),
      'ENTITY_NOT_EXISTS_CONTACT',
      {
        ResourceInfo: {
          resourceType: 'messagecontacts.v1.MessageContact',
          resourceName: contactId,
          owner: '',
          description: 'The contact does not exist.',
        },
      },
    )
  })

  test('lists contacts page by page, by name, through a filter', async () => {
    const directoryId = uniqueName('rd')
    await addNamed(directoryId, 'Tom', '王明', 'Anna', 'Tim')
    const list = async (pageToken: string) => {
      const asked = { pageSize: 2, pageToken, title: Title.TECHNICAL_DIRECTOR }
      const { response } = await call(method.listMessageContacts, asked, { directoryId })
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

  test('is told that a page token belongs to another list', async () => {
    const directoryId = uniqueName('rd')
    await addNamed(directoryId, 'Tom', 'Tim')
    const { response } = await call(method.listMessageContacts, { pageSize: 1 }, { directoryId })
    const elsewhere = { pageToken: response.nextPageToken, namePrefix: 'T' }
    await expectRefusal(call(method.listMessageContacts, elsewhere, { directoryId }), 'INVALID_PARAMETER_PAGE_TOKEN', {
      BadRequest: badRequest(['page_token', 'INVALID_PARAMETER_PAGE_TOKEN']),
    })
  })

  test('changes what a mask names, and is given the contact as it is then', async () => {
    const directoryId = uniqueName('rd')
    const [contactId = ''] = await addNamed(directoryId, 'Tom')
    const asked = {
      contactId,
      name: '王明',
      emailAddress: 'not looked at',
      updateMask: { paths: ['name'] },
      etag: '"1"',
    }
    const { response } = await call(method.updateMessageContact, asked, { directoryId })
    expect(response.contact).toMatchObject({ contactId, name: '王明', emailAddress: 'tom@example.com', etag: '"2"' })
    await expectRefusal(call(method.updateMessageContact, asked, { directoryId }), 'ETAG_MISMATCH')
  })

  test('is told each path of a mask that cannot be', async () => {
    const asked = { contactId: 'c-qL4HqKONzOM7b2Xd', name: 'Tom', updateMask: { paths: ['name', 'status', 'etag'] } }
    await expectRefusal(
      call(method.updateMessageContact, asked, { directoryId: uniqueName('rd') }),
      'INVALID_PARAMETER_UPDATE_MASK',
      {
        BadRequest: badRequest(
          ['update_mask.paths[1]', 'INVALID_PARAMETER_UPDATE_MASK'],
          ['update_mask.paths[2]', 'INVALID_PARAMETER_UPDATE_MASK'],
        ),
      },
    )
  })

  test('removes a contact', async () => {
    const directoryId = uniqueName('rd')
    const [contactId = ''] = await addNamed(directoryId, 'Tom')
    const { response, requestId } = await call(method.deleteMessageContact, { contactId }, { directoryId })
    expect(toJson(method.deleteMessageContact.output, response)).toEqual({
      requestId,
      status: 'MESSAGE_CONTACT_DELETION_STATUS_DELETED',
    })
    expect(await service.collection.countDocuments({ directoryId })).toBe(0)
  })

  test('is told that it must say which contact, and that what it says is no id', async () => {
    const { deleteMessageContact } = method
    const facts = { directoryId: uniqueName('rd') }
    await expectRefusal(call(deleteMessageContact, {}, facts), 'MISSING_PARAMETER_CONTACT_ID', {
      BadRequest: badRequest(['contact_id', 'MISSING_PARAMETER_CONTACT_ID']),
    })
    await expectRefusal(call(deleteMessageContact, { contactId: 'Tom' }, facts), 'INVALID_PARAMETER_CONTACT_ID', {
      BadRequest: badRequest(['contact_id', 'INVALID_PARAMETER_CONTACT_ID']),
    })
  })

  return () => service
}
