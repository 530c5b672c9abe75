import { describe, expect, test } from 'vitest'
import type { Address, SupersededVerification } from '../../../src/addresses/address.js'
import type { VerificationSettings } from '../../../src/verification/settings.js'
import {
  cancelUpdate,
  confirmVerification,
  startVerification,
  type Target,
} from '../../../src/verification/verification.js'
import {
  before,
  contactAfter,
  contactWith,
  emailAddress,
  later,
  now,
  verificationWith,
} from '../../support/contacts-in-states.js'
import { failureOf } from '../../support/failure-of.js'

const settings: VerificationSettings = {
  VERIFICATION_SECRETS: [],
  VERIFICATION_CODE_TTL_SECONDS: 1800,
  VERIFICATION_MAX_ATTEMPTS: 5,
  VERIFICATION_MAX_ATTEMPTS_PER_DAY: 3,
  EMAILS_PER_DIRECTORY_PER_DAY: 100,
  SMS_PER_DIRECTORY_PER_DAY: 100,
  MESSAGES_PER_ADDRESS_PER_DAY: 20,
  MESSAGES_PER_ADDRESS_PER_MINUTE: 10,
}
const target: Target = { kind: 'email', address: emailAddress }
const verification = verificationWith()
/** A verification that a newer one replaced; it expires so many milliseconds from now. */
const supersededWith = (id: string, validMs = 1): SupersededVerification => ({
  id,
  address: emailAddress,
  expireDate: later(now, validMs),
})
const three = ['aa', 'bb', 'cc'].map((id) => supersededWith(id))
const contactOf = (email: Partial<Address>) => contactWith({ email: { address: emailAddress, ...email } })

describe('a verification that starts', () => {
  const supersededAfter = (email: Partial<Address>) =>
    contactAfter(startVerification(contactOf(email), target, { id: 'dd' }, now, settings)).email.superseded

  test('supersedes nothing if it is the first one', () => {
    expect(supersededAfter({})).toEqual([])
  })

  test('supersedes the one before, of which only id, address and expiry are kept', () => {
    const { id, address, expireDate } = verification
    expect(supersededAfter({ verification })).toEqual([{ id, address, expireDate }])
  })

  test('leaves the last three', () => {
    expect(supersededAfter({ verification, superseded: three })?.map(({ id }) => id)).toEqual([
      'bb',
      'cc',
      verification.id,
    ])
  })

  test('supersedes no verification of another address', () => {
    expect(supersededAfter({ verification: { ...verification, address: 'else@example.com' } })).toEqual([])
  })
})

describe('a code', () => {
  /** Confirms a code that is correct for these verifications; with the ids of all that it is compared with. */
  function confirm(email: Partial<Address>, ...correctIds: readonly string[]) {
    const compared: string[] = []
    const isCorrect = ({ id }: SupersededVerification) => {
      compared.push(id)
      return correctIds.includes(id)
    }
    const contact = contactOf({ verification, ...email })
    const decide = () => confirmVerification(contact, target, isCorrect, now, settings)
    return { contact, decide, compared }
  }

  test.each(three)('of the superseded verification $id is refused, and nothing is written', ({ id }) => {
    const { decide } = confirm({ superseded: three }, id)
    const { reason, context } = failureOf(decide)
    expect({ reason, context }).toEqual({ reason: 'VERIFICATION_CODE_SUPERSEDED', context: { precondition: 'c-1' } })
  })

  test('that is correct for the current verification too is accepted', () => {
    const { decide } = confirm({ superseded: three }, 'bb', verification.id)
    expect(contactAfter(decide()).email).toEqual({ address: emailAddress, verifyDate: now })
  })

  test('of a superseded verification that has expired is incorrect, and costs an attempt', () => {
    const superseded = [supersededWith('aa', 0), supersededWith('bb', -1)]
    for (const id of ['aa', 'bb'])
      expect(confirm({ superseded }, id).decide()).toMatchObject({
        contact: { email: { superseded, verification: { attemptsRemaining: 4 } } },
        refusal: { reason: 'VERIFICATION_CODE_INCORRECT' },
      })
  })

  test.each([
    ['of the current verification', [verification.id]],
    ['of the first superseded one', ['aa']],
    ['of the last superseded one', ['cc']],
    ['of none', []],
  ])('%s is compared with each of them once, so that the time is the same', (_, correctIds) => {
    const { decide, compared } = confirm({ superseded: three }, ...correctIds)
    try {
      decide()
    } catch {}
    expect(compared.toSorted()).toEqual([verification.id, 'aa', 'bb', 'cc'])
  })

  test.each([
    ['expired', { expireDate: now }, [], 'VERIFICATION_CODE_EXPIRED'],
    ['exhausted', { attemptsRemaining: 0 }, [], 'VERIFICATION_ATTEMPTS_EXHAUSTED'],
    ['limited for the day', { attemptsRemaining: 0 }, [now, now, now], 'VERIFICATION_ATTEMPTS_PER_DAY'],
  ])('of a superseded verification is compared with nothing if the current one is %s', (_, changes, dates, reason) => {
    const email = { address: emailAddress, verification: { ...verification, ...changes }, superseded: three }
    const contact = contactWith({ email, incorrectCodeDates: dates })
    const isCorrect = () => expect.fail('the code was compared')
    expect(failureOf(() => confirmVerification(contact, target, isCorrect, now, settings)).reason).toBe(reason)
  })
})

test('an update that is cancelled takes the superseded verifications with it', () => {
  const email = {
    address: 'old@example.com',
    verifyDate: before,
    pending: emailAddress,
    verification,
    superseded: three,
  }
  const after = contactAfter(cancelUpdate(contactWith({ email }), [target]))
  expect(after.email).toEqual({ address: 'old@example.com', verifyDate: before })
})
