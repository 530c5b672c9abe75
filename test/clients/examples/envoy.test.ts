import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { status } from '@grpc/grpc-js'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { isRepeatable } from '../../../dev/service-config.js'
import { Failure } from '../../../src/errors/failure.js'
import {
  AddMessageContactRequestSchema,
  AddMessageContactResponseSchema,
  MessageContactService,
} from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { ContactsClient } from '../../support/client.js'
import { findPython, needs } from '../../support/clients/programs.js'
import { closedAddress, expectPassesLarge, startHealthyToy, startProxy } from '../../support/clients/proxies.js'
import { frame } from '../../support/raw-call.js'
import { expectRefusal, requestIdPattern, retryInfo } from '../../support/refusal.js'
import { echo, known, stopToys, type Toy, toyPath } from '../../support/toy-service.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const config = readFileSync(join(root, 'examples/proxies/envoy.yaml'), 'utf8')
const requirements = fileURLToPath(new URL('../../support/clients/requirements-envoy.txt', import.meta.url))

/** Refuses calls of another name than Tom, as a Failure with details. */
const servesTom: Toy = (request, call) => {
  if (request.name === 'Tom') return echo(request, call)
  throw new Failure('INVALID_PARAMETER_NAME', { violations: [{ field: 'name', reason: 'INVALID_PARAMETER_NAME' }] })
}

describe('Envoy with examples/proxies/envoy.yaml', () => {
  const python = needs(() => findPython('envoy', requirements))
  const folder = mkdtempSync(join(tmpdir(), 'envoy-'))
  const descriptors = join(folder, 'descriptors.binpb')
  beforeAll(async () => {
    const args = ['build', '--config', 'examples/proxies/descriptors.yaml', '--output', descriptors]
    await promisify(execFile)(join(root, 'node_modules/.bin/buf'), args, { cwd: root })
  })
  afterAll(() => rmSync(folder, { recursive: true }))
  afterEach(stopToys)

  /** Gives the address of the proxy. */
  const start = (processes: readonly [string, string]) =>
    startProxy(
      {
        config: config.replaceAll('examples/proxies/descriptors.binpb', descriptors),
        command: (file) => {
          const options = ['--disable-hot-restart', '--concurrency', '1', '--log-level', 'warn']
          return [python(), '-m', 'envoy._main', '--config-path', file, ...options]
        },
      },
      processes,
    )
  async function connectThrough(processes: readonly [string, string]): Promise<ContactsClient> {
    const client = new ContactsClient(await start(processes))
    onTestFinished(() => client.close())
    return client
  }

  test('passes on calls, refusals with details, and request ids', async () => {
    const toy = await startHealthyToy((request, call) => {
      if (request.name === 'Tom') return echo(request, call)
      throw new Failure('OUTCOME_UNKNOWN')
    })
    const client = await connectThrough([toy.address, toy.address])
    const { response, requestId } = await client.addMessageContact({ name: 'Tom' }, known)
    expect([response.contact?.name, requestId]).toEqual(['Tom', expect.stringMatching(requestIdPattern)])
    await expectRefusal(client.addMessageContact({ name: 'Ann' }, known), 'OUTCOME_UNKNOWN', {
      RetryInfo: retryInfo(1000),
    })
  })

  test('passes on requests and refusals that are as large as the service accepts and sends', () =>
    expectPassesLarge(start))

  test('sends a repeatable call to the other process after UNAVAILABLE, and no other call', async () => {
    let refused = 0
    const unavailable = await startHealthyToy(async () => {
      refused += 1
      throw new Failure('OUTCOME_UNKNOWN')
    })
    const toy = await startHealthyToy(echo)
    const client = await connectThrough([unavailable.address, toy.address])
    const repeat = (call: () => Promise<unknown>) => Promise.allSettled(Array.from({ length: 4 }, call))

    const updates = await repeat(() => client.updateMessageContact({}, known))
    expect(updates.filter((update) => update.status === 'rejected')).toHaveLength(refused)
    expect([refused > 0, refused + toy.endedCalls.length]).toEqual([true, 4])

    const gets = await repeat(() => client.getMessageContact({}, known))
    expect(gets.map((get) => get.status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled'])
  })

  test('sends every call to the other process if one is away', async () => {
    const toy = await startHealthyToy(echo)
    const client = await connectThrough([await closedAddress(), toy.address])
    for (let call = 0; call < 4; call += 1) await client.addMessageContact({ name: 'Tom' }, known)
    expect(toy.endedCalls.map(({ reason }) => reason)).toEqual(['OK', 'OK', 'OK', 'OK'])
  })

  test('answers UNAVAILABLE if both are away', async () => {
    const client = await connectThrough([await closedAddress(), await closedAddress()])
    await expect(client.addMessageContact({}, known)).rejects.toMatchObject({ refusal: { code: status.UNAVAILABLE } })
  })

  test('translates between gRPC-Web and gRPC', async () => {
    const toy = await startHealthyToy(echo)
    const address = await start([toy.address, toy.address])
    const request = toBinary(AddMessageContactRequestSchema, create(AddMessageContactRequestSchema, { name: 'Tom' }))
    const response = await fetch(`http://${address}${toyPath}`, {
      method: 'POST',
      headers: { 'content-type': 'application/grpc-web+proto', 'x-grpc-web': '1', 'x-resource-directory-id': 'toy' },
      body: new Uint8Array(frame(request)),
    })
    const body = Buffer.from(await response.arrayBuffer())
    const length = body.readUInt32BE(1)
    const message = fromBinary(AddMessageContactResponseSchema, body.subarray(5, 5 + length))
    const trailers = body.subarray(5 + length)
    expect([response.status, message.contact?.name, trailers[0]]).toEqual([200, 'Tom', 0x80])
    expect(trailers.subarray(5).toString()).toMatch(/grpc-status: ?0\r\n/)
  })

  const postJson = (address: string, body: object) =>
    fetch(`http://${address}${toyPath}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-resource-directory-id': 'toy' },
      body: JSON.stringify(body),
    })

  test('translates between JSON and gRPC, refusals with details too', async () => {
    const toy = await startHealthyToy(servesTom)
    const address = await start([toy.address, toy.address])
    const answer = await postJson(address, { name: 'Tom', title: 'TITLE_CEO' })
    expect([answer.status, await answer.json()]).toMatchObject([200, { contact: { name: 'Tom' } }])
    const refusal = await postJson(address, { name: 'Ann' })
    expect([refusal.status, await refusal.json()]).toMatchObject([
      400,
      {
        code: status.INVALID_ARGUMENT,
        details: [
          { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'INVALID_PARAMETER_NAME' },
          { '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [{ field: 'name' }] },
        ],
      },
    ])
  })
})

test('envoy.yaml repeats exactly the methods that the contract declares repeatable', () => {
  const [, pattern = ''] = /regex: (\/messagecontacts\S+)/.exec(config) ?? []
  const repeated = MessageContactService.methods.filter(({ name }) =>
    new RegExp(`^${pattern}$`).test(`/${MessageContactService.typeName}/${name}`),
  )
  expect(repeated).toEqual(MessageContactService.methods.filter(isRepeatable))
})
