import { readFileSync } from 'node:fs'
import { status } from '@grpc/grpc-js'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { Failure } from '../../../src/errors/failure.js'
import { ContactsClient } from '../../support/client.js'
import { findNginx, needs } from '../../support/clients/programs.js'
import {
  closedAddress,
  expectPassesLarge,
  startHealthyToy,
  startLosingProcess,
  startProxy,
} from '../../support/clients/proxies.js'
import { expectRefusal, requestIdPattern, retryInfo } from '../../support/refusal.js'
import { echo, known, stopToys } from '../../support/toy-service.js'

const config = readFileSync(new URL('../../../examples/proxies/nginx.conf', import.meta.url), 'utf8')
const serviceConfig = readFileSync(new URL('../../../proto/service-config.json', import.meta.url), 'utf8')
const unavailable = { code: status.UNAVAILABLE, message: 'no process of the service answers', details: [] }
const temporaryPaths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']

describe('nginx with examples/proxies/nginx.conf', () => {
  const nginx = needs(findNginx)

  /** Gives the address of the proxy. */
  const startNginx = (processes: readonly [string, string]) =>
    startProxy(
      {
        // Where nginx writes must not depend on how it was compiled.
        config: config.replace(
          'http {',
          `http { access_log off; ${temporaryPaths.map((name) => `${name}_temp_path ${name};`).join(' ')}`,
        ),
        command: (file, folder) => [
          nginx(),
          '-p',
          folder,
          '-c',
          file,
          '-e',
          'stderr',
          '-g',
          `daemon off; master_process off; pid ${folder}/pid;`,
        ],
      },
      processes,
    )
  async function start(processes: readonly [string, string]): Promise<ContactsClient> {
    const address = await startNginx(processes)
    const client = new ContactsClient(address, { 'grpc.service_config': serviceConfig })
    onTestFinished(() => client.close())
    return client
  }
  afterEach(stopToys)

  test('passes on calls, refusals with details, and request ids', async () => {
    const toy = await startHealthyToy((request, call) => {
      if (request.name === 'Tom') return echo(request, call)
      throw new Failure('DATABASE_UNAVAILABLE')
    })
    const client = await start([toy.address, toy.address])
    const { response, requestId } = await client.addMessageContact({ name: 'Tom' }, known)
    expect([response.contact?.name, requestId]).toEqual(['Tom', expect.stringMatching(requestIdPattern)])
    await expectRefusal(client.addMessageContact({ name: 'Ann' }, known), 'DATABASE_UNAVAILABLE', {
      RetryInfo: retryInfo(1000),
    })
  })

  test('passes on requests and refusals that are as large as the service accepts and sends', () =>
    expectPassesLarge(startNginx))

  test('repeats no call that a process got; the client repeats what may be repeated', async () => {
    let served = 0
    const toy = await startHealthyToy(async () => {
      served += 1
      return {}
    })
    const losing = await startLosingProcess()
    const writer = await start([losing.address, toy.address])
    await expect(writer.updateMessageContact({}, known)).rejects.toMatchObject({ refusal: unavailable })
    expect([losing.requests(), served]).toEqual([1, 0])

    const reader = await start([losing.address, toy.address])
    await reader.getMessageContact({}, known)
    expect([losing.requests(), served]).toEqual([2, 1])
  })

  test('sends every call to the other process if one is away', async () => {
    const toy = await startHealthyToy(echo)
    const client = await start([await closedAddress(), toy.address])
    for (let call = 0; call < 4; call += 1) await client.addMessageContact({ name: 'Tom' }, known)
    expect(toy.endedCalls.map(({ reason }) => reason)).toEqual(['OK', 'OK', 'OK', 'OK'])
  })

  test('answers UNAVAILABLE if both are away', async () => {
    const client = await start([await closedAddress(), await closedAddress()])
    await expect(client.addMessageContact({}, known)).rejects.toMatchObject({ refusal: unavailable })
  })
})
