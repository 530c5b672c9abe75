import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { MessageContactStatus } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { addRequest, ContactsClient } from '../client.js'
import { findPython, needs } from '../clients/programs.js'
import { ServiceProcess } from '../process/service-process.js'
import { startPythonServer } from '../sending/python-server.js'
import { uniqueName } from '../service/running-service.js'

const requirements = fileURLToPath(new URL('../sending/requirements.txt', import.meta.url))
const emailAddress = 'tom@example.com'

describe('through a mail server in Python, with STARTTLS and a login', () => {
  const python = needs(() => findPython('python-mail-server', requirements))
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'message-contacts-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('an address comes into effect: added, sent to, confirmed with the code of the mail', async () => {
    const caFile = join(folder, 'ca.pem')
    const { ports, received } = await startPythonServer(python(), caFile)
    const service = await ServiceProcess.start({
      environment: {
        MONGODB_URI: inject('mongodbUri'),
        MONGODB_DATABASE: uniqueName('story'),
        SMTP_URL: `smtp://contacts:right@127.0.0.1:${ports.starttls}`,
        SMTP_REQUIRE_TLS: 'yes',
        MAIL_FROM: 'no-reply@contacts.example',
        NODE_EXTRA_CA_CERTS: caFile,
      },
    })
    const client = new ContactsClient(service.address)
    const facts = { directoryId: uniqueName('rd') }
    const added = await client.addMessageContact(addRequest({ emailAddress }), facts)
    const contactId = added.response.contact?.contactId ?? ''
    await client.sendEmailVerificationForMessageContact({ contactId, emailAddress }, facts)
    await expect.poll(() => received.length, { timeout: 20_000 }).toBe(1)
    expect(received).toMatchObject([{ to: [emailAddress], user: 'contacts', encrypted: true, defects: [] }])
    const code = /\b\d{6}\b/.exec(received[0]?.text ?? '')?.[0] ?? ''
    const target = { case: 'emailAddress', value: emailAddress } as const
    const { response } = await client.confirmMessageContactVerification({ contactId, target, code }, facts)
    expect(response.contact).toMatchObject({
      contactId,
      emailAddress,
      status: MessageContactStatus.ACTIVE,
      etag: '"2"',
    })
    client.close()
    await service.kill()
  })
})
