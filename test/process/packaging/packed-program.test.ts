import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { freePort } from '../../../dev/database.js'
import { help } from '../../../src/cli/command-line.js'
import { addRequest, ContactsClient } from '../../support/client.js'
import { runProgram } from '../../support/packaging/run-program.js'
import { uniqueName, verificationSecrets } from '../../support/running-service.js'
import { type LogLine, ServiceProcess } from '../../support/service-process.js'

const run = promisify(execFile)
const projectFolder = fileURLToPath(new URL('../../..', import.meta.url))
const MONGODB_URI = inject('mongodbUri')
const project = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8'))

interface PackedFile {
  readonly path: string
}

/** `npm pack`, without building again: other tests run the build at the same time. */
async function pack(folder: string): Promise<{ readonly file: string; readonly paths: readonly string[] }> {
  const options = ['--json', '--ignore-scripts', '--pack-destination', folder]
  const { stdout } = await run('npm', ['pack', ...options], { cwd: projectFolder })
  const [{ filename, files }] = JSON.parse(stdout) as [{ filename: string; files: readonly PackedFile[] }]
  return { file: join(folder, filename), paths: files.map(({ path }) => path).sort() }
}

const filesBelow = (folder: string, extension: string) =>
  readdirSync(join(projectFolder, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(extension))
    .map((path) => `${folder}/${path}`)

describe('the packed program', () => {
  const folder = mkdtempSync(join(tmpdir(), 'message-contacts-'))
  const installed = join(folder, 'global')
  let paths: readonly string[] = []
  beforeAll(async () => {
    const packed = await pack(folder)
    paths = packed.paths
    await run('npm', ['install', '--global', '--prefix', installed, '--no-audit', '--no-fund', packed.file])
  }, 600_000)
  afterAll(() => rmSync(folder, { recursive: true }))

  const program = (...args: string[]) => ({ command: [join(installed, 'bin', 'message-contacts'), ...args], folder })
  // The program is a script for `node`, which is searched on the PATH.
  const PATH = `${dirname(process.execPath)}:/usr/bin:/bin`
  const runWith = (environment: Readonly<Record<string, string>>, ...args: string[]) =>
    runProgram(program(...args), { PATH, ...environment })
  const logOf = (stdout: string) =>
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as LogLine)

  test('has the compiled sources, the pages, the contract and the documentation, and nothing else', () => {
    const isCompiled = (path: string) => path.startsWith('dist/src/')
    const compiled = filesBelow('src', '.ts')
      .filter((path) => !path.endsWith('.d.ts'))
      .map((path) => `dist/${path.replace(/\.ts$/, '.js')}`)
    expect(paths).toEqual(expect.arrayContaining(compiled))
    // A build that is not new may have files of sources that were removed.
    expect(paths.filter((path) => isCompiled(path) && !path.endsWith('.js'))).toEqual([])
    const others = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json']
    expect(paths.filter((path) => !isCompiled(path))).toEqual(
      [
        ...others,
        ...filesBelow('docs', '.md'),
        ...filesBelow('proto', '.proto'),
        ...filesBelow('dist/explorer', '').filter((path) => /\.\w+$/.test(path)),
      ].sort(),
    )
  })

  test('is installed with the packages that it needs to run, and no others', () => {
    const names = readdirSync(join(installed, 'lib', 'node_modules', 'message-contacts', 'node_modules'))
    expect(names).toEqual(expect.arrayContaining(['mongodb', 'zod']))
    expect(names.filter((name) => ['typescript', 'vitest'].includes(name))).toEqual([])
  })

  test('prints its version and its help', async () => {
    expect(await runWith({}, '--version')).toEqual({ exitCode: 0, stdout: `${project.version}\n`, stderr: '' })
    expect(await runWith({}, '--help')).toEqual({ exitCode: 0, stdout: help, stderr: '' })
  })

  test('refuses an unknown command with its help on standard error', async () => {
    expect(await runWith({}, 'start')).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `There is no command start.\n\n${help}`,
    })
  })

  test('prepares a database with the settings of the database only', async () => {
    const MONGODB_DATABASE = uniqueName('packed')
    const { exitCode, stdout, stderr } = await runWith({ MONGODB_URI, MONGODB_DATABASE }, 'prepare-database')
    expect({ exitCode, stderr, log: logOf(stdout) }).toEqual({
      exitCode: 0,
      stderr: '',
      log: [{ level: 'info', time: expect.any(String), database: MONGODB_DATABASE, msg: 'database prepared' }],
    })
    const client = new MongoClient(MONGODB_URI)
    const indexNames = async (collection: string) =>
      (await client.db(MONGODB_DATABASE).collection(collection).indexes()).map(({ name }) => name).sort()
    expect(await indexNames('message_contacts')).toEqual([
      ...['_id_', 'delivery_due', 'directory_client_token', 'directory_name', 'directory_slot'],
    ])
    expect(await indexNames('message_contacts_quotas')).toEqual(['_id_', 'expire'])
    await client.close()
  })

  test('names the index that differs, and ends with 1', async () => {
    const MONGODB_DATABASE = uniqueName('packed')
    const client = new MongoClient(MONGODB_URI)
    const contacts = client.db(MONGODB_DATABASE).collection('message_contacts')
    await contacts.createIndex({ directoryId: 1 }, { name: 'directory_slot' })
    await client.close()
    const { exitCode, stdout } = await runWith({ MONGODB_URI, MONGODB_DATABASE }, 'prepare-database')
    expect({ exitCode, log: logOf(stdout) }).toEqual({
      exitCode: 1,
      log: [
        {
          level: 'fatal',
          time: expect.any(String),
          problem: 'the collection message_contacts has other indexes than this version expects: directory_slot',
          msg: 'cannot prepare the database',
        },
      ],
    })
  })

  test('ends with 1 if there is no database to prepare, and with 2 if its settings are wrong', async () => {
    const uri = `mongodb://user:hidden-password@127.0.0.1:${await freePort()}/`
    const { exitCode, stdout } = await runWith({ MONGODB_URI: uri }, 'prepare-database')
    expect({ exitCode, log: logOf(stdout) }).toMatchObject({
      exitCode: 1,
      log: [{ level: 'fatal', cause: { type: 'MongoServerSelectionError' }, msg: 'cannot prepare the database' }],
    })
    expect(stdout).not.toContain('hidden-password')
    expect(await runWith({ MONGODB_URI: `${uri}admin`, LOG_LEVEL: 'info' }, 'prepare-database')).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringMatching(/^MONGODB_URI names the database admin, /),
    })
  })

  test('serves, tells its health, and stops', async () => {
    const environment = {
      PATH,
      MONGODB_URI,
      MONGODB_DATABASE: uniqueName('packed'),
      VERIFICATION_SECRETS: verificationSecrets,
      LISTEN: `127.0.0.1:${await freePort()}`,
      HTTP_LISTEN: '127.0.0.1:0',
    }
    const service = await ServiceProcess.start({ environment, program: program() })
    const listening = service.lines().find(({ msg }) => msg === 'listening')
    expect((await fetch(`http://${listening?.['httpAddress']}/openapi.json`)).status).toBe(200)
    for (const args of [[], ['--service', 'liveness'], ['--address', service.address]])
      expect(await runWith({ LISTEN: environment.LISTEN }, 'health', ...args)).toMatchObject({
        exitCode: 0,
        stdout: 'SERVING\n',
      })
    const client = new ContactsClient(service.address)
    const { response } = await client.addMessageContact(addRequest(), { directoryId: 'packed' })
    expect(response.contact?.name).toBe(addRequest().name)
    client.close()
    service.signal('SIGTERM')
    expect(await service.exit()).toBe(0)
    expect(await runWith({ LISTEN: environment.LISTEN }, 'health')).toEqual({
      exitCode: 1,
      stdout: 'UNAVAILABLE\n',
      stderr: '',
    })
  })

  test.each([
    ['0.0.0.0', '127.0.0.1'],
    ['[::]', '[::1]'],
  ])('asks for the health on this machine if LISTEN has the host %s', async (host, localHost) => {
    const port = await freePort()
    const environment = { PATH, MONGODB_URI, VERIFICATION_SECRETS: verificationSecrets, LISTEN: `${localHost}:${port}` }
    const service = await ServiceProcess.start({ environment, ready: false, program: program('serve') })
    expect(await runWith({ LISTEN: `${host}:${port}` }, 'health', '--service', 'liveness')).toMatchObject({
      exitCode: 0,
    })
    await service.kill()
  })

  test('cannot ask for the health of any free port', async () => {
    expect(await runWith({ LISTEN: '127.0.0.1:0' }, 'health')).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'LISTEN has port 0, which is any free port: use --address\n',
    })
  })

  describe('asked to check the settings', () => {
    const valid = {
      MONGODB_URI: 'mongodb://user:hidden-password@db.example.com/',
      AUTHENTICATION: 'header',
      VERIFICATION_SECRETS: verificationSecrets,
    }

    test('prints them, with secrets masked, as a file that Node reads', async () => {
      const given = { ...valid, MAIL_FROM: 'Example <no-reply@example.com>', LISTEN: '[::1]:50051' }
      const { exitCode, stdout, stderr } = await runWith(given, 'check-config')
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
      const lines = stdout.trimEnd().split('\n')
      expect(lines.filter((line) => !line.endsWith(' # default'))).toEqual([
        'MONGODB_URI=***',
        'LISTEN=[::1]:50051',
        'AUTHENTICATION=header',
        'VERIFICATION_SECRETS=***',
        "MAIL_FROM='Example <no-reply@example.com>'",
      ])
      expect(lines).toContain('CONTACTS_PER_DIRECTORY=20 # default')
      expect(stdout).not.toMatch(/hidden-password|no-secret/)
    })

    test('reports every problem at once, also of the address of the database, and ends with 2', async () => {
      const wrong = { ...valid, MONGODB_URI: `${valid.MONGODB_URI}admin`, LISTEN: 'nowhere', LOG_LEVEL: 'loud' }
      expect(await runWith(wrong, 'check-config')).toEqual({
        exitCode: 2,
        stdout: '',
        stderr: [
          'LISTEN must be host:port, such as 0.0.0.0:50051 or [::1]:50051\n',
          'LOG_LEVEL must be one of: debug, info, warn, error, silent\n',
          'MONGODB_URI names the database admin, which is not for contacts: name another one, or set MONGODB_DATABASE. ',
          'Where users are defined says the option authSource\n',
        ].join(''),
      })
    })

    test('reports each problem once, and an address that the driver refuses', async () => {
      const { stderr } = await runWith(
        { ...valid, MONGODB_URI: 'mongodb://a,b/?directConnection=true' },
        'check-config',
      )
      expect(stderr).toBe('MONGODB_URI cannot be understood by the database driver\n')
      expect(await runWith({ ...valid, MONGODB_URI: 'nowhere' }, 'check-config')).toEqual({
        exitCode: 2,
        stdout: '',
        stderr: 'MONGODB_URI must be a mongodb:// or mongodb+srv:// address, without white space and #\n',
      })
    })
  })
})
