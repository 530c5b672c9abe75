import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Reason } from '../../../src/errors/catalog.js'
import { MessageType, Title } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import {
  contactNotFound,
  contactResource,
  Directory,
  type UpdateRequest,
  unknownContactId,
} from '../../support/directory.js'
import { badRequest, expectRefusal } from '../../support/refusal.js'
import { type RunningService, startService } from '../../support/running-service.js'

const nameTaken = (name: string) => ({
  BadRequest: badRequest(['name', 'INVALID_PARAMETER_NAME_ALREADY_USED']),
  ResourceInfo: contactResource(name, 'The Name already exists. Please change to another name.'),
})

/** A valid value for every writable field. */
const allFields = {
  name: 'Ann',
  emailAddress: 'ann@example.org',
  phoneNumber: '86-13800005678',
  title: Title.CEO,
  messageTypes: [MessageType.FAULT_MESSAGE],
}

describe('UpdateMessageContact is refused', () => {
  let service: RunningService
  beforeAll(async () => {
    service = await startService()
  })
  afterAll(() => service.stop())

  /** Asserts a refusal that changes nothing in the directory. */
  async function expectRefused(
    directory: Directory,
    request: UpdateRequest,
    reason: Reason,
    details?: Parameters<typeof expectRefusal>[2],
  ): Promise<void> {
    const stored = await directory.stored()
    await expectRefusal(directory.update(request), reason, details)
    expect(await directory.stored()).toEqual(stored)
  }
  async function withTom() {
    const directory = new Directory(service)
    return { directory, contactId: (await directory.add()).contactId }
  }

  test.each([
    ['name', { name: 'Tom2' }, 'INVALID_PARAMETER_NAME'],
    ['name', { name: 'T' }, 'INVALID_PARAMETER_NAME_LENGTH'],
    ['email_address', { emailAddress: 'tom@localhost' }, 'INVALID_PARAMETER_EMAIL_ADDRESS'],
    ['email_address', { emailAddress: `${'a'.repeat(65)}@example.com` }, 'INVALID_PARAMETER_EMAIL_ADDRESS_LENGTH'],
    ['phone_number', { phoneNumber: '86-1390000' }, 'INVALID_PARAMETER_PHONE_NUMBER'],
    ['phone_number', { phoneNumber: '1-2025550123' }, 'INVALID_PARAMETER_MOBILE_COUNTRY_CODE'],
    ['title', { title: 7 as Title }, 'INVALID_PARAMETER_TITLE'],
    [
      'message_types[1]',
      { messageTypes: [MessageType.FAULT_MESSAGE, 7 as MessageType] },
      'INVALID_PARAMETER_MESSAGE_TYPES',
    ],
    ['update_mask.paths[0]', { updateMask: { paths: ['nickname'] } }, 'INVALID_PARAMETER_UPDATE_MASK'],
    ['update_mask.paths[0]', { updateMask: { paths: [''] } }, 'INVALID_PARAMETER_UPDATE_MASK'],
    ['update_mask.paths[0]', { updateMask: { paths: ['contact_id'] } }, 'INVALID_PARAMETER_UPDATE_MASK'],
    ['update_mask.paths[0]', { updateMask: { paths: ['etag'] } }, 'INVALID_PARAMETER_UPDATE_MASK'],
    ['update_mask.paths[0]', { updateMask: { paths: ['pending_email_address'] } }, 'INVALID_PARAMETER_UPDATE_MASK'],
    [
      'update_mask.paths[1]',
      { name: 'Ann', updateMask: { paths: ['name', 'name.first'] } },
      'INVALID_PARAMETER_UPDATE_MASK',
    ],
    ['update_mask', { ...allFields, updateMask: { paths: ['*', 'name'] } }, 'INVALID_PARAMETER_UPDATE_MASK'],
  ] satisfies [string, UpdateRequest, Reason][])('for an invalid %s, as in %j: %s', async (field, request, reason) => {
    const { directory, contactId } = await withTom()
    await expectRefused(directory, { contactId, ...request }, reason, { BadRequest: badRequest([field, reason]) })
  })

  test.each([
    ['emailAddress', 'email_address'],
    ['phoneNumber', 'phone_number'],
    ['messageTypes', 'message_types'],
  ])('for the path %s in camel case, with a rule that names %s', async (path, meant) => {
    const { directory, contactId } = await withTom()
    const reason = 'INVALID_PARAMETER_UPDATE_MASK'
    const rule = `Must be a path in snake_case; did you mean ${meant}?`
    const details = { BadRequest: badRequest(['update_mask.paths[1]', reason, rule]) }
    await expectRefused(directory, { contactId, name: 'Ann', updateMask: { paths: ['name', path] } }, reason, details)
  })

  test.each<[string, UpdateRequest]>([
    ['nothing at all', {}],
    ['an empty mask and no field', { updateMask: { paths: [] } }],
    ['nothing at all, with the current etag', { etag: '"1"' }],
    ['nothing at all, with another etag', { etag: 'nonsense' }],
  ])('if it names nothing to change: %s', async (_, request) => {
    const { directory, contactId } = await withTom()
    const reason = 'INVALID_PARAMETER_UPDATE_MASK'
    await expectRefused(directory, { contactId, ...request }, reason, {
      BadRequest: badRequest(['update_mask', reason]),
    })
  })

  test('if it names nothing, together with its other violations', async () => {
    const { directory } = await withTom()
    await expectRefused(directory, { contactId: 'c-?' }, 'INVALID_PARAMETER_CONTACT_ID', {
      BadRequest: badRequest(
        ['contact_id', 'INVALID_PARAMETER_CONTACT_ID'],
        ['update_mask', 'INVALID_PARAMETER_UPDATE_MASK'],
      ),
    })
  })

  test.each([
    ['name', 'MISSING_PARAMETER_NAME'],
    ['email_address', 'MISSING_PARAMETER_EMAIL_ADDRESS'],
    ['phone_number', 'MISSING_PARAMETER_PHONE_NUMBER'],
    ['title', 'MISSING_PARAMETER_TITLE'],
    ['message_types', 'MISSING_PARAMETER_MESSAGE_TYPES'],
  ] as const)('if %s is in its mask and empty: %s', async (field, reason) => {
    const { directory, contactId } = await withTom()
    const request = { contactId, updateMask: { paths: [field] } }
    await expectRefused(directory, request, reason, { BadRequest: badRequest([field, reason]) })
  })

  test('with every required field if its mask is * and all fields are empty', async () => {
    const { directory, contactId } = await withTom()
    await expectRefused(directory, { contactId, updateMask: { paths: ['*'] } }, 'MISSING_PARAMETER_NAME', {
      BadRequest: badRequest(
        ['name', 'MISSING_PARAMETER_NAME'],
        ['email_address', 'MISSING_PARAMETER_EMAIL_ADDRESS'],
        ['phone_number', 'MISSING_PARAMETER_PHONE_NUMBER'],
        ['title', 'MISSING_PARAMETER_TITLE'],
        ['message_types', 'MISSING_PARAMETER_MESSAGE_TYPES'],
      ),
    })
  })

  test.each([
    ['MISSING_PARAMETER_CONTACT_ID', ''],
    ['INVALID_PARAMETER_CONTACT_ID', 'c-?'],
  ] as const)('with %s for the contact_id %j', async (reason, contactId) => {
    const { directory } = await withTom()
    const details = { BadRequest: badRequest(['contact_id', reason]) }
    await expectRefused(directory, { contactId, name: 'Ann' }, reason, details)
  })

  test('with every violation at once, in field order, including those of the mask', async () => {
    const { directory } = await withTom()
    const request: UpdateRequest = {
      contactId: 'c-?',
      name: 'T',
      emailAddress: '',
      phoneNumber: '1-2025550123',
      title: 7 as Title,
      messageTypes: [0 as MessageType, MessageType.FAULT_MESSAGE],
      updateMask: { paths: ['*', 'nickname', 'name'] },
      etag: 'nonsense',
    }
    await expectRefused(directory, request, 'INVALID_PARAMETER_CONTACT_ID', {
      BadRequest: badRequest(
        ['contact_id', 'INVALID_PARAMETER_CONTACT_ID'],
        ['name', 'INVALID_PARAMETER_NAME_LENGTH'],
        ['email_address', 'MISSING_PARAMETER_EMAIL_ADDRESS'],
        ['phone_number', 'INVALID_PARAMETER_MOBILE_COUNTRY_CODE'],
        ['title', 'INVALID_PARAMETER_TITLE'],
        ['message_types[0]', 'INVALID_PARAMETER_MESSAGE_TYPES'],
        ['update_mask', 'INVALID_PARAMETER_UPDATE_MASK'],
        ['update_mask.paths[1]', 'INVALID_PARAMETER_UPDATE_MASK'],
      ),
    })
  })

  test.each(['"2"', '1', '"1', '""', '"01"', 'W/"1"', '*', ' "1"', '"1" ', '"1"\n', '"99999999999999999999"'])(
    'if its etag is %j and the current one is "1"',
    async (etag) => {
      const { directory, contactId } = await withTom()
      await expectRefused(directory, { contactId, name: 'Ann', etag }, 'ETAG_MISMATCH')
      const unchanged = { contactId, name: 'Tom', etag }
      await expectRefused(directory, unchanged, 'ETAG_MISMATCH')
    },
  )

  test('if its etag is that of an earlier state or of another contact', async () => {
    const { directory, contactId } = await withTom()
    const other = await directory.add({ name: 'Bob' })
    const { etag } = await directory.update({ contactId, name: 'Ann' })
    await expectRefused(directory, { contactId, name: 'Amy', etag: other.etag }, 'ETAG_MISMATCH')
    await directory.update({ contactId, name: 'Amy', etag })
    await expectRefused(directory, { contactId, name: 'Eve', etag }, 'ETAG_MISMATCH')
  })

  test.each([
    ['exactly', 'Tom\u{8C48}', 'Tom\u{8C48}'],
    ['in a compatibility form', 'Tom\u{8C48}', 'Tom\u{F900}'],
    ['in a form outside the basic plane', '\u4E3D\u4E3D', '\u{2F800}\u4E3D'],
  ])('if another contact has its name %s', async (_, taken, name) => {
    const { directory, contactId } = await withTom()
    await directory.add({ name: taken })
    await expectRefused(directory, { contactId, name }, 'INVALID_PARAMETER_NAME_ALREADY_USED', nameTaken(name))
    await directory.update({ contactId, name: 'Amy' })
  })

  describe('in this order:', () => {
    test('the caller before the request', async () => {
      const call = service.client.updateMessageContact({ contactId: 'c-?', name: 'T' })
      await expectRefusal(call, 'UNAUTHENTICATED')
    })

    test('the request before the existence of the contact', async () => {
      const details = { BadRequest: badRequest(['update_mask.paths[0]', 'INVALID_PARAMETER_UPDATE_MASK']) }
      const request = { contactId: unknownContactId, updateMask: { paths: ['nickname'] } }
      await expectRefused(new Directory(service), request, 'INVALID_PARAMETER_UPDATE_MASK', details)
    })

    test('that the request names nothing before the existence of the contact', async () => {
      const reason = 'INVALID_PARAMETER_UPDATE_MASK'
      const details = { BadRequest: badRequest(['update_mask', reason]) }
      await expectRefused(new Directory(service), { contactId: unknownContactId, etag: '"7"' }, reason, details)
    })

    test('the existence of the contact before its etag and its name', async () => {
      const { directory } = await withTom()
      const request = { contactId: unknownContactId, name: 'Tom', etag: 'nonsense' }
      await expectRefused(directory, request, 'ENTITY_NOT_EXISTS_CONTACT', contactNotFound(unknownContactId))
    })

    test('the etag before the name', async () => {
      const { directory, contactId } = await withTom()
      await directory.add({ name: 'Ann' })
      await expectRefused(directory, { contactId, name: 'Ann', etag: '"7"' }, 'ETAG_MISMATCH')
      const details = nameTaken('Ann')
      await expectRefused(
        directory,
        { contactId, name: 'Ann', etag: '"1"' },
        'INVALID_PARAMETER_NAME_ALREADY_USED',
        details,
      )
    })
  })
})
