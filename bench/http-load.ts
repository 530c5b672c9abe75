import { once } from 'node:events'
import { Agent, type IncomingMessage, request as sendRequest } from 'node:http'
import { MessageContactService } from '../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { type LoadResult, measureCalls } from './load.js'
import { contact, newDirectory } from './operations.js'

const { typeName, method } = MessageContactService
const path = `/${typeName}/${method.addMessageContact.name}`
const body = JSON.stringify({
  ...contact,
  title: 'TITLE_TECHNICAL_DIRECTOR',
  messageTypes: ['MESSAGE_TYPE_ACCOUNT_EXPENSES'],
})

/** Adds contacts in the Connect protocol with JSON, with one connection for each call in flight. Each goes to a new directory. */
export async function loadJson(address: string, inFlight: number, seconds: number): Promise<LoadResult> {
  const { hostname: host, port } = new URL(`http://${address}`)
  const agent = new Agent({ keepAlive: true, maxSockets: inFlight })
  const makeCall = async () => {
    const headers = { 'content-type': 'application/json', 'x-resource-directory-id': newDirectory() }
    const request = sendRequest({ agent, host, port, method: 'POST', path, headers })
    request.end(body)
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    response.resume()
    await once(response, 'end')
    return response.statusCode === 200 ? undefined : String(response.statusCode)
  }
  try {
    return await measureCalls(makeCall, { inFlight, seconds })
  } finally {
    agent.destroy()
  }
}
