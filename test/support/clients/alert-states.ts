import { callersFileEntry, createApiToken } from '../../../src/access/token.js'
import { withToken } from '../access/calls.js'
import { ReplacedFile } from '../access/replaced-file.js'
import { addRequest, ContactsClient } from '../client.js'
import { Directory } from '../directory.js'
import { reply } from '../mail-server.js'
import { storeQueued } from '../queued-contacts.js'
import { startReceivers } from '../receivers.js'
import { startService, uniqueName } from '../running-service.js'
import { deferred } from '../waiting.js'
import { startWatched, type WatchedService } from '../watched-service.js'
import { type Command, isDriverCommand, type Verdict, type Watch } from '../wire-proxy.js'
import { closedAddress } from './proxies.js'

/** A process whose metrics Prometheus reads, and how it gets into the state that an alert is about. */
export interface WatchedState {
  readonly adminAddress: string
  readonly enter: () => Promise<unknown>
  /** May be called twice. */
  readonly stop: () => Promise<void>
}

type Options = Parameters<typeof startWatched>[0]

/** A service that `enter` drives into a state. */
async function drive(enter: (service: WatchedService) => Promise<unknown>, options: Options = {}) {
  const environment = { ADMIN_LISTEN: '127.0.0.1:0', ...options.environment }
  const service = await startWatched({ ...options, environment })
  const stop = once(service.stop)
  return { adminAddress: String(service.app.adminAddress), enter: () => enter({ ...service, stop }), stop }
}

/** A service that does what it should. */
export const startHealthy = () => drive(async () => {})

/** The function, which works the first time only. */
function once(work: () => Promise<void>): () => Promise<void> {
  let result: Promise<void> | undefined
  return () => {
    result ??= work()
    return result
  }
}

const ignoreRefusal = () => {}
const add = (service: WatchedService, deadlineMs = 10_000) =>
  service.client.addMessageContact(addRequest(), { directoryId: uniqueName('rd'), deadlineMs }).catch(ignoreRefusal)
const list = (service: WatchedService, deadlineMs = 10_000) =>
  service.client.listMessageContacts({}, { directoryId: 'rd-1', deadlineMs }).catch(ignoreRefusal)

/** The driver repeats a command that was cut until its time limit, in seconds. */
const shortTimeout: Options = { environment: { DATABASE_TIMEOUT_SECONDS: '1' } }

/** Disturbs the commands of calls with these names, and no other. */
const disturb =
  (verdicts: Readonly<Record<string, Verdict>>): Watch =>
  (command: Command) =>
    isDriverCommand(command) || isOfWorker(command) ? 'pass' : (verdicts[command.name] ?? 'pass')

const isOfWorker = ({ body }: Command) => body['filter']?.deliveryDueDate !== undefined

const addresses = { emailAddress: 'tom@example.com', phoneNumber: '86-13900001234' }

/** Sends so many codes, each from a directory of its own. */
async function sendCodes(service: WatchedService, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += 1) {
    const directory = new Directory(service)
    const emailAddress = `${uniqueName('tom')}@example.com`
    const { contactId } = await directory.add({ emailAddress })
    await directory.sendEmail(contactId, emailAddress)
  }
}

