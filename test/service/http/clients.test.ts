import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { toJson } from '@bufbuild/protobuf'
import { Code, ConnectError, createClient, type Transport } from '@connectrpc/connect'
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-node'
import {
  createConnectTransport as createFetchConnectTransport,
  createGrpcWebTransport as createFetchGrpcWebTransport,
} from '@connectrpc/connect-web'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BadRequestSchema, ErrorInfoSchema } from '../../../src/gen/google/rpc/error_details_pb.js'
import { MessageContactSchema } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { MessageContactService } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { addRequest } from '../../support/client.js'
import { requestIdPattern } from '../../support/refusal.js'
import { type RunningService, startService, uniqueName } from '../../support/running-service.js'

const run = promisify(execFile)

let service: RunningService
let url: string
beforeAll(async () => {
  service = await startService({ environment: { HTTP_LISTEN: '127.0.0.1:0' } })
  url = `http://${service.app.httpAddress}`
})
afterAll(() => service?.stop())

const transports: readonly (readonly [string, () => Transport])[] = [
  ['connect-node, JSON', () => createConnectTransport({ baseUrl: url, httpVersion: '1.1' })],
  ['connect-node, binary', () => createConnectTransport({ baseUrl: url, httpVersion: '1.1', useBinaryFormat: true })],
  ['connect-node, GET', () => createConnectTransport({ baseUrl: url, httpVersion: '1.1', useHttpGet: true })],
  [
    'connect-node, binary GET',
    () => createConnectTransport({ baseUrl: url, httpVersion: '1.1', useHttpGet: true, useBinaryFormat: true }),
  ],
  ['connect-node, gRPC-Web', () => createGrpcWebTransport({ baseUrl: url, httpVersion: '1.1' })],
  ['connect-web, JSON', () => createFetchConnectTransport({ baseUrl: url })],
  ['connect-web, gRPC-Web', () => createFetchGrpcWebTransport({ baseUrl: url })],
  ['connect-web, gRPC-Web with JSON', () => createFetchGrpcWebTransport({ baseUrl: url, useBinaryFormat: false })],
]

describe.each(transports)('a client of %s', (_, createTransport) => {
  const client = () => createClient(MessageContactService, createTransport())
  const options = () => ({ headers: { 'x-resource-directory-id': uniqueName('rd') } })

  test('adds, reads, changes and deletes a contact', async () => {
    const call = options()
    const added = await client().addMessageContact(addRequest(), call)
    const contactId = added.contact?.contactId ?? ''
    const read = await client().getMessageContact({ contactId }, call)
    expect(toJson(MessageContactSchema, read.contact ?? expect.fail())).toMatchObject({ contactId, name: 'Tom' })
    const change = { contactId, name: 'Ann', updateMask: { paths: ['name'] }, etag: read.contact?.etag ?? '' }
    expect((await client().updateMessageContact(change, call)).contact?.name).toBe('Ann')
    expect((await client().listMessageContacts({}, call)).contacts.map(({ name }) => name)).toEqual(['Ann'])
    await client().deleteMessageContact({ contactId }, call)
    expect((await client().listMessageContacts({}, call)).totalCount).toBe(0)
  })

  test('gets a refusal with its code, details and request id', async () => {
    const error = await client()
      .addMessageContact(addRequest({ name: '' }), options())
      .then(() => expect.fail('not refused'), ConnectError.from)
    const [info] = error.findDetails(ErrorInfoSchema)
    expect([error.code, error.rawMessage]).toEqual([Code.InvalidArgument, 'You must specify Name.'])
    expect(info).toMatchObject({ domain: 'messagecontacts', reason: 'MISSING_PARAMETER_NAME' })
    expect(info?.metadata['requestId']).toMatch(requestIdPattern)
    expect(error.metadata.get('x-request-id')).toBe(info?.metadata['requestId'])
    expect(error.findDetails(BadRequestSchema)[0]?.fieldViolations.map(({ field }) => field)).toEqual(['name'])
  })

  test('gets DEADLINE_EXCEEDED for a deadline that is too short', async () => {
    const call = client().listMessageContacts({}, { ...options(), timeoutMs: 1 })
    await expect(call).rejects.toMatchObject({ code: Code.DeadlineExceeded })
  })
})

test('curl adds a contact with JSON, and reads it with GET', async () => {
  const directory = `x-resource-directory-id: ${uniqueName('rd')}`
  const path = `${url}/${MessageContactService.typeName}`
  const request = {
    name: 'Tom',
    emailAddress: 'tom@example.com',
    phoneNumber: '86-13900001234',
    title: 'TITLE_CEO',
    messageTypes: ['MESSAGE_TYPE_FAULT_MESSAGE'],
  }
  const json = ['-H', 'content-type: application/json', '-H', directory]
  const post = await run('curl', ['-sS', ...json, '-d', JSON.stringify(request), `${path}/AddMessageContact`])
  const added = JSON.parse(post.stdout) as { contact: { contactId: string } }
  expect(added.contact).toMatchObject({ ...request, status: 'MESSAGE_CONTACT_STATUS_VERIFYING' })
  const message = JSON.stringify({ contactId: added.contact.contactId })
  const query = ['--data-urlencode', 'encoding=json', '--data-urlencode', `message=${message}`]
  const get = await run('curl', ['-sS', '-G', '-H', directory, ...query, `${path}/GetMessageContact`])
  expect((JSON.parse(get.stdout) as typeof added).contact).toEqual(added.contact)
})
