import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AddressKind } from '../../../src/addresses/address.js'
import type { DueContact, DueSelection } from '../../../src/contacts/store/reader.js'
import { DeliveryCapacity, type DueMessage, dueMessages } from '../../../src/verification/delivery-capacity.js'
import { later, now, verificationWith } from '../../support/contacts-in-states.js'

const maxPerKind = 16
const maxPerDirectory = 8
const maxPerDomain = 4

/** Whether each of so many messages is taken. `message` gives the nth. */
const takeEach = (capacity: DeliveryCapacity, count: number, message: (n: number) => DueMessage) =>
  Array.from({ length: count }, (_, n) => capacity.take(message(n)))

const times = (count: number, isTaken: boolean) => Array.from({ length: count }, () => isTaken)

const email = (n: number, differences: Partial<DueMessage> = {}): DueMessage => ({
  contactId: `c-${n}`,
  directoryId: `rd-${n}`,
  kind: 'email',
  domain: `${n}.example`,
  ...differences,
})
const sms = (n: number, differences: Partial<DueMessage> = {}): DueMessage =>
  email(n, { kind: 'phone', domain: undefined, ...differences })

const canSendAll = () => undefined
const unrestricted = { onlyIds: undefined, withoutDirectoryIds: [], withoutDomains: [] }

describe('a process sends at the same time', () => {
  test.each([
    ['16 emails', email],
    ['16 text messages', sms],
  ])('at most %s', (_, message) => {
    const capacity = new DeliveryCapacity()
    expect(takeEach(capacity, 17, message)).toEqual([...times(maxPerKind, true), false])
  })

  test.each([
    ['8 emails', email],
    ['8 text messages', sms],
  ])('at most %s of one directory', (_, message) => {
    const capacity = new DeliveryCapacity()
    const ofOne = (n: number) => message(n, { directoryId: 'rd-1' })
    expect(takeEach(capacity, 9, ofOne)).toEqual([...times(maxPerDirectory, true), false])
    expect(capacity.take(message(100))).toBe(true)
  })

  test('at most 4 emails to one domain', () => {
    const capacity = new DeliveryCapacity()
    const toOne = (n: number) => email(n, { domain: 'one.example' })
    expect(takeEach(capacity, 5, toOne)).toEqual([...times(maxPerDomain, true), false])
    expect(capacity.take(email(100))).toBe(true)
  })

  test('text messages whatever the emails do, also of the same directories and contacts', () => {
    const capacity = new DeliveryCapacity()
    takeEach(capacity, 17, email)
    expect(takeEach(capacity, 17, sms)).toEqual([...times(maxPerKind, true), false])
  })

  test('a message once', () => {
    const capacity = new DeliveryCapacity()
    expect([capacity.take(sms(1)), capacity.take(sms(1))]).toEqual([true, false])
  })

  test('nothing for contacts of which it is not known what is due, each of which is looked at once', () => {
    const capacity = new DeliveryCapacity()
    const unknown = (n: number) => email(n, { directoryId: 'rd-1', kind: undefined, domain: undefined })
    expect(takeEach(capacity, 100, unknown)).toEqual(times(100, true))
    expect(capacity.take(unknown(0))).toBe(false)
    expect(takeEach(capacity, 8, (n) => email(n, { directoryId: 'rd-1' }))).toEqual(times(8, true))
  })
})

test('the capacity of a message that is released is there for one other', () => {
  const capacity = new DeliveryCapacity()
  takeEach(capacity, 16, email)
  capacity.release(email(3))
  expect(takeEach(capacity, 2, (n) => email(n + 20))).toEqual([true, false])
})

describe('the messages that can begin', () => {
  test('are all at first', () => {
    expect(new DeliveryCapacity().selections(canSendAll)).toEqual([
      { kind: 'email', ...unrestricted },
      { kind: 'phone', ...unrestricted },
    ])
  })

  test('are only those of a kind that this process can send', () => {
    expect(new DeliveryCapacity().selections((kind) => (kind === 'email' ? ['1'] : undefined))).toEqual([
      { kind: 'email', ...unrestricted, onlyIds: ['1'] },
      { kind: 'phone', ...unrestricted },
    ])
  })

  test('are not of a full directory, nor to a full domain', () => {
    const capacity = new DeliveryCapacity()
    takeEach(capacity, 4, (n) => email(n, { directoryId: 'rd-1', domain: 'one.example' }))
    takeEach(capacity, 4, (n) => email(10 + n, { directoryId: 'rd-1', domain: 'two.example' }))
    takeEach(capacity, 8, (n) => sms(n, { directoryId: 'rd-2' }))
    const withoutDomains = ['one.example', 'two.example']
    expect(capacity.selections(canSendAll)).toEqual([
      { kind: 'email', onlyIds: undefined, withoutDirectoryIds: ['rd-1'], withoutDomains },
      { kind: 'phone', onlyIds: undefined, withoutDirectoryIds: ['rd-2'], withoutDomains: [] },
    ])
  })

  test('are not of a full kind', () => {
    const capacity = new DeliveryCapacity()
    takeEach(capacity, 16, email)
    expect(capacity.selections(canSendAll)).toEqual([{ kind: 'phone', ...unrestricted }])
    takeEach(capacity, 16, sms)
    expect(capacity.selections(canSendAll)).toEqual([])
  })
})

