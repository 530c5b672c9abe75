import fc from 'fast-check'
import type { AddRequest, Fields, ListRequest } from './calls.js'
import type { EtagChoice, Intent, PageChoice, Target } from './intents.js'
import { paths } from './judging.js'
import { clientTokens, contactIds, emailAddresses, namePrefixes, names, phoneNumbers, type Texts } from './values.js'

/** One in so many values is unlawful: most requests are to get past their fields. */
const unlawfulOnceIn = 60

function mostly<Value>(lawful: fc.Arbitrary<Value>, unlawful: fc.Arbitrary<Value>): fc.Arbitrary<Value> {
  return fc.oneof({ weight: unlawfulOnceIn - 1, arbitrary: lawful }, { weight: 1, arbitrary: unlawful })
}

const lawfulText = ({ kept }: Texts) => fc.constantFrom(...kept.keys())
const text = (texts: Texts) => mostly(lawfulText(texts), fc.constantFrom(...texts.refused.keys()))

const few = fc.nat({ max: 3 })
const title = mostly(fc.integer({ min: 1, max: 3 }), fc.constantFrom(0, 7))
const messageType = mostly(fc.integer({ min: 1, max: 3 }), fc.constantFrom(0, 7))
const fields: fc.Arbitrary<Fields> = fc.record({
  name: text(names),
  emailAddress: text(emailAddresses),
  phoneNumber: text(phoneNumbers),
  title,
  messageTypes: mostly<readonly number[]>(fc.array(messageType, { minLength: 1, maxLength: 3 }), fc.constant([])),
})

/** Most callers are of the first directory, so that it fills. */
const directory = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: 2 }) })

const target: fc.Arbitrary<Target> = fc.oneof(
  { weight: 14, arbitrary: fc.record({ who: fc.constant('living' as const), which: few }) },
  { weight: 1, arbitrary: fc.record({ who: fc.constant('gone' as const), which: few }) },
  { weight: 1, arbitrary: fc.record({ who: fc.constant('elsewhere' as const), which: few }) },
  { weight: 1, arbitrary: fc.record({ contactId: text(contactIds) }) },
)

const etag: fc.Arbitrary<EtagChoice> = fc.oneof(
  { weight: 4, arbitrary: fc.constant('none' as const) },
  { weight: 4, arbitrary: fc.constant('latest' as const) },
  { weight: 1, arbitrary: fc.constant('former' as const) },
  { weight: 1, arbitrary: fc.record({ text: fc.constantFrom('"2"', '1', 'W/"1"', '"01"', '"0"', '*', '"1" ', '""') }) },
)

export const anyAdd: fc.Arbitrary<Intent & { operation: 'add' }> = fc.record({
  directory,
  operation: fc.constant('add' as const),
  request: fc
    .tuple(fields, fc.oneof({ weight: 3, arbitrary: fc.constant('') }, { weight: 1, arbitrary: text(clientTokens) }))
    .map(([said, clientToken]): AddRequest => ({ ...said, clientToken })),
})

export const anyAddAgain = fc.record({
  directory,
  operation: fc.constant('add again' as const),
  which: few,
  respelled: fc.boolean(),
})

export const anyGet = fc.record({ directory, operation: fc.constant('get' as const), target })

/** A filter that is mostly absent, so that several of them together still let something through. */
const filter = (values: fc.Arbitrary<number>) =>
  fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: values })
export const anyListRequest: fc.Arbitrary<Omit<ListRequest, 'pageToken'>> = fc.record({
  pageSize: mostly(fc.constantFrom(1, 1, 1, 2, 0, 3, 101), fc.constant(-1)),
  title: filter(title),
  messageType: filter(messageType),
  status: filter(mostly(fc.integer({ min: 1, max: 3 }), fc.constant(4))),
  namePrefix: fc.oneof({ weight: 2, arbitrary: fc.constant('') }, { weight: 1, arbitrary: lawfulText(namePrefixes) }),
})

const page: fc.Arbitrary<PageChoice> = fc.oneof(
  { weight: 3, arbitrary: fc.constant('first' as const) },
  { weight: 3, arbitrary: fc.constant('next' as const) },
  ...(['next, of other filters', 'next, from elsewhere', 'altered'] as const).map((choice) => ({
    weight: 1,
    arbitrary: fc.constant(choice),
  })),
)

export const anyList = fc.record({
  directory,
  operation: fc.constant('list' as const),
  request: anyListRequest,
  page,
  which: few,
})

const blank: Fields = { name: '', emailAddress: '', phoneNumber: '', title: 0, messageTypes: [] }
const filledIn = fc.subarray(Object.keys(blank) as (keyof Fields)[], { maxLength: 3 })
const withoutMask = fc.record({
  said: fc
    .tuple(fields, filledIn)
    .map(([said, keys]): Fields => ({ ...blank, ...Object.fromEntries(keys.map((key) => [key, said[key]])) })),
  mask: fc.constantFrom(undefined, []),
})
const withMask = fc.record({
  said: fields,
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
  request: fc.oneof(withoutMask, withMask).map(({ said, mask }) => ({ ...said, mask })),
})

export const anyDelete = fc.record({ directory, operation: fc.constant('delete' as const), target, etag })

export const anyProof = fc.record({
  directory,
  operation: fc.constant('prove' as const),
  target,
  address: fc.constantFrom('email' as const, 'phone' as const),
})
