import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Closers } from '../src/lifecycle.js'
import { newDatabaseName } from './bench-database.js'
import type { ServiceMessage, Usage, UsageRequest } from './measured-service.js'

/** All codes of the benchmark are derived from it. It protects nothing. */
export const verificationSecret = 'known-to-everybody-for-the-benchmark-only'

/** Arguments of Node for the measured process. For a profile: BENCH_NODE='--cpu-prof --cpu-prof-dir=reports'. */
const nodeArguments = (process.env['BENCH_NODE'] ?? '').split(' ').filter((argument) => argument !== '')

/** The service in a process of its own, whose usage is measured. */
export class MeasuredProcess {
  readonly address: string
  /** The name of its database. No other process uses it. */
  readonly database: string
  readonly #process: ChildProcess

  private constructor(child: ChildProcess, address: string, database: string) {
    this.#process = child
    this.address = address
    this.database = database
  }

  /** Resolves when it serves. A closer stops it. */
  static async start(mongodbUri: string, closers: Closers, batching?: 'unbatched'): Promise<MeasuredProcess> {
    const database = newDatabaseName()
    const program = fileURLToPath(new URL('./measured-service.js', import.meta.url))
    const child = fork(program, batching ? [batching] : [], {
      execArgv: ['--expose-gc', ...nodeArguments],
      env: {
        ...process.env,
        MONGODB_URI: mongodbUri,
        MONGODB_DATABASE: database,
        LISTEN: '127.0.0.1:0',
        VERIFICATION_SECRETS: verificationSecret,
        UNCONFIGURED_SENDER: 'print',
        EMAILS_PER_DIRECTORY_PER_DAY: '10000',
      },
    })
    const ended = once(child, 'exit')
    closers.push(async () => {
      // It stops when its parent is gone.
      if (child.connected) child.disconnect()
      await ended
    })
    const [message] = (await once(child, 'message')) as [Extract<ServiceMessage, { address: string }>]
    return new MeasuredProcess(child, message.address, database)
  }

  async usage(request: UsageRequest): Promise<Usage> {
    this.#process.send(request)
    const [usage] = (await once(this.#process, 'message')) as [Usage]
    return usage
  }
}
