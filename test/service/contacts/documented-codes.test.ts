import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { errorCatalog, type Reason } from '../../../src/errors/catalog.js'
import { MessageType, type Title } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { type AddRequest, addRequest } from '../../support/client.js'
import { badRequest, type ExpectedDetails, expectRefusal, retryInfo } from '../../support/refusal.js'
import { startRival } from '../../support/rival.js'
import { type RunningService, startService, uniqueName } from '../../support/running-service.js'
import { WireProxy } from '../../support/wire-proxy.js'

/** A documented error, as the API documentation shows it, and a call that is refused with it. */
interface Case {
  readonly code: string
  readonly httpStatus: number
  readonly message: string
  readonly status: string
  readonly details: ExpectedDetails
  /** Differences of the refused request from a valid one. */
  readonly request: AddRequest
  /** Earlier requests, which are accepted. */
  readonly before?: readonly AddRequest[]
  /** With a rival that always gets the slot first. */
  readonly rival?: true
}

type Cases = Readonly<Partial<Record<Reason, Case>>>

const invalid = (reason: Reason, code: string, message: string, field: string, request: AddRequest): Cases => {
  const details = { BadRequest: badRequest([field, reason]) }
  return { [reason]: { code, httpStatus: 400, message, status: 'INVALID_ARGUMENT', details, request } }
}

const letters = (count: number) => 'a'.repeat(count)
const twenty = Array.from({ length: 20 }, (_, index) => ({ name: `Tom${String.fromCharCode(65 + index)}` }))

const cases: Cases = {
  ...invalid('MISSING_PARAMETER_NAME', 'MissingParameter.Name', 'You must specify Name.', 'name', { name: '' }),
  ...invalid('INVALID_PARAMETER_NAME', 'InvalidParameter.Name', 'The Name is invalid.', 'name', { name: 'Tom2' }),
  ...invalid(
    'INVALID_PARAMETER_NAME_LENGTH',
    'InvalidParameter.Name.Length',
    'The Name exceeds the length limit.',
    'name',
    { name: letters(13) },
  ),
  INVALID_PARAMETER_NAME_ALREADY_USED: {
    code: 'InvalidParameter.Name.AlreadyUsed',
    httpStatus: 400,
    message: 'The Name already exists. Please change to another name.',
    status: 'ALREADY_EXISTS',
    details: {
      BadRequest: badRequest(['name', 'INVALID_PARAMETER_NAME_ALREADY_USED']),
      ResourceInfo: {
        resourceType: 'messagecontacts.v1.MessageContact',
        // As the caller sent it: a compatibility ideograph, which normalization replaces before it is stored.
        resourceName: 'Tom\u{F900}',
        owner: '',
        description: 'The Name already exists. Please change to another name.',
      },
    },
    before: [{ name: 'Tom\u{8C48}' }],
    request: { name: 'Tom\u{F900}' },
  },
  ...invalid(
    'MISSING_PARAMETER_EMAIL_ADDRESS',
    'MissingParameter.EmailAddress',
    'You must specify EmailAddress.',
    'email_address',
    { emailAddress: '' },
  ),
  ...invalid(
    'INVALID_PARAMETER_EMAIL_ADDRESS',
    'InvalidParameter.EmailAddress',
    'The EmailAddress is invalid.',
    'email_address',
    { emailAddress: 'tom@localhost' },
  ),
  ...invalid(
    'INVALID_PARAMETER_EMAIL_ADDRESS_LENGTH',
    'InvalidParameter.EmailAddress.Length',
    'The EmailAddress exceeds the length limit.',
    'email_address',
    { emailAddress: `${letters(65)}@example.com` },
  ),
  ...invalid(
    'MISSING_PARAMETER_PHONE_NUMBER',
    'MissingParameter.PhoneNumber',
    'You must specify PhoneNumber.',
    'phone_number',
    { phoneNumber: '' },
  ),
  ...invalid(
    'INVALID_PARAMETER_PHONE_NUMBER',
    'InvalidParameter.PhoneNumber',
    'The PhoneNumber is invalid.',
    'phone_number',
    { phoneNumber: '86-1390000' },
  ),
  ...invalid(
    'INVALID_PARAMETER_MOBILE_COUNTRY_CODE',
    'InvalidParameter.MobileCountryCode',
    'The current site does not support the country code.',
    'phone_number',
    { phoneNumber: '1-2025550123' },
  ),
  ...invalid('MISSING_PARAMETER_TITLE', 'MissingParameter.Title', 'You must specify Title.', 'title', { title: 0 }),
  ...invalid('INVALID_PARAMETER_TITLE', 'InvalidParameter.Title', 'The Title is invalid.', 'title', {
    title: 9 as Title,
  }),
  ...invalid(
    'MISSING_PARAMETER_MESSAGE_TYPES',
    'MissingParameter.MessageTypes',
    'You must specify MessageTypes.',
    'message_types',
    { messageTypes: [] },
  ),
  ...invalid(
    'INVALID_PARAMETER_MESSAGE_TYPES',
    'InvalidParameter.MessageTypes',
    'The MessageTypes is invalid.',
    'message_types[1]',
    { messageTypes: [MessageType.FAULT_MESSAGE, 9 as MessageType] },
  ),
  LIMIT_EXCEEDED_CONTACTS: {
    code: 'LimitExceeded.Contacts',
    httpStatus: 400,
    message: 'The maximum number of contacts in a resource directory exceeds the limit.',
    status: 'RESOURCE_EXHAUSTED',
    details: {
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
    },
    before: twenty,
    request: {},
  },
  CONCURRENT_CALL_NOT_SUPPORTED: {
    code: 'ConcurrentCallNotSupported',
    httpStatus: 429,
    message: 'The operation conflicts with other operations. Please try again later.',
    status: 'ABORTED',
    details: { RetryInfo: retryInfo(100) },
    before: twenty.slice(1),
    request: {},
    rival: true,
  },
}

describe('AddMessageContact', () => {
  let proxy: WireProxy
  let service: RunningService
  beforeAll(async () => {
    proxy = await WireProxy.to(inject('mongodbUri'))
    service = await startService({ environment: { MONGODB_URI: proxy.uri } })
  })
  afterAll(async () => {
    await service.stop()
    await proxy.close()
  })

  test('has sixteen documented errors, and a case here for each', () => {
    expect(Object.keys(cases)).toEqual(Object.keys(errorCatalog).slice(0, 16))
  })

  test.each(Object.entries(cases))(
    'is refused with %s as documented',
    async (reason, { before = [], request, rival, details, ...documented }) => {
      const directoryId = uniqueName('rd')
      for (const earlier of before) await service.client.addMessageContact(addRequest(earlier), { directoryId })
      const storedIds = async () => (await service.collection.distinct('_id', { directoryId })).sort()
      const stored = await storedIds()
      if (rival) startRival(proxy, service.collection, directoryId)

      const refused = service.client.addMessageContact(addRequest(request), { directoryId })
      await expectRefusal(refused, reason as Reason, details)
      const { code, httpStatus, message, status } = errorCatalog[reason as Reason]
      expect({ code, httpStatus, message, status }).toEqual(documented)
      proxy.reset()
      expect(await storedIds()).toEqual(stored)
    },
  )
})
