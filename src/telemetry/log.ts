import { type DestinationStream, type Logger, pino } from 'pino'
import { errorCatalog } from '../errors/catalog.js'
import type { CallEnd, DeliveryAttempt, HealthReport, Observer } from './observer.js'
import type { TelemetrySettings } from './settings.js'

export type Log = Logger

/**
 * The log of the process: JSON lines, by default on standard output. Lines never contain an address, a phone number, a name,
 * a code, or a text of the database driver.
 */
export function createLog(
  level: TelemetrySettings['LOG_LEVEL'],
  destination: DestinationStream = pino.destination({ sync: true }),
): Log {
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

type Level = 'debug' | 'info' | 'warn' | 'error'

const deliveryLevels: Readonly<Record<DeliveryAttempt['outcome'], Level>> = {
  sent: 'debug',
  retry: 'info',
  failed: 'warn',
  expired: 'warn',
}

/** Writes what it observes to the log, one line for each event. */
export class LogObserver implements Observer {
  readonly #log: Log

  constructor(log: Log) {
    this.#log = log
  }

  /** Writes nothing: the line at the end of the call has all there is. */
  callStarted(): void {}

  callEnded(call: CallEnd): void {
    this.#write(levelOfReason(call.reason), call, 'call ended')
  }

  healthChanged(health: HealthReport): void {
    this.#write(health.cause === undefined ? 'info' : 'warn', health, 'health changed')
  }

  deliveryAttempted(attempt: DeliveryAttempt): void {
    this.#write(deliveryLevels[attempt.outcome], attempt, 'delivery attempt')
  }

  workerFailed(cause: unknown): void {
    this.#write('warn', { cause }, 'delivery worker failed')
  }

  #write(level: Level, { cause, ...facts }: { readonly cause?: unknown }, text: string): void {
    // Checked here because describing a cause is expensive.
    if (!this.#log.isLevelEnabled(level)) return
    this.#log[level]({ ...facts, ...(cause !== undefined && { cause: describeError(cause) }) }, text)
  }
}

/**
 * Mistakes of callers are `debug`, the limits that callers reach too. Trouble of the database and the limits of the process are `warn`,
 * faults of the service `error`.
 */
function levelOfReason(reason: CallEnd['reason']): Level {
  if (reason === 'OK') return 'debug'
  if (reason === 'INTERNAL') return 'error'
  const { status } = errorCatalog[reason]
  return reason === 'OVERLOADED' || status === 'UNAVAILABLE' || status === 'DEADLINE_EXCEEDED' ? 'warn' : 'debug'
}

/** The maximum depth of a described chain of causes. */
const maxDepth = 4

/**
 * An error for the log: its class, its code and its stack frames, and the same of its causes. Without its message, which may quote
 * what a caller or the database said.
 */
export function describeError(error: unknown, depth = 1): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error }
  const { code, codeName } = error as { code?: unknown; codeName?: unknown }
  return {
    type: error.constructor.name,
    ...(isCode(code) && { code }),
    ...(isCode(codeName) && { codeName }),
    at: framesOf(error),
    ...(error.cause !== undefined && depth < maxDepth && { cause: describeError(error.cause, depth + 1) }),
  }
}

/** Codes are numbers or single words such as ECONNREFUSED; anything else may be a sentence. */
const isCode = (code: unknown) => typeof code === 'number' || (typeof code === 'string' && /^\w{1,64}$/.test(code))

function framesOf({ stack = '', message }: Error): string[] {
  const start = stack.indexOf(message)
  // The message was changed after the stack was recorded, so the end of the old one is not known.
  if (start < 0) return []
  return stack
    .slice(start + message.length)
    .split('\n')
    .filter((line) => /^ {4}at /.test(line))
    .map((line) => line.trim())
}
