import { ConnectError, createClient, type Transport } from '@connectrpc/connect'
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from '@connectrpc/connect-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Authority, serverNames } from '../../../dev/authority.js'
import { permissionFor } from '../../../src/access/authorize.js'
import { callersFileEntry, createApiToken } from '../../../src/access/token.js'
import { ErrorInfoSchema } from '../../../src/gen/google/rpc/error_details_pb.js'
import { MessageContactService } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { ReplacedFile } from '../../support/access/replaced-file.js'
import { CertificateFiles } from '../../support/certificate-files.js'
import { addRequest } from '../../support/client.js'
import { type RunningService, startService } from '../../support/running-service.js'

// The same callers with the same rights as over gRPC: one table for all protocols, with TLS and without.

const reader = createApiToken(Buffer.alloc(32, 1))
const editor = createApiToken(Buffer.alloc(32, 2))

let service: RunningService
let secure: RunningService
let transports: readonly Transport[]

/** Every protocol, with these options of its connections. */
function transportsTo(
  { app }: RunningService,
  scheme: string,
  nodeOptions: { readonly ca?: string } = {},
): Transport[] {
  const baseUrl = `${scheme}://${app.httpAddress}`
  const http = { baseUrl, httpVersion: '1.1', nodeOptions } as const
  return [
    createGrpcTransport({ baseUrl: `${scheme}://${app.address}`, nodeOptions }),
    createConnectTransport(http),
    createConnectTransport({ ...http, useBinaryFormat: true }),
    createConnectTransport({ ...http, useHttpGet: true }),
    createGrpcWebTransport(http),
  ]
}

beforeAll(async () => {
  const entries = [
    callersFileEntry(reader, { id: 'reader-1', directories: ['rd-1'], roles: ['reader'] }),
    callersFileEntry(editor, { id: 'editor-1', directories: ['rd-1'], roles: ['editor'] }),
  ]
  const { path } = await ReplacedFile.create(`callers:\n${entries.join('')}`)
  const environment = { HTTP_LISTEN: '127.0.0.1:0', AUTHENTICATION: 'token', CALLERS_FILE: path }
  const authority = await Authority.create()
  const { cert, key } = await authority.issue({ names: serverNames })
  const files = await CertificateFiles.create({ 'cert.pem': cert, 'key.pem': key })
  const tls = { TLS_CERT_FILE: files.path('cert.pem'), TLS_KEY_FILE: files.path('key.pem') }
  service = await startService({ environment })
  secure = await startService({ environment: { ...environment, ...tls, MAX_CONNECTIONS_PER_IP: '1000' } })
  transports = [...transportsTo(service, 'http'), ...transportsTo(secure, 'https', { ca: authority.cert })]
})
afterAll(async () => {
  await service?.stop()
  await secure?.stop()
})

/** The reason for which an empty request is refused, or `OK`, over each protocol. */
const reasonsFor = (name: keyof typeof MessageContactService.method, headers: Record<string, string>) =>
  Promise.all(
    transports.map((transport) =>
      createClient(MessageContactService, transport)
        [name]({}, { headers })
        .then(
          () => 'OK',
          (error: unknown) => ConnectError.from(error).findDetails(ErrorInfoSchema)[0]?.reason,
        ),
    ),
  )

const everywhere = (reason: string) => transports.map(() => reason)
const bearer = { authorization: `Bearer ${reader.token}` }

test.each(MessageContactService.methods)('$name is for known callers with the right role', async (method) => {
  const name = method.localName as keyof typeof MessageContactService.method
  expect(await reasonsFor(name, {})).toEqual(everywhere('UNAUTHENTICATED'))
  expect(await reasonsFor(name, { authorization: 'Bearer mct_wrong' })).toEqual(everywhere('UNAUTHENTICATED'))
  const inOther = { ...bearer, 'x-resource-directory-id': 'rd-2' }
  expect(await reasonsFor(name, inOther)).toEqual(everywhere('PERMISSION_DENIED'))
  const [reason, ...others] = await reasonsFor(name, bearer)
  if (permissionFor(method).roles.includes('reader')) expect(reason).not.toBe('PERMISSION_DENIED')
  else expect(reason).toBe('PERMISSION_DENIED')
  expect(others).toEqual(others.map(() => reason))
})

test('a call that writes over HTTP is audited like one over gRPC', async () => {
  const baseUrl = `http://${service.app.httpAddress}`
  const client = createClient(MessageContactService, createConnectTransport({ baseUrl, httpVersion: '1.1' }))
  const headers = { authorization: `Bearer ${editor.token}` }
  const { contact, requestId } = await client.addMessageContact(addRequest(), { headers })
  const lines = service.log().trimEnd().split('\n')
  const audits = lines
    .map((line) => JSON.parse(line))
    .filter((line) => line.requestId === requestId && line.msg === 'audit')
  expect(audits).toEqual([
    expect.objectContaining({
      operation: 'AddMessageContact',
      callerId: 'editor-1',
      via: 'token',
      directoryId: 'rd-1',
      contactId: contact?.contactId,
      result: 'OK',
    }),
  ])
})
