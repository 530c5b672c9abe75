import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningService, startService } from '../service/running-service.js'
import { runProgram } from './outside-client.js'
import { findGrpcurl, needs } from './programs.js'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
/** Where `npm start` serves, and so where the README calls. */
const address = '127.0.0.1:50051'

interface Printed {
  readonly command: string
  readonly firstLine: string
  /** What the README says comes out. Absent where it only says that the command can be given. */
  readonly output?: string
}

describe('the README', () => {
  const grpcurl = needs(findGrpcurl)
  let service: RunningService
  beforeAll(async () => {
    // As `npm start` has it.
    service = await startService({ environment: { DEFAULT_DIRECTORY_ID: 'development' } })
  })
  afterAll(() => service.stop())

  const run = async (command: string) => {
    const shell = 'PATH="$0:$PATH"; exec 2>&1; eval "$1"'
    const given = command.replaceAll(address, service.app.address)
    const { exitCode, out } = await runProgram('sh', ['-c', shell, dirname(grpcurl()), given])
    return { refused: exitCode !== 0, output: masked(out) }
  }
  const blocks = commandBlocks()

  test('calls in blocks that do nothing else', () => {
    const calling = [...readme.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].filter(([, block = '']) =>
      /\bgrpcurl -/.test(block),
    )
    expect(calling.map(([, block = '']) => block.trim())).toEqual(blocks.map(({ command }) => command))
  })

  test('shows an answer and a refusal', () => {
    const shown = blocks.map(({ output = '' }) => (output.startsWith('ERROR:') ? 'refusal' : 'answer'))
    expect(new Set(shown)).toEqual(new Set(['answer', 'refusal']))
  })

  test.each(blocks)('prints what comes out of: $firstLine', async ({ command, output }) => {
    const ended = await run(command)
    expect(ended).toEqual({
      refused: output?.startsWith('ERROR:') ?? false,
      output: output === undefined ? expect.any(String) : masked(output),
    })
  })

  test.each(commandsInText())('names a command that does its work: %s', async (command) => {
    expect(await run(command)).toEqual({ refused: false, output: expect.any(String) })
  })
})

/** Every `sh` block that begins with grpcurl, with the `text` block behind it, in the order of the README. */
function commandBlocks(): Printed[] {
  const blocks = readme.matchAll(/^```sh\n(grpcurl [\s\S]*?)^```\n(?:\n*^```text\n([\s\S]*?)^```\n)?/gm)
  return [...blocks].map(([, command = '', output]) => ({
    command: command.trim(),
    firstLine: command.split('\n', 1)[0] ?? '',
    ...(output !== undefined && { output }),
  }))
}

/** The commands that stand within a sentence and can be given as they stand. */
function commandsInText(): string[] {
  const spans = readme.matchAll(/(?<!`)`(grpcurl [^`\n]+)`/g)
  return [...spans].flatMap(([, command = '']) => (command.includes(address) ? [command] : []))
}

/** Without what differs from call to call; and without the blanks, which grpcurl sets as it likes. */
function masked(output: string): string {
  return output
    .replaceAll(/\b[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\b/g, '<request id>')
    .replaceAll(/\bc-[A-Za-z0-9]{16}\b/g, '<contact id>')
    .replaceAll(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<date>')
    .replaceAll(/\s+/g, ' ')
    .trim()
}
