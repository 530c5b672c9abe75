import { readFileSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { Failure } from '../../../src/errors/failure.js'
import { MessageType, Title } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import type { UpdateMessageContactRequest } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { CommandRunner, commandBlocks, documentedAddress, masked } from '../../support/clients/documented-commands.js'
import { type ProgramResult, runProgram } from '../../support/clients/outside-client.js'
import { findPython, needs } from '../../support/clients/programs.js'
import { Directory } from '../../support/directory.js'
import { type RunningService, startService } from '../../support/running-service.js'
import { startToy, stopToys } from '../../support/toy-service.js'
import { until } from '../../support/waiting.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const example = join(root, 'examples', 'python')
const [setUp, ...calls] = commandBlocks(readFileSync(join(example, 'README.md'), 'utf8'), () => true)

describe('the example in Python', () => {
  const python = needs(() => findPython('python-example', join(example, 'requirements.txt')))
  const printed: string[] = []
  let service: RunningService
  let folder = ''
  let setUpRunner: Promise<CommandRunner> | undefined
  beforeAll(async () => {
    // gRPC in Python calls through the proxy of the environment, even on this machine.
    vi.stubEnv('no_grpc_proxy', '127.0.0.1')
    service = await startService({
      environment: { DEFAULT_DIRECTORY_ID: 'development', UNCONFIGURED_SENDER: 'print' },
      dependencies: { print: (line) => printed.push(line) },
    })
    folder = await mkdtemp(join(tmpdir(), 'message-contacts-'))
  })
  afterAll(async () => {
    await service.stop()
    await rm(folder, { recursive: true, force: true })
    vi.unstubAllEnvs()
  })
  afterEach(stopToys)

  /**
   * Follows the README in a copy of the example, because generated code is written into its folder. Once for all tests.
   */
  const prepare = () => {
    setUpRunner ??= followSetUp()
    return setUpRunner
  }
  async function followSetUp(): Promise<CommandRunner> {
    const copy = join(folder, 'examples', 'python')
    await mkdir(copy, { recursive: true })
    await symlink(join(root, 'proto'), join(folder, 'proto'))
    for (const name of ['contacts.py', 'requirements.txt']) await copyFile(join(example, name), join(copy, name))
    // What the lines with venv and pip would install is installed already.
    await symlink(dirname(dirname(python())), join(copy, '.venv'))
    const lines = (setUp?.command ?? '').split('\n').filter((line) => !/ (venv \.venv|install -r)/.test(line))
    const runner = new CommandRunner({ address: service.app.address, printed, folder })
    expect(await runner.run({ command: lines.join('\n') })).toEqual({ exitCode: 0, output: '' })
    return runner
  }

  /** Runs a command of the client, by default on the service. */
  async function runClient(
    args: readonly string[],
    { address = service.app.address, directory = 'rd', input = '' } = {},
  ): Promise<ProgramResult> {
    await prepare()
    const options = ['--address', address, '--directory', directory]
    const program = join(folder, 'examples', 'python', 'contacts.py')
    return runProgram(python(), [program, ...options, ...args], { input })
  }

  test.each(calls.map((call) => [call.firstLine, call] as const))(
    'prints what its README shows: %s',
    async (_, call) => {
      const runner = await prepare()
      // The runner replaces the address.
      const command = call.command.replace('contacts.py', `contacts.py --address ${documentedAddress}`)
      const { exitCode, output } = await runner.run({ ...call, command })
      expect(masked(output)).toBe(masked(call.output ?? ''))
      expect(exitCode).toBe(call.output?.startsWith('error:') ? 1 : 0)
    },
  )

  test('lists all contacts over several pages', async () => {
    const directory = new Directory(service)
    const names = Array.from({ length: 11 }, (_, index) => `Tom${String.fromCharCode(65 + index)}`)
    const contacts = await directory.addAll(names)
    expect(await runClient(['list'], { directory: directory.id })).toEqual({
      exitCode: 0,
      out: contacts
        .map(({ contactId, name }) => `${contactId} ${name} tom@example.com VERIFYING ACCOUNT_EXPENSES\n`)
        .join(''),
      err: '',
    })
  })

  test('adds a message type and changes nothing else', async () => {
    const directory = new Directory(service)
    const { contactId } = await directory.add({ title: Title.CEO })
    expect(await runClient(['add-type', contactId, 'SECURITY_MESSAGE'], { directory: directory.id })).toEqual({
      exitCode: 0,
      out: `${contactId} Tom tom@example.com VERIFYING ACCOUNT_EXPENSES,SECURITY_MESSAGE\n`,
      err: '',
    })
    const messageTypes = [MessageType.ACCOUNT_EXPENSES, MessageType.SECURITY_MESSAGE]
    expect(await directory.get(contactId)).toMatchObject({ title: Title.CEO, messageTypes, etag: '"2"' })
  })

  test('reads a code from standard input', async () => {
    const directory = new Directory(service)
    const { contactId, emailAddress } = await directory.add()
    const before = printed.length
    await runClient(['send-code', contactId, emailAddress], { directory: directory.id })
    const findCode = () => /\bCode (\d{6}) for /.exec(printed.slice(before).join('\n'))?.[1]
    await until('the code is printed', () => findCode() !== undefined)
    const input = `${findCode()}\n`
    expect(await runClient(['confirm', contactId, emailAddress], { directory: directory.id, input })).toEqual({
      exitCode: 0,
      out: `Code: ${contactId} Tom tom@example.com ACTIVE ACCOUNT_EXPENSES\n`,
      err: '',
    })
  })

  test('deletes a contact', async () => {
    const directory = new Directory(service)
    const { contactId } = await directory.add()
    const result = await runClient(['delete', contactId], { directory: directory.id })
    expect(result).toEqual({ exitCode: 0, out: '', err: '' })
    expect(await directory.stored()).toEqual([])
  })

  test('repeats an Add with the same client token after OUTCOME_UNKNOWN', async () => {
    const tokens: string[] = []
    const { address } = await startToy(async ({ clientToken, name }, { requestId }) => {
      tokens.push(clientToken)
      if (tokens.length < 3) throw new Failure('OUTCOME_UNKNOWN', { retryAfterMs: 1 })
      return { requestId, contact: { name } }
    })
    const { exitCode } = await runClient(['add', 'Tom', 'tom@example.com', '86-13900001234'], { address })
    const [token] = tokens
    expect({ exitCode, tokens }).toEqual({ exitCode: 0, tokens: [token, token, token] })
    expect(token).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('reads and decides again after ETAG_MISMATCH', async () => {
    const updates: UpdateMessageContactRequest[] = []
    let etag = 0
    const { address } = await startToy(async (request, { requestId, operation }) => {
      if (operation === 'UpdateMessageContact') {
        updates.push(request as unknown as UpdateMessageContactRequest)
        if (updates.length === 1) throw new Failure('ETAG_MISMATCH')
      } else etag += 1
      return { requestId, contact: { etag: `"${etag}"`, messageTypes: [etag] } }
    })
    const { exitCode } = await runClient(['add-type', 'c-qL4HqKONzOM7b2Xd', 'PRODUCT_MESSAGE'], { address })
    expect(exitCode).toBe(0)
    expect(updates).toMatchObject([
      { etag: '"1"', messageTypes: [1, MessageType.PRODUCT_MESSAGE], updateMask: { paths: ['message_types'] } },
      { etag: '"2"', messageTypes: [2, MessageType.PRODUCT_MESSAGE], updateMask: { paths: ['message_types'] } },
    ])
  })

  test('exits with 1 and names the status if no service answers', async () => {
    const result = await runClient(['send-code', 'c-qL4HqKONzOM7b2Xd', 'tom@example.com'], { address: '127.0.0.1:1' })
    expect(result).toEqual({ exitCode: 1, out: '', err: expect.stringMatching(/^error: DEADLINE_EXCEEDED: /) })
  })
})
