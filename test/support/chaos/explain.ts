import type { CallRecord, History } from './history.js'
import type { WireRecord } from './wire-log.js'

/**
 * A violation with everything about the contacts and addresses that it names: the calls and messages, and what went between the processes and the
 * database; also the calls that it names. One line of JSON each, in the order of time.
 */
export function explained(
  violation: string,
  { calls, messages }: Pick<History, 'calls' | 'messages'>,
  commands: readonly WireRecord[],
): string {
  const callIds = [...violation.matchAll(/\bcalls? ([\d, and]+)/g)].flatMap(([, list = '']) => list.match(/\d+/g) ?? [])
  const named = calls.filter(({ id }) => callIds.includes(String(id)))
  const subjects = [violation, ...named.map(requestOf)].flatMap((text) => text.match(subject) ?? [])
  const isAbout = (text: string) => subjects.some((word) => text.includes(word))
  const lines = [
    ...calls.map((call) => ({ time: call.startTime, text: JSON.stringify(call), isNamed: named.includes(call) })),
    ...messages.map((message) => ({ time: message.time, text: JSON.stringify(message), isNamed: false })),
    ...commands.map((command) => ({ time: command.time, text: JSON.stringify(command), isNamed: false })),
  ]
  const shown = lines
    .filter(({ text, isNamed }) => isNamed || isAbout(text))
    .sort((one, other) => one.time - other.time)
  return [violation, ...shown.map(({ text }) => text)].join('\n')
}

/** The id of a contact, or an address. */
const subject = /\bc-\w{16}\b|\ba\d+@chaos\.example\b/g

const requestOf = ({ request }: CallRecord) => JSON.stringify(request)
