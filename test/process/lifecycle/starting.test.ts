import { closeSync, existsSync, openSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, inject, test } from 'vitest'
import { addRequest } from '../../support/client.js'
import { HealthClient } from '../../support/health-client.js'
import { createReconnectingClient } from '../../support/load.js'
import { contactsIn, startOwnDatabase } from '../../support/own-database.js'
import { expectRefusal, requestIdPattern, retryInfo } from '../../support/refusal.js'
import { uniqueName } from '../../support/running-service.js'
import { ServiceProcess } from '../../support/service-process.js'
import { healthBecomes, healthOf } from '../../support/streams.js'
import { WireProxy } from '../../support/wire-proxy.js'

const MONGODB_URI = inject('mongodbUri')
/** From a loss of the database, or its return, until health shows it: 10 s, and more on a busy machine. */
const maxNoticeMs = 12_000
/** A file that accepts nothing, like one on a full disk. */
const fullDisk = '/dev/full'

describe.concurrent('a start', () => {
  test('on a port that is in use names it in the log and ends with 1', async () => {
    const environment = { MONGODB_URI, MONGODB_DATABASE: uniqueName('starting') }
    const first = await ServiceProcess.start({ environment, ready: false })
    const second = ServiceProcess.launch({ ...environment, LISTEN: first.address })
    expect(await second.exit()).toBe(1)
    const [host, port] = first.address.split(':')
    expect(second.lines()).toMatchObject([
      { level: 'fatal', msg: 'cannot listen', listen: { host, port: Number(port) }, cause: { code: 'EADDRINUSE' } },
    ])
    await first.kill()
  })

  test('with an admin listener on a port that is in use names that one too', async () => {
    const environment = { MONGODB_URI, MONGODB_DATABASE: uniqueName('starting') }
    const first = await ServiceProcess.start({ environment, ready: false })
    const second = ServiceProcess.launch({ ...environment, ADMIN_LISTEN: first.address })
    expect(await second.exit()).toBe(1)
    const [host, port] = first.address.split(':')
    expect(second.lines()).toMatchObject([
      {
        level: 'fatal',
        msg: 'cannot listen',
        adminListen: { host, port: Number(port) },
        cause: { code: 'EADDRINUSE' },
      },
    ])
    await first.kill()
  })

  test.each([
    ['of another machine', '192.0.2.1', 'EADDRNOTAVAIL'],
    // Too long for a host name, so that no name server is asked.
    ['that cannot be resolved', 'n'.repeat(64), 'ENOTFOUND'],
  ])('on a host %s names it in the log and ends with 1', async (_, host, code) => {
    const service = ServiceProcess.launch({ MONGODB_URI, LISTEN: `${host}:50051`, TLS: 'off' })
    expect(await service.exit()).toBe(1)
    expect(service.lines()).toMatchObject([
      { level: 'fatal', msg: 'cannot listen', listen: { host, port: 50051 }, cause: { code } },
    ])
  })

  test('with a port for HTTP that is in use names it in the log and ends with 1', async () => {
    const environment = { MONGODB_URI, MONGODB_DATABASE: uniqueName('starting') }
    const first = await ServiceProcess.start({ environment, ready: false })
    const second = ServiceProcess.launch({ ...environment, HTTP_LISTEN: first.address })
    expect(await second.exit()).toBe(1)
    const port = Number(first.address.split(':')[1])
    expect(second.lines()).toMatchObject([
      { level: 'fatal', msg: 'cannot listen', httpListen: { port }, cause: { code: 'EADDRINUSE' } },
    ])
    await first.kill()
  })

  test('with HTTP_LISTEN serves the OpenAPI document and operations there', async () => {
    const environment = { MONGODB_URI, MONGODB_DATABASE: uniqueName('starting'), HTTP_LISTEN: '127.0.0.1:0' }
    const service = await ServiceProcess.start({ environment })
    const url = `http://${service.lines()[0]?.['httpAddress']}`
    expect(await (await fetch(`${url}/openapi.json`)).json()).toMatchObject({ openapi: '3.1.0' })
    const answer = await fetch(`${url}/messagecontacts.v1.MessageContactService/ListMessageContacts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-resource-directory-id': 'rd-1' },
      body: '{}',
    })
    expect(await answer.json()).toEqual({ requestId: expect.stringMatching(requestIdPattern) })
    service.signal('SIGTERM')
    expect(await service.exit()).toBe(0)
  })

  test('that fails for a reason other than the address is logged as such and ends with 1', async () => {
    // Runs before the service: listening fails, and not because of the address.
    const fault = `import { Server } from 'node:net'
      Server.prototype.listen = () => { throw new RangeError('no luck') }`
    const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(fault)}`
    const service = ServiceProcess.launch({ MONGODB_URI, NODE_OPTIONS })
    expect(await service.exit()).toBe(1)
    expect(service.lines()).toEqual([
      {
        level: 'fatal',
        time: expect.any(String),
        cause: { type: 'RangeError', at: expect.any(Array) },
        msg: 'cannot start',
      },
    ])
  })

  test('with invalid settings reports each of them and ends with 2', async () => {
    const service = ServiceProcess.launch({ LISTEN: 'nowhere', CONTACTS_PER_DIRECTORY: '0', LOG_LEVEL: 'loud' })
    expect(await service.exit()).toBe(2)
    expect(service.lines()).toEqual([])
    expect(service.stderr().trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^MONGODB_URI is required\. The address of the database, /),
      'LISTEN must be host:port, such as 0.0.0.0:50051 or [::1]:50051',
      'CONTACTS_PER_DIRECTORY must be a whole number from 1 to 1000',
      'LOG_LEVEL must be one of: debug, info, warn, error, silent',
    ])
  })

  test('reads a secret from the file that is named, and reports one that does not exist', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'message-contacts-'))
    const file = join(folder, 'uri')
    await writeFile(file, `${MONGODB_URI}\n`)
    const environment = { MONGODB_URI_FILE: file, MONGODB_DATABASE: uniqueName('starting') }
    const service = await ServiceProcess.start({ environment })
    await service.kill()
    await rm(folder, { recursive: true })
    const other = ServiceProcess.launch(environment)
    expect(await other.exit()).toBe(2)
    expect(other.output()).toBe('MONGODB_URI_FILE must name a file that can be read\n')
  })

  test.each([
    'mongodb://someone:secret@127.0.0.1:port/',
    'mongodb://someone:sec@ret@127.0.0.1/',
    'mongodb://someone:secret@127.0.0.1/?nothing=secret',
  ])('with a database address that the driver rejects ends with 2 and does not quote it: %s', async (uri) => {
    const service = ServiceProcess.launch({ MONGODB_URI: uri })
    expect(await service.exit()).toBe(2)
    expect(service.output()).toBe('MONGODB_URI cannot be understood by the database driver\n')
  })

  test.each([
    ['another index with one of our names', { directoryId: 1, slot: -1 }, 'directory_slot'],
    ['one of our indexes with another name', { directoryId: 1, slot: 1 }, 'another_name'],
  ] as const)('on a database with %s names it in the log and ends with 1', async (_, key, name) => {
    const MONGODB_DATABASE = uniqueName('starting')
    await contactsIn(MONGODB_URI, MONGODB_DATABASE).createIndex(key, { name, unique: true })
    const service = ServiceProcess.launch({ MONGODB_URI, MONGODB_DATABASE })
    expect(await service.exit()).toBe(1)
    expect(service.lines().find(({ level }) => level === 'fatal')).toMatchObject({
      msg: 'cannot serve',
      problem: 'the collection message_contacts has other indexes than this version expects: directory_slot',
    })
  })

  test.skipIf(!existsSync(fullDisk))(
    'with a log that cannot be written reports why to standard error and ends with 1',
    async () => {
      const stdout = openSync(fullDisk, 'w')
      const service = ServiceProcess.launch({ MONGODB_URI }, stdout)
      closeSync(stdout)
      expect(await service.exit()).toBe(1)
      const [sentence, cause = ''] = service.stderr().split(/: (.*)\n/s)
      expect(sentence).toBe('the log cannot be written')
      expect(JSON.parse(cause)).toEqual({ type: 'Error', code: 'ENOSPC', at: expect.any(Array) })
    },
  )
})

