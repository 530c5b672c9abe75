import { type Collection, MongoClient } from 'mongodb'
import { inject } from 'vitest'
import type { Contact } from '../../src/contacts/contact.js'
import { ContactsClient } from '../client.js'
import { uniqueName } from '../service/running-service.js'
import { ServiceProcess } from './service-process.js'

/** Two service processes on one database. */
export class TwoProcesses {
  /** What that database holds, through a connection of the test's own. */
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

  /** So many calls at once, every second one to the same process. */
  race<Outcome>(count: number, call: (client: ContactsClient, index: number) => Promise<Outcome>): Promise<Outcome[]> {
    const calls = Array.from({ length: count }, (_, index) => index)
    return Promise.all(
      calls.flatMap((index) => {
        const client = this.#clients[index % this.#clients.length]
        return client ? [call(client, index)] : []
      }),
    )
  }

  async end(): Promise<void> {
    for (const client of this.#clients) client.close()
    await this.#database.close()
  }
}
