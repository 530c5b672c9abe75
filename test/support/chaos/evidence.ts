import type { CallRecord, CallRequest, History, SeenContact } from './history.js'

// What a history says about each contact, whatever the service is like inside.

/** A call that saw a contact: the contact was in this state at some time during the call. */
export interface Sighting {
  readonly call: CallRecord
  readonly contact: SeenContact
}

export interface ContactEvidence {
  readonly contactId: string
  readonly directoryId: string
  /** By the ends of their calls. */
  readonly sightings: readonly Sighting[]
  /** Calls during which the contact did not exist at some time, although it may have existed at another. */
  readonly absences: readonly CallRecord[]
  /** Calls that changed the contact, or may have, or may still do so. */
  readonly changes: readonly CallRecord[]
  /** The same for calls that deleted it. */
  readonly deletions: readonly CallRecord[]
}

/** A time during which something was certainly so. */
export interface Period {
  readonly from: number
  readonly to: number
}

const reasonsThatLeaveOpen = ['OUTCOME_UNKNOWN', 'DEADLINE_EXCEEDED']
const notFound = 'ENTITY_NOT_EXISTS_CONTACT'

/** True unless the answer guarantees that nothing was written, and never will be. */
export const mayHaveWritten = ({ outcome }: CallRecord): boolean =>
  outcome.kind !== 'refused' || reasonsThatLeaveOpen.includes(outcome.reason)

export const isAnswered = ({ outcome }: CallRecord): boolean => outcome.kind === 'answered'

export const isRefused = ({ outcome }: CallRecord, reason: string): boolean =>
  outcome.kind === 'refused' && outcome.reason === reason

export const contactIdOf = (request: CallRequest): string | undefined =>
  'contactId' in request ? request.contactId : undefined

export const idsOf = (calls: readonly CallRecord[]): string => calls.map(({ id }) => id).join(', ') || 'no call'

export function groupBy<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group) group.push(item)
    else groups.set(keyOf(item), [item])
  }
  return groups
}

/** The contacts that calls saw. What is stored after the run counts as one more list of each directory. */
export function evidenceOf(history: History): readonly ContactEvidence[] {
  const lists = finalLists(history)
  const calls = [...history.calls, ...lists].sort((one, other) => one.endTime - other.endTime)
  const sightings = calls.flatMap((call) => seenIn(call).map((contact): Sighting => ({ call, contact })))
  return [...groupBy(sightings, ({ contact }) => contact.contactId)].map(([contactId, seen]) => {
    const about = calls.filter(({ request }) => contactIdOf(request) === contactId)
    const writes = about.filter(mayHaveWritten)
    const changes = writes.filter(({ request: { operation } }) => operation === 'update' || operation === 'confirm')
    const deletions = writes.filter(({ request: { operation } }) => operation === 'delete')
    const directoryId = seen[0]?.call.directoryId ?? ''
    const listsWithout = calls.filter(
      (call) => call.directoryId === directoryId && isListWithout(call, contactId, lists.includes(call) ? [] : changes),
    )
    const absences = [...about.filter((call) => isRefused(call, notFound)), ...listsWithout]
    return { contactId, directoryId, sightings: seen, absences, changes, deletions }
  })
}

function finalLists({ calls, stored }: History): readonly CallRecord[] {
  const time = Math.max(0, ...calls.map(({ endTime }) => endTime)) + 1
  const directoryIds = new Set([...calls, ...stored].map(({ directoryId }) => directoryId))
  return [...directoryIds].map((directoryId, index) => ({
    id: -1 - index,
    directoryId,
    request: { operation: 'list' },
    startTime: time,
    endTime: time,
    deadline: time,
    outcome: { kind: 'answered', contacts: stored.filter((contact) => contact.directoryId === directoryId) },
  }))
}

export const seenIn = ({ outcome }: CallRecord): readonly SeenContact[] =>
  outcome.kind === 'answered' ? outcome.contacts : []

/** A list is sorted by name and may miss a contact that is renamed meanwhile. */
function isListWithout(call: CallRecord, contactId: string, changes: readonly CallRecord[]): boolean {
  if (call.request.operation !== 'list' || !isAnswered(call)) return false
  if (seenIn(call).some((contact) => contact.contactId === contactId)) return false
  return !changes.some(
    (change) => change.startTime < call.endTime && !(isAnswered(change) && change.endTime < call.startTime),
  )
}

/** When the contact certainly existed: from the end of the first call that saw it, until a deletion may have begun. */
export function existence({ sightings, deletions }: ContactEvidence): Period {
  return certainPeriod(sightings, deletions)
}

/** When the contact was certainly in this revision. */
export function periodOf({ sightings, changes, deletions }: ContactEvidence, revision: number): Period {
  const later = changes.filter((change) => !seenIn(change).some((contact) => contact.revision <= revision))
  const seen = sightings.filter(({ contact }) => contact.revision === revision)
  return certainPeriod(seen, [...later, ...deletions])
}

function certainPeriod(sightings: readonly Sighting[], ends: readonly CallRecord[]): Period {
  const from = Math.min(...sightings.map(({ call }) => call.endTime))
  // Whatever may have ended it, it had not done so yet when it was last seen.
  const lastSeen = Math.max(...sightings.map(({ call }) => call.startTime))
  const firstEnd = Math.min(...ends.map(({ startTime }) => startTime))
  return { from, to: Math.max(lastSeen, firstEnd) }
}
