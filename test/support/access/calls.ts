import { Metadata } from '@grpc/grpc-js'
import type { Refusal } from '../../../src/grpc/status.js'
import type { CallOptions, ContactsClient } from '../client.js'
import { Refused } from '../client.js'

/** The options of a call with this value of `authorization`, and with this directory. */
export function authorizedBy(authorization: string | undefined, directoryId?: string): CallOptions {
  const metadata = new Metadata()
  if (authorization !== undefined) metadata.set('authorization', authorization)
  return { metadata, ...(directoryId !== undefined && { directoryId }) }
}

export const withToken = (token: string, directoryId?: string): CallOptions =>
  authorizedBy(`Bearer ${token}`, directoryId)

/** The reason for which a call is refused, or `OK`. */
export const reasonOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'OK',
    (error: unknown) => {
      if (!(error instanceof Refused)) throw error
      return reasonIn(error.refusal)
    },
  )

const reasonIn = ({ code, details }: Refusal): string => {
  const [info] = details
  return info && 'reason' in info ? String(info.reason) : `status ${code}`
}

/** The reason for which a list of contacts is refused, or `OK`. */
export const listWith = (client: ContactsClient, token: string, directoryId?: string): Promise<string> =>
  reasonOf(client.listMessageContacts({}, withToken(token, directoryId)))
