import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningService, startService, uniqueName } from '../service/running-service.js'
import { anyCommand, type Real, Story } from './commands.js'
import { contactsPerDirectory } from './model.js'

/** To see a failure again: what it printed as `seed` and `path`, and the `replayPath` beside its commands. */
const replay: { readonly seed?: number; readonly path?: string; readonly replayPath?: string } = {}

let service: RunningService
/** Not after the machine's, which the deadlines of calls are told by. */
let clock = Date.parse('2024-02-29T23:59:59.500Z')
const now = () => clock

beforeAll(async () => {
  const environment = {
    CONTACTS_PER_DIRECTORY: String(contactsPerDirectory),
    PHONE_NUMBER: 'optional',
    COUNTRY_CODES: '86,44',
  }
  service = await startService({ environment, surroundings: { now } })
})
afterAll(() => service.stop())

/** So much happens in every run of this test that none of it can be missing by chance. */
const usual = [
  ...['add: contact', 'add: INVALID_PARAMETER_NAME_ALREADY_USED', 'add: LIMIT_EXCEEDED_CONTACTS'],
  ...['get: contact', 'list: page', 'list: a further page', 'prove: contact'],
  ...['update: contact', 'update: ETAG_MISMATCH', 'delete: deleted'],
]

test('whatever callers do one after the other, every answer is the one that the contract gives', async () => {
  const kinds = new Set<string>()
  const passTime = (ms: number) => {
    clock += ms
  }
  const real: Real = { client: service.client, collection: service.collection, now, passTime }
  const someCommands = fc.commands(anyCommand, { maxCommands: 40, size: 'max', ...replay })
  const stories = fc.asyncProperty(someCommands, async (commands) => {
    const story = new Story(['one', 'two', 'three'].map((name) => uniqueName(name)))
    await fc.asyncModelRun(() => ({ model: story, real }), commands)
    for (const kind of story.kinds) kinds.add(kind)
  })
  await fc.assert(stories, { numRuns: 150, interruptAfterTimeLimit: 35_000, ...replay })
  expect([...kinds]).toEqual(expect.arrayContaining(usual))
}, 120_000)
