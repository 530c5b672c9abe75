import { type DestinationStream, type Logger, pino } from 'pino'
import type { Delivered } from './contacts/courier.js'
import { meanings } from './failure.js'
import type { Answered } from './rpc/call.js'

/** Structured lines for the operator. None of them ever holds an address, a number, a name, a code, or a driver's text. */
export function createLog(level: string, destination: DestinationStream = pino.destination({ sync: true })): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  )
}

/** One line for a call: what a caller did wrong is `debug`, what the database or the load did `warn`, what we did `error`. */
export function logAnswered(log: Logger, { cause, ...facts }: Answered): void {
  const level = levelOf(facts.reason)
  if (log.isLevelEnabled(level))
    log[level]({ ...facts, ...(cause !== undefined && { cause: describe(cause) }) }, 'answered')
}

/** A limit that callers reach is their own affair, but for the one of the process. */
function levelOf(reason: Answered['reason']): 'debug' | 'warn' | 'error' {
  if (reason === 'INTERNAL') return 'error'
  const isOurs =
    reason === 'OVERLOADED' ||
    (reason !== 'OK' && ['UNAVAILABLE', 'DEADLINE_EXCEEDED'].includes(meanings[reason].status))
  return isOurs ? 'warn' : 'debug'
}

/** One line for a change of health, or for another cause of its being down. */
export function logHealth(log: Logger, serving: boolean, cause?: unknown): void {
  if (cause === undefined) log.info({ serving }, 'health')
  else log.warn({ serving, cause: describe(cause) }, 'health')
}

/** One line for a message with a code: `warn` where it failed for good, `info` where it will be tried again. */
export function logDelivered(log: Logger, { cause, ...facts }: Delivered): void {
  const level = facts.state === 'FAILED' ? 'warn' : facts.state === 'QUEUED' ? 'info' : 'debug'
  log[level]({ ...facts, ...(cause !== undefined && { cause: describe(cause) }) }, 'delivered')
}

/** One line where messages can neither be claimed nor marked. */
export function logCourier(log: Logger, cause: unknown): void {
  log.warn({ cause: describe(cause) }, 'deliveries wait')
}

/** How deep a chain of causes is told. */
const mostCauses = 4

/**
 * An error without its message, which may quote what a caller or the database said: its class, its code, and where it arose.
 * The same of its causes.
 */
export function describe(error: unknown, depth = 1): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error }
  const { code, codeName } = error as { code?: unknown; codeName?: unknown }
  return {
    type: error.constructor.name,
    ...(isCode(code) && { code }),
    ...(isCode(codeName) && { codeName }),
    at: framesOf(error),
    ...(error.cause !== undefined && depth < mostCauses && { cause: describe(error.cause, depth + 1) }),
  }
}

/** Codes are numbers or single words such as ECONNREFUSED; anything else may be prose. */
const isCode = (code: unknown) => typeof code === 'number' || (typeof code === 'string' && /^\w{1,64}$/.test(code))

function framesOf({ stack = '', message }: Error): string[] {
  const start = stack.indexOf(message)
  // A message that was changed since does not tell where the old one ends.
  if (start < 0) return []
  return stack
    .slice(start + message.length)
    .split('\n')
    .filter((line) => /^ {4}at /.test(line))
    .map((line) => line.trim())
}
