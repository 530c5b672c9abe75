import fc from 'fast-check'
import { anyVerify } from './any-intent.js'
import type { AddRequest, Fields, UpdateRequest } from './calls.js'
import type { EtagChoice, Intent, Target } from './intents.js'

/** A call to be made, and the number of the connection for it. */
export interface PlannedCall {
  readonly intent: Intent
  readonly connection: number
}

/** Calls that are made concurrently. */
export type Burst = readonly PlannedCall[]

// Few different values, so that concurrent calls conflict.

const index = fc.nat({ max: 1 })
const directory = fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(1) })
const target: fc.Arbitrary<Target> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ which: fc.constant('existing' as const), index }) },
  {
    weight: 1,
    arbitrary: fc.record({ which: fc.constantFrom('deleted' as const, 'of another directory' as const), index }),
  },
)
const etag: fc.Arbitrary<EtagChoice> = fc.oneof(
  { weight: 4, arbitrary: fc.constant('latest' as const) },
  { weight: 3, arbitrary: fc.constant('none' as const) },
  { weight: 1, arbitrary: fc.constant('earlier' as const) },
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
    .map(([writable, clientToken]): AddRequest => ({ ...writable, clientToken })),
})
const anyRepeatedAdd: fc.Arbitrary<Intent> = fc.record({
  directory,
  operation: fc.constant('repeat add' as const),
  index,
  isRewritten: fc.boolean(),
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
    .map(([writable, paths]): Omit<UpdateRequest, 'contactId' | 'etag'> => ({ ...writable, mask: paths })),
})
const anyDelete: fc.Arbitrary<Intent & { operation: 'delete' }> = fc.record({
  directory,
  operation: fc.constant('delete' as const),
  target,
  etag,
})
/** Often on behalf of another directory, at the same time as its own callers. */
const anyGet: fc.Arbitrary<Intent> = fc.record({
  directory: index,
  operation: fc.constant('get' as const),
  target: fc.record({ which: fc.constantFrom('existing' as const, 'of another directory' as const), index }),
})
/** The page is larger than a directory: the list takes one command, so it shows one state. */
const anyWholeList: fc.Arbitrary<Intent> = fc.record({
  directory,
  operation: fc.constant('list' as const),
  page: fc.constant('first' as const),
  index: fc.constant(0),
  request: fc.record({
    pageSize: fc.constant(0),
    title: fc.constantFrom(0, 0, 1),
    messageType: fc.constantFrom(0, 0, 1),
    status: fc.constantFrom(0, 0, 1, 2),
    namePrefix: fc.constantFrom('', '', 'Tom'),
  }),
})

const concurrent = (intents: fc.Arbitrary<Intent>, minLength: number): fc.Arbitrary<Burst> =>
  fc.oneof(
    fc.array(fc.record({ intent: intents, connection: fc.nat({ max: 3 }) }), { minLength, maxLength: 6 }),
    // All of them over one connection to one service, which gathers them in batches.
    fc
      .array(intents, { minLength, maxLength: 6 })
      .map((several) => several.map((intent): PlannedCall => ({ intent, connection: 0 }))),
  )

/** What is listed several times happens more often. */
const anyCall: fc.Arbitrary<Intent> = fc.oneof(
  anyAdd,
  anyAdd,
  anyAdd,
  anyRepeatedAdd,
  anyUpdate,
  anyUpdate,
  anyUpdate,
  anyDelete,
  anyGet,
  anyWholeList,
)
const anyChangeOfOneContact: fc.Arbitrary<Intent> = fc
  .oneof(anyUpdate, anyUpdate, anyDelete)
  .map((intent) => ({ ...intent, directory: 0, target: { which: 'existing', index: 0 } }))
/** Alone in its burst, because it is not one call of the service and so not atomic. */
const onlyVerify = anyVerify.map((intent): Burst => [{ intent, connection: 0 }])

export const anyBursts: fc.Arbitrary<readonly Burst[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: concurrent(anyCall, 2) },
    { weight: 3, arbitrary: concurrent(anyAdd, 2) },
    { weight: 3, arbitrary: concurrent(anyChangeOfOneContact, 2) },
    { weight: 1, arbitrary: concurrent(anyGet, 4) },
    { weight: 1, arbitrary: onlyVerify },
  ),
  { minLength: 1, maxLength: 8, size: 'max' },
)
