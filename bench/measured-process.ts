import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Question, Told, Usage } from './measured-service.js'
import { verificationSecret } from './verification-secret.js'

/** For a profile of the measured process: BENCH_NODE='--cpu-prof --cpu-prof-dir=reports'. */
const execArguments = (process.env['BENCH_NODE'] ?? '').split(' ').filter((argument) => argument !== '')

/** The service in a process of its own, and what it has used. */
export class MeasuredProcess {
  readonly address: string
  /** The name of its database, which is its own. */
  readonly database: string
  readonly #process: ChildProcess

  private constructor(child: ChildProcess, address: string, database: string) {
    this.#process = child
    this.address = address
    this.database = database
  }

  static async start(mongodbUri: string, ...options: readonly string[]): Promise<MeasuredProcess> {
    const database = `bench-${randomUUID().slice(0, 8)}`
    const child = fork(fileURLToPath(new URL('./measured-service.js', import.meta.url)), [...options], {
      execArgv: ['--expose-gc', ...execArguments],
      env: {
        ...process.env,
        MONGODB_URI: mongodbUri,
        MONGODB_DATABASE: database,
        LISTEN: '127.0.0.1:0',
        VERIFICATION_SECRETS: verificationSecret,
        UNSENT_MESSAGES: 'print',
        MAILS_PER_DAY: '10000',
      },
    })
    const [told] = (await once(child, 'message')) as [Extract<Told, { address: string }>]
    return new MeasuredProcess(child, told.address, database)
  }

  async usage(question: Question): Promise<Usage> {
    this.#process.send(question)
    const [usage] = (await once(this.#process, 'message')) as [Usage]
    return usage
  }

  async stop(): Promise<void> {
    this.#process.disconnect()
    await once(this.#process, 'exit')
  }
}
