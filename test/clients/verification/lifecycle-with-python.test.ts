import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { MessageContactStatus } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { addRequest, ContactsClient } from '../../support/client.js'
import { findPython, needs } from '../../support/clients/programs.js'
import { mailServerRequirements, startPythonMailServer } from '../../support/python-mail-server.js'
import { uniqueName } from '../../support/running-service.js'
import { ServiceProcess } from '../../support/service-process.js'
import { until } from '../../support/waiting.js'

const emailAddress = 'tom@example.com'

describe('through a mail server in Python, with STARTTLS and a login', () => {
  const python = needs(() => findPython('python-mail-server', mailServerRequirements))
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'message-contacts-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('a mail address is verified with the code of the email', async () => {
    const caFile = join(folder, 'ca.pem')
    const { ports, received } = await startPythonMailServer(python(), caFile)
    const service = await ServiceProcess.start({
      environment: {
        MONGODB_URI: inject('mongodbUri'),
        MONGODB_DATABASE: uniqueName('lifecycle'),
        SMTP_URL: `smtp://contacts:right@127.0.0.1:${ports.starttls}`,
        SMTP_REQUIRE_TLS: 'yes',
        MAIL_FROM: 'no-reply@contacts.example',
        NODE_EXTRA_CA_CERTS: caFile,
      },
    })
    const client = new ContactsClient(service.address)
    const options = { directoryId: uniqueName('rd') }
    const added = await client.addMessageContact(addRequest({ emailAddress }), options)
    const contactId = added.response.contact?.contactId ?? ''
    await client.sendEmailVerificationForMessageContact({ contactId, emailAddress }, options)
    await until('the email is received', () => received.length > 0)
    expect(received).toMatchObject([{ to: [emailAddress], user: 'contacts', encrypted: true, defects: [] }])
    const code = /\b\d{6}\b/.exec(received[0]?.text ?? '')?.[0] ?? ''
    const target = { case: 'emailAddress', value: emailAddress } as const
    const { response } = await client.confirmMessageContactVerification({ contactId, target, code }, options)
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
