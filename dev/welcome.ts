/** The request of the README. It has a client token, so it can be repeated. */
const request = `{"name": "Tom", "email_address": "tom@example.com",
      "phone_number": "86-13900001234", "title": "TITLE_CEO",
      "message_types": ["MESSAGE_TYPE_FAULT_MESSAGE"], "client_token": "my-first-contact"}`

/** What `npm start` prints when calls are served. `address` is `host:port` as bound. */
export function welcome(address: string, database: string): string {
  const reachableAddress = address.replace(/^(0\.0\.0\.0|\[::\]):/, '127.0.0.1:')
  return `
  Ready on ${address}
  Database: ${database}
  To add a contact, in a second terminal, in this folder:

    npx buf curl --protocol grpc -d '${request}' \\
      http://${reachableAddress}/messagecontacts.v1.MessageContactService/AddMessageContact

  Codes are printed here, unless a mail server or an SMS gateway is configured.
  Ctrl-C stops the service. The data stay.
`
}
