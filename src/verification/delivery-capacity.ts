import { type AddressKind, addressKinds } from '../addresses/address.js'
import type { ContactKey, DueContact, DueSelection } from '../contacts/store/reader.js'

/** How many messages of one kind a process sends at the same time: in total, and of one directory. */
const maxPerKind = 16
const maxPerDirectory = 8
/** To one mail domain: a receiver that is slow or silent must not delay the messages to others. */
const maxPerDomain = 4

/** A message that is due. */
export interface DueMessage extends ContactKey {
  /** Undefined if it is not known what is due: the contact's due date may be wrong, or the contact damaged. */
  readonly kind: AddressKind | undefined
  /** Of a mail address. */
  readonly domain?: string | undefined
  /** Of the Send, as it is stored. */
  readonly traceparent?: unknown
  /** Why its contact cannot be read. */
  readonly damage?: Error | undefined
}

/** The messages of a contact that are due at `now`. The contact comes from the database unchecked, so any part of it may be missing. */
export function dueMessages(
  { contactId, directoryId, damage, ...contact }: DueContact,
  now: Date,
): readonly DueMessage[] {
  const messages = addressKinds.flatMap((kind): DueMessage[] => {
    const { address, dueDate, traceparent } = contact[kind]?.verification ?? {}
    if (dueDate === undefined || dueDate > now) return []
    const isEmail = kind === 'email' && typeof address === 'string'
    const domain = isEmail ? address.slice(address.lastIndexOf('@') + 1) : undefined
    return [{ contactId, directoryId, kind, domain, traceparent }]
  })
  return messages.length > 0 ? messages : [{ contactId, directoryId, kind: undefined, damage }]
}

/** The messages that this process is sending, and which others it can begin. */
export class DeliveryCapacity {
  readonly #messages = new Map<string, DueMessage>()

  /**
   * Which messages can begin. Whatever this selects, `take` accepts. Empty if none can. `idsOf` gives the verifications of a kind whose messages
   * this process can send, undefined if all.
   */
  selections(idsOf: (kind: AddressKind) => readonly string[] | undefined): readonly DueSelection[] {
    return addressKinds.flatMap((kind) => {
      const sending = [...this.#messages.values()].filter((message) => message.kind === kind)
      if (sending.length >= maxPerKind) return []
      const withoutDirectoryIds = frequent(maxPerDirectory, sending, ({ directoryId }) => directoryId)
      const withoutDomains = frequent(maxPerDomain, sending, ({ domain }) => domain)
      return [{ kind, onlyIds: idsOf(kind), withoutDirectoryIds, withoutDomains }]
    })
  }

  /** Takes what a message needs. False if there is not enough, or if the same message is being sent already. */
  take(message: DueMessage): boolean {
    const { kind, directoryId, domain } = message
    const key = keyOf(message)
    if (this.#messages.has(key)) return false
    // What only repairs a contact sends nothing.
    const sending = kind ? [...this.#messages.values()].filter((other) => other.kind === kind) : []
    const hasCapacity =
      sending.length < maxPerKind &&
      sending.filter((other) => other.directoryId === directoryId).length < maxPerDirectory &&
      (domain === undefined || sending.filter((other) => other.domain === domain).length < maxPerDomain)
    if (hasCapacity) this.#messages.set(key, message)
    return hasCapacity
  }

  release(message: DueMessage): void {
    this.#messages.delete(keyOf(message))
  }
}

const keyOf = ({ contactId, kind }: DueMessage) => `${contactId} ${kind}`

/** The values that at least `min` of the messages have. */
function frequent(
  min: number,
  messages: readonly DueMessage[],
  read: (message: DueMessage) => string | undefined,
): readonly string[] {
  const counts = new Map<string, number>()
  for (const message of messages) {
    const value = read(message)
    if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  return [...counts].filter(([, count]) => count >= min).map(([value]) => value)
}
