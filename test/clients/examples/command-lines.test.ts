import { execFile } from 'node:child_process'
import { cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ProgramResult, runProgram } from '../../support/clients/outside-client.js'
import { allSnippets, expectOutcomes } from '../../support/clients/snippets.js'
import { type RunningService, startService, uniqueName } from '../../support/running-service.js'
import { until } from '../../support/waiting.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const examples = join(root, 'examples')
const serviceConfig = join(root, 'proto', 'service-config.json')

/** Copies of the examples, because generated code is written into their folders. Below the project, so that its packages are found. */
const copies = join(root, 'dist', 'examples')

let service: RunningService
const printed: string[] = []
beforeAll(async () => {
  service = await startService({
    environment: { HTTP_LISTEN: '127.0.0.1:0', UNCONFIGURED_SENDER: 'print' },
    dependencies: { print: (line) => printed.push(line) },
  })
  await rm(copies, { recursive: true, force: true })
  await mkdir(copies, { recursive: true })
})
afterAll(() => service.stop())

async function copyOf(name: string): Promise<string> {
  const folder = join(copies, name)
  await cp(join(examples, name), folder, { recursive: true })
  return folder
}

/** Runs a command of a client in a directory. */
type Client = (directory: string, args: readonly string[]) => Promise<ProgramResult>

/** Packages may have to be installed. */
const buildTimeoutMs = 480_000

/** Runs a program that builds something. Rejects if it fails. */
const build = (path: string, args: readonly string[], folder: string) =>
  promisify(execFile)(path, args, { cwd: folder, timeout: buildTimeoutMs })

const shell = async (): Promise<Client> => {
  const url = `URL=http://${service.app.httpAddress}`
  return (directory, args) =>
    runProgram('env', [url, `DIRECTORY=${directory}`, join(examples, 'shell', 'contacts.sh'), ...args])
}

const typescript = async (): Promise<Client> => {
  const folder = await copyOf('typescript')
  await cp(join(root, 'src', 'gen'), join(folder, 'gen'), { recursive: true })
  await build(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc')], folder)
  const options = ['--address', service.app.address, '--service-config', serviceConfig]
  return (directory, args) =>
    runProgram(process.execPath, [join(folder, 'dist/contacts.js'), ...options, '--directory', directory, ...args])
}

const go = async (): Promise<Client> => {
  const folder = await copyOf('go')
  await symlink(join(root, 'proto'), join(dirname(copies), 'proto')).catch(() => {})
  await build(join(root, 'node_modules', '.bin', 'buf'), ['generate'], folder)
  await build('go', ['build', '-o', 'contacts', '.'], folder)
  const options = ['-address', service.app.address, '-service-config', serviceConfig]
  return (directory, args) =>
    runProgram(join(folder, 'contacts'), [...options, '-directory', directory, ...args], { folder })
}

const java = async (): Promise<Client> => {
  const folder = await copyOf('java')
  await symlink(join(root, 'proto'), join(dirname(copies), 'proto')).catch(() => {})
  await build('mvn', ['--quiet', '--batch-mode', 'compile'], folder)
  const options = ['-cp', 'target/classes:target/packages/*', `-Daddress=${service.app.address}`]
  return (directory, args) =>
    runProgram(
      'java',
      [...options, `-DserviceConfig=${serviceConfig}`, `-Ddirectory=${directory}`, 'Contacts', ...args],
      {
        folder,
      },
    )
}

async function codeFor(address: string): Promise<string> {
  const find = () => printed.find((line) => line.includes(address))
  await until('the code is printed', async () => find() !== undefined)
  return /\b\d{6}\b/.exec(find() ?? '')?.[0] ?? ''
}

describe.each([
  ['the shell', shell],
  ['TypeScript', typescript],
  ['Go', go],
  ['Java', java],
] as const)('the example in %s', (language, prepare) => {
  test('adds, lists, changes, verifies and deletes a contact, and shows what is refused', async () => {
    const run = await prepare()
    const directory = uniqueName('rd')
    const email = `${language.toLowerCase().replace(' ', '-')}@example.com`
    const succeed = async (...args: readonly string[]) => {
      const { exitCode, out, err } = await run(directory, args)
      // gRPC in Java may log to standard error.
      expect([args, exitCode, err]).toEqual([args, 0, expect.not.stringContaining('error:')])
      return out
    }
    const added = await succeed('add', 'Tom', email, '86-13900001234')
    const id = added.split(' ')[0] ?? ''
    expect(added).toBe(`${id} Tom ${email} VERIFYING SERVICE_MESSAGE\n`)
    expect(await run(directory, ['add', 'T', 'tom@localhost', '86-13900001234'])).toEqual({
      exitCode: 1,
      out: '',
      err: expect.stringMatching(
        /(?:^|\n)error: INVALID_PARAMETER_NAME_LENGTH: The Name exceeds the length limit\.\n {2}name: .+\n {2}email_address: .+\n {2}request id: [-0-9A-F]{36}\n$/,
      ),
    })
    expect(await succeed('add-type', id, 'SECURITY_MESSAGE')).toContain('SERVICE_MESSAGE,SECURITY_MESSAGE')
    expect(await succeed('send-code', id, email)).toMatch(/^The code is valid until \d{4}-.+Z\.\n$/)
    expect(await succeed('confirm', id, email, await codeFor(email))).toContain(' ACTIVE ')
    expect(await succeed('list')).toBe(`${id} Tom ${email} ACTIVE SERVICE_MESSAGE,SECURITY_MESSAGE\n`)
    expect(await succeed('delete', id)).toBe('')
    expect(await succeed('list')).toBe('')
  }, 600_000)
})

describe('the code that the explorer shows for every operation, with the generated code of the example', () => {
  test('compiles and runs in Go', async () => {
    const snippets = await allSnippets('go', service)
    const folder = join(copies, 'go')
    for (const [name, code] of snippets) await write(join(folder, 'calls', name), 'main.go', code)
    await build('go', ['build', '-o', 'programs/', './calls/...'], folder)
    await expectOutcomes(snippets, (name) => runProgram(join(folder, 'programs', name), []))
  }, 600_000)

  test('compiles and runs in Java', async () => {
    const snippets = await allSnippets('java', service)
    const folder = join(copies, 'java')
    const packages = 'target/classes:target/packages/*'
    for (const [name, code] of snippets) {
      await write(join(folder, 'calls', name), 'Main.java', code)
      await build('javac', ['-cp', packages, '-d', `target/calls/${name}`, `calls/${name}/Main.java`], folder)
    }
    const options = (name: string) => ['-cp', `target/calls/${name}:${packages}`, 'Main']
    await expectOutcomes(snippets, (name) => runProgram('java', options(name), { folder }))
  }, 600_000)
})

async function write(folder: string, name: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, name), text)
}
