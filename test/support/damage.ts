import { BSONRegExp, type Document, type UpdateFilter } from 'mongodb'
import type { Contact } from '../../src/contacts/contact.js'
import type { WireProxy } from './wire-proxy.js'

/** What somebody did to a stored contact. */
export type Damage = readonly [description: string, update: UpdateFilter<Contact>]

/** A text that the database gives in bytes that are not UTF-8, behind a proxy with `damageTexts`. */
export const notUtf8 = 'NOT-UTF-8'

/** From now on the replies of the database contain such bytes. Not every database stores them. */
export function damageTexts(proxy: WireProxy): void {
  proxy.watchReplies((reply) => {
    for (let at = reply.indexOf(notUtf8); at >= 0; at = reply.indexOf(notUtf8)) reply[at] = 0xff
  })
}

export const set = (fields: Document) => ({ $set: fields }) as UpdateFilter<Contact>
const unset = (field: string) => ({ $unset: { [field]: '' } }) as UpdateFilter<Contact>

/** What the driver cannot decode. */
export const undecodable: readonly Damage[] = [
  ['a text that is not UTF-8', set({ note: notUtf8 })],
  ['a name that is not UTF-8', set({ name: notUtf8 })],
  ['a regular expression that JavaScript does not know', set({ note: new BSONRegExp('(?i)tom', '') })],
]

const verification = {
  id: '0123456789abcdef',
  address: 'tom@example.com',
  sendDate: new Date(),
  expireDate: new Date(),
  attemptsRemaining: 5,
  deliveryState: 'SENT',
  attempts: 1,
}
const required = [
  'name',
  'email',
  'title',
  'messageTypes',
  'createDate',
  'updateDate',
  'revision',
  'version',
  'lastWrite',
]

/** What can be decoded, but is no contact. */
export const misshapen: readonly Damage[] = [
  ['a number as name', set({ name: 7 })],
  ['a number as title', set({ title: 2 })],
  ['an unknown title', set({ title: 'KING' })],
  ['the name of a method as title', set({ title: 'toString' })],
  ['one message type instead of a list', set({ messageTypes: 'ACCOUNT_EXPENSES' })],
  ['a number as message type', set({ messageTypes: [3] })],
  ['an unknown message type', set({ messageTypes: ['GOSSIP'] })],
  ['a text as date', set({ createDate: '2026-11-28T12:00:00Z' })],
  ['null as date', set({ updateDate: null })],
  ['a fraction as revision', set({ revision: 1.5 })],
  ['a text as version', set({ version: 'one' })],
  ['a text as mail address', set({ email: 'tom@example.com' })],
  ['a number in the mail address', set({ 'email.address': 5 })],
  ['a text as date of a verified address', set({ 'email.verifyDate': 'yesterday' })],
  ['a number as pending address', set({ 'email.pending': 1 })],
  ['null as phone number', set({ phone: null })],
  ['a phone number without one', set({ phone: {} })],
  ['a text as verification', set({ 'email.verification': 'none' })],
  ['a verification without dates', set({ 'email.verification': { id: verification.id, attempts: 0 } })],
  ['a number as delivery state', set({ 'email.verification': { ...verification, deliveryState: 2 } })],
  ['a text as number of attempts', set({ 'email.verification': { ...verification, attempts: 'many' } })],
  ['a text as due date', set({ 'email.verification': { ...verification, dueDate: 'soon' } })],
  ['a text as superseded verifications', set({ 'email.superseded': 'none' })],
  ['null as superseded verification', set({ 'email.superseded': [null] })],
  ['a superseded verification without its date', set({ 'email.superseded': [{ id: 'a', address: 'b@c.example' }] })],
  ['one date of an incorrect code instead of a list', set({ incorrectCodeDates: new Date() })],
  ['a text as date of an incorrect code', set({ incorrectCodeDates: ['yesterday'] })],
  ...required.map((field): Damage => [`no ${field}`, unset(field)]),
]
