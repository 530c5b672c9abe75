import {
  type ContactEvidence,
  existence,
  idsOf,
  isAnswered,
  mayHaveWritten,
  type Period,
  periodOf,
  type Sighting,
  seenIn,
} from './evidence.js'
import type { CallRecord, History, SeenContact } from './history.js'

/** No name, client token or slot is used twice, and each contact goes through one sequence of states, each made by one call. */
export function checkContacts(history: History, contacts: readonly ContactEvidence[]): readonly string[] {
  const adds = history.calls.filter(({ request }) => request.operation === 'add')
  return [
    ...contacts.flatMap((contact) => [
      ...oneState(contact),
      ...neverBackwards(contact),
      ...existsUntilDeleted(contact),
      ...addedByOneCall(contact, adds),
      ...changedByCalls(contact),
      ...answeredAsAsked(contact),
    ]),
    ...namesOnce(contacts),
    ...tokensOnce(history, contacts),
    ...limitKept(history, contacts),
  ]
}

/** A contact has one state in each revision: two changes of the same revision were not both stored. */
function oneState({ contactId, directoryId, sightings }: ContactEvidence): string[] {
  return sightings.flatMap(({ call, contact }) => {
    const first = sightings.find((other) => other.contact.revision === contact.revision)
    if (call.directoryId !== directoryId) return [`call ${call.id} saw ${contactId} of another directory`]
    if (!first || isSame(first.contact, contact)) return []
    return [`calls ${first.call.id} and ${call.id} saw ${contactId} in two states with revision ${contact.revision}`]
  })
}

function neverBackwards({ contactId, sightings }: ContactEvidence): string[] {
  return sightings.flatMap(({ call, contact }) => {
    const newer = sightings.find(
      (other) => other.call.endTime < call.startTime && other.contact.revision > contact.revision,
    )
    if (!newer) return []
    return [
      `call ${call.id} saw ${contactId} in revision ${contact.revision} after call ${newer.call.id} saw a later one`,
    ]
  })
}

/** A contact disappears only because of a deletion, and then for ever. */
function existsUntilDeleted({ contactId, sightings, absences, deletions }: ContactEvidence): string[] {
  const [first] = sightings
  const disappeared = absences.filter(
    (absence) =>
      first !== undefined &&
      first.call.endTime < absence.startTime &&
      !deletions.some((deletion) => deletion.startTime < absence.endTime),
  )
  const gone = [
    ...deletions.filter(isAnswered),
    ...absences.filter((absence) => first !== undefined && first.call.endTime < absence.startTime),
  ]
  const returned = sightings.flatMap(({ call }) => {
    const before = gone.find((absence) => absence.endTime < call.startTime)
    return before ? [`call ${call.id} saw ${contactId} after call ${before.id} had found it deleted`] : []
  })
  return [...disappeared.map(({ id }) => `call ${id} did not find ${contactId}, which nobody deleted`), ...returned]
}

/** The address in the first revision shows which call added the contact: one that does not guarantee that nothing was written. */
function addedByOneCall({ contactId, sightings }: ContactEvidence, adds: readonly CallRecord[]): string[] {
  const first = sightings.find(({ contact }) => contact.revision === 1)
  if (!first) return []
  const matching = adds.filter(
    ({ request }) => request.operation === 'add' && request.emailAddress === first.contact.emailAddress,
  )
  const isPossible = matching.some(
    ({ request, startTime, directoryId, ...call }) =>
      request.operation === 'add' &&
      directoryId === first.call.directoryId &&
      startTime < first.call.endTime &&
      request.name === first.contact.name &&
      request.title === first.contact.title &&
      mayHaveWritten({ request, startTime, directoryId, ...call }),
  )
  if (isPossible) return []
  return [
    `${contactId}, seen by call ${first.call.id}, was added by a call that was refused, or by none: ${idsOf(matching)}`,
  ]
}

/** Each revision follows from the one before by one change that does not guarantee that nothing was written. */
function changedByCalls({ contactId, sightings, changes }: ContactEvidence): string[] {
  const first = new Map<number, Sighting>()
  for (const sighting of sightings)
    if (!first.has(sighting.contact.revision)) first.set(sighting.contact.revision, sighting)
  return [...first].flatMap(([revision, { call, contact }]) => {
    const before = first.get(revision - 1)
    if (!before) return []
    const isExplained = changes.some(
      (change) =>
        change.startTime < call.endTime &&
        // A change that was answered with another revision did not make this one.
        (!isAnswered(change) || seenIn(change).some((seen) => seen.revision === revision)) &&
        isSame(after(before.contact, change), contact),
    )
    return isExplained ? [] : [`no change explains revision ${revision} of ${contactId}, seen by call ${call.id}`]
  })
}

