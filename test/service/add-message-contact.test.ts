import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MessageContactStatus } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { addRequest } from '../client.js'
import { badRequest, expectRefusal, requestIdPattern } from '../refusal.js'
import { type RunningService, startService, uniqueName } from './running-service.js'

describe('AddMessageContact', () => {
  let service: RunningService
  beforeAll(async () => {
    service = await startService()
  })
  afterAll(() => service.stop())

  test('keeps the contact and gives it back whole', async () => {
    const directoryId = uniqueName('rd')
    const { response, requestId } = await service.client.addMessageContact(addRequest(), { directoryId })
    expect(requestId).toMatch(requestIdPattern)
    expect(response.requestId).toBe(requestId)
    expect(response.contact?.status).toBe(MessageContactStatus.VERIFYING)
    expect(await service.collection.find({ directoryId }).toArray()).toHaveLength(1)
  })

  test('refuses a name that is taken', async () => {
    const directoryId = uniqueName('rd')
    await service.client.addMessageContact(addRequest(), { directoryId })
    await expectRefusal(
      service.client.addMessageContact(addRequest(), { directoryId }),
      'INVALID_PARAMETER_NAME_ALREADY_USED',
      {
        BadRequest: badRequest(['name', 'INVALID_PARAMETER_NAME_ALREADY_USED']),
        ResourceInfo: {
          resourceType: 'messagecontacts.v1.MessageContact',
          resourceName: 'Tom',
          owner: '',
          description: 'The Name already exists. Please change to another name.',
        },
      },
    )
  })
})
