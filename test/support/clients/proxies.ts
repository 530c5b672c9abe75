import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { MessageContactService } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { Health } from '../../../src/grpc/health.js'
import { RecordingObserver } from '../recording-observer.js'
import { type RunningToy, startToy, type Toy } from '../toy-service.js'
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
  await until(
    `${program} listens`,
    () => {
      if (child.exitCode !== null) throw new Error(`${program} exited with ${child.exitCode}: ${err}`)
      return accepts(port)
    },
    20_000,
  )
  return `127.0.0.1:${port}`
}

/** A toy service that is healthy. */
export function startHealthyToy(toy: Toy): Promise<RunningToy> {
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
  return startToy(toy, { otherServices: [health] })
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
