import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ContactsClient } from '../client.js'
import { type RunningService, startService, uniqueName } from '../service/running-service.js'
import { anyBursts } from './any-burst.js'
import type { Asked } from './asking.js'
import { History } from './history.js'
import { contactsPerDirectory } from './model.js'

/** To go the way of a failure again: what it printed as `seed` and `path`. What meets whom on the way is chance. */
const replay: { readonly seed?: number; readonly path?: string } = {}

const services: RunningService[] = []
/** Two connections to each of two services on one database. */
const doors: Asked[] = []
/** Not after the machine's, which the deadlines of calls are told by. */
let clock = Date.parse('2024-02-29T23:59:59.500Z')
const now = () => clock

beforeAll(async () => {
  const environment = {
    MONGODB_DATABASE: uniqueName('concurrent'),
    CONTACTS_PER_DIRECTORY: String(contactsPerDirectory),
    PHONE_NUMBER: 'optional',
  }
  for (let count = 0; count < 2; count += 1) {
    const service = await startService({ environment, surroundings: { now } })
    services.push(service)
    for (const client of [service.client, new ContactsClient(service.app.address)])
      doors.push({ client, collection: service.collection, now })
  }
})
afterAll(async () => {
  for (const { client } of doors) client.close()
  for (const service of services) await service.stop()
})

/** So much happens in every run of this test that none of it can be missing by chance. */
const usual = [
  ...['add: contact', 'add: INVALID_PARAMETER_NAME_ALREADY_USED', 'get: contact', 'list: page'],
  ...['update: contact', 'update: ETAG_MISMATCH', 'delete: deleted'],
]

test('whatever callers do at once, some order of the calls explains every answer and what is stored', async () => {
  const kinds = new Set<string>()
  const histories = fc.asyncProperty(anyBursts, async (bursts) => {
    const directories = ['one', 'two'].map((name) => uniqueName(name))
    const history = new History(directories, doors)
    for (const burst of bursts) {
      clock += 1
      await history.go(burst)
    }
    for (const kind of history.kinds) kinds.add(kind)
  })
  await fc.assert(histories, { numRuns: 100, interruptAfterTimeLimit: 35_000, ...replay })
  expect([...kinds]).toEqual(expect.arrayContaining(usual))
}, 120_000)
