import { execFile } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningService, startService, uniqueName } from '../../support/running-service.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const bin = (name: string) => join(root, 'node_modules', '.bin', name)
const run = promisify(execFile)

/** What a user would write with openapi-fetch: every name in it comes from the document. */
const program = `
  import createClient from 'openapi-fetch'
  import type { components, paths } from './openapi.js'

  const [, , baseUrl = '', directory = ''] = process.argv
  const client = createClient<paths>({ baseUrl })
  const params = { header: { 'x-resource-directory-id': directory } }
  const body: components['schemas']['AddMessageContactRequest'] = {
    name: 'Tom',
    emailAddress: 'tom@example.com',
    phoneNumber: '86-13900001234',
    title: 'TITLE_CEO',
    messageTypes: ['MESSAGE_TYPE_FAULT_MESSAGE'],
  }
  const added = await client.POST('/messagecontacts.v1.MessageContactService/AddMessageContact', { params, body })
  const contactId = added.data?.contact?.contactId ?? ''
  const listed = await client.POST('/messagecontacts.v1.MessageContactService/ListMessageContacts', { params, body: {} })
  const found = listed.data?.contacts?.map(({ name, status }) => [name, status])
  const again = await client.POST('/messagecontacts.v1.MessageContactService/AddMessageContact', { params, body })
  const details = again.error?.details?.flatMap((detail) =>
    detail.type === 'google.rpc.ErrorInfo' ? [detail.debug?.reason] : [],
  )
  console.log(JSON.stringify({ contactId, found, code: again.error?.code, details }))
`

let folder: string
let service: RunningService
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openapi-client-'))
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  await run(bin('openapi-typescript'), [join(root, 'docs', 'openapi.json'), '--output', join(folder, 'openapi.ts')])
  service = await startService({ environment: { HTTP_LISTEN: '127.0.0.1:0' } })
})
afterAll(async () => {
  await service?.stop()
  await rm(folder, { recursive: true, force: true })
})

/** Checks the types of a program, and compiles it. */
async function compile(name: string, text: string): Promise<void> {
  await writeFile(join(folder, `${name}.ts`), text)
  const options = ['--strict', '--target', 'es2023', '--module', 'nodenext', '--types', 'node', '--skipLibCheck']
  await run(bin('tsc'), [...options, '--rootDir', folder, join(folder, `${name}.ts`)], { cwd: folder })
}

test('a client that openapi-typescript generates from the document has types that fit, and calls the service', async () => {
  await compile('client', program)
  const url = `http://${service.app.httpAddress}`
  const { stdout } = await run(process.execPath, [join(folder, 'client.js'), url, uniqueName('rd')])
  expect(JSON.parse(stdout)).toEqual({
    contactId: expect.stringMatching(/^c-\w{16}$/),
    found: [['Tom', 'MESSAGE_CONTACT_STATUS_VERIFYING']],
    code: 'already_exists',
    details: ['INVALID_PARAMETER_NAME_ALREADY_USED'],
  })
})

test('its types refuse a request that lacks a required field', async () => {
  const withoutTitle = program.replace("title: 'TITLE_CEO',", '')
  await expect(compile('incomplete', withoutTitle)).rejects.toMatchObject({
    stdout: expect.stringContaining("Property 'title' is missing"),
  })
})
