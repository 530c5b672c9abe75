import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  CommandRunner,
  commandBlocks,
  documentedAddress,
  documentedHttpAddress,
  masked,
} from '../../support/clients/documented-commands.js'
import { findGrpcurl, needs } from '../../support/clients/programs.js'
import { type RunningService, startService } from '../../support/running-service.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const paths = ['README.md', 'CONTRIBUTING.md', ...markdownIn('docs'), ...markdownIn('examples')]
const pages = paths.map((path) => {
  const text = readPage(path)
  return { path, text, blocks: commandBlocks(text, isCall), commands: commandsInText(text) }
})
/** The shell function with which the README calls operations. Other pages use it too. */
const [callFunction = ''] = /^call\(\) \{.*\}$/m.exec(readPage('README.md')) ?? []

describe.each(pages.filter(({ blocks, commands }) => blocks.length + commands.length > 0))(
  'the commands of $path',
  ({ path, blocks, commands }) => {
    const grpcurl = needs(findGrpcurl)
    const printed: string[] = []
    let service: RunningService
    let runner: CommandRunner | undefined
    beforeAll(async () => {
      // With the settings of `npm start`.
      service = await startService({
        environment: {
          DEFAULT_DIRECTORY_ID: 'development',
          UNCONFIGURED_SENDER: 'print',
          HTTP_LISTEN: '127.0.0.1:0',
        },
        dependencies: { print: (line) => printed.push(line) },
      })
    })
    afterAll(() => service.stop())

    const startRunner = async () => {
      const { address, httpAddress } = service.app
      const started = new CommandRunner({
        address,
        httpAddress,
        printed,
        folder: root,
        programsFolder: dirname(grpcurl()),
      })
      if (path !== 'README.md') await started.run({ command: callFunction })
      return started
    }
    const run = async (command: Parameters<CommandRunner['run']>[0]) => {
      runner ??= await startRunner()
      return runner.run(command)
    }

    // In the order of the page: commands use contacts and variables of earlier ones.
    test.each(blocks.map((block) => [block.firstLine, block] as const))('print what it shows: %s', async (_, block) => {
      const { exitCode, output } = await run(block)
      if (block.output === undefined) expect({ exitCode, output }).toEqual({ exitCode: 0, output: expect.any(String) })
      else if (block.isWhole) expect(masked(output)).toBe(masked(block.output))
      else expect(masked(output).slice(-masked(block.output).length)).toBe(masked(block.output))
    })

    test.each(commands)('succeed within a sentence: %s', async (command) => {
      expect(await run({ command })).toEqual({ exitCode: 0, output: expect.any(String) })
    })
  },
)

test('no page has a call to another address, which would not be tested', () => {
  const blocks = pages.flatMap(({ text }) => commandBlocks(text, (block) => /grpcurl -plaintext|buf curl /.test(block)))
  expect(blocks.filter(({ command }) => !isCall(command))).toEqual([])
})

test('the pages show answers and refusals', () => {
  const outputs = pages.flatMap(({ blocks }) => blocks.flatMap(({ output }) => output ?? []))
  expect(outputs.some((output) => output.includes('"contactId"'))).toBe(true)
  expect(outputs.some((output) => output.includes('INVALID_PARAMETER_'))).toBe(true)
})

/** Whether a block calls the service that `npm start` has started. */
function isCall(block: string): boolean {
  if (block.includes(documentedHttpAddress) && /\bcurl -/.test(block)) return true
  const callsByProgram = block.includes(documentedAddress) && /\b(grpcurl -|buf curl )/.test(block)
  return callsByProgram || /\bcall [A-Z]\w+ /.test(block)
}

/** The calls that stand within a sentence. */
function commandsInText(text: string): string[] {
  const spans = text.matchAll(/(?<!`)`((?:grpcurl|npx buf curl) [^`\n]+)`/g)
  return [...spans].flatMap(([, command = '']) => (isCall(command) ? [command] : []))
}

/** The pages of the project in a folder, without those of installed packages. */
function markdownIn(folder: string): string[] {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
  const pagePaths = files.filter((path) => path.endsWith('.md') && !/(^|\/)(node_modules|\.venv)\//.test(path))
  return pagePaths.map((path) => join(folder, path)).sort()
}

function readPage(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}
