import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { promisify } from 'node:util'
import type { Cleanup } from '../cleanup.js'
import type { MeasuredServer } from '../rows.js'

const run = promisify(execFile)
const projectFolder = dirname(createRequire(import.meta.url).resolve('#package.json'))
const buildTimeoutMs = 300_000

/** The service on grpc-go, as a process that answers each line with the CPU that it has used. */
export class GoPeer implements MeasuredServer {
  readonly address: string
  readonly #process: ChildProcessByStdio<Writable, Readable, null>
  readonly #lines: AsyncIterator<string>

  private constructor(
    child: ChildProcessByStdio<Writable, Readable, null>,
    lines: AsyncIterator<string>,
    address: string,
  ) {
    this.#process = child
    this.#lines = lines
    this.address = address
  }

  /** Builds it and starts it. `cleanup` stops it. Rejects with GoMissingError if it cannot be built. */
  static async start(mongodbUri: string, database: string, cleanup: Cleanup): Promise<GoPeer> {
    const program = await build()
    const child = spawn(program, {
      env: { ...process.env, MONGODB_URI: mongodbUri, MONGODB_DATABASE: database },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const ended = once(child, 'exit')
    // Ctrl-C reaches this process too, and ends it.
    child.stdin.on('error', () => {})
    cleanup.push(() => {
      child.stdin.end()
      return ended
    })
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    return new GoPeer(child, lines, await nextLine(lines))
  }

  async cpu(): Promise<number> {
    this.#process.stdin.write('\n')
    return Number(await nextLine(this.#lines))
  }
}

/** There is no Go, or it cannot build the program, for example because its packages cannot be downloaded. */
export class GoMissingError extends Error {
  override readonly name = 'GoMissingError'
}

/** Generates the messages from the contract and compiles. Gives the path of the program. */
async function build(): Promise<string> {
  const folder = join(projectFolder, 'dist', 'peers', 'go')
  await rm(folder, { recursive: true, force: true })
  await cp(join(projectFolder, 'bench', 'peers', 'go'), folder, { recursive: true })
  const programs = join(projectFolder, 'node_modules', '.bin')
  const options = {
    cwd: folder,
    timeout: buildTimeoutMs,
    env: { ...process.env, PATH: `${programs}${delimiter}${process.env['PATH']}` },
  }
  try {
    await run('go', ['version'], options)
    await run('buf', ['generate'], options)
    await run('go', ['build', '-o', 'peer', '.'], options)
  } catch (error) {
    throw new GoMissingError(reasonOf(error), { cause: error })
  }
  return join(folder, 'peer')
}

function reasonOf(error: unknown): string {
  const { code, path, stderr = '', message } = error as NodeJS.ErrnoException & { readonly stderr?: string }
  if (code === 'ENOENT') return `there is no program ${path}`
  return (stderr.trim() || message).split('\n').at(-1) ?? ''
}

async function nextLine(lines: AsyncIterator<string>): Promise<string> {
  const { value, done } = await lines.next()
  if (done) throw new Error('the service on grpc-go has ended')
  return value
}
