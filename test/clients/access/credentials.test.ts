import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { reasonOf } from '../../support/access/calls.js'
import { type SecureService, startSecureService } from '../../support/access/secure-service.js'
import { certificateCredentials, tokenCredentials } from '../../support/clients/credentials/channel-credentials.js'
import { findGoProgram, findGrpcurl, findPython, needs } from '../../support/clients/programs.js'

const supportFile = (name: string) => fileURLToPath(new URL(`../../support/clients/${name}`, import.meta.url))
const run = promisify(execFile)

// The programs of docs/clients.md, over TLS.
describe.each(['token', 'certificate'] as const)('a caller with a %s', (kind) => {
  let service: SecureService
  beforeAll(async () => {
    service = await startSecureService(kind === 'token' ? 'token' : 'mtls')
    await service.issue([{ type: 'url', value: 'spiffe://example.org/notifier' }])
  })
  afterAll(() => service.stop())

  const python = needs(() => findPython('python-client', supportFile('requirements.txt')))
  const go = needs(() => findGoProgram('credentials', supportFile('credentials')))
  const grpcurl = needs(findGrpcurl)
  const address = () => service.app.address.replace('127.0.0.1', 'localhost')
  const folder = () => dirname(service.files.path('ca.crt'))
  const runProgram = async (program: string, ...programArguments: readonly string[]) =>
    (await run(program, programArguments, { cwd: folder() })).stdout.trim()

  test('lists contacts in Python', async () => {
    const program = supportFile('credentials/list_contacts.py')
    expect(await runProgram(python(), program, kind, folder(), address())).toBe('OK')
  })

  test('lists contacts in Go', async () => {
    expect(await runProgram(go(), kind, folder(), address())).toBe('OK')
  })

  test('lists contacts with grpcurl', async () => {
    const credentials =
      kind === 'token'
        ? ['-H', `authorization: Bearer ${service.token.token}`]
        : ['-cert', 'client.crt', '-key', 'client.key']
    const method = 'messagecontacts.v1.MessageContactService/ListMessageContacts'
    const output = await runProgram(grpcurl(), '-cacert', 'ca.crt', ...credentials, address(), method)
    expect(JSON.parse(output)).toEqual({ requestId: expect.any(String) })
  })

  test('lists contacts with curl', async () => {
    const credentials =
      kind === 'token'
        ? ['-H', `authorization: Bearer ${service.token.token}`]
        : ['--cert', 'client.crt', '--key', 'client.key']
    const url = `https://${service.app.httpAddress}/messagecontacts.v1.MessageContactService/ListMessageContacts`
    const message = ['--json', '{}']
    const output = await runProgram('curl', '-sS', '--cacert', 'ca.crt', ...credentials, ...message, url)
    expect(JSON.parse(output)).toEqual({ requestId: expect.any(String) })
  })

  test('lists contacts in TypeScript', async () => {
    const { cert, key } = await service.issue([{ type: 'url', value: 'spiffe://example.org/notifier' }])
    const { ca, token } = service
    const credentials = kind === 'token' ? tokenCredentials(ca, token.token) : certificateCredentials(ca, key, cert)
    expect(await reasonOf(service.connect(credentials).listMessageContacts({}))).toBe('OK')
  })
})
