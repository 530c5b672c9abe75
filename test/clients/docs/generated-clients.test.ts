import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const bin = (name: string) => join(root, 'node_modules', '.bin', name)

/** A proxy on a closed port stands for a machine without a network. */
const env = { ...process.env, HTTP_PROXY: 'http://127.0.0.1:1', HTTPS_PROXY: 'http://127.0.0.1:1' }
const run = (program: string, args: readonly string[], cwd: string) => promisify(execFile)(program, args, { cwd, env })

let folder: string
let repository: string
/** A new repository with what buf reads of this one: no node_modules, and nothing generated. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'generated-clients-'))
  repository = join(folder, 'message-contacts')
  for (const name of ['proto', 'buf.yaml', 'buf.gen.yaml'])
    await cp(join(root, name), join(repository, name), { recursive: true })
  const author = ['-c', 'user.name=test', '-c', 'user.email=test@example.com']
  await run('git', ['init', '--quiet'], repository)
  await run('git', ['add', '.'], repository)
  await run('git', [...author, 'commit', '--quiet', '--message', 'contract'], repository)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const files = async (path: string) =>
  (await readdir(path, { recursive: true })).filter((name) => /\.\w+$/.test(name)).toSorted()

describe('without a network and without the packages of this project', () => {
  test.each([
    ['a clone', (path: string) => path],
    ['a git URL', (path: string) => `file://${path}/.git`],
  ])('buf generate makes a client of %s', async (kind, inputOf) => {
    const out = join(folder, kind.replaceAll(' ', '-'))
    const plugins = [{ local: bin('protoc-gen-es'), out, opt: 'target=ts' }]
    const template = JSON.stringify({ version: 'v2', plugins })
    await run(bin('buf'), ['generate', inputOf(repository), '--template', template], folder)
    expect(await files(out)).toEqual([
      'messagecontacts/v1/authorization_pb.ts',
      'messagecontacts/v1/error_reason_pb.ts',
      'messagecontacts/v1/message_contact_pb.ts',
      'messagecontacts/v1/message_contact_service_pb.ts',
    ])
  })

  test('buf export gives the proto files alone', async () => {
    const out = join(folder, 'exported')
    await run(bin('buf'), ['export', `file://${repository}/.git`, '--output', out], folder)
    expect(await files(out)).toEqual([
      'messagecontacts/v1/authorization.proto',
      'messagecontacts/v1/error_reason.proto',
      'messagecontacts/v1/message_contact.proto',
      'messagecontacts/v1/message_contact_service.proto',
    ])
  })

  test('buf lint and buf build accept the contract', async () => {
    await run(bin('buf'), ['lint'], repository)
    await run(bin('buf'), ['build', '--output', join(folder, 'contract.binpb')], repository)
  })
})