/** The answer to a change shows what was asked for; with an etag, on the revision of that etag or right after it. */
function answeredAsAsked({ contactId, changes }: ContactEvidence): string[] {
  return changes.flatMap((change) =>
    seenIn(change).flatMap((contact) => {
      const etag = change.request.operation === 'update' ? change.request.etag : undefined
      const isRightRevision = etag === undefined || contact.revision === etag || contact.revision === etag + 1
      // To make the same change once more changes nothing.
      const isDone =
        change.request.operation === 'confirm'
          ? contact.emailAddress === change.request.emailAddress && contact.isEmailVerified
          : isSame(after(contact, change), contact)
      return isRightRevision && isDone ? [] : [`call ${change.id} was answered with another state of ${contactId}`]
    }),
  )
}

/** The contact after a change, or as it is if the change is not possible. */
function after(contact: SeenContact, { request }: CallRecord): SeenContact {
  const { emailAddress, pendingEmailAddress, isEmailVerified } = contact
  if (request.operation === 'confirm') {
    const toVerify = isEmailVerified ? pendingEmailAddress : emailAddress
    if (toVerify !== request.emailAddress) return contact
    return { ...contact, emailAddress: toVerify, isEmailVerified: true, pendingEmailAddress: '' }
  }
  if (request.operation !== 'update') return contact
  const { name = contact.name, title = contact.title } = request
  const renamed = { ...contact, name, title }
  // The address in effect, requested again, leaves a pending one as it is.
  if (request.emailAddress === undefined || request.emailAddress === emailAddress) return renamed
  if (!isEmailVerified) return { ...renamed, emailAddress: request.emailAddress }
  return { ...renamed, pendingEmailAddress: request.emailAddress }
}

const fields = ['name', 'emailAddress', 'title', 'isEmailVerified', 'pendingEmailAddress'] as const
const isSame = (one: SeenContact, other: SeenContact) => fields.every((field) => one[field] === other[field])

interface NamedPeriod extends Period {
  readonly contactId: string
  readonly directoryId: string
  readonly name: string
}

/** In one directory no two contacts certainly had the same name at the same time. */
function namesOnce(contacts: readonly ContactEvidence[]): string[] {
  const periods = contacts.flatMap((contact) => {
    const revisions = new Map(contact.sightings.map(({ contact: seen }) => [seen.revision, seen.name]))
    return [...revisions].map(([revision, name]): NamedPeriod => ({ ...periodOf(contact, revision), ...contact, name }))
  })
  return overlaps(periods).map(
    ([one, other]) => `${one.contactId} and ${other.contactId} both had the name ${one.name}`,
  )
}

/** The contacts that calls with the same token were answered with never existed at the same time. */
function tokensOnce({ calls }: History, contacts: readonly ContactEvidence[]): string[] {
  const periods = calls.flatMap(({ request, ...call }) => {
    const token = request.operation === 'add' ? request.clientToken : undefined
    if (token === undefined) return []
    return seenIn({ request, ...call }).flatMap((seen): NamedPeriod[] => {
      const contact = contacts.find(({ contactId }) => contactId === seen.contactId)
      return contact ? [{ ...existence(contact), ...contact, name: token }] : []
    })
  })
  return overlaps(periods).map(
    ([one, other]) => `${one.contactId} and ${other.contactId} both had the client token ${one.name}`,
  )
}

/** Pairs of different contacts that certainly had the same name in the same directory at the same time. */
function overlaps(periods: readonly NamedPeriod[]): (readonly [NamedPeriod, NamedPeriod])[] {
  return periods.flatMap((one, index) =>
    periods
      .slice(index + 1)
      .filter(
        (other) =>
          other.contactId !== one.contactId &&
          other.directoryId === one.directoryId &&
          other.name === one.name &&
          Math.max(one.from, other.from) < Math.min(one.to, other.to),
      )
      .map((other) => [one, other] as const),
  )
}

/** A directory never certainly had more contacts than its limit. */
function limitKept({ rules }: History, contacts: readonly ContactEvidence[]): string[] {
  const periods = contacts.map((contact) => ({ ...existence(contact), directoryId: contact.directoryId }))
  return periods.flatMap(({ directoryId, from }) => {
    const together = periods.filter(
      (other) => other.directoryId === directoryId && other.from <= from && from < other.to,
    )
    if (together.length <= rules.contactsPerDirectory) return []
    return [`${directoryId} had ${together.length} contacts at ${from}`]
  })
}
