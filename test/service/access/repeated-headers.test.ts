import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callersFileEntry, createApiToken } from '../../../src/access/token.js'
import { MessageContactService } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { ReplacedFile } from '../../support/access/replaced-file.js'
import { httpCall } from '../../support/http-call.js'
import { callHeaders, FrameClient, frameFlag, frameType } from '../../support/http2-frames.js'
import { type RunningService, startService } from '../../support/running-service.js'
import { until } from '../../support/waiting.js'

// What no client library sends: the same headers byte for byte over gRPC and over HTTP.

const { token } = createApiToken(Buffer.alloc(32, 1))
const bearer: Header = ['authorization', `Bearer ${token}`]
const directory: Header = ['x-resource-directory-id', 'rd-1']
const path = `/${MessageContactService.typeName}/ListMessageContacts`

type Header = readonly [name: string, value: string]

let service: RunningService
beforeAll(async () => {
  const apiToken = createApiToken(Buffer.alloc(32, 1))
  const entry = callersFileEntry(apiToken, { id: 'a', directories: ['rd-1', 'rd-2'], roles: ['reader'] })
  const { path: callersFile } = await ReplacedFile.create(`callers:\n${entry}`)
  service = await startService({
    environment: {
      HTTP_LISTEN: '127.0.0.1:0',
      AUTHENTICATION: 'token,header',
      DEFAULT_DIRECTORY_ID: 'rd-3',
      CALLERS_FILE: callersFile,
    },
  })
})
afterAll(() => service.stop())

interface CallLine {
  readonly msg: string
  readonly path: string
  readonly reason: string
}

/** The reasons with which the calls that `send` makes have ended. */
async function reasonOf(send: () => Promise<void>): Promise<string | undefined> {
  const reasons = () =>
    service
      .log()
      .trimEnd()
      .split('\n')
      .map((line): CallLine => JSON.parse(line))
      .filter((line) => line.msg === 'call ended' && line.path === path)
      .map(({ reason }) => reason)
  const before = reasons().length
  await send()
  await until('the call has ended', () => reasons().length > before)
  return reasons()[before]
}

/** Neither request has a message that can be decoded, so that none is answered OK. */
const overGrpc = (headers: readonly Header[]) =>
  reasonOf(async () => {
    const client = await FrameClient.connect(service.app.address)
    client.open()
    const flags = frameFlag.endHeaders | frameFlag.endStream
    client.send({ type: frameType.headers, flags, stream: 1, payload: callHeaders(path, headers) })
    await until('the call is answered', () => client.received.some(({ stream }) => stream === 1))
    client.socket.destroy()
  })

const overHttp = (headers: readonly Header[]) =>
  reasonOf(async () => {
    const all: readonly Header[] = [['content-type', 'application/json'], ['host', 'test'], ...headers]
    await httpCall(service.app.httpAddress ?? '', { path, headers: all.flat(), body: '{' })
  })

describe.each([
  ['gRPC', overGrpc],
  ['HTTP', overHttp],
])('over %s', (_, send) => {
  test.each<[string, readonly Header[]]>([
    ['one authorization and one directory', [bearer, directory]],
    ['no authorization', []],
  ])('a call with %s gets as far as its message', async (_case, headers) => {
    expect(await send(headers)).toBe('MALFORMED_REQUEST')
  })

  test.each<[string, readonly Header[]]>([
    ['the same authorization twice', [bearer, bearer, directory]],
    ['a wrong authorization after a valid one', [bearer, ['authorization', 'Bearer mct_a'], directory]],
    ['a valid authorization after a wrong one', [['authorization', 'Bearer mct_a'], bearer, directory]],
    ['an authorization of another kind after a valid one', [bearer, ['authorization', 'Basic YQ=='], directory]],
    ['an authorization after a valid one, with other characters than ASCII', [bearer, ['authorization', '\u00e9']]],
    ['an authorization with other characters than ASCII', [['authorization', '\u00e9'], directory]],
    ['the same directory twice', [bearer, directory, directory]],
    ['two directories', [bearer, directory, ['x-resource-directory-id', 'rd-2']]],
    ['a directory with other characters than ASCII', [['x-resource-directory-id', 'rd-\u00e9']]],
  ])('a call with %s is UNAUTHENTICATED', async (_case, headers) => {
    expect(await send(headers)).toBe('UNAUTHENTICATED')
  })
})
