import type { SecureAccess } from './secure.js'

/** The request of the README. It has a client token, so it can be repeated. */
const request = `{"name": "Tom", "email_address": "tom@example.com",
      "phone_number": "86-13900001234", "title": "TITLE_CEO",
      "message_types": ["MESSAGE_TYPE_FAULT_MESSAGE"], "client_token": "my-first-contact"}`

export interface WelcomeOptions {
  /** `host:port` as bound. */
  readonly address: string
  /** The same of the HTTP listener. */
  readonly httpAddress?: string | undefined
  /** Whether both are encrypted. */
  readonly isEncrypted: boolean
  readonly database: string
  /** Absent if callers are not authenticated. */
  readonly secure?: SecureAccess | undefined
}

const method = 'messagecontacts.v1.MessageContactService'

/** An address of this machine, where `address` stands for all. */
const reachable = (address: string) => address.replace(/^(0\.0\.0\.0|\[::\]):/, '127.0.0.1:')

/** What `npm start` prints when calls are served. */
export function welcome({ address, httpAddress = '', isEncrypted, database, secure }: WelcomeOptions): string {
  const reachableAddress = reachable(address)
  const options = secure ? `--schema proto --cacert ${secure.caFile} -H 'authorization: Bearer ${secure.token}' ` : ''
  const scheme = isEncrypted ? 'https' : 'http'
  const url = `${scheme}://${reachableAddress}/${method}/AddMessageContact`
  return `
  Ready on ${address}
  Explorer: ${scheme}://${reachable(httpAddress)}/
  Database: ${database}
  ${accessOf(address, secure)}
  To add a contact, in a second terminal, in this folder:

    npx buf curl --protocol grpc ${options}-d '${request}' \\
      ${url}
${secure ? grpcurlLine(reachableAddress, secure) : ''}
  Codes are printed here, unless a mail server or an SMS gateway is configured.
  Ctrl-C stops the service. The data stay.
`
}

function accessOf(address: string, secure: SecureAccess | undefined): string {
  if (secure) return 'Callers: only with the token below, over TLS. Both are new at each start.'
  const reach = /^(127\.|\[::1\])/.test(address) ? 'only from this machine' : 'and reachable from other machines'
  return `Callers: not authenticated, ${reach}. For development.`
}

const grpcurlLine = (address: string, { caFile, token }: SecureAccess) => `
  To list the contacts with grpcurl:

    grpcurl -cacert ${caFile} -H 'authorization: Bearer ${token}' \\
      ${address} ${method}/ListMessageContacts
`
