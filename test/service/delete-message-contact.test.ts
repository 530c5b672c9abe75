import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MessageContactDeletionStatus } from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { badRequest, expectRefusal, requestIdPattern } from '../refusal.js'
import { Directory, nobodysId, notThere } from './directory.js'
import { type RunningService, startService } from './running-service.js'

const { DELETED } = MessageContactDeletionStatus

describe('DeleteMessageContact', () => {
  let service: RunningService
  beforeAll(async () => {
    service = await startService({ environment: { CONTACTS_PER_DIRECTORY: '2' } })
  })
  afterAll(() => service.stop())

  test('says that the contact is gone, and it is: from Get, from lists, from the database', async () => {
    const directory = new Directory(service)
    const [{ contactId }, other] = [await directory.add(), await directory.add({ name: 'Ann' })]
    const { response, requestId } = await service.client.deleteMessageContact(
      { contactId },
      { directoryId: directory.id },
    )
    expect(requestId).toMatch(requestIdPattern)
    expect(response).toMatchObject({ requestId, status: DELETED })
    await expectRefusal(directory.get(contactId), 'ENTITY_NOT_EXISTS_CONTACT', notThere(contactId))
    expect(await directory.list()).toMatchObject({ contacts: [other], totalCount: 1 })
    expect((await directory.stored()).map(({ _id }) => _id)).toEqual([other.contactId])
  })

  test('frees the name, the place and the client token at once', async () => {
    const directory = new Directory(service)
    const first = await directory.add({ clientToken: 't' })
    await directory.add({ name: 'Ann' })
    await expect(directory.add({ name: 'Bob' })).rejects.toThrow('The maximum number of contacts')
    await directory.remove({ contactId: first.contactId })
    // The same token, with the same request and with another one, and the same name.
    const second = await directory.add({ clientToken: 't' })
    expect(second).toMatchObject({ name: 'Tom', etag: '"1"' })
    expect(second.contactId).not.toBe(first.contactId)
    await directory.remove({ contactId: second.contactId })
    expect(await directory.add({ name: 'Bob', clientToken: 't' })).toMatchObject({ name: 'Bob' })
    expect((await directory.stored()).map(({ slot }) => slot).sort()).toEqual([0, 1])
  })

  test('takes away what waits for its proof and what is in effect alike', async () => {
    const directory = new Directory(service)
    const contact = await directory.add()
    await directory.prove(contact, new Date())
    await directory.update({ contactId: contact.contactId, emailAddress: 'ann@example.org' })
    await directory.remove({ contactId: contact.contactId })
    expect(await directory.stored()).toEqual([])
  })

  test('with the present etag removes the contact', async () => {
    const directory = new Directory(service)
    const { contactId } = await directory.add()
    const { etag } = await directory.update({ contactId, name: 'Ann' })
    expect(await directory.remove({ contactId, etag })).toMatchObject({ status: DELETED })
    expect(await directory.stored()).toEqual([])
  })

  test.each(['"1"', '"3"', '2', '"2', '""', 'W/"2"', '*', ' "2"', '"2"\n', '"99999999999999999999"'])(
    'with the etag %j where "2" is present removes nothing',
    async (etag) => {
      const directory = new Directory(service)
      const { contactId } = await directory.add()
      await directory.update({ contactId, name: 'Ann' })
      const stored = await directory.stored()
      await expectRefusal(directory.remove({ contactId, etag }), 'ETAG_MISMATCH')
      expect(await directory.stored()).toEqual(stored)
    },
  )

  test('with the etag of another contact removes neither', async () => {
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
  ] as const)('with an unlawful contact_id is refused: %s', async (reason, contactId) => {
    const directory = new Directory(service)
    await directory.add()
    const stored = await directory.stored()
    const details = { BadRequest: badRequest(['contact_id', reason]) }
    await expectRefusal(directory.remove({ contactId, etag: 'nonsense' }), reason, details)
    expect(await directory.stored()).toEqual(stored)
  })

  test('is judged in order: the caller, the violations, whether the contact is there, its etag', async () => {
    const directory = new Directory(service)
    await expectRefusal(service.client.deleteMessageContact({ contactId: 'c-?' }), 'CALLER_UNKNOWN')
    await expect(directory.remove({ contactId: 'c-?', etag: '"7"' })).rejects.toThrow('The ContactId is invalid.')
    const absent = directory.remove({ contactId: nobodysId, etag: 'nonsense' })
    await expectRefusal(absent, 'ENTITY_NOT_EXISTS_CONTACT', notThere(nobodysId))
  })

  test('a contact that has gone is not there for a second Delete, nor does it come back with an Update', async () => {
    const directory = new Directory(service)
    const { contactId } = await directory.add()
    await directory.remove({ contactId })
    await expectRefusal(directory.remove({ contactId }), 'ENTITY_NOT_EXISTS_CONTACT', notThere(contactId))
    const update = directory.update({ contactId, name: 'Tom', emailAddress: 'tom@example.com' })
    await expectRefusal(update, 'ENTITY_NOT_EXISTS_CONTACT', notThere(contactId))
    expect(await directory.stored()).toEqual([])
  })
})
