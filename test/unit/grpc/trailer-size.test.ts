import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { ContactRequestParser } from '../../../src/contacts/requests.js'
import type { ContactSettings } from '../../../src/contacts/settings.js'
import type { MessageType, Title } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { UpdateMessageContactRequestSchema } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { fromStatus, toStatus } from '../../../src/grpc/status.js'
import { failureOf } from '../../support/failure-of.js'
import { defaultSettings } from '../../support/parsing.js'

/** The limit of clients in Python, Ruby and Java. */
const maxTrailerBytes = 8192
type UpdateFields = MessageInitShape<typeof UpdateMessageContactRequestSchema>

/** Each of them makes the rules of a refusal longer. */
const settings: ContactSettings = {
  ...defaultSettings,
  COUNTRY_CODES: ['86', ...Array.from({ length: 899 }, (_, index) => String(100 + index))],
  NAME_MIDDLE_DOT: 'allow',
}
const parser = new ContactRequestParser(settings)
/** Each of them breaks another rule. */
const invalidFields: UpdateFields = {
  contactId: 'c',
  name: 'T',
  emailAddress: `${'a'.repeat(65)}@b.co`,
  phoneNumber: '86',
  title: 7 as Title,
}
const unknownType = 9 as MessageType
const allOnce = { updateMask: { paths: ['*'] } }
/** As long as PUBLIC_DOCS_URL may be. */
const docsUrl = 'https://'.padEnd(200, 'd')
const paths = ['*', 'Name', 'emailAddress', 'phoneNumber', 'Title', 'messageTypes', ...Array<string>(40).fill('x')]

test.each<[string, UpdateFields]>([
  ['many message types', { messageTypes: Array<MessageType>(65_000).fill(unknownType), ...allOnce }],
  ['many paths in the mask', { messageTypes: [unknownType], updateMask: { paths } }],
])('a refusal with twenty violations of all rules is accepted by clients: %s', (_, fields) => {
  const request = create(UpdateMessageContactRequestSchema, { ...invalidFields, ...fields } as UpdateFields)
  const refusal = failureOf(() => parser.updateMessageContact(request))
  const answer = toStatus(refusal, '2DFCE4C9-04A9-4C83-BB14-FE791275EC53', docsUrl)
  const [, badRequest, help] = fromStatus(answer).details
  expect(badRequest).toMatchObject({ fieldViolations: { length: 20 } })
  expect(help).toMatchObject({ links: [{ url: `${docsUrl}/errors/InvalidParameter.ContactId` }] })
  const headers = Object.entries(answer.metadata.toHttp2Headers()).map(([key, value]) => `${key}: ${value}`.length + 32)
  const bytes = headers.reduce((sum, length) => sum + length, 0)
  expect(bytes).toBeLessThan(maxTrailerBytes)
})
