import { closeSync, existsSync, openSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, inject, test } from 'vitest'
import { addRequest } from '../client.js'
import { expectRefusal, retryInfo } from '../refusal.js'
import { uniqueName } from '../service/running-service.js'
import { WireProxy } from '../wire-proxy.js'
import { quickClient } from './load.js'
import { contactsIn, ownDatabase } from './own-database.js'
import { ServiceProcess } from './service-process.js'
import { Observer } from './streams.js'

const MONGODB_URI = inject('mongodbUri')
/** From the database's loss, or its return, until health says so: 10 s, and the machine may have more to do. */
const noticedMs = 12_000
/** A file that takes nothing, as on a disk that is full. */
const fullDisk = '/dev/full'

describe.concurrent('a start', () => {
  test('on a port that is taken names it in the log and ends with 1', async () => {
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

  test.each([
    ['that is another machine', '192.0.2.1', 'EADDRNOTAVAIL'],
    // Too long for a name, so that nobody has to be asked.
    ['that cannot be resolved', 'n'.repeat(64), 'ENOTFOUND'],
  ])('on a host %s names it in the log and ends with 1', async (_, host, code) => {
    const service = ServiceProcess.launch({ MONGODB_URI, LISTEN: `${host}:50051` })
    expect(await service.exit()).toBe(1)
    expect(service.lines()).toMatchObject([
      { level: 'fatal', msg: 'cannot listen', listen: { host, port: 50051 }, cause: { code } },
    ])
  })

  test('that fails for another reason does not blame the address, and ends with 1', async () => {
    // Before the service: listening fails at something else than the address.
    const fault = `import { Server } from 'node:net'
      Server.prototype.listen = () => { throw new RangeError('out of luck') }`
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

  test('with wrong settings complains of every one of them and ends with 2', async () => {
    const service = ServiceProcess.launch({ LISTEN: 'nowhere', CONTACTS_PER_DIRECTORY: '0', LOG_LEVEL: 'loud' })
    expect(await service.exit()).toBe(2)
    expect(service.lines()).toEqual([])
    expect(service.complaints().trimEnd().split('\n')).toEqual([
      'MONGODB_URI is required. Where the database is: `mongodb://` or `mongodb+srv://`. In production a replica set.',
      'LISTEN must be host:port, such as 0.0.0.0:50051 or [::1]:50051',
      'CONTACTS_PER_DIRECTORY must be a whole number from 1 to 1000',
      'LOG_LEVEL must be one of: debug, info, warn, error, silent',
    ])
  })

  test('takes a secret from the file that is named, and complains of one that is not there', async () => {
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
    'mongodb://someone:secret@127.0.0.1/?w=secret&nothing=secret',
  ])('with an address the driver cannot read ends with 2 and does not quote it: %s', async (uri) => {
    const service = ServiceProcess.launch({ MONGODB_URI: uri })
    expect(await service.exit()).toBe(2)
    expect(service.output()).toBe('MONGODB_URI cannot be understood by the database driver\n')
  })

  test.each([
    ['another index under one of our names', { directoryId: 1, slot: -1 }, 'directory_slot'],
    ['one of our indexes under another name', { directoryId: 1, slot: 1 }, 'somebody_made_this'],
  ] as const)('on a database with %s says so and ends with 1', async (_, key, name) => {
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
    'with a log that cannot be written says why on stderr and ends with 1',
    async () => {
      const stdout = openSync(fullDisk, 'w')
      const service = ServiceProcess.launch({ MONGODB_URI }, stdout)
      closeSync(stdout)
      expect(await service.exit()).toBe(1)
      const [sentence, cause = ''] = service.complaints().split(/: (.*)\n/s)
      expect(sentence).toBe('the log cannot be written')
      expect(JSON.parse(cause)).toEqual({ type: 'Error', code: 'ENOSPC', at: expect.any(Array) })
    },
  )
})

describe.concurrent('health', () => {
  test('is NOT_SERVING until the database is there for the first time, and calls are refused as long', async () => {
    const database = await ownDatabase()
    await database.stop()
    const service = await ServiceProcess.start({ environment: { MONGODB_URI: database.uri }, ready: false })
    const observer = new Observer(service.address)
    const client = quickClient(service.address)
    expect(await observer.health()).toEqual(['NOT_SERVING', 'NOT_SERVING'])
    const directoryId = uniqueName('rd')
    await expectRefusal(client.addMessageContact(addRequest(), { directoryId }), 'DATABASE_UNAVAILABLE', {
      RetryInfo: retryInfo(1000),
    })
    await database.startAgain()
    await observer.healthBecomes('SERVING', noticedMs)
    const { response } = await client.addMessageContact(addRequest(), { directoryId })
    const stored = await contactsIn(database.uri).find({ directoryId }).toArray()
    expect(stored.map(({ _id }) => _id)).toEqual([response.contact?.contactId])
    observer.close()
    client.close()
  })

  test('that never was SERVING is told once, and why', async () => {
    const environment = { MONGODB_URI: 'mongodb://127.0.0.1:1/' }
    const service = await ServiceProcess.start({ environment, ready: false })
    await service.logged(({ msg }) => msg === 'health')
    service.signal('SIGTERM')
    expect(await service.exit()).toBe(0)
    expect(service.lines().filter(({ msg }) => msg === 'health')).toEqual([
      {
        level: 'warn',
        time: expect.any(String),
        serving: false,
        cause: expect.objectContaining({ type: 'MongoServerSelectionError' }),
        msg: 'health',
      },
    ])
  })

  test('follows the database, gone and come back, without a call that asks for it', async () => {
    const database = await ownDatabase()
    const service = await ServiceProcess.start({ environment: { MONGODB_URI: database.uri } })
    const observer = new Observer(service.address)
    await observer.healthBecomes('SERVING', noticedMs)
    await database.kill()
    await observer.healthBecomes('NOT_SERVING', noticedMs)
    await database.startAgain()
    await observer.healthBecomes('SERVING', noticedMs)
    const changes = service.lines().filter(({ msg }) => msg === 'health')
    expect(changes.map(({ serving }) => serving)).toEqual([true, false, true])
    observer.close()
  })

  test('follows a database that falls silent and speaks again', async () => {
    const proxy = await WireProxy.to(MONGODB_URI)
    const environment = { MONGODB_URI: proxy.uri, MONGODB_DATABASE: uniqueName('starting') }
    const service = await ServiceProcess.start({ environment })
    const observer = new Observer(service.address)
    await observer.healthBecomes('SERVING', noticedMs)
    proxy.holdBack()
    await observer.healthBecomes('NOT_SERVING', noticedMs)
    proxy.calm()
    await observer.healthBecomes('SERVING', noticedMs)
    observer.close()
    await service.kill()
    await proxy.close()
  })
})
