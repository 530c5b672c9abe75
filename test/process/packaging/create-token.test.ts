import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { parseCallers } from '../../../src/access/callers-file.js'

const run = promisify(execFile)
const program = fileURLToPath(new URL('../../../dist/src/main.js', import.meta.url))

const createToken = async (...programArguments: readonly string[]) =>
  (await run(process.execPath, [program, 'create-token', ...programArguments])).stdout

test('create-token prints a token, and an entry that the callers file takes', async () => {
  const output = await createToken('--id', 'console', '--directories', 'rd-1,rd-2', '--roles', 'verifier,editor')
  const [token = ''] = /^mct_[A-Za-z0-9_-]{43}$/m.exec(output) ?? []
  const [entry = ''] = /^ {2}- id: "console"\n[\s\S]*/m.exec(output) ?? []
  const { byTokenSha256 } = parseCallers(Buffer.from(`callers:\n${entry}`))
  const identity = byTokenSha256.get(createHash('sha256').update(token).digest('hex'))?.identity
  expect(identity).toEqual({
    id: 'console',
    via: 'token',
    directories: ['rd-1', 'rd-2'],
    roles: ['editor', 'verifier'],
  })
})
