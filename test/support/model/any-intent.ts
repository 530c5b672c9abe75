import fc from 'fast-check'
import type { AddRequest, Fields, ListRequest } from './calls.js'
import type { EtagChoice, Intent, PageChoice, Target } from './intents.js'
import { paths } from './validation.js'
import { clientTokens, contactIds, emailAddresses, namePrefixes, names, phoneNumbers, type Texts } from './values.js'

/** One of so many values is invalid, so that most requests are valid. */
const invalidOnceIn = 60

function mostly<Value>(valid: fc.Arbitrary<Value>, invalid: fc.Arbitrary<Value>): fc.Arbitrary<Value> {
  return fc.oneof({ weight: invalidOnceIn - 1, arbitrary: valid }, { weight: 1, arbitrary: invalid })
}

const validText = ({ valid }: Texts) => fc.constantFrom(...valid.keys())
const text = (texts: Texts) => mostly(validText(texts), fc.constantFrom(...texts.invalid.keys()))

const index = fc.nat({ max: 3 })
const title = mostly(fc.integer({ min: 1, max: 3 }), fc.constantFrom(0, 7))
const messageType = mostly(fc.integer({ min: 1, max: 3 }), fc.constantFrom(0, 7))
const fields: fc.Arbitrary<Fields> = fc.record({
  name: text(names),
  emailAddress: text(emailAddresses),
  phoneNumber: text(phoneNumbers),
  title,
  messageTypes: mostly<readonly number[]>(fc.array(messageType, { minLength: 1, maxLength: 3 }), fc.constant([])),
})

/** Most callers belong to the first directory, so that it fills. */
const directory = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: 2 }) })

const target: fc.Arbitrary<Target> = fc.oneof(
  { weight: 14, arbitrary: fc.record({ which: fc.constant('existing' as const), index }) },
  { weight: 1, arbitrary: fc.record({ which: fc.constant('deleted' as const), index }) },
  { weight: 1, arbitrary: fc.record({ which: fc.constant('of another directory' as const), index }) },
  { weight: 1, arbitrary: fc.record({ contactId: text(contactIds) }) },
)

const etag: fc.Arbitrary<EtagChoice> = fc.oneof(
  { weight: 4, arbitrary: fc.constant('none' as const) },
  { weight: 4, arbitrary: fc.constant('latest' as const) },
  { weight: 1, arbitrary: fc.constant('earlier' as const) },
  { weight: 1, arbitrary: fc.record({ text: fc.constantFrom('"2"', '1', 'W/"1"', '"01"', '"0"', '*', '"1" ', '""') }) },
)

export const anyAdd: fc.Arbitrary<Intent & { operation: 'add' }> = fc.record({
  directory,
  operation: fc.constant('add' as const),
  request: fc
    .tuple(fields, fc.oneof({ weight: 3, arbitrary: fc.constant('') }, { weight: 1, arbitrary: text(clientTokens) }))
    .map(([writable, clientToken]): AddRequest => ({ ...writable, clientToken })),
})

export const anyRepeatedAdd = fc.record({
  directory,
  operation: fc.constant('repeat add' as const),
  index,
  isRewritten: fc.boolean(),
})

export const anyGet = fc.record({ directory, operation: fc.constant('get' as const), target })

/** A filter that is mostly absent, so that all filters together match some contacts. */
const filter = (values: fc.Arbitrary<number>) =>
  fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: values })
export const anyListRequest: fc.Arbitrary<Omit<ListRequest, 'pageToken'>> = fc.record({
  pageSize: mostly(fc.constantFrom(1, 1, 1, 2, 0, 3, 101), fc.constant(-1)),
  title: filter(title),
  messageType: filter(messageType),
  status: filter(mostly(fc.integer({ min: 1, max: 3 }), fc.constant(4))),
  namePrefix: fc.oneof({ weight: 2, arbitrary: fc.constant('') }, { weight: 1, arbitrary: validText(namePrefixes) }),
})

const page: fc.Arbitrary<PageChoice> = fc.oneof(
  { weight: 3, arbitrary: fc.constant('first' as const) },
  { weight: 3, arbitrary: fc.constant('next' as const) },
  ...(['next, other filters', 'next, other directory', 'altered token'] as const).map((choice) => ({
    weight: 1,
    arbitrary: fc.constant(choice),
  })),
)

export const anyList = fc.record({
  directory,
  operation: fc.constant('list' as const),
  request: anyListRequest,
  page,
  index,
})

const emptyFields: Fields = { name: '', emailAddress: '', phoneNumber: '', title: 0, messageTypes: [] }
const fieldsWithValue = fc.subarray(Object.keys(emptyFields) as (keyof Fields)[], { maxLength: 3 })
const withoutMask = fc.record({
  fields: fc
    .tuple(fields, fieldsWithValue)
    .map(([all, keys]): Fields => ({ ...emptyFields, ...Object.fromEntries(keys.map((key) => [key, all[key]])) })),
  mask: fc.constantFrom(undefined, []),
})
const withMask = fc.record({
  fields,
  mask: fc.oneof(
    { weight: 6, arbitrary: fc.subarray<string>([...paths], { minLength: 1 }) },
    { weight: 2, arbitrary: fc.constant(['*']) },
    {
      weight: 1,
      arbitrary: fc.uniqueArray(fc.constantFrom<string>(...paths, '*', 'status', 'contact_id', '', 'emailAddress'), {
        minLength: 1,
        maxLength: 4,
      }),
    },
  ),
})

export const anyUpdate = fc.record({
  directory,
  operation: fc.constant('update' as const),
  target,
  etag,
  request: fc.oneof(withoutMask, withMask).map(({ fields, mask }) => ({ ...fields, mask })),
})

export const anyDelete = fc.record({ directory, operation: fc.constant('delete' as const), target, etag })

export const anyVerify = fc.record({
  directory,
  operation: fc.constant('verify' as const),
  target,
  kind: fc.constantFrom('email' as const, 'phone' as const),
})
