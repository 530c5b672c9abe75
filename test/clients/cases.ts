import { toJson } from '@bufbuild/protobuf'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MessageType, Title } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { AddMessageContactResponseSchema } from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { addRequest } from '../client.js'
import { badRequest, expectRefusal, requestIdPattern } from '../refusal.js'
import { type RunningService, startService, uniqueName } from '../service/running-service.js'
import type { AddMessageContact } from './outside-client.js'

const date = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)

/** What every client must be able to do, whatever it is made of: one set of tests, each time through another client. */
export function casesOfEveryClient(connect: (address: string) => AddMessageContact): () => RunningService {
  let service: RunningService
  let add: AddMessageContact
  beforeAll(async () => {
    service = await startService()
    add = (...call) => connect(service.app.address)(...call)
  })
  afterAll(() => service.stop())

  test('adds a contact and reads it back whole, with the request id of the trailing metadata', async () => {
    const directoryId = uniqueName('rd')
    const { response, requestId } = await add(addRequest({ name: '王明' }), { directoryId })
    expect(requestId).toMatch(requestIdPattern)
    expect(toJson(AddMessageContactResponseSchema, response)).toEqual({
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

  return () => service
}
