import { execFile } from 'node:child_process'
import { promisify, stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { ContactsClient } from '../../support/client.js'
import { ProjectCopy, type StartedCommand } from '../../support/project-copy.js'
import { uniqueName } from '../../support/running-service.js'

const run = promisify(execFile)

let project: ProjectCopy
beforeAll(async () => {
  project = await ProjectCopy.create()
})
afterAll(() => project.remove())

/** Starts the service on the database of the tests. */
const start = (inTerminal: boolean): StartedCommand =>
  project.start(['node', 'dev/start.mjs'], {
    inTerminal,
    environment: { MONGODB_URI: inject('mongodbUri'), MONGODB_DATABASE: uniqueName('output') },
  })

/** Runs the command that a new user is shown. Gives the id of the contact that it adds. */
async function runPrintedCommand(output: string): Promise<string> {
  const [command = ''] = /^ {4}npx buf curl [\s\S]*AddMessageContact$/m.exec(output) ?? []
  const { stdout } = await run('sh', ['-c', command], { cwd: project.folder })
  return (JSON.parse(stdout) as { contact: { contactId: string } }).contact.contactId
}

async function sendCode(address: string, contactId: string): Promise<void> {
  const client = new ContactsClient(address)
  await client.sendEmailVerificationForMessageContact({ contactId, emailAddress: 'tom@example.com' })
  client.close()
}

test('on a terminal shows what a new user needs: where it serves, a command that works, calls, codes', async () => {
  const command = start(true)
  const address = await command.ready()
  await sendCode(address, await runPrintedCommand(command.output()))
  await expect.poll(() => command.output()).toContain('delivery attempt')
  command.child.stdin?.write('\x03')
  expect(await command.ended()).toBe(0)
  const [, httpAddress = ''] = /Explorer: http:\/\/(\S+)\//.exec(command.output()) ?? []
  const output = masked(command.output()).replaceAll(address, '<address>').replaceAll(httpAddress, '<HTTP address>')
  expect(
    output,
  ).toBe(`[<time>] INFO: listening on <address>, over HTTP on <HTTP address>, metrics on http://<admin address>/metrics
[<time>] INFO: serving

  Ready on <address>
  Explorer: http://<HTTP address>/
  Database: the one that MONGODB_URI names
  Callers: not authenticated, only from this machine. For development.
  To add a contact, in a second terminal, in this folder:

    npx buf curl --protocol grpc -d '{"name": "Tom", "email_address": "tom@example.com",
      "phone_number": "86-13900001234", "title": "TITLE_CEO",
      "message_types": ["MESSAGE_TYPE_FAULT_MESSAGE"], "client_token": "my-first-contact"}' \\
      http://<address>/messagecontacts.v1.MessageContactService/AddMessageContact

  Codes are printed here, unless a mail server or an SMS gateway is configured.
  Ctrl-C stops the service. The data stay.

[<time>] DEBUG: AddMessageContact OK, <ms> ms, request <request id>
[<time>] INFO: audit {"requestId":"<request id>","operation":"AddMessageContact","callerId":"development","via":"header","directoryId":"development","contactId":"<contact id>","result":"OK"}
[<time>] DEBUG: SendEmailVerificationForMessageContact OK, <ms> ms, request <request id>
[<time>] INFO: audit {"requestId":"<request id>","operation":"SendEmailVerificationForMessageContact","callerId":"development","via":"header","directoryId":"development","contactId":"<contact id>","result":"OK"}

  ┌───────────────────────────────────────────────────────┐
  │ Code <code> for tom@example.com, valid for 30 minutes │
  │ Not sent: SMTP_URL is not set                         │
  └───────────────────────────────────────────────────────┘

[<time>] DEBUG: delivery attempt {"contactId":"<contact id>","channel":"email","attempt":1,"outcome":"sent"}
^C[<time>] INFO: stopping {"signal":"SIGINT"}
[<time>] INFO: not serving
[<time>] INFO: stopped
`)
})

test('elsewhere writes the log as JSON to the standard output, and nothing else', async () => {
  const command = start(false)
  await sendCode(await command.ready(), await runPrintedCommand(command.output()))
  await expect.poll(() => command.stdout()).toContain('delivery attempt')
  command.child.kill('SIGTERM')
  expect(await command.ended()).toBe(0)
  const lines = command.stdout().trimEnd().split('\n')
  expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
    'listening',
    'health changed',
    'call ended',
    'audit',
    'call ended',
    'audit',
    'delivery attempt',
    'stopping',
    'health changed',
    'stopped',
  ])
})

/** Without what differs from start to start. */
function masked(output: string): string {
  return stripVTControlCharacters(output)
    .replaceAll(/\b\d\d:\d\d:\d\d\b/g, '<time>')
    .replaceAll(/\b\d+ ms\b/g, '<ms> ms')
    .replaceAll(/\b[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\b/g, '<request id>')
    .replaceAll(/\bc-[A-Za-z0-9]{16}\b/g, '<contact id>')
    .replaceAll(/\bCode \d{6}\b/g, 'Code <code>')
    .replaceAll(/http:\/\/127\.0\.0\.1:\d+\/metrics/g, 'http://<admin address>/metrics')
}
