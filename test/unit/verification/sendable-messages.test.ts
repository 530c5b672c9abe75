import { describe, expect, test } from 'vitest'
import type { AddressKind } from '../../../src/addresses/address.js'
import { type SendableMessage, SendableMessages } from '../../../src/verification/sendable-messages.js'
import { later, now } from '../../support/contacts-in-states.js'

const expireDate = later(now, 1000)
/** The verification with this number of a contact's address. */
const message = (contact: number, verification = 1, kind: AddressKind = 'email'): SendableMessage => ({
  contactId: `c-${contact}`,
  kind,
  verification: { id: `${contact}-${verification}`, expireDate },
})

const printing = () => new SendableMessages({ missingSetting: () => undefined, isPrinted: () => true })
const sending = () => new SendableMessages({ missingSetting: () => undefined, isPrinted: () => false })
const refusing = () => new SendableMessages({ missingSetting: () => 'SMTP_URL', isPrinted: () => false })

test('a channel that is configured sends all messages, also those that other processes were asked for', () => {
  const messages = sending()
  expect([messages.has(message(1)), messages.nextIds('email', now)]).toEqual([true, undefined])
})

test('a channel that is not configured sends none', () => {
  const messages = refusing()
  messages.add(message(1))
  expect([messages.has(message(1)), messages.nextIds('email', now)]).toEqual([false, []])
})

describe('of the channels that are printed, a process prints', () => {
  test('what was requested from it, by kind', () => {
    const messages = printing()
    messages.add(message(1))
    messages.add(message(2, 1, 'phone'))
    expect([messages.nextIds('email', now), messages.nextIds('phone', now)]).toEqual([['1-1'], ['2-1']])
    expect([messages.has(message(1)), messages.has(message(2)), messages.has(message(1, 2))]).toEqual([
      true,
      false,
      false,
    ])
  })

  test('the latest message to an address of a contact, which a result of the one before does not end', () => {
    const messages = printing()
    messages.add(message(1, 1))
    messages.add(message(1, 2))
    messages.delete(message(1, 1))
    expect([messages.has(message(1, 1)), messages.has(message(1, 2))]).toEqual([false, true])
    messages.delete(message(1, 2))
    expect(messages.nextIds('email', now)).toEqual([])
  })

  test('nothing whose code has expired', () => {
    const messages = printing()
    messages.add(message(1))
    expect(messages.nextIds('email', later(expireDate, -1))).toEqual(['1-1'])
    expect(messages.nextIds('email', expireDate)).toEqual([])
    expect(messages.has(message(1))).toBe(false)
  })

  test('all of 2,500 messages: it looks for 100 together, each in its turn', () => {
    const messages = printing()
    for (let contact = 0; contact < 2500; contact += 1) messages.add(message(contact))
    const looks = Array.from({ length: 26 }, () => messages.nextIds('email', now))
    expect(looks.map((ids) => ids?.length)).toEqual(looks.map(() => 100))
    expect(new Set(looks.slice(0, 25).flat()).size).toBe(2500)
    expect(looks[25]).toEqual(looks[0])
  })
})
