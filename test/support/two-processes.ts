import { type Collection, MongoClient } from 'mongodb'
import { inject } from 'vitest'
import type { Contact } from '../../src/contacts/contact.js'
import { ContactsClient } from './client.js'
import { uniqueName } from './running-service.js'
import { ServiceProcess } from './service-process.js'

/** Two service processes on one database. */
export class TwoProcesses {
  /** The contacts in that database, through a connection of the test's own. */
  readonly collection: Collection<Contact>
  readonly #database: MongoClient
  readonly #clients: readonly ContactsClient[]

  private constructor(database: MongoClient, name: string, clients: readonly ContactsClient[]) {
    this.collection = database.db(name).collection('message_contacts')
    this.#database = database
    this.#clients = clients
  }

  static async start(): Promise<TwoProcesses> {
    const name = uniqueName('races')
    const environment = { MONGODB_URI: inject('mongodbUri'), MONGODB_DATABASE: name }
    const services = await Promise.all([0, 1].map(() => ServiceProcess.start({ environment })))
    const clients = services.map(({ address }) => new ContactsClient(address))
    return new TwoProcesses(new MongoClient(inject('mongodbUri')), name, clients)
  }

  /** Makes `count` calls at the same time, alternating between the processes. */
  race<Result>(count: number, call: (client: ContactsClient, index: number) => Promise<Result>): Promise<Result[]> {
    const indexes = Array.from({ length: count }, (_, index) => index)
    return Promise.all(
      indexes.flatMap((index) => {
        const client = this.#clients[index % this.#clients.length]
        return client ? [call(client, index)] : []
      }),
    )
  }

  /** Closes the connections. The processes end with the test file. */
  async close(): Promise<void> {
    for (const client of this.#clients) client.close()
    await this.#database.close()
  }
}