describe.concurrent('health', () => {
  test('is NOT_SERVING until the database answers for the first time, and until then calls are refused', async () => {
    const database = await startOwnDatabase()
    await database.stop()
    const service = await ServiceProcess.start({ environment: { MONGODB_URI: database.uri }, ready: false })
    const health = new HealthClient(service.address)
    const client = createReconnectingClient(service.address)
    expect(await healthOf(health)).toEqual(['NOT_SERVING', 'NOT_SERVING'])
    const directoryId = uniqueName('rd')
    await expectRefusal(client.addMessageContact(addRequest(), { directoryId }), 'DATABASE_UNAVAILABLE', {
      RetryInfo: retryInfo(1000),
    })
    await database.startAgain()
    await healthBecomes(health, 'SERVING', maxNoticeMs)
    const { response } = await client.addMessageContact(addRequest(), { directoryId })
    const stored = await contactsIn(database.uri).find({ directoryId }).toArray()
    expect(stored.map(({ _id }) => _id)).toEqual([response.contact?.contactId])
    health.close()
    client.close()
  })

  test('that was never SERVING is logged once, with its cause', async () => {
    const environment = { MONGODB_URI: 'mongodb://127.0.0.1:1/' }
    const service = await ServiceProcess.start({ environment, ready: false })
    await service.logged(({ msg }) => msg === 'health changed')
    service.signal('SIGTERM')
    expect(await service.exit()).toBe(0)
    expect(service.lines().filter(({ msg }) => msg === 'health changed')).toEqual([
      {
        level: 'warn',
        time: expect.any(String),
        serving: false,
        cause: expect.objectContaining({ type: 'MongoServerSelectionError' }),
        msg: 'health changed',
      },
    ])
  })

  test('follows a database that ends and starts again, without any call', async () => {
    const database = await startOwnDatabase()
    const service = await ServiceProcess.start({ environment: { MONGODB_URI: database.uri } })
    const health = new HealthClient(service.address)
    await healthBecomes(health, 'SERVING', maxNoticeMs)
    await database.kill()
    await healthBecomes(health, 'NOT_SERVING', maxNoticeMs)
    await database.startAgain()
    await healthBecomes(health, 'SERVING', maxNoticeMs)
    const changes = service.lines().filter(({ msg }) => msg === 'health changed')
    expect(changes.map(({ serving }) => serving)).toEqual([true, false, true])
    health.close()
  })

  test('follows a database that stops answering and answers again', async () => {
    const proxy = await WireProxy.to(MONGODB_URI)
    const environment = { MONGODB_URI: proxy.uri, MONGODB_DATABASE: uniqueName('starting') }
    const service = await ServiceProcess.start({ environment })
    const health = new HealthClient(service.address)
    await healthBecomes(health, 'SERVING', maxNoticeMs)
    proxy.stall()
    await healthBecomes(health, 'NOT_SERVING', maxNoticeMs)
    proxy.reset()
    await healthBecomes(health, 'SERVING', maxNoticeMs)
    health.close()
    await service.kill()
    await proxy.close()
  })
})
