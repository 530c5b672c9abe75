import { type Collection, MongoClient } from 'mongodb'
import { inject } from 'vitest'
import type { Contact } from '../../src/contacts/contact.js'
import { type Command, WireProxy } from '../wire-proxy.js'
import { type RunningService, type ServiceOptions, startService, uniqueName } from './running-service.js'

export interface WatchedService extends RunningService {
  /** Between the service and its database. The test's own `collection` is past it. */
  readonly proxy: WireProxy
  /** The commands that are sent while `work` is under way, as they come; all of them pass, and refusals are no matter. */
  readonly commandsOf: (work: () => Promise<unknown>) => Promise<readonly string[]>
}

/** The service with a proxy of its own before the database, and a connection past it for the test. */
export async function startWatched({ environment, ...options }: ServiceOptions = {}): Promise<WatchedService> {
  const proxy = await WireProxy.to(inject('mongodbUri'))
  const MONGODB_DATABASE = uniqueName('watched')
  const service = await startService({
    environment: { MONGODB_URI: proxy.uri, MONGODB_DATABASE, ...environment },
    ...options,
  })
  const past = new MongoClient(inject('mongodbUri'))
  const collection: Collection<Contact> = past.db(MONGODB_DATABASE).collection('message_contacts')
  return {
    ...service,
    proxy,
    collection,
    async commandsOf(work) {
      const names: string[] = []
      proxy.watch((command) => {
        if (isCalls(command)) names.push(command.name)
        return 'pass'
      })
      await work().catch(() => {})
      proxy.calm()
      return names
    },
    async stop() {
      proxy.calm()
      await service.stop()
      await proxy.close()
      await past.close()
    },
  }
}

/** Whether calls are behind a command, and not health, the courier or the driver itself. */
export const isCalls = ({ name, body }: Command) =>
  name !== 'hello' && body[name] !== 'message_contacts_health' && body['filter']?.deliveryDueDate === undefined
