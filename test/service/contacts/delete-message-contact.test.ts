import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MessageContactDeletionStatus } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { contactNotFound, Directory, unknownContactId } from '../../support/directory.js'
import { badRequest, expectRefusal, requestIdPattern } from '../../support/refusal.js'
import { type RunningService, startService } from '../../support/running-service.js'

const { DELETED } = MessageContactDeletionStatus

describe('DeleteMessageContact', () => {
  let service: RunningService
  beforeAll(async () => {
    service = await startService({ environment: { CONTACTS_PER_DIRECTORY: '2' } })
  })
  afterAll(() => service.stop())

  test('removes the contact: from Get, from lists and from the database', async () => {
    const directory = new Directory(service)
    const [{ contactId }, other] = [await directory.add(), await directory.add({ name: 'Ann' })]
    const { response, requestId } = await service.client.deleteMessageContact(
      { contactId },
      { directoryId: directory.id },
    )
    expect(requestId).toMatch(requestIdPattern)
    expect(response).toMatchObject({ requestId, status: DELETED })
    await expectRefusal(directory.get(contactId), 'ENTITY_NOT_EXISTS_CONTACT', contactNotFound(contactId))
    expect(await directory.list()).toMatchObject({ contacts: [other], totalCount: 1 })
    expect((await directory.stored()).map(({ _id }) => _id)).toEqual([other.contactId])
  })

  test('frees the name, the slot and the client token at once', async () => {
    const directory = new Directory(service)
    const first = await directory.add({ clientToken: 't' })
    await directory.add({ name: 'Ann' })
    await expect(directory.add({ name: 'Bob' })).rejects.toThrow('The maximum number of contacts')
    await directory.remove({ contactId: first.contactId })
    // The same name and token with the same request, and then the same token with another request.
    const second = await directory.add({ clientToken: 't' })
    expect(second).toMatchObject({ name: 'Tom', etag: '"1"' })
    expect(second.contactId).not.toBe(first.contactId)
    await directory.remove({ contactId: second.contactId })
    expect(await directory.add({ name: 'Bob', clientToken: 't' })).toMatchObject({ name: 'Bob' })
    expect((await directory.stored()).map(({ slot }) => slot).sort()).toEqual([0, 1])
  })

  test('removes a contact with verified and pending addresses', async () => {
    const directory = new Directory(service)
    const contact = await directory.add()
    await directory.verify(contact, new Date())
    await directory.update({ contactId: contact.contactId, emailAddress: 'ann@example.org' })
    await directory.remove({ contactId: contact.contactId })
    expect(await directory.stored()).toEqual([])
  })

  test('removes the contact if the etag is the current one', async () => {
    const directory = new Directory(service)
    const { contactId } = await directory.add()
    const { etag } = await directory.update({ contactId, name: 'Ann' })
    expect(await directory.remove({ contactId, etag })).toMatchObject({ status: DELETED })
    expect(await directory.stored()).toEqual([])
  })

  test.each(['"1"', '"3"', '2', '"2', '""', 'W/"2"', '*', ' "2"', '"2"\n', '"99999999999999999999"'])(
    'removes nothing if the etag is %j and the current one is "2"',
    async (etag) => {
      const directory = new Directory(service)
      const { contactId } = await directory.add()
      await directory.update({ contactId, name: 'Ann' })
      const stored = await directory.stored()
      await expectRefusal(directory.remove({ contactId, etag }), 'ETAG_MISMATCH')
      expect(await directory.stored()).toEqual(stored)
    },
  )

  test('removes nothing if the etag is that of another contact', async () => {
    const directory = new Directory(service)
    const [tom, ann] = [await directory.add(), await directory.add({ name: 'Ann' })]
    const { etag } = await directory.update({ contactId: ann.contactId, name: 'Amy' })
    const stored = await directory.stored()
    await expectRefusal(directory.remove({ contactId: tom.contactId, etag }), 'ETAG_MISMATCH')
    expect(await directory.stored()).toEqual(stored)
  })

  test.each([
    ['MISSING_PARAMETER_CONTACT_ID', ''],
    ['INVALID_PARAMETER_CONTACT_ID', 'c-?'],
  ] as const)('is refused with %s for the contact_id %j', async (reason, contactId) => {
    const directory = new Directory(service)
    await directory.add()
    const stored = await directory.stored()
    const details = { BadRequest: badRequest(['contact_id', reason]) }
    await expectRefusal(directory.remove({ contactId, etag: 'nonsense' }), reason, details)
    expect(await directory.stored()).toEqual(stored)
  })

  test('checks in this order: the caller, the request, whether the contact exists, its etag', async () => {
    const directory = new Directory(service)
    await expectRefusal(service.client.deleteMessageContact({ contactId: 'c-?' }), 'UNAUTHENTICATED')
    await expect(directory.remove({ contactId: 'c-?', etag: '"7"' })).rejects.toThrow('The ContactId is invalid.')
    const absent = directory.remove({ contactId: unknownContactId, etag: 'nonsense' })
    await expectRefusal(absent, 'ENTITY_NOT_EXISTS_CONTACT', contactNotFound(unknownContactId))
  })

  test('makes the contact unknown to a second Delete and to an Update', async () => {
    const directory = new Directory(service)
    const { contactId } = await directory.add()
    await directory.remove({ contactId })
    await expectRefusal(directory.remove({ contactId }), 'ENTITY_NOT_EXISTS_CONTACT', contactNotFound(contactId))
    const update = directory.update({ contactId, name: 'Tom', emailAddress: 'tom@example.com' })
    await expectRefusal(update, 'ENTITY_NOT_EXISTS_CONTACT', contactNotFound(contactId))
    expect(await directory.stored()).toEqual([])
  })
})
