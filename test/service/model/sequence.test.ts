import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bothClocks } from '../../support/clock.js'
import { anyCommand, Scenario, type ServiceWithClock } from '../../support/model/commands.js'
import { contactsPerDirectory } from '../../support/model/model.js'
import { type RunningService, startService, uniqueName } from '../../support/running-service.js'

/** To replay a failure: the `seed` and `path` that it printed, and the `replayPath` after its commands. */
const replay: { readonly seed?: number; readonly path?: string; readonly replayPath?: string } = {}

let service: RunningService
/** Earlier than the clock of the machine, with which clients compute deadlines. */
let clock = Date.parse('2024-02-29T23:59:59.500Z')
const now = () => clock

beforeAll(async () => {
  const environment = {
    CONTACTS_PER_DIRECTORY: String(contactsPerDirectory),
    PHONE_NUMBER: 'optional',
    COUNTRY_CODES: '86,44',
  }
  service = await startService({ environment, dependencies: bothClocks(now) })
})
afterAll(() => service.stop())

/** So common that every run has them. */
const expectedKinds = [
  'add: contact',
  'add: INVALID_PARAMETER_NAME_ALREADY_USED',
  'add: LIMIT_EXCEEDED_CONTACTS',
  'get: contact',
  'list: page',
  'list: a further page',
  'verify: contact',
  'update: contact',
  'update: ETAG_MISMATCH',
  'delete: deleted',
]

test('any sequence of calls: every answer is the one of the model', async () => {
  const kinds = new Set<string>()
  const advanceClock = (ms: number) => {
    clock += ms
  }
  const { client, collection } = service
  const serviceWithClock: ServiceWithClock = { client, collection, now, advanceClock }
  const someCommands = fc.commands(anyCommand, { maxCommands: 40, size: 'max', ...replay })
  const scenarios = fc.asyncProperty(someCommands, async (commands) => {
    const scenario = new Scenario(['one', 'two', 'three'].map((name) => uniqueName(name)))
    await fc.asyncModelRun(() => ({ model: scenario, real: serviceWithClock }), commands)
    for (const kind of scenario.kinds) kinds.add(kind)
  })
  await fc.assert(scenarios, { numRuns: 150, interruptAfterTimeLimit: 35_000, ...replay })
  expect([...kinds]).toEqual(expect.arrayContaining(expectedKinds))
}, 120_000)
