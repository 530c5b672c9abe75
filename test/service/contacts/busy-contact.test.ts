import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Refused } from '../../support/client.js'
import { Directory } from '../../support/directory.js'
import { startReceivers } from '../../support/receivers.js'
import { deferred, until } from '../../support/waiting.js'
import { startWatched, type WatchedService } from '../../support/watched-service.js'
import type { Command, Verdict } from '../../support/wire-proxy.js'

let receivers: Awaited<ReturnType<typeof startReceivers>>
let service: WatchedService
beforeAll(async () => {
  receivers = await startReceivers()
  // What is held must not time out.
  const timeouts = { MAX_CALL_SECONDS: '60', DATABASE_TIMEOUT_SECONDS: '60' }
  service = await startWatched({ environment: { ...receivers.settings, ...timeouts } })
})
afterAll(() => service.stop())

/** The operation that changes this contact with a command, if there is one. */
function changeOf(contactId: string, { body }: Command): string | undefined {
  const [update] = body['updates'] ?? []
  return update?.q?._id === contactId ? update.u?.lastWrite?.operation : undefined
}

/** Holds the first change of a contact in front of the database. Gives the operations that change the contact, in order. */
function holdFirstChange(contactId: string) {
  const operations: string[] = []
  const held = deferred()
  service.proxy.watch(async (command): Promise<Verdict> => {
    const operation = changeOf(contactId, command)
    if (operation === undefined) return 'pass'
    operations.push(operation)
    if (operations.length === 1) await held.promise
    return 'pass'
  })
  return { operations, release: held.resolve }
}

/** Makes so many different updates of one contact at once. Counts the answers by reason in `answers`. */
async function update(
  { id: directoryId }: Directory,
  contactId: string,
  count: number,
  answers: Record<string, number> = {},
): Promise<Readonly<Record<string, number>>> {
  const note = (answer: string) => {
    answers[answer] = (answers[answer] ?? 0) + 1
  }
  const updateOnce = (index: number) => {
    const phoneNumber = `86-138${String(index).padStart(8, '0')}`
    return service.client.updateMessageContact({ contactId, phoneNumber }, { directoryId, deadlineMs: 60_000 }).then(
      () => note('OK'),
      (error: unknown) => note(error instanceof Refused ? reasonOf(error) : 'unexpected'),
    )
  }
  await Promise.all(Array.from({ length: count }, (_, index) => updateOnce(index)))
  return answers
}

/**
 * Makes so many updates of a contact while the first of them is held: resolves when all that are not accepted are refused. In waves, because
 * a process that is busy for seconds misses the driver's own checks of the connection.
 */
async function updateManyTimes(directory: Directory, contactId: string, count: number) {
  const answers: Record<string, number> = {}
  const isFull = () => answers['CONCURRENT_CALL_NOT_SUPPORTED'] === waveSize - maxAccepted
  const accepted = update(directory, contactId, waveSize, answers)
  await until('the surplus of the first wave is refused', isFull)
  for (let sent = waveSize; sent < count; sent += waveSize) await update(directory, contactId, waveSize, answers)
  return { answers, all: accepted }
}

const waveSize = 100
/** 1 update is made, 16 wait. */
const maxAccepted = 17

const reasonOf = ({ refusal }: Refused) => {
  const [info] = refusal.details
  return info && 'reason' in info ? String(info.reason) : 'without a reason'
}

async function withContact() {
  const directory = new Directory(service)
  const { contactId } = await directory.add()
  return { directory, contactId }
}

describe('while one contact has', () => {
  test('900 updates, a message of another directory is delivered', async () => {
    const { directory, contactId } = await withContact()
    const other = new Directory(service)
    const emailAddress = 'other900@example.com'
    const { contactId: otherId } = await other.add({ emailAddress })
    const { operations, release } = holdFirstChange(contactId)
    const { answers, all } = await updateManyTimes(directory, contactId, 900)
    await other.sendEmail(otherId, emailAddress)
    await receivers.codeByEmail(emailAddress)
    // All of this happened during the first of the changes.
    expect(operations).toEqual(['UpdateMessageContact'])
    release()
    await all
    expect(answers).toEqual({ OK: maxAccepted, CONCURRENT_CALL_NOT_SUPPORTED: 900 - maxAccepted })
  })

  test('1100 updates, no call of another directory is refused', async () => {
    const { directory, contactId } = await withContact()
    const { operations, release } = holdFirstChange(contactId)
    const { answers, all } = await updateManyTimes(directory, contactId, 1100)
    const other = new Directory(service)
    const { contactId: otherId } = await other.add()
    expect(await other.update({ contactId: otherId, name: 'Ann' })).toMatchObject({ name: 'Ann' })
    expect(await other.list()).toMatchObject({ totalCount: 1 })
    expect(operations).toEqual(['UpdateMessageContact'])
    release()
    await all
    expect(answers).toEqual({ OK: maxAccepted, CONCURRENT_CALL_NOT_SUPPORTED: 1100 - maxAccepted })
  })
})

test('the delivery worker claims a message of a contact before the updates that wait', async () => {
  const { directory, contactId } = await withContact()
  const other = new Directory(service)
  const emailAddress = 'other-claim@example.com'
  const { contactId: otherId } = await other.add({ emailAddress })
  const { operations, look, firstUpdate } = holdLooksAndUpdates(contactId)
  // Both messages are due before the worker looks for them.
  await directory.sendEmail(contactId, 'tom@example.com')
  await other.sendEmail(otherId, emailAddress)
  const { answers, all } = await updateManyTimes(directory, contactId, waveSize)
  look.resolve()
  // The worker has begun both claims; the one of the contact waits for the update that is held.
  await receivers.codeByEmail(emailAddress)
  expect(operations).toEqual(['SendEmailVerificationForMessageContact', 'UpdateMessageContact'])
  firstUpdate.resolve()
  await all
  expect(operations.slice(2, 4)).toEqual(['ClaimDelivery', 'UpdateMessageContact'])
  expect(answers).toEqual({ OK: maxAccepted, CONCURRENT_CALL_NOT_SUPPORTED: waveSize - maxAccepted })
})

/** Holds the looks of the delivery worker, and the first update of a contact, until the test releases them. */
function holdLooksAndUpdates(contactId: string) {
  const operations: string[] = []
  const look = deferred()
  const firstUpdate = deferred()
  service.proxy.watch(async (command): Promise<Verdict> => {
    if (command.body['filter']?.deliveryDueDate !== undefined) await look.promise
    const operation = changeOf(contactId, command)
    if (operation === undefined) return 'pass'
    operations.push(operation)
    if (operation === 'UpdateMessageContact') await firstUpdate.promise
    return 'pass'
  })
  return { operations, look, firstUpdate }
}

test('updates of a contact in one directory do not make those of another directory with its id wait', async () => {
  const { directory, contactId } = await withContact()
  const { operations, release } = holdFirstChange(contactId)
  const { answers, all } = await updateManyTimes(directory, contactId, waveSize)
  const strangers = await update(new Directory(service), contactId, maxAccepted)
  expect(strangers).toEqual({ ENTITY_NOT_EXISTS_CONTACT: maxAccepted })
  expect(operations).toEqual(['UpdateMessageContact'])
  release()
  await all
  expect(answers).toEqual({ OK: maxAccepted, CONCURRENT_CALL_NOT_SUPPORTED: waveSize - maxAccepted })
})
