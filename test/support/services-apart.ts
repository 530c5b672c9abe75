import { type Collection, MongoClient } from 'mongodb'
import { inject } from 'vitest'
import type { Contact } from '../../src/contacts/contact.js'
import { Directory } from './directory.js'
import { type RunningService, startService, uniqueName } from './running-service.js'
import { until } from './waiting.js'
import { WireProxy } from './wire-proxy.js'

/** A quota as it is stored. */
export interface StoredQuota {
  readonly _id: string
  readonly dates: Date[]
  readonly expireDate: Date
}

interface ServiceApart extends RunningService {
  /** How often its delivery worker has looked for due deliveries. */
  readonly polls: () => number
}

/** Two services on one database, in which the clock of the second process is wrong. The clock of the database is right. */
export class ServicesApart {
  /** How far the clock of the second process is ahead, in milliseconds. */
  offsetMs: number
  readonly contacts: Collection<Contact>
  readonly quotas: Collection<StoredQuota>
  readonly #client = new MongoClient(inject('mongodbUri'))
  readonly #services: ServiceApart[] = []
  readonly #proxies: WireProxy[] = []

  private constructor(offsetMs: number, database: string) {
    this.offsetMs = offsetMs
    this.contacts = this.#client.db(database).collection('message_contacts')
    this.quotas = this.#client.db(database).collection('message_contacts_quotas')
  }

  static async start(offsetMs: number, settings: Readonly<Record<string, string>>): Promise<ServicesApart> {
    const MONGODB_DATABASE = uniqueName('apart')
    const services = new ServicesApart(offsetMs, MONGODB_DATABASE)
    for (const now of [Date.now, () => Date.now() + services.offsetMs])
      await services.#start({ MONGODB_DATABASE, ...settings }, now)
    return services
  }

  async #start(settings: Readonly<Record<string, string>>, now: () => number): Promise<void> {
    const proxy = await WireProxy.to(inject('mongodbUri'))
    this.#proxies.push(proxy)
    let polls = 0
    proxy.watch(({ name, body }) => {
      if (name === 'find' && body['filter']?.deliveryDueDate) polls += 1
      return 'pass'
    })
    const environment = { MONGODB_URI: proxy.uri, ...settings }
    const service = await startService({ environment, dependencies: { now, print: () => {} } })
    this.#services.push({ ...service, polls: () => polls })
  }

  get both(): readonly [right: ServiceApart, wrong: ServiceApart] {
    return this.#services as unknown as readonly [ServiceApart, ServiceApart]
  }

  /** One directory, through both services. Without deadlines: clients compute those with the clock of the machine. */
  createDirectories(): readonly [right: Directory, wrong: Directory] {
    const [right, wrong] = this.both.map((service) => new Directory(service, Number.POSITIVE_INFINITY)) as [
      Directory,
      Directory,
    ]
    return [right, Object.assign(wrong, { id: right.id })]
  }

  /** The time of the database, in milliseconds since the epoch. */
  async databaseTime(): Promise<number> {
    const { localTime } = await this.#client.db('admin').command({ hello: 1 })
    return (localTime as Date).getTime()
  }

  /** Resolves when the delivery workers of both have looked for due deliveries so many more times. */
  async polled(times: number): Promise<void> {
    const targets = this.both.map(({ polls }) => polls() + times)
    const havePolled = () => this.both.every(({ polls }, index) => polls() >= (targets[index] ?? 0))
    await until(`${times} polls by both services`, havePolled)
  }

  async stop(): Promise<void> {
    for (const service of this.#services) await service.stop()
    for (const proxy of this.#proxies) await proxy.close()
    await this.#client.close()
  }
}
