import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Authority, serverNames } from '../dev/authority.js'
import { newDatabaseName } from './bench-database.js'
import type { Cleanup } from './cleanup.js'
import type { MeasuredServer } from './rows.js'
import type { Addresses, Usage, UsageRequest } from './usage.js'

/** All codes of the benchmark are derived from it. It protects nothing. */
export const verificationSecret = 'known-to-everybody-for-the-benchmark-only'

/** Arguments of Node for the measured process. For a profile: BENCH_NODE='--cpu-prof --cpu-prof-dir=reports'. */
const nodeArguments = (process.env['BENCH_NODE'] ?? '').split(' ').filter((argument) => argument !== '')

/** A server in a process of its own, whose usage is measured. */
export class MeasuredProcess implements MeasuredServer {
  readonly address: string
  /** The same of its HTTP listener. */
  readonly httpAddress: string
  /** The name of its database. No other process uses it, unless MONGODB_DATABASE is given. */
  readonly database: string
  ca: string | undefined
  readonly #process: ChildProcess

  private constructor(child: ChildProcess, { address, httpAddress }: Addresses, database: string) {
    this.#process = child
    this.address = address
    this.httpAddress = httpAddress
    this.database = database
  }

  /** Starts the service. `cleanup` stops it. `environment` has settings that differ from those of other processes. */
  static start(
    mongodbUri: string,
    cleanup: Cleanup,
    batching: 'batched' | 'unbatched' = 'batched',
    environment: Readonly<Record<string, string>> = {},
  ): Promise<MeasuredProcess> {
    const database = environment['MONGODB_DATABASE'] ?? newDatabaseName()
    return MeasuredProcess.#start('./measured-service.js', [batching], database, cleanup, {
      MONGODB_URI: mongodbUri,
      MONGODB_DATABASE: database,
      LISTEN: '127.0.0.1:0',
      HTTP_LISTEN: '127.0.0.1:0',
      AUTHENTICATION: 'header',
      LOG_LEVEL: 'warn',
      VERIFICATION_SECRETS: verificationSecret,
      UNCONFIGURED_SENDER: 'print',
      EMAILS_PER_DIRECTORY_PER_DAY: '10000',
      MESSAGES_PER_ADDRESS_PER_DAY: '10000',
      CALLS_PER_SECOND_PER_CALLER: '1000000',
      CALLS_PER_SECOND_PER_DIRECTORY: '1000000',
      MAX_CALLS_IN_FLIGHT_PER_CALLER: '100000',
      ...environment,
    })
  }

  /** Starts a bare server, which has no database. `cleanup` stops it. */
  static startFloor(cleanup: Cleanup): Promise<MeasuredProcess> {
    return MeasuredProcess.#start('./floor-server.js', [], '', cleanup, {})
  }

  /** Starts the service on nice-grpc, on this database. `cleanup` stops it. */
  static startNiceGrpc(mongodbUri: string, database: string, cleanup: Cleanup): Promise<MeasuredProcess> {
    const environment = { MONGODB_URI: mongodbUri, MONGODB_DATABASE: database }
    return MeasuredProcess.#start('./peers/nice-grpc-server.js', [], database, cleanup, environment)
  }

  /** Resolves when it serves. */
  static async #start(
    file: string,
    programArguments: readonly string[],
    database: string,
    cleanup: Cleanup,
    environment: Readonly<Record<string, string>>,
  ): Promise<MeasuredProcess> {
    const child = fork(fileURLToPath(new URL(file, import.meta.url)), programArguments, {
      execArgv: ['--expose-gc', ...nodeArguments],
      env: { ...process.env, ...environment },
    })
    const ended = once(child, 'exit')
    cleanup.push(() => {
      // Like the end of its parent, this stops it in order.
      if (child.connected) child.disconnect()
      return ended
    })
    const failed = ended.then(() => Promise.reject(new Error('the measured server ended before it served')))
    const [message] = await Promise.race([once(child, 'message'), failed])
    return new MeasuredProcess(child, message as Addresses, database)
  }

  /** The same, over TLS. */
  static async startWithTls(mongodbUri: string, cleanup: Cleanup): Promise<MeasuredProcess> {
    const authority = await Authority.create()
    const { cert, key } = await authority.issue({ names: serverNames })
    const folder = await mkdtemp(join(tmpdir(), 'bench-tls-'))
    cleanup.push(() => rm(folder, { recursive: true, force: true }))
    const files = { TLS_CERT_FILE: join(folder, 'cert.pem'), TLS_KEY_FILE: join(folder, 'key.pem') }
    await writeFile(files.TLS_CERT_FILE, cert)
    await writeFile(files.TLS_KEY_FILE, key)
    const service = await MeasuredProcess.start(mongodbUri, cleanup, 'batched', files)
    service.ca = authority.cert
    return service
  }

  /** SIGKILL. */
  kill(): void {
    this.#process.kill('SIGKILL')
  }

  async cpu(): Promise<number> {
    return (await this.usage('cpu')).cpu
  }

  usage(request: UsageRequest): Promise<Usage> {
    return new Promise((resolve, reject) => {
      this.#process.once('message', (usage: Usage) => resolve(usage))
      this.#process.send(request, (error) => error && reject(error))
    })
  }
}
