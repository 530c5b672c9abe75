import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { etagOf, requireEtag, revisionOf } from '../../../src/contacts/contact.js'
import { contactWith } from '../../support/contacts-in-states.js'
import { failureOf } from '../../support/failure-of.js'

const contact = (revision: number) => contactWith({ revision })
/** More changes than any contact will have. */
const maxRevision = 999_999_999_999_999
const revisions = fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: maxRevision }))

test('the etag is the revision in quotation marks', () => {
  expect([1, 2, 1000].map((revision) => etagOf(contact(revision)))).toEqual(['"1"', '"2"', '"1000"'])
})

describe('the revision of an etag', () => {
  test('is the one that the etag was made from', () => {
    fc.assert(
      fc.property(revisions, (revision) => {
        expect(revisionOf(etagOf(contact(revision)))).toBe(revision)
      }),
    )
    const some = [1, 9, 10, maxRevision]
    expect(some.map((revision) => revisionOf(etagOf(contact(revision))))).toEqual(some)
  })

  test.each([
    ['nothing', ''],
    ['a number without quotation marks', '1'],
    ['no number', '""'],
    ['a quotation mark', '"'],
    ['no quotation mark before the number', '1"'],
    ['no quotation mark after the number', '"1'],
    ['zero', '"0"'],
    ['a leading zero', '"01"'],
    ['a minus sign', '"-1"'],
    ['a plus sign', '"+1"'],
    ['a fraction', '"1.0"'],
    ['an exponent', '"1e3"'],
    ['a hexadecimal number', '"0x1"'],
    ['a word', '"one"'],
    ['full-width digits', '"１"'],
    ['apostrophes', "'1'"],
    ['a weak etag', 'W/"1"'],
    ['an asterisk', '*'],
    ['a list', '"1", "2"'],
    ['a space before', ' "1"'],
    ['a space after', '"1" '],
    ['a space inside', '"1 "'],
    ['a line break after', '"1"\n'],
    ['a second line', '"1"\n"1"'],
    ['a number that cannot be represented exactly', '"9007199254740993"'],
    ['sixteen digits', '"1000000000000000"'],
    ['a thousand digits', `"${'9'.repeat(1000)}"`],
  ])('is undefined for %s', (_, etag) => {
    expect(revisionOf(etag)).toBeUndefined()
  })

  test('has only that etag', () => {
    const similar = fc.string({
      unit: fc.constantFrom('"', '0', '1', '9', '-', '.', 'e', ' ', '\n', 'W', '/'),
      maxLength: 6,
    })
    const quoted = similar.map((text) => `"${text}"`)
    fc.assert(
      fc.property(fc.oneof(similar, quoted, fc.string()), (text) => {
        const revision = revisionOf(text)
        if (revision !== undefined) expect(etagOf(contact(revision))).toBe(text)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('an expected etag', () => {
  test.each([
    ['that is empty stands for any revision', ''],
    ['that is the current one is accepted', '"3"'],
  ])('%s', (_, etag) => {
    expect(requireEtag(contact(3), etag)).toEqual(contact(3))
  })

  test.each(['"2"', '"4"', '3', '"03"', '"3" ', 'W/"3"', '*', '"33"', '"3"\n', 'nonsense'])(
    'that is any other text is refused: %j',
    (etag) => {
      const { reason, context } = failureOf(() => requireEtag(contact(3), etag))
      expect({ reason, context }).toEqual({ reason: 'ETAG_MISMATCH', context: {} })
    },
  )

  test('is accepted if and only if it stands for the current revision, or is empty', () => {
    const anyEtag = fc.oneof(
      revisions.map((revision) => etagOf(contact(revision))),
      fc.string(),
    )
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), anyEtag, (revision, etag) => {
        const check = () => requireEtag(contact(revision), etag)
        if (etag === '' || revisionOf(etag) === revision) check()
        else expect(failureOf(check).reason).toBe('ETAG_MISMATCH')
      }),
    )
  })
})
