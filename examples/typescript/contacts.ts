/**
 * A command-line client for Message Contacts. README.md shows how to generate the folder gen.
 *
 *   contacts.js add Tom tom@example.com 86-13900001234
 *   contacts.js list
 *   contacts.js add-type c-qL4HqKONzOM7b2Xd SECURITY_MESSAGE
 *   contacts.js send-code c-qL4HqKONzOM7b2Xd tom@example.com
 *   contacts.js confirm c-qL4HqKONzOM7b2Xd tom@example.com 123456
 *   contacts.js delete c-qL4HqKONzOM7b2Xd
 */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf'
import { anyUnpack, durationMs, timestampDate } from '@bufbuild/protobuf/wkt'
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from './gen/google/rpc/error_details_pb.js'
import { StatusSchema } from './gen/google/rpc/status_pb.js'
import {
  type MessageContact,
  MessageContactStatus,
  MessageType,
  Title,
} from './gen/messagecontacts/v1/message_contact_pb.js'
import { MessageContactService } from './gen/messagecontacts/v1/message_contact_service_pb.js'

/** The deadline of one call. A shorter one in the service config counts. */
const timeoutMs = 5000
const maxAttempts = 3
/** Limits over time ask for longer waits; those are for people to decide. */
const maxWaitMs = 10_000
const pageSize = 10

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    address: { type: 'string', default: '127.0.0.1:50051' },
    directory: { type: 'string', default: 'development' },
    'service-config': { type: 'string', default: '../../proto/service-config.json' },
  },
})

// Deadlines and retries for every operation. gRPC repeats only the operations that are safe to repeat.
const serviceConfig = readFileSync(options['service-config'], 'utf8')
const client = new Client(options.address, credentials.createInsecure(), { 'grpc.service_config': serviceConfig })
// grpc-js does not read `waitForReady` in a service config.
const metadata = new Metadata({ waitForReady: true })
metadata.set('x-resource-directory-id', options.directory)

const { method: operations, typeName } = MessageContactService

/** Calls an operation once. Rejects with ServiceError; `detailOf` reads its details. */
function call<Input extends DescMessage, Output extends DescMessage>(
  { name, input, output }: DescMethodUnary<Input, Output>,
  request: MessageInitShape<Input>,
): Promise<MessageShape<Output>> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest<MessageShape<Input>, MessageShape<Output>>(
      `/${typeName}/${name}`,
      (message) => Buffer.from(toBinary(input, message)),
      (bytes) => fromBinary(output, bytes),
      create(input, request),
      metadata,
      { deadline: Date.now() + timeoutMs },
      (error, response) => (response ? resolve(response) : reject(error)),
    )
  })
}

async function add([name, emailAddress, phoneNumber]: readonly string[]) {
  const request = {
    name,
    emailAddress,
    phoneNumber,
    title: Title.OTHER,
    messageTypes: [MessageType.SERVICE_MESSAGE],
    // With a token, a repeated call returns the contact of the first one and adds no second contact.
    clientToken: randomUUID(),
  }
  for (let attempt = 1; ; attempt += 1)
    try {
      return (await call(operations.addMessageContact, request)).contact
    } catch (error) {
      const waitMs = retryWaitMs(error as ServiceError)
      if (waitMs === undefined || attempt === maxAttempts) throw error
      await pause(waitMs * attempt)
    }
}

async function list() {
  for (let pageToken = ''; ; ) {
    const { contacts, nextPageToken } = await call(operations.listMessageContacts, { pageSize, pageToken })
    for (const contact of contacts) show(contact)
    if (nextPageToken === '') return undefined
    pageToken = nextPageToken
  }
}

async function addType([contactId = '', type = '']: readonly string[]) {
  for (let attempt = 1; ; attempt += 1) {
    const { contact } = await call(operations.getMessageContact, { contactId })
    const request = {
      contactId,
      messageTypes: [...(contact?.messageTypes ?? []), MessageType[type as keyof typeof MessageType]],
      // Only this field is changed.
      updateMask: { paths: ['message_types'] },
      // The call is refused if somebody else has changed the contact after it was read.
      etag: contact?.etag ?? '',
    }
    try {
      return (await call(operations.updateMessageContact, request)).contact
    } catch (error) {
      const reason = detailOf(error as ServiceError, ErrorInfoSchema)?.reason
      if (reason !== 'ETAG_MISMATCH' || attempt === maxAttempts) throw error
    }
  }
}

async function sendCode([contactId, emailAddress]: readonly string[]) {
  const { expireDate } = await call(operations.sendEmailVerificationForMessageContact, { contactId, emailAddress })
  if (expireDate) console.log(`The code is valid until ${timestampDate(expireDate).toISOString()}.`)
  return undefined
}

async function confirm([contactId, emailAddress = '', code]: readonly string[]) {
  const target = { case: 'emailAddress', value: emailAddress } as const
  return (await call(operations.confirmMessageContactVerification, { contactId, target, code })).contact
}

async function remove([contactId]: readonly string[]) {
  await call(operations.deleteMessageContact, { contactId })
  return undefined
}

/** A detail of a refusal; undefined if it has none of this kind. */
function detailOf<Desc extends DescMessage>({ metadata }: ServiceError, kind: Desc): MessageShape<Desc> | undefined {
  const [bytes] = metadata?.get('grpc-status-details-bin') ?? []
  const details = bytes instanceof Buffer ? fromBinary(StatusSchema, bytes).details : []
  return details.map((detail) => anyUnpack(detail, kind)).find((detail) => detail !== undefined)
}

/** The minimum wait before a call is repeated; undefined if repeating it does not help. */
function retryWaitMs(error: ServiceError): number | undefined {
  const delay = detailOf(error, RetryInfoSchema)?.retryDelay
  return delay && durationMs(delay) <= maxWaitMs ? durationMs(delay) : undefined
}

function describe(error: ServiceError): string {
  const info = detailOf(error, ErrorInfoSchema)
  if (!info) return `${status[error.code] ?? 'error'}: ${error.details ?? error.message}`
  const violations = detailOf(error, BadRequestSchema)?.fieldViolations ?? []
  return [
    `${info.reason}: ${error.details}`,
    ...violations.map(({ field, description }) => `  ${field}: ${description}`),
    `  request id: ${info.metadata['requestId']}`,
  ].join('\n')
}

function show({ contactId, name, emailAddress, status: state, messageTypes }: MessageContact): void {
  const types = messageTypes.map((type) => MessageType[type])
  console.log(contactId, name, emailAddress, MessageContactStatus[state], types.join(','))
}

const commands = new Map([
  ['add', add],
  ['list', list],
  ['add-type', addType],
  ['send-code', sendCode],
  ['confirm', confirm],
  ['delete', remove],
])

const [name = '', ...parameters] = positionals
const command = commands.get(name)
if (!command) throw new Error(`The commands are ${[...commands.keys()].join(', ')}.`)
try {
  const contact: MessageContact | undefined = await command(parameters)
  if (contact) show(contact)
} catch (error) {
  console.error(`error: ${describe(error as ServiceError)}`)
  process.exitCode = 1
}
client.close()
