import { setTimeout as pause } from 'node:timers/promises'
import type { Collection } from 'mongodb'
import type { Contact } from '../../../src/contacts/contact.js'
import { Title } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import { contactsIn } from '../own-database.js'
import { uniqueName } from '../running-service.js'
import { until } from '../waiting.js'
import { Callers } from './callers.js'
import { ChaosProcess } from './chaos-process.js'
import type { History, KillRecord, MessageRecord, StoredContact } from './history.js'
import { Random } from './random.js'
import type { WireRecord } from './wire-log.js'

export interface ChaosOptions {
  readonly databaseUri: string
  readonly seconds: number
  readonly seed: string
}

export interface ChaosResult {
  readonly history: History
  /** How often each kind of disturbance happened, such as `insert, cut after` or `stop`. */
  readonly disturbances: ReadonlyMap<string, number>
  /** What went between the processes and the database. */
  readonly commands: readonly WireRecord[]
}

/** The clocks of the two processes are two minutes apart, and neither is right. In milliseconds. */
const clockOffsetsMs = { A: -60_000, B: 60_000 }
const directoryCount = 3
const callerCount = 16
/** How long due messages may take once nothing is disturbed any more, in milliseconds. */
const maxSettleMs = 60_000

const rules = (seconds: number) => ({
  contactsPerDirectory: 4,
  // Shorter than the difference of the clocks.
  codeTtlMs: 90_000,
  messagesPerAddressPerMinute: 3,
  emailsPerDirectoryPerDay: 4 * seconds,
})

/** Lets callers work for some time while everything is disturbed, and records what they see. */
export async function runChaos({ databaseUri, seconds, seed }: ChaosOptions): Promise<ChaosResult> {
  const database = uniqueName('chaos')
  const start = performance.now()
  const now = () => performance.now() - start
  const messages: MessageRecord[] = []
  const kills: KillRecord[] = []
  const processes = await Promise.all(
    Object.entries(clockOffsetsMs).map(([name, clockOffsetMs]) =>
      ChaosProcess.start({
        name,
        clockOffsetMs,
        databaseUri,
        seed,
        now,
        settings: settingsFor(seconds, database),
        onMessage: (message) => messages.push(message),
        onKill: (kill) => kills.push(kill),
      }),
    ),
  )
  const directoryIds = Array.from({ length: directoryCount }, (_, index) => `rd-${index + 1}`)
  const callers = new Callers({ random: new Random(`${seed} callers`), directoryIds, processes, now, messages })
  const endTime = now() + seconds * 1000
  const working = Array.from({ length: callerCount }, () => callers.run(endTime))
  const stops = await disturbProcesses(processes, new Random(`${seed} processes`), () => now() < endTime)
  await Promise.all(working)
  await Promise.all(processes.map((process) => process.calm()))
  const contacts = contactsIn(databaseUri, database)
  await until('no message is due', async () => !(await isMessageDue(contacts)), maxSettleMs)
  await callers.readAll()
  const stored = (await contacts.find().toArray()).map(storedContact)
  await Promise.all(processes.map((process) => process.close()))
  const disturbances = sumOf([...processes.map((process) => process.disturbances.counts), stops])
  const { calls, pauses } = callers
  return {
    history: { rules: rules(seconds), calls, messages, kills, pauses, stored, storedTime: Date.now() },
    disturbances,
    commands: processes.flatMap(({ log }) => log.records),
  }
}

function settingsFor(seconds: number, MONGODB_DATABASE: string): Readonly<Record<string, string>> {
  const { contactsPerDirectory, codeTtlMs, messagesPerAddressPerMinute, emailsPerDirectoryPerDay } = rules(seconds)
  return {
    MONGODB_DATABASE,
    DATABASE_TIMEOUT_SECONDS: '1',
    MAX_CALL_SECONDS: '3',
    MAIL_FROM: 'no-reply@chaos.example',
    CONTACTS_PER_DIRECTORY: String(contactsPerDirectory),
    VERIFICATION_CODE_TTL_SECONDS: String(codeTtlMs / 1000),
    MESSAGES_PER_ADDRESS_PER_MINUTE: String(messagesPerAddressPerMinute),
    EMAILS_PER_DIRECTORY_PER_DAY: String(emailsPerDirectoryPerDay),
    MESSAGES_PER_ADDRESS_PER_DAY: String(emailsPerDirectoryPerDay),
  }
}

/** Stops and kills one process after the other. Gives how often it did. All processes run in the end. */
async function disturbProcesses(
  processes: readonly ChaosProcess[],
  random: Random,
  isRunning: () => boolean,
): Promise<ReadonlyMap<string, number>> {
  const counts = { stop: 0, kill: 0 }
  for (;;) {
    await pause(random.integer(500, 2000))
    if (!isRunning()) return new Map(Object.entries(counts))
    const process = random.pick(processes)
    // Both happen in a short run too.
    const action = counts.stop === 0 ? 'stop' : counts.kill === 0 ? 'kill' : random.weighted({ stop: 2, kill: 1 })
    counts[action] += 1
    if (action === 'kill') await process?.restart()
    else {
      process?.stop()
      await pause(random.integer(300, 2500))
      process?.resume()
    }
  }
}

/** A message that another process has claimed is not due before its lease ends. */
async function isMessageDue(contacts: Collection<Contact>): Promise<boolean> {
  return (await contacts.countDocuments({ deliveryDueDate: { $lte: new Date(Date.now() + 1000) } })) > 0
}

function storedContact({ _id: contactId, directoryId, revision, name, email, title }: Contact): StoredContact {
  const { verification } = email
  return {
    contactId,
    directoryId,
    revision,
    name,
    emailAddress: email.address,
    title: Title[title],
    isEmailVerified: email.verifyDate !== undefined,
    pendingEmailAddress: email.pending ?? '',
    ...(verification && {
      verification: {
        reference: verification.id,
        address: verification.address,
        expireTime: verification.expireDate.getTime(),
        deliveryState: verification.deliveryState,
      },
    }),
  }
}

function sumOf(maps: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> {
  const sum = new Map<string, number>()
  for (const map of maps) for (const [key, count] of map) sum.set(key, (sum.get(key) ?? 0) + count)
  return sum
}