/** Each alert of deploy/prometheus/alerts.yaml, with the start of a process that can get into its state. */
export const alertStates: Readonly<Record<string, () => Promise<WatchedState>>> = {
  MessageContactsDown: () => drive((service) => service.stop()),

  MessageContactsNotServing: () => drive(async ({ proxy }) => proxy.stall()),

  MessageContactsDatabaseUnavailable: () =>
    drive(async (service) => {
      service.proxy.watch(disturb({ find: 'cut before' }))
      await list(service)
    }, shortTimeout),

  MessageContactsOutcomeUnknown: () =>
    drive(async (service) => {
      service.proxy.watch(disturb({ insert: 'cut after', find: 'cut before' }))
      await add(service)
    }, shortTimeout),

  MessageContactsDeadlineExceeded: () =>
    drive(async (service) => {
      service.proxy.stall()
      await list(service, 500)
    }),

  MessageContactsOverloaded: () =>
    drive(
      async (service) => {
        const [arrived, held] = [deferred(), deferred<Verdict>()]
        service.proxy.watch((command) => {
          if (command.name !== 'insert') return 'pass'
          arrived.resolve()
          return held.promise
        })
        const first = add(service)
        await arrived.promise
        await add(service)
        held.resolve('pass')
        await first
      },
      { environment: { MAX_CALLS_IN_FLIGHT: '1' } },
    ),

  MessageContactsPermissionDenied: async () => {
    const token = createApiToken(Buffer.alloc(32, 1))
    const callers = await ReplacedFile.create(
      `callers:\n${callersFileEntry(token, { id: 'reader', directories: ['rd-1'], roles: ['reader'] })}`,
    )
    return drive(
      async ({ client }) => {
        for (let count = 0; count < 15; count += 1)
          await client.addMessageContact(addRequest(), withToken(token.token)).catch(ignoreRefusal)
      },
      { environment: { AUTHENTICATION: 'token', CALLERS_FILE: callers.path } },
    )
  },

  MessageContactsFileRejected: async () => {
    const callers = await ReplacedFile.create('callers: []\n')
    return drive(() => callers.replace('callers: 1\n'), {
      environment: { AUTHENTICATION: 'token', CALLERS_FILE: callers.path },
    })
  },

  MessageContactsInternalError: () =>
    drive(async (service) => {
      service.proxy.watch(disturb({ find: { reply: { ok: 0, code: 13, codeName: 'Unauthorized', errmsg: 'no' } } }))
      await list(service)
    }),

  MessageContactsDeliveryFailed: async () => {
    const receivers = await startReceivers({ onRcptTo: (_, __, done) => done(reply(550)) })
    return drive((service) => sendCodes(service, 1), { environment: receivers.settings })
  },

  MessageContactsDeliveryRetried: async () => {
    const receivers = await startReceivers({ onRcptTo: (_, __, done) => done(reply(450)) })
    return drive((service) => sendCodes(service, 6), { environment: receivers.settings })
  },

  // Nothing is configured to send it.
  MessageContactsDeliveryDelayed: () =>
    drive(({ collection }) => storeQueued(collection, [{ directoryId: 'rd-1', ...addresses, due: ['email'] }])),

  MessageContactsDeliveryWorkerFailed: async () => {
    const receivers = await startReceivers()
    return drive(async ({ proxy }) => proxy.watch((command) => (isOfWorker(command) ? 'cut before' : 'pass')), {
      environment: receivers.settings,
    })
  },

  MessageContactsDeliveryParked: async () => {
    const receivers = await startReceivers()
    return drive(
      async ({ collection }) => {
        const [_id = ''] = await storeQueued(collection, [{ directoryId: 'rd-1', ...addresses, due: [] }])
        // Without its name it cannot be claimed.
        await collection.updateOne({ _id }, { $unset: { name: '' } })
      },
      { environment: receivers.settings },
    )
  },

  MessageContactsClockOffset: async () => {
    let offsetMs = 0
    return drive(
      async () => {
        offsetMs = 5000
      },
      { dependencies: { now: () => Date.now() + offsetMs } },
    )
  },

  MessageContactsSettingsDiffer: async () => {
    const adminAddress = await closedAddress()
    const environment = { ADMIN_LISTEN: adminAddress, MONGODB_DATABASE: uniqueName('shared') }
    let service = await startService({ environment })
    const enter = async () => {
      await service.stop()
      service = await startService({ environment: { ...environment, CONTACTS_PER_DIRECTORY: '50' } })
    }
    return { adminAddress, enter, stop: once(() => service.stop()) }
  },

  MessageContactsLimitReached: () =>
    drive(
      async (service) => {
        for (let count = 0; count < 4; count += 1) await list(service)
        const second = new ContactsClient(service.app.address)
        await second.listMessageContacts({}, { directoryId: 'rd-1', deadlineMs: 1000 }).catch(ignoreRefusal)
        second.close()
      },
      { environment: { MAX_CONNECTIONS: '1', CALLS_PER_SECOND_PER_DIRECTORY: '1' } },
    ),
}
