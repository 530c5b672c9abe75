import {
  type ContactEvidence,
  contactIdOf,
  isAnswered,
  isRefused,
  mayHaveWritten,
  periodOf,
  seenIn,
} from './evidence.js'
import type { CallRecord, History } from './history.js'

/** How much later than its deadline a client may notice that a call has ended, on a busy machine. */
const lateMs = 2000
/** How far the times of two processes, both taken from the database, may be apart. */
const clockErrorMs = 1000

/** Every call ends by its deadline, no refusal has an unexpected reason, and none says what was not so. */
export function checkCalls(history: History, contacts: readonly ContactEvidence[]): readonly string[] {
  return history.calls.flatMap((call) => {
    const problems = [
      call.endTime > call.deadline + lateMs + pausedMs(call, history) && 'ended after its deadline',
      isUnexpected(call) && `was refused with ${reasonOf(call)}`,
      isRefused(call, 'ETAG_MISMATCH') && hadEtag(call, contacts) && 'was refused although the contact had its etag',
      isRefused(call, 'INVALID_PARAMETER_NAME_ALREADY_USED') &&
        !mayBeUsed(call, history, contacts) &&
        'was refused although no other contact can have had the name',
      isRefused(call, 'LIMIT_EXCEEDED_CONTACTS') &&
        countPossible(call, history, contacts) < history.rules.contactsPerDirectory &&
        'was refused although the directory cannot have been full',
      isRefused(call, 'VERIFICATION_CODE_EXPIRED') &&
        !mayBeExpired(call, history) &&
        'was refused although its code cannot have been expired',
      isRefused(call, 'VERIFICATION_CODE_INCORRECT') &&
        isCertainlyCorrect(call, history) &&
        'was refused although its code was the right one',
    ]
    return problems.flatMap((problem) => (problem ? [`call ${call.id} (${call.request.operation}) ${problem}`] : []))
  })
}

/**
 * How long, between the deadline and the end of the call, the recording process did nothing. A client ends a call at its deadline by itself,
 * so a process that is held up records late ends, whatever the service does.
 */
const pausedMs = ({ deadline, endTime: end }: CallRecord, { pauses }: History): number =>
  pauses.reduce(
    (sum, { startTime, endTime }) => sum + Math.max(0, Math.min(endTime, end) - Math.max(startTime, deadline)),
    0,
  )

const reasonOf = ({ outcome }: CallRecord) => (outcome.kind === 'refused' ? outcome.reason : '')

/** Reasons that no call of the run can have a right to. */
const isUnexpected = (call: CallRecord) =>
  /^(INTERNAL|UNAUTHENTICATED|MALFORMED_REQUEST|MISSING_|SENDER_|INVALID_PARAMETER_(?!NAME_ALREADY_USED))/.test(
    reasonOf(call),
  )

/** True if the contact certainly had the etag of the call during all of the call. */
function hadEtag(call: CallRecord, contacts: readonly ContactEvidence[]): boolean {
  const { request } = call
  const contact = contacts.find(({ contactId }) => contactId === contactIdOf(request))
  if (!contact || !('etag' in request) || request.etag === undefined) return false
  const { from, to } = periodOf(contact, request.etag)
  return from <= call.startTime && call.endTime <= to
}

/** True if another contact of the directory had the name, or may have had it, at some time during the call. */
function mayBeUsed(call: CallRecord, { calls }: History, contacts: readonly ContactEvidence[]): boolean {
  const { request } = call
  const name = 'name' in request ? request.name : undefined
  return calls.some(
    (other) =>
      other !== call &&
      other.directoryId === call.directoryId &&
      'name' in other.request &&
      other.request.name === name &&
      other.startTime < call.endTime &&
      mayHaveWritten(other) &&
      (contactIdOf(other.request) === undefined || contactIdOf(other.request) !== contactIdOf(request)) &&
      !isGone(other, call, contacts),
  )
}

/** True if the contact that `write` added or changed was certainly deleted before the call began. */
function isGone(write: CallRecord, { startTime }: CallRecord, contacts: readonly ContactEvidence[]): boolean {
  const contactId = seenIn(write)[0]?.contactId
  const contact = contacts.find((other) => other.contactId === contactId)
  return contact?.deletions.some((deletion) => isAnswered(deletion) && deletion.endTime < startTime) ?? false
}

/** How many contacts the directory may have had at some time during the call. */
function countPossible(call: CallRecord, { calls }: History, contacts: readonly ContactEvidence[]): number {
  const adds = calls.filter(
    (other) =>
      other !== call &&
      other.request.operation === 'add' &&
      other.directoryId === call.directoryId &&
      other.startTime < call.endTime &&
      mayHaveWritten(other) &&
      !isGone(other, call, contacts),
  )
  return adds.length
}

function mayBeExpired({ request, endTime }: CallRecord, { calls, rules }: History): boolean {
  return sendsTo(request, calls).some(({ startTime }) => startTime + rules.codeTtlMs < endTime + clockErrorMs)
}

/** True if only one code was ever requested for the address, and it is the one of the call. */
function isCertainlyCorrect({ request, startTime, endTime }: CallRecord, { calls, messages }: History): boolean {
  if (request.operation !== 'confirm') return false
  // Of all contacts: one that is added again, with the token of a deleted one, has its address, and other codes.
  const sends = calls.filter(
    (send) =>
      send.request.operation === 'send' &&
      send.request.emailAddress === request.emailAddress &&
      send.startTime < endTime &&
      mayHaveWritten(send),
  )
  const [send] = sends
  const isReceived = messages.some(
    ({ address, code, time }) => address === request.emailAddress && code === request.code && time < startTime,
  )
  return sends.length === 1 && send !== undefined && contactIdOf(send.request) === request.contactId && isReceived
}

const sendsTo = (request: CallRecord['request'], calls: readonly CallRecord[]) =>
  calls.filter(
    ({ request: other }) =>
      request.operation === 'confirm' &&
      other.operation === 'send' &&
      other.emailAddress === request.emailAddress &&
      other.contactId === request.contactId,
  )
