import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { DeliveryState } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { Directory } from '../../support/directory.js'
import { startService } from '../../support/running-service.js'

test('a silent mail server does not delay other messages', async () => {
  const silent = createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const printed: string[] = []
  const service = await startService({
    environment: {
      SMTP_URL: `smtp://127.0.0.1:${(silent.address() as AddressInfo).port}`,
      MAIL_FROM: 'no-reply@example.com',
      UNCONFIGURED_SENDER: 'print',
      SHUTDOWN_TIMEOUT_SECONDS: '1',
    },
    dependencies: { print: (line) => printed.push(line) },
  })
  const directory = new Directory(service)
  const { contactId, emailAddress, phoneNumber } = await directory.add()
  const connected = once(silent, 'connection')
  await directory.sendEmail(contactId, emailAddress)
  await connected
  await directory.sendSms(contactId, phoneNumber)
  await expect.poll(() => printed.length).toBeGreaterThan(0)
  const { verifications } = await directory.verifications({ contactId })
  expect(verifications[0]).toMatchObject({ target: emailAddress, deliveryState: DeliveryState.QUEUED })
  await service.stop()
  silent.close()
})
