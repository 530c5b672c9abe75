import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { addRequest } from '../client.js'
import { startService, uniqueName } from '../service/running-service.js'

test('a mail server that says nothing holds up no other message', async () => {
  const silent = createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const printed: string[] = []
  const service = await startService({
    environment: {
      SMTP_URL: `smtp://127.0.0.1:${(silent.address() as AddressInfo).port}`,
      MAIL_FROM: 'no-reply@example.com',
      UNSENT_MESSAGES: 'print',
    },
    surroundings: { print: (line) => printed.push(line) },
  })
  const facts = { directoryId: uniqueName('rd') }
  const { response } = await service.client.addMessageContact(addRequest(), facts)
  const contactId = response.contact?.contactId ?? ''
  const asked = once(silent, 'connection')
  await service.client.sendEmailVerificationForMessageContact({ contactId, emailAddress: 'tom@example.com' }, facts)
  await asked
  await service.client.sendPhoneVerificationForMessageContact({ contactId, phoneNumber: '86-13900001234' }, facts)
  await expect.poll(() => printed.length, { timeout: 5000 }).toBeGreaterThan(0)
  const { response: listed } = await service.client.listMessageContactVerifications({ contactId }, facts)
  expect(listed.verifications[0]).toMatchObject({ target: 'tom@example.com', deliveryState: 2 })
  await service.stop()
  silent.close()
})
