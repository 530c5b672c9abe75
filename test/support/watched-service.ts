import { type Collection, MongoClient } from 'mongodb'
import { inject } from 'vitest'
import type { Contact } from '../../src/contacts/contact.js'
import { type RunningService, type ServiceOptions, startService, uniqueName } from './running-service.js'
import { type Command, isDriverCommand, WireProxy } from './wire-proxy.js'

export interface WatchedService extends RunningService {
  /** Between the service and its database. `collection` does not go through it. */
  readonly proxy: WireProxy
  /** The names of the commands that calls send to the database during `work`, in order. A refusal of `work` is ignored. */
  readonly commandsOf: (work: () => Promise<unknown>) => Promise<readonly string[]>
}

/** Starts the service with a proxy before its database. */
export async function startWatched({ environment = {}, ...options }: ServiceOptions = {}): Promise<WatchedService> {
  const proxy = await WireProxy.to(inject('mongodbUri'))
  const { MONGODB_DATABASE = uniqueName('watched') } = environment
  const service = await startService({
    environment: { MONGODB_URI: proxy.uri, ...environment, MONGODB_DATABASE },
    ...options,
  })
  const direct = new MongoClient(inject('mongodbUri'))
  const collection: Collection<Contact> = direct.db(MONGODB_DATABASE).collection('message_contacts')
  return {
    ...service,
    proxy,
    collection,
    async commandsOf(work) {
      const names: string[] = []
      proxy.watch((command) => {
        if (isCallCommand(command)) names.push(command.name)
        return 'pass'
      })
      await work().catch(() => {})
      proxy.reset()
      return names
    },
    async stop() {
      proxy.reset()
      await service.stop()
      await proxy.close()
      await direct.close()
    },
  }
}

/** False for commands of health checks, of the delivery worker and of the driver itself. */
export const isCallCommand = (command: Command) =>
  !isDriverCommand(command) &&
  command.body[command.name] !== 'message_contacts_health' &&
  command.body['filter']?.deliveryDueDate === undefined
