import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { runProgram } from '../../support/clients/outside-client.js'
import { findGrpcurl, findPython, needs } from '../../support/clients/programs.js'
import { allSnippets, expectOutcomes } from '../../support/clients/snippets.js'
import { type RunningService, startService } from '../../support/running-service.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')

let service: RunningService
let folder = ''
beforeAll(async () => {
  // gRPC in Python calls through the proxy of the environment, even on this machine.
  vi.stubEnv('no_grpc_proxy', '127.0.0.1')
  service = await startService({
    environment: { HTTP_LISTEN: '127.0.0.1:0', UNCONFIGURED_SENDER: 'print' },
    dependencies: { print: () => {} },
  })
  folder = await mkdtemp(join(tmpdir(), 'message-contacts-'))
})
afterAll(async () => {
  await service.stop()
  await rm(folder, { recursive: true, force: true })
  vi.unstubAllEnvs()
})

const snippetsFor = (language: string) => allSnippets(language, service)

async function writeAll(subfolder: string, extension: string, snippets: ReadonlyMap<string, string>) {
  const path = join(folder, subfolder)
  await mkdir(path, { recursive: true })
  for (const [name, code] of snippets) await writeFile(join(path, `${name}.${extension}`), code)
  return path
}

describe('the code that the explorer shows for every operation', () => {
  test('runs in a shell with curl', async () => {
    const snippets = await snippetsFor('curl')
    await expectOutcomes(snippets, (name) => runProgram('sh', ['-c', snippets.get(name) ?? ''], { input: '' }))
  })

  describe('with grpcurl', () => {
    const grpcurl = needs(findGrpcurl)

    test('runs in a shell', async () => {
      const snippets = await snippetsFor('grpcurl')
      vi.stubEnv('PATH', `${dirname(grpcurl())}${delimiter}${process.env['PATH']}`)
      await expectOutcomes(snippets, (name) => runProgram('sh', ['-c', snippets.get(name) ?? ''], { input: '' }))
    })
  })

  describe('in Python', () => {
    const python = needs(() => findPython('python-example', join(root, 'examples', 'python', 'requirements.txt')))

    test('runs with the packages and the generated code of the example', async () => {
      const snippets = await snippetsFor('python')
      const path = await writeAll('python', 'py', snippets)
      const protos = ['authorization', 'error_reason', 'message_contact', 'message_contact_service']
      const files = protos.map((name) => join(root, 'proto', 'messagecontacts', 'v1', `${name}.proto`))
      const generate = ['-m', 'grpc_tools.protoc', '-I', join(root, 'proto')]
      const options = [`--python_out=${path}`, `--grpc_python_out=${path}`]
      const generated = await runProgram(python(), [...generate, ...options, ...files], { input: '' })
      expect(generated).toEqual({ exitCode: 0, out: '', err: '' })
      await expectOutcomes(snippets, (name) => runProgram(python(), [join(path, `${name}.py`)], { input: '' }))
    })
  })

  test('compiles and runs in TypeScript', async () => {
    const snippets = await snippetsFor('typescript')
    // Below the project, so that its packages are found.
    const path = join(root, 'dist', 'snippets')
    await rm(path, { recursive: true, force: true })
    await mkdir(path, { recursive: true })
    await cp(join(root, 'src', 'gen'), join(path, 'gen'), { recursive: true })
    for (const [name, code] of snippets) await writeFile(join(path, `${name}.ts`), code)
    const compilerOptions = { rootDir: '.', outDir: 'out', noEmit: false, allowJs: false, checkJs: false }
    const config = { extends: '../../tsconfig.json', compilerOptions, include: ['.'] }
    await writeFile(join(path, 'tsconfig.json'), JSON.stringify(config))
    const compiled = await runProgram(process.execPath, [tsc, '-p', path], { input: '' })
    expect(compiled).toEqual({ exitCode: 0, out: '', err: '' })
    await expectOutcomes(snippets, (name) =>
      runProgram(process.execPath, [join(path, 'out', `${name}.js`)], { input: '' }),
    )
  })
})
