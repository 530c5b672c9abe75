import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Contact, etagOf, expectEtag, newContact, revisionOf } from '../../src/contacts/contact.js'
import { failureOf } from './parsing.js'

const details = { name: 'Tom', emailAddress: 'tom@example.com', title: 'CEO', messageTypes: ['FAULT_MESSAGE'] } as const
const contact = (revision: number): Contact => ({
  ...newContact(details, { contactId: 'c-1', directoryId: 'rd-1', now: new Date(0) }),
  slot: 0,
  revision,
})
/** More changes than a contact will see in any life. */
const largest = 999_999_999_999_999
const revisions = fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: largest }))

test('the etag is the revision in quotation marks', () => {
  expect([1, 2, 1000].map((revision) => etagOf(contact(revision)))).toEqual(['"1"', '"2"', '"1000"'])
})

describe('the revision that an etag stands for', () => {
  test('is the one it was made of, whichever that is', () => {
    fc.assert(
      fc.property(revisions, (revision) => {
        expect(revisionOf(etagOf(contact(revision)))).toBe(revision)
      }),
    )
    expect([1, 9, 10, largest].map((revision) => revisionOf(etagOf(contact(revision))))).toEqual([1, 9, 10, largest])
  })

  test.each([
    ['nothing', ''],
    ['a bare number', '1'],
    ['no number', '""'],
    ['a quotation mark', '"'],
    ['no quotation mark before', '1"'],
    ['no quotation mark behind', '"1'],
    ['zero', '"0"'],
    ['a leading zero', '"01"'],
    ['a sign', '"-1"'],
    ['another sign', '"+1"'],
    ['a fraction', '"1.0"'],
    ['an exponent', '"1e3"'],
    ['a hexadecimal number', '"0x1"'],
    ['a word', '"one"'],
    ['full-width digits', '"１"'],
    ['apostrophes', "'1'"],
    ['a weak one', 'W/"1"'],
    ['any', '*'],
    ['a list', '"1", "2"'],
    ['a blank before', ' "1"'],
    ['a blank behind', '"1" '],
    ['a blank inside', '"1 "'],
    ['a line break behind', '"1"\n'],
    ['a second line', '"1"\n"1"'],
    ['a number beyond all that are exact', '"9007199254740993"'],
    ['sixteen digits', '"1000000000000000"'],
    ['a thousand digits', `"${'9'.repeat(1000)}"`],
  ])('is none for %s', (_, etag) => {
    expect(revisionOf(etag)).toBeUndefined()
  })

  test('has that etag and no other', () => {
    const nearly = fc.string({
      unit: fc.constantFrom('"', '0', '1', '9', '-', '.', 'e', ' ', '\n', 'W', '/'),
      maxLength: 6,
    })
    const quoted = nearly.map((text) => `"${text}"`)
    fc.assert(
      fc.property(fc.oneof(nearly, quoted, fc.string()), (text) => {
        const revision = revisionOf(text)
        if (revision !== undefined) expect(etagOf(contact(revision))).toBe(text)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('an etag that a caller gives', () => {
  test.each([
    ['that is empty, is none', ''],
    ['that is the present one, is in order', '"3"'],
  ])('%s', (_, etag) => {
    expect(expectEtag(contact(3), etag)).toBeUndefined()
  })

  test.each(['"2"', '"4"', '3', '"03"', '"3" ', 'W/"3"', '*', '"33"', '"3"\n', 'nonsense'])(
    'is refused where it is any other, well-formed or not: %j',
    (etag) => {
      const { reason, facts } = failureOf(() => expectEtag(contact(3), etag))
      expect({ reason, facts }).toEqual({ reason: 'ETAG_MISMATCH', facts: {} })
    },
  )

  test('passes if and only if it stands for the present revision, or is empty', () => {
    const anyEtag = fc.oneof(
      revisions.map((revision) => etagOf(contact(revision))),
      fc.string(),
    )
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), anyEtag, (revision, etag) => {
        const check = () => expectEtag(contact(revision), etag)
        if (etag === '' || revisionOf(etag) === revision) check()
        else expect(failureOf(check).reason).toBe('ETAG_MISMATCH')
      }),
    )
  })
})
