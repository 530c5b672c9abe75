import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import type { Cleanup } from './cleanup.js'

/** A text message as the gateway gets it: the number without its country code, and the code. */
export interface SmsMessage {
  readonly number: string
  readonly code: string
}

/** Starts a gateway that accepts all text messages. Gives the settings with which a service uses it. */
export async function startSmsGateway(
  cleanup: Cleanup,
  accept: (message: SmsMessage) => void,
): Promise<Readonly<Record<string, string>>> {
  const server = createServer(async (request, response) => {
    try {
      accept((await json(request)) as SmsMessage)
      response.end()
    } catch {
      // The service has ended before it had sent everything.
      response.destroy()
    }
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  cleanup.push(async () => {
    server.close()
    server.closeAllConnections()
  })
  return {
    SMS_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    SMS_BODY: '{"number":"{{national}}","code":"{{code}}"}',
  }
}
