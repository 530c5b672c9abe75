import { type ContactEvidence, groupBy, idsOf, isAnswered, mayHaveWritten } from './evidence.js'
import type { CallRecord, History, MessageRecord, StoredContact } from './history.js'

/** How long a process may take to store that a message was accepted, while it is not killed. */
const maxRecordMs = 10_000
/** How far the times of two processes, both taken from the database, may be apart. */
const clockErrorMs = 2000
const minuteMs = 60_000

/** A request for a code. */
interface SendRecord {
  readonly call: CallRecord
  readonly contactId: string
  readonly address: string
}

/** No message is sent twice or without a request, requests are not lost, and limits over time are kept. */
export function checkMessages(history: History, contacts: readonly ContactEvidence[]): readonly string[] {
  const sends = history.calls.flatMap((call): SendRecord[] => {
    const { request } = call
    return request.operation === 'send' ? [{ call, contactId: request.contactId, address: request.emailAddress }] : []
  })
  const byAddress = groupBy(sends, ({ address }) => address)
  return [
    ...sentOnce(history),
    ...requested(history, byAddress),
    ...keptRequests(history, byAddress),
    ...storedAsSent(history),
    ...attemptsCounted(history, byAddress),
    ...addressLimitKept(history, byAddress),
    ...directoryLimitKept(history, sends),
    ...verifiedByConfirmation(history, contacts),
  ]
}

type SendsByAddress = ReadonlyMap<string, readonly SendRecord[]>

/** The requests for a code to this address that do not guarantee that nothing was written. */
const possibleSends = (byAddress: SendsByAddress, address: string): readonly CallRecord[] =>
  (byAddress.get(address) ?? []).flatMap(({ call }) => (mayHaveWritten(call) ? [call] : []))

/**
 * A message is sent again only if the process that sent it cannot know: its answer was lost, or the process was killed before it could store
 * that the message was accepted.
 */
function sentOnce({ messages, kills }: History): string[] {
  return messages.flatMap((message, index) => {
    const before = messages.slice(0, index).findLast(({ reference }) => reference === message.reference)
    if (!before || before.isAnswerLost) return []
    const isKilled = kills.some(
      ({ process, time }) =>
        process === before.process && time >= before.time && time <= Math.min(message.time, before.time + maxRecordMs),
    )
    return isKilled ? [] : [`message ${message.reference} was sent at ${before.time} and again at ${message.time}`]
  })
}

/** A message has a request that does not guarantee that nothing was written, and each request has at most one message. */
function requested({ messages }: History, byAddress: SendsByAddress): string[] {
  return [...groupBy(messages, ({ address }) => address)].flatMap(([address, accepted]) => {
    const references = new Set(accepted.map(({ reference }) => reference))
    const possible = possibleSends(byAddress, address)
    if (references.size <= possible.length) return []
    return [`${references.size} messages were sent to ${address}, for ${idsOf(possible)}`]
  })
}

/** A request that was answered is stored, unless something may have replaced it since. */
function keptRequests({ stored }: History, byAddress: SendsByAddress): string[] {
  return [...byAddress.values()].flat().flatMap(({ call, contactId, address }) => {
    if (call.outcome.kind !== 'answered') return []
    const contact = stored.find((other) => other.contactId === contactId)
    if (!contact || addressToVerify(contact) !== address) return []
    const isOnly = possibleSends(byAddress, address).length === 1
    if (!isOnly || contact.verification?.expireTime === call.outcome.expireTime) return []
    return [`the code that call ${call.id} requested for ${contactId} is not stored`]
  })
}

const addressToVerify = ({ isEmailVerified, emailAddress, pendingEmailAddress }: StoredContact) =>
  isEmailVerified ? pendingEmailAddress : emailAddress

/** What is stored as sent was accepted. Nothing failed before its code could expire: all receivers accept messages in the end. */
function storedAsSent({ messages, stored, storedTime }: History): string[] {
  return stored.flatMap(({ contactId, verification }) => {
    if (!verification) return []
    const { deliveryState, reference, expireTime } = verification
    const isAccepted = messages.some((message) => message.reference === reference)
    const isWrong =
      (deliveryState === 'SENT' && !isAccepted) || (deliveryState === 'FAILED' && expireTime > storedTime + minuteMs)
    return isWrong ? [`the message of ${contactId} is ${deliveryState}, ${isAccepted ? '' : 'not '}accepted`] : []
  })
}

/** Each code has each number of remaining attempts once. */
function attemptsCounted({ calls }: History, byAddress: SendsByAddress): string[] {
  const attempts = calls.flatMap(({ id, request, outcome }) => {
    if (request.operation !== 'confirm' || outcome.kind !== 'refused' || outcome.attemptsRemaining === undefined)
      return []
    const { emailAddress: address } = request
    return [{ id, address, key: `${request.contactId} ${address} ${outcome.attemptsRemaining}` }]
  })
  return [...groupBy(attempts, ({ key }) => key).values()].flatMap((same) => {
    const codes = possibleSends(byAddress, same[0]?.address ?? '').length
    if (same.length <= codes) return []
    return [`calls ${same.map(({ id }) => id).join(', ')} used the same attempt of ${codes} codes`]
  })
}

/** The requests to one address that were answered, each between its start and its end. */
function addressLimitKept({ rules }: History, byAddress: SendsByAddress): string[] {
  return [...byAddress].flatMap(([address, sends]) => {
    const answered = sends.map(({ call }) => call).filter(isAnswered)
    const sorted = answered.sort((one, other) => one.startTime - other.startTime)
    return sorted.flatMap((first, index) => {
      const last = sorted[index + rules.messagesPerAddressPerMinute]
      if (!last || last.endTime - first.startTime >= minuteMs - clockErrorMs) return []
      return [`call ${last.id} was one too many to ${address} within a minute after call ${first.id}`]
    })
  })
}

function directoryLimitKept({ rules }: History, sends: readonly SendRecord[]): string[] {
  const answered = sends.map(({ call }) => call).filter(isAnswered)
  return [...groupBy(answered, ({ directoryId }) => directoryId)].flatMap(([directoryId, calls]) => {
    if (calls.length <= rules.emailsPerDirectoryPerDay) return []
    return [`${directoryId} requested ${calls.length} codes, more than a day may have`]
  })
}

/** An address is verified only by a code that was sent to it. */
function verifiedByConfirmation({ calls, messages }: History, contacts: readonly ContactEvidence[]): string[] {
  return contacts.flatMap(({ contactId, sightings }) =>
    sightings.flatMap(({ call, contact }) => {
      if (!contact.isEmailVerified) return []
      const isConfirmed = calls.some(
        (other) =>
          other.request.operation === 'confirm' &&
          other.request.contactId === contactId &&
          other.request.emailAddress === contact.emailAddress &&
          other.startTime < call.endTime &&
          mayHaveWritten(other) &&
          wasSent(other, messages),
      )
      return isConfirmed ? [] : [`call ${call.id} saw ${contactId} with a verified address that nobody confirmed`]
    }),
  )
}

const wasSent = ({ request, endTime }: CallRecord, messages: readonly MessageRecord[]) =>
  request.operation === 'confirm' &&
  messages.some(
    ({ address, code, time }) => address === request.emailAddress && code === request.code && time < endTime,
  )
