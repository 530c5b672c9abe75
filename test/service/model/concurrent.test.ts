import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ContactsClient } from '../../support/client.js'
import { bothClocks } from '../../support/clock.js'
import { anyBursts } from '../../support/model/any-burst.js'
import type { ServiceUnderTest } from '../../support/model/execution.js'
import { History } from '../../support/model/history.js'
import { contactsPerDirectory } from '../../support/model/model.js'
import { type RunningService, startService, uniqueName } from '../../support/running-service.js'

/** To replay a failure: the `seed` and `path` that it printed. The timing of the calls is still up to chance. */
const replay: { readonly seed?: number; readonly path?: string } = {}

const services: RunningService[] = []
/** Two connections to each of two services on one database. */
const connections: ServiceUnderTest[] = []
/** Earlier than the clock of the machine, with which clients compute deadlines. */
let clock = Date.parse('2024-02-29T23:59:59.500Z')
const now = () => clock

beforeAll(async () => {
  const environment = {
    MONGODB_DATABASE: uniqueName('concurrent'),
    CONTACTS_PER_DIRECTORY: String(contactsPerDirectory),
    PHONE_NUMBER: 'optional',
  }
  for (let count = 0; count < 2; count += 1) {
    const service = await startService({ environment, dependencies: bothClocks(now) })
    services.push(service)
    for (const client of [service.client, new ContactsClient(service.app.address)])
      connections.push({ client, collection: service.collection, now })
  }
})
afterAll(async () => {
  for (const { client } of connections) client.close()
  for (const service of services) await service.stop()
})

/** So common that every run has them. */
const expectedKinds = [
  'add: contact',
  'add: INVALID_PARAMETER_NAME_ALREADY_USED',
  'get: contact',
  'list: page',
  'update: contact',
  'update: ETAG_MISMATCH',
  'delete: deleted',
]

test('any concurrent calls: an order of the calls explains all answers and what is stored', async () => {
  const kinds = new Set<string>()
  const histories = fc.asyncProperty(anyBursts, async (bursts) => {
    const directories = ['one', 'two'].map((name) => uniqueName(name))
    const history = new History(directories, connections)
    for (const burst of bursts) {
      clock += 1
      await history.run(burst)
    }
    for (const kind of history.kinds) kinds.add(kind)
  })
  await fc.assert(histories, { numRuns: 100, interruptAfterTimeLimit: 35_000, ...replay })
  expect([...kinds]).toEqual(expect.arrayContaining(expectedKinds))
}, 120_000)
