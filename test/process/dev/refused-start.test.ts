import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, rm, symlink, utimes } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ProjectCopy } from '../../support/project-copy.js'

/** How long a start that cannot succeed may take, in milliseconds. */
const maxRefusalMs = 20_000
/** A user without rights, for tests that run as root. */
const nobody = 65_534
const oldNode = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.8' } })`

let project: ProjectCopy
beforeEach(async () => {
  project = await ProjectCopy.create({ withTools: false })
})
afterEach(() => project.remove())

/** Runs what `npm start` runs, and gives what it prints. Fails if it does not end with 1 in time. */
async function refusal(options: Parameters<ProjectCopy['start']>[1] = {}): Promise<string> {
  const startTime = Date.now()
  const command = project.start(['sh', '-c', await project.script('start')], options)
  expect(await command.ended()).toBe(1)
  expect(Date.now() - startTime).toBeLessThan(maxRefusalMs)
  return command.output()
}

describe('npm start ends with a sentence that says what to do', () => {
  test('on a version of Node that is too old', async () => {
    // Each Node process of the command runs this first.
    const environment = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(oldNode)}` }
    expect(await refusal({ environment })).toBe(
      'This needs Node 20.19 or newer, and this is Node 18.20.8: install Node 24 from https://nodejs.org, or with `nvm install 24`.\n',
    )
  })

  test('without installed packages', async () => {
    await rm(join(project.folder, 'node_modules'))
    expect(await refusal()).toBe('The packages are not installed: run `npm ci`, then `npm start`.\n')
  })

  test('on a port that is in use, before it builds', async () => {
    await touchSource()
    const server = await listen()
    const { port } = server.address() as AddressInfo
    expect(await refusal({ environment: { LISTEN: `127.0.0.1:${port}` } })).toMatch(
      new RegExp(
        `^Port ${port} of 127\\.0\\.0\\.1 is in use: stop the program that uses it, or choose another port: LISTEN=127\\.0\\.0\\.1:\\d+ npm start\n$`,
      ),
    )
    server.close()
  })

  test.each(['HTTP_LISTEN', 'ADMIN_LISTEN'])('on a port for %s that is in use', async (setting) => {
    const server = await listen()
    const { port } = server.address() as AddressInfo
    expect(await refusal({ environment: { [setting]: `127.0.0.1:${port}` } })).toMatch(
      new RegExp(
        `^Port ${port} of 127\\.0\\.0\\.1 is in use: stop the program that uses it, or choose another port: ${setting}=127\\.0\\.0\\.1:\\d+ npm start\n$`,
      ),
    )
    server.close()
  })

  test('on an address of another machine', async () => {
    expect(await refusal({ environment: { LISTEN: '192.0.2.1:50051' } })).toBe(
      '192.0.2.1:50051 is no address that can be served on (EADDRNOTAVAIL): choose one of this machine, for example LISTEN=127.0.0.1:50051 npm start\n',
    )
  })

  test('in a folder that cannot be written to', async () => {
    await chmod(project.folder, 0o555)
    const options = process.getuid?.() === 0 ? { uid: nobody } : {}
    expect(await refusal(options)).toBe(
      `The folder ${join(project.folder, '.data')} cannot be written to: get the right to write there, or copy the project to a folder of your own.\n`,
    )
    await chmod(project.folder, 0o755)
  })

  test('without a network', async () => {
    const closed = await listen()
    const { port } = closed.address() as AddressInfo
    closed.close()
    await once(closed, 'close')
    const environment = { https_proxy: `http://127.0.0.1:${port}`, PATH: await pathOf('python3') }
    expect(await refusal({ environment })).toBe(
      [
        'Downloading MongoDB 8.0.12. This happens once and takes about a minute.',
        'That has failed: 127.0.0.1 cannot be reached (ECONNREFUSED).',
        'Installing SecantusDB 0.7.0b3, a MongoDB-compatible server, from PyPI. This happens once and takes about a minute.',
        'That has failed: 127.0.0.1 cannot be reached (ECONNREFUSED).',
        `${noDatabase}\n`,
      ].join('\n'),
    )
  })

  test('without a network and python3', async () => {
    const environment = { MONGOMS_DOWNLOAD_MIRROR: 'https://nowhere.invalid', https_proxy: '', PATH: await pathOf() }
    expect(await refusal({ environment })).toMatch(
      new RegExp(
        [
          '^Downloading MongoDB 8.0.12. This happens once and takes about a minute.',
          'That has failed: nowhere.invalid cannot be reached \\((ENOTFOUND|EAI_AGAIN|no answer within 3 s)\\).',
          'Installing SecantusDB 0.7.0b3, a MongoDB-compatible server, from PyPI. This happens once and takes about a minute.',
          'That has failed: there is no python3.',
          `${noDatabase}\n$`,
        ].join('\n'),
      ),
    )
  })
})

const noDatabase =
  'There is no database: connect to the internet, or install MongoDB, or name one that you have: MONGODB_URI=mongodb://127.0.0.1:27017/ npm start'

describe('a build', () => {
  test('that is up to date is not repeated', async () => {
    const command = project.start(['sh', '-c', await project.script('build')])
    expect([await command.ended(), command.output()]).toEqual([0, ''])
  })

  test('is repeated after a change of a source', async () => {
    await touchSource()
    const command = project.start(['sh', '-c', await project.script('build')])
    await expect.poll(() => command.output(), { timeout: maxRefusalMs }).toMatch(/^Building, /)
  })
})

/** Makes a source newer than the build. */
async function touchSource(): Promise<void> {
  const now = new Date()
  await utimes(join(project.folder, 'src', 'time.ts'), now, now)
}

async function listen(): Promise<Server> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** A PATH with Node, the shell and these programs alone. */
async function pathOf(...programs: readonly string[]): Promise<string> {
  const folder = join(project.folder, 'programs')
  await mkdir(folder)
  for (const name of ['sh', 'node', ...programs]) await symlink(pathTo(name), join(folder, name))
  return folder
}

function pathTo(program: string): string {
  if (program === 'node') return process.execPath
  // Not the path of a version manager, which needs further programs.
  if (program === 'python3') return printed('python3', '-c', 'import sys; print(sys.executable)')
  return printed('sh', '-c', `command -v ${program}`)
}

const printed = (program: string, ...programArguments: readonly string[]) =>
  execFileSync(program, programArguments, { encoding: 'utf8' }).trim()
