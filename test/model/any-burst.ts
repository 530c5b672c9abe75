import fc from 'fast-check'
import { anyProof } from './any-intent.js'
import type { AddRequest, Fields, UpdateRequest } from './calls.js'
import type { EtagChoice, Intent, Target } from './intents.js'

/** What somebody is about to do, and through which of so many connections. */
export interface Planned {
  readonly intent: Intent
  readonly door: number
}

/** Made at once. */
export type Burst = readonly Planned[]

/** Few of everything, so that calls are in each other's way. */
const few = fc.nat({ max: 1 })
const directory = fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(1) })
const target: fc.Arbitrary<Target> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ who: fc.constant('living' as const), which: few }) },
  { weight: 1, arbitrary: fc.record({ who: fc.constantFrom('gone' as const, 'elsewhere' as const), which: few }) },
)
const etag: fc.Arbitrary<EtagChoice> = fc.oneof(
  { weight: 4, arbitrary: fc.constant('latest' as const) },
  { weight: 3, arbitrary: fc.constant('none' as const) },
  { weight: 1, arbitrary: fc.constant('former' as const) },
)
const fields: fc.Arbitrary<Fields> = fc.record({
  name: fc.constantFrom('Tom', 'tom', 'Tomas', '\u8c48\u8c48', '\uf900\uf900'),
  emailAddress: fc.constantFrom('tom@example.com', 'Tom@example.com'),
  phoneNumber: fc.constantFrom('', '86-13900001234', '86-13900005678'),
  title: fc.integer({ min: 1, max: 2 }),
  messageTypes: fc.subarray([1, 2], { minLength: 1 }),
})

const anyAdd: fc.Arbitrary<Intent> = fc.record({
  directory,
  operation: fc.constant('add' as const),
  request: fc
    .tuple(fields, fc.constantFrom('', '', 'one'))
    .map(([said, clientToken]): AddRequest => ({ ...said, clientToken })),
})
const anyAddAgain: fc.Arbitrary<Intent> = fc.record({
  directory,
  operation: fc.constant('add again' as const),
  which: few,
  respelled: fc.boolean(),
})
const mask = fc.subarray(['name', 'email_address', 'phone_number', 'title', 'message_types'], {
  minLength: 1,
  maxLength: 2,
})
const anyUpdate: fc.Arbitrary<Intent & { operation: 'update' }> = fc.record({
  directory,
  operation: fc.constant('update' as const),
  target,
  etag,
  request: fc
    .tuple(fields, mask)
    .map(([said, paths]): Omit<UpdateRequest, 'contactId' | 'etag'> => ({ ...said, mask: paths })),
})
const anyDelete: fc.Arbitrary<Intent & { operation: 'delete' }> = fc.record({
  directory,
  operation: fc.constant('delete' as const),
  target,
  etag,
})
/** Often on behalf of another directory, and at once with its own callers. */
const anyGet: fc.Arbitrary<Intent> = fc.record({
  directory: few,
  operation: fc.constant('get' as const),
  target: fc.record({ who: fc.constantFrom('living' as const, 'elsewhere' as const), which: few }),
})
/** A longer list than a directory holds: it takes one command, which is one moment. */
const anyWholeList: fc.Arbitrary<Intent> = fc.record({
  directory,
  operation: fc.constant('list' as const),
  page: fc.constant('first' as const),
  which: fc.constant(0),
  request: fc.record({
    pageSize: fc.constant(0),
    title: fc.constantFrom(0, 0, 1),
    messageType: fc.constantFrom(0, 0, 1),
    status: fc.constantFrom(0, 0, 1, 2),
    namePrefix: fc.constantFrom('', '', 'Tom'),
  }),
})

const atOnce = (intents: fc.Arbitrary<Intent>, minLength: number) =>
  fc.oneof(
    fc.array(fc.record({ intent: intents, door: fc.nat({ max: 3 }) }), { minLength, maxLength: 6 }),
    // Through one connection to one service, where calls gather.
    fc
      .array(intents, { minLength, maxLength: 6 })
      .map((several) => several.map((intent): Planned => ({ intent, door: 0 }))),
  )

const anyCall = fc.oneof(
  ...[anyAdd, anyAdd, anyAdd, anyAddAgain, anyUpdate, anyUpdate, anyUpdate, anyDelete, anyGet, anyWholeList],
)
const ofOne: fc.Arbitrary<Intent> = fc
  .oneof(anyUpdate, anyUpdate, anyDelete)
  .map((intent) => ({ ...intent, directory: 0, target: { who: 'living', which: 0 } }))
/** Somebody proves an address between the bursts: that is no call of the service, and no one moment. */
const proofAlone = anyProof.map((intent): Burst => [{ intent, door: 0 }])

export const anyBursts: fc.Arbitrary<readonly Burst[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: atOnce(anyCall, 2) },
    { weight: 3, arbitrary: atOnce(anyAdd, 2) },
    { weight: 3, arbitrary: atOnce(ofOne, 2) },
    { weight: 1, arbitrary: atOnce(anyGet, 4) },
    { weight: 1, arbitrary: proofAlone },
  ),
  { minLength: 1, maxLength: 8, size: 'max' },
)