const anyMessage = fc.record({
  contactId: fc.nat({ max: 60 }).map((n) => `c-${n}`),
  directoryId: fc.constantFrom('rd-1', 'rd-2', 'rd-3'),
  kind: fc.constantFrom<AddressKind>('email', 'phone'),
  domain: fc.constantFrom('one.example', 'two.example', 'three.example', 'four.example', 'five.example'),
})
const messageOf = ({ domain, ...message }: DueMessage): DueMessage =>
  message.kind === 'email' ? { ...message, domain } : message

/** What the selections say, as the database reads them. */
const isSelected = (selections: readonly DueSelection[], { kind, directoryId, domain = '' }: DueMessage) =>
  selections.some(
    (selection) =>
      selection.kind === kind &&
      !selection.withoutDirectoryIds.includes(directoryId) &&
      !selection.withoutDomains.includes(domain),
  )

const keyOf = ({ contactId, kind }: DueMessage) => `${contactId} ${kind}`

/** The highest number of messages that have a value in common. */
const maxOf = (messages: readonly DueMessage[], read: (message: DueMessage) => string | undefined) => {
  const values = messages.flatMap((message) => read(message) ?? [])
  return Math.max(0, ...values.map((value) => values.filter((other) => other === value).length))
}

test('in any order of messages: no limit is exceeded, and exactly those are taken that can begin', () => {
  const steps = fc.array(fc.oneof({ arbitrary: anyMessage, weight: 4 }, { arbitrary: fc.nat(), weight: 1 }), {
    maxLength: 150,
  })
  fc.assert(
    fc.property(steps, (steps) => {
      const capacity = new DeliveryCapacity()
      const sending = new Map<string, DueMessage>()
      for (const step of steps) {
        if (typeof step === 'number') {
          const [key, message] = [...sending][step % Math.max(1, sending.size)] ?? []
          if (key === undefined || message === undefined) continue
          capacity.release(message)
          sending.delete(key)
          continue
        }
        const message = messageOf(step)
        const canBegin = isSelected(capacity.selections(canSendAll), message) && !sending.has(keyOf(message))
        expect(capacity.take(message)).toBe(canBegin)
        if (canBegin) sending.set(keyOf(message), message)
        for (const kind of ['email', 'phone']) {
          const ofKind = [...sending.values()].filter((other) => other.kind === kind)
          expect(ofKind.length).toBeLessThanOrEqual(maxPerKind)
          expect(maxOf(ofKind, ({ directoryId }) => directoryId)).toBeLessThanOrEqual(maxPerDirectory)
          expect(maxOf(ofKind, ({ domain }) => domain)).toBeLessThanOrEqual(maxPerDomain)
        }
      }
    }),
  )
})

test('whatever one directory has due, and however long its messages take, those of another directory begin at the next look', () => {
  const hostile = fc.array(anyMessage, { minLength: 100, maxLength: 300 })
  fc.assert(
    fc.property(hostile, anyMessage, (due, other) => {
      const capacity = new DeliveryCapacity()
      const queue = due.map((message, n) => messageOf({ ...message, contactId: `c-${n}`, directoryId: 'rd-1' }))
      // Each look takes the first hundred that are selected. None of them ends.
      const look = (messages: readonly DueMessage[]) => {
        const selections = capacity.selections(canSendAll)
        const found = messages.filter((message) => isSelected(selections, message)).slice(0, 100)
        return found.filter((message) => capacity.take(message))
      }
      for (let looks = 0; looks < 10; looks += 1) look(queue)
      const message = messageOf({ ...other, contactId: 'c-other', directoryId: 'rd-2', domain: 'another.example' })
      expect(look([...queue, message])).toContain(message)
    }),
  )
})

describe('what is due of a contact', () => {
  const dueVerification = (address: string, dueMs = 0) => verificationWith({ address, dueDate: later(now, dueMs) })
  const contact = (changes: Partial<DueContact>): DueContact => ({ contactId: 'c-1', directoryId: 'rd-1', ...changes })
  const key = { contactId: 'c-1', directoryId: 'rd-1' }
  const dueEmail = { address: 'tom@one.example', verification: dueVerification('tom@one.example') }
  const duePhone = { address: '86-13900001234', verification: dueVerification('86-13900001234') }

  test('is each of its messages', () => {
    expect(dueMessages(contact({ email: dueEmail, phone: duePhone }), now)).toEqual([
      { ...key, kind: 'email', domain: 'one.example' },
      { ...key, kind: 'phone', domain: undefined },
    ])
  })

  test('is only what is due by now', () => {
    const phone = { ...duePhone, verification: dueVerification('86-13900001234', 1) }
    expect(dueMessages(contact({ email: dueEmail, phone }), now)).toEqual([
      { ...key, kind: 'email', domain: 'one.example' },
    ])
  })

  test('goes to the domain of the address that is verified, not of the one in effect', () => {
    const email = { ...dueEmail, verifyDate: now, pending: 'a@b@two.example' }
    const verification = dueVerification('a@b@two.example')
    expect(dueMessages(contact({ email: { ...email, verification } }), now)).toMatchObject([{ domain: 'two.example' }])
  })

  test.each([
    ['is missing', {}],
    ['is not due', { email: { address: 'tom@one.example' } }],
    ['is damaged', { email: null, phone: { verification: 5 } }],
  ])('is not known if everything %s', (_, changes) => {
    expect(dueMessages(contact(changes as Partial<DueContact>), now)).toEqual([{ ...key, kind: undefined }])
  })
})
