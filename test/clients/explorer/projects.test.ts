import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { commandBlocks } from '../../support/clients/documented-commands.js'
import { findGrpcurl, needs } from '../../support/clients/programs.js'
import { exampleProject } from '../../support/clients/snippets.js'
import { type RunningService, startService } from '../../support/running-service.js'

/** Packages may have to be installed. */
const timeoutMs = 480_000
const run = promisify(execFile)

let service: RunningService
let folder = ''
beforeAll(async () => {
  // gRPC in Python calls through the proxy of the environment, even on this machine.
  vi.stubEnv('no_grpc_proxy', '127.0.0.1')
  service = await startService({ environment: { HTTP_LISTEN: '127.0.0.1:0' } })
  // Outside the project, whose packages must not be found.
  folder = await mkdtemp(join(tmpdir(), 'message-contacts-'))
})
afterAll(async () => {
  await service.stop()
  await rm(folder, { recursive: true, force: true })
  vi.unstubAllEnvs()
})

/** Unpacks the project of a call and runs the commands of its README. Gives what they print. */
async function runProject(language: string, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const archive = join(folder, `${language}.zip`)
  await writeFile(archive, exampleProject(language, 'AddMessageContact', service))
  await run('python3', ['-m', 'zipfile', '--extract', archive, folder])
  const cwd = join(folder, `message-contacts-${language}`)
  const [block] = commandBlocks(await readFile(join(cwd, 'README.md'), 'utf8'), () => true)
  const { stdout } = await run('sh', ['-ec', block?.command ?? ''], { cwd, env, timeout: timeoutMs })
  return stdout
}

describe('the project that the explorer lets people download', () => {
  test.each(['curl', 'typescript', 'python', 'go', 'java'])(
    'runs after the commands of its README: %s',
    async (language) => {
      expect(await runProject(language)).toMatch(/c-\w{16}/)
    },
    timeoutMs,
  )

  describe('with grpcurl', () => {
    const grpcurl = needs(findGrpcurl)

    test('runs after the commands of its README', async () => {
      const PATH = `${dirname(grpcurl())}:${process.env['PATH']}`
      expect(await runProject('grpcurl', { ...process.env, PATH })).toMatch(/c-\w{16}/)
    })
  })
})
