import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { afterAll } from 'vitest'
import { until } from '../waiting.js'

/** A command block of a documentation page. */
export interface DocumentedCommand {
  readonly command: string
  readonly firstLine: string
  /** The output that the page shows. Absent if it shows none. */
  readonly output?: string
  /**
   * True if `output` is all of it: it follows the command. False if a paragraph stands in between: it is then only the
   * end.
   */
  readonly isWhole?: boolean
}

/** The `sh` blocks of a page that `isCommand` selects, in order, each with the `text` block after it. */
export function commandBlocks(page: string, isCommand: (block: string) => boolean): DocumentedCommand[] {
  const blocks = [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
  return blocks.flatMap((block, index) => {
    const [whole, language, text = ''] = block
    if (language !== 'sh' || !isCommand(text)) return []
    const next = blocks[index + 1]
    const command = { command: text.trim(), firstLine: text.split('\n', 1)[0] ?? '' }
    if (next?.[1] !== 'text') return [command]
    const between = page.slice(block.index + whole.length, next.index)
    return [{ ...command, output: next[2] ?? '', isWhole: between.trim() === '' }]
  })
}

export interface CommandRunnerOptions {
  /** The address of the service, which replaces that of `npm start`. */
  readonly address: string
  /** The same for HTTP. */
  readonly httpAddress?: string | undefined
  /** What the service has printed instead of sending it; grows. */
  readonly printed: readonly string[]
  readonly folder: string
  /** The folder of programs that commands need, before those of the PATH. */
  readonly programsFolder?: string
}

export interface CommandResult {
  readonly exitCode: number
  /** Standard output and standard error together. */
  readonly output: string
}

/** Where `npm start` serves. */
export const documentedAddress = '127.0.0.1:50051'
/** The same for HTTP. */
export const documentedHttpAddress = '127.0.0.1:8080'
const contactIdPattern = /\bc-[A-Za-z0-9]{16}\b/g
/** The code of every example. */
const documentedCode = '123456'

/**
 * Runs the commands of one page in one shell, so that later commands know the variables and functions of earlier ones.
 * The contact ids of the page stand for those that were given out in their place, and its code for the latest one that
 * was sent. Stopped after the test file.
 */
export class CommandRunner {
  readonly #options: CommandRunnerOptions
  readonly #shell: ChildProcessWithoutNullStreams
  readonly #contactIds = new Map<string, string>()
  #output = ''
  #codesRequested = 0

  constructor(options: CommandRunnerOptions) {
    this.#options = options
    const { folder, programsFolder } = options
    const path = [programsFolder, process.env['PATH']].filter((each) => each !== undefined).join(':')
    this.#shell = spawn('sh', [], { cwd: folder, env: { ...process.env, PATH: path } })
    this.#shell.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text
    })
    this.#shell.stdin.write('exec 2>&1\n')
    afterAll(() => {
      this.#shell.kill()
    })
  }

  async run({ command, output = '' }: Pick<DocumentedCommand, 'command' | 'output'>): Promise<CommandResult> {
    const result = await this.#runInShell(await this.#substitute(command))
    if (/(Send(Email|Phone)Verification|send-code)/.test(command)) this.#codesRequested += 1
    this.#learnContactIds(output, result.output)
    return result
  }

  async #substitute(command: string): Promise<string> {
    const known = command
      .replaceAll(documentedAddress, this.#options.address)
      .replaceAll(documentedHttpAddress, this.#options.httpAddress ?? '')
      .replaceAll(contactIdPattern, (id) => this.#contactIds.get(id) ?? id)
    if (!known.includes(documentedCode)) return known
    const codes = () => this.#options.printed.join('\n').match(/(?<!\d)\d{6}(?!\d)/g) ?? []
    await until('all requested codes are printed', () => codes().length >= this.#codesRequested)
    return known.replaceAll(documentedCode, codes().at(-1) ?? documentedCode)
  }

  async #runInShell(command: string): Promise<CommandResult> {
    const start = this.#output.length
    const marker = randomUUID()
    const end = new RegExp(`\\n${marker} (\\d+)\\n$`)
    this.#shell.stdin.write(`{\n${command}\n} </dev/null\nprintf '\\n%s %s\\n' ${marker} $?\n`)
    const find = () => end.exec(this.#output.slice(start))
    await until(`the end of: ${command}`, () => find() !== null || this.#shell.exitCode !== null, 50_000)
    const output = this.#output.slice(start)
    return { exitCode: Number(find()?.[1] ?? this.#shell.exitCode), output: output.replace(end, '') }
  }

  #learnContactIds(documented: string, actual: string): void {
    const actualIds = actual.match(contactIdPattern) ?? []
    for (const [index, id] of (documented.match(contactIdPattern) ?? []).entries()) {
      const actualId = actualIds[index]
      if (actualId !== undefined) this.#contactIds.set(id, actualId)
    }
  }
}

/** Without what differs from call to call, and without the blanks of JSON, which clients write in different numbers. */
export function masked(output: string): string {
  return output
    .replaceAll(/\b[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\b/g, '<request id>')
    .replaceAll(contactIdPattern, '<contact id>')
    .replaceAll(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<date>')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ ?([{}[\],:]) ?/g, '$1')
    .trim()
}
