import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Metadata, status } from '@grpc/grpc-js'
import { expect, onTestFinished } from 'vitest'
import { maxViolations } from '../../../src/errors/details.js'
import { Failure, type Violation } from '../../../src/errors/failure.js'
import { MessageContactService } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { Health } from '../../../src/grpc/health.js'
import { ContactsClient } from '../client.js'
import { RecordingObserver } from '../recording-observer.js'
import { badRequest, expectRefusal } from '../refusal.js'
import { echo, known, type RunningToy, startToy, type Toy, type ToyOptions } from '../toy-service.js'
import { until } from '../waiting.js'

/** A configuration of examples/proxies, to be run on free ports. */
export interface ProxyExample {
  readonly config: string
  /** Command and arguments, for the configuration in `file`, with `folder` for other files. */
  readonly command: (file: string, folder: string) => readonly [program: string, ...args: string[]]
}

/** Runs the proxy before two processes, until the test has ended. Gives its `host:port`. */
export async function startProxy(
  { config, command }: ProxyExample,
  processes: readonly [string, string],
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'proxy-'))
  const port = await freePort()
  const [one, other] = processes.map((address) => address.split(':')[1] ?? '')
  // Envoy decides by the ending how to read it.
  const file = join(folder, 'proxy.yaml')
  await writeFile(
    file,
    config
      .replaceAll('50051', one ?? '')
      .replaceAll('50052', other ?? '')
      .replaceAll('8080', String(port)),
  )
  const [program, ...args] = command(file, folder)
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let err = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  const closed = once(child, 'close')
  onTestFinished(async () => {
    child.kill('SIGTERM')
    await closed
    await rm(folder, { recursive: true, force: true })
  })
  await until(`${program} listens`, () => {
    if (child.exitCode !== null) throw new Error(`${program} exited with ${child.exitCode}: ${err}`)
    return accepts(port)
  })
  return `127.0.0.1:${port}`
}

/** A toy service that is healthy. */
export function startHealthyToy(toy: Toy, settings: ToyOptions['settings'] = {}): Promise<RunningToy> {
  const health = new Health({
    names: ['', MessageContactService.typeName],
    probe: () => Promise.resolve(),
    intervalMs: 60_000,
    unhealthyIntervalMs: 60_000,
    timeoutMs: 1000,
    observer: new RecordingObserver(),
  })
  health.start()
  onTestFinished(() => health.stop())
  return startToy(toy, { settings, otherServices: [health] })
}

/** The default of MAX_MESSAGE_BYTES. */
const maxMessageBytes = 65_536
/** A refusal of about 7 KiB, which is the maximum of the service. */
const violations = Array.from({ length: maxViolations }, (_, index): Violation => {
  const reason = 'INVALID_PARAMETER_MESSAGE_TYPES'
  return { field: `message_types[${index}]`, reason, rule: `Must be ${'x'.repeat(150)} ${index}.` }
})

/** Checks that a proxy before one process passes on what is as large as the service accepts and sends. */
export async function expectPassesLarge(start: (processes: readonly [string, string]) => Promise<string>) {
  const toy = await startHealthyToy(
    (request, call) => {
      if (request.name !== 'many') return echo(request, call)
      throw new Failure('INVALID_PARAMETER_MESSAGE_TYPES', { violations })
    },
    { MAX_MESSAGE_BYTES: maxMessageBytes },
  )
  const client = new ContactsClient(await start([toy.address, toy.address]))
  onTestFinished(() => client.close())
  // Tag and length of the name take four bytes.
  const maxName = 'a'.repeat(maxMessageBytes - 4)
  expect((await client.addMessageContact({ name: maxName }, known)).response.contact?.name).toBe(maxName)
  for (const tooLarge of [`${maxName}a`, maxName.repeat(4)])
    await expect(client.addMessageContact({ name: tooLarge }, known)).rejects.toMatchObject({
      refusal: { code: status.RESOURCE_EXHAUSTED },
    })
  const metadata = new Metadata()
  metadata.set('x-large', 'a'.repeat(30_000))
  expect((await client.addMessageContact({ name: 'Tom' }, { ...known, metadata })).response.contact?.name).toBe('Tom')
  await expectRefusal(client.addMessageContact({ name: 'many' }, known), 'INVALID_PARAMETER_MESSAGE_TYPES', {
    BadRequest: badRequest(...violations.map(({ field, reason, rule }) => [field, reason, rule] as const)),
  })
}

/** A process that takes requests and loses their connections. */
export async function startLosingProcess() {
  let requests = 0
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => {
      requests += 1
      socket.destroy()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, requests: () => requests }
}

/** An address on which nobody listens. */
export const closedAddress = async (): Promise<string> => `127.0.0.1:${await freePort()}`

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const accepted = await Promise.race([
    once(socket, 'connect').then(() => true),
    once(socket, 'close').then(() => false),
  ]).catch(() => false)
  socket.destroy()
  return accepted
}
