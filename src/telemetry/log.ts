import { type DestinationStream, type Logger, pino } from 'pino'
import { errorCatalog } from '../errors/catalog.js'
import { minuteMs } from '../time.js'
import {
  type AuditEntry,
  type CallEnd,
  type ConnectionLimit,
  type DeliveryAttempt,
  type HealthReport,
  IgnoringObserver,
  type TraceIds,
  type WatchedFileName,
} from './observer.js'
import { prettyLine } from './pretty.js'
import type { TelemetrySettings } from './settings.js'

export type Log = Logger

/**
 * The log of the process, by default on standard output: JSON lines, unless LOG_FORMAT is `pretty`. Lines never contain an address,
 * a phone number, a name, a code, or a text of the database driver.
 */
export function createLog(
  { LOG_LEVEL, LOG_FORMAT }: TelemetrySettings,
  destination: DestinationStream = pino.destination({ sync: true }),
): Log {
  return pino(
    {
      level: LOG_LEVEL,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    LOG_FORMAT === 'pretty' ? { write: (line) => destination.write(prettyLine(line)) } : destination,
  )
}

/** The log on standard output. LOG_FORMAT is by default `pretty` on a terminal, otherwise `json`. */
export const createProcessLog = (settings: TelemetrySettings): Log =>
  createLog({ LOG_FORMAT: process.stdout.isTTY ? 'pretty' : 'json', ...settings })

type Level = 'debug' | 'info' | 'warn' | 'error'

const deliveryLevels: Readonly<Record<DeliveryAttempt['outcome'], Level>> = {
  sent: 'debug',
  retry: 'info',
  failed: 'warn',
  expired: 'warn',
}

/** A larger difference between the clocks of the process and the database is a warning, in milliseconds. */
const maxClockOffsetMs = 2000

/** Writes what it observes to the log, one line for each event. */
export class LogObserver extends IgnoringObserver {
  readonly #log: Log
  #isClockOffsetLarge = false
  /** How often each limit was reached since its last line. A limit that has an entry had a line less than a minute ago. */
  readonly #limitCounts = new Map<ConnectionLimit, number>()

  constructor(log: Log) {
    super()
    this.#log = log
  }

  override callEnded(call: CallEnd): void {
    this.#write(levelOfReason(call.reason), { ...call }, 'call ended')
  }

  override callAudited(entry: AuditEntry): void {
    this.#write('info', { ...entry }, 'audit')
  }

  override fileRejected(name: WatchedFileName, problems: readonly string[]): void {
    this.#write('warn', { problems }, `${name} rejected`)
  }

  override healthChanged(health: HealthReport): void {
    this.#write(health.cause === undefined ? 'info' : 'warn', { ...health }, 'health changed')
  }

  /** Writes a line the first time, and then at most one a minute, with the number of times since the last one. */
  override limitReached(limit: ConnectionLimit): void {
    const count = this.#limitCounts.get(limit)
    if (count === undefined) this.#writeLimit(limit, 1)
    else this.#limitCounts.set(limit, count + 1)
  }

  #writeLimit(limit: ConnectionLimit, count: number): void {
    this.#limitCounts.set(limit, 0)
    this.#write('warn', { limit, count }, 'limit reached')
    const endMinute = () => {
      const later = this.#limitCounts.get(limit) ?? 0
      this.#limitCounts.delete(limit)
      if (later > 0) this.#writeLimit(limit, later)
    }
    setTimeout(endMinute, minuteMs).unref()
  }

  override deliveryAttempted(attempt: DeliveryAttempt): void {
    const { isOperatorProblem, ...facts } = attempt
    this.#write(isOperatorProblem ? 'warn' : deliveryLevels[attempt.outcome], facts, 'delivery attempt')
  }

  override deliveryParked(contactId: string, cause: unknown, trace?: TraceIds): void {
    this.#write('warn', { contactId, cause, trace }, 'delivery parked')
  }

  /** Writes a line when the offset becomes too large, and when it is small again. */
  override clockOffsetMeasured(offsetMs: number): void {
    const isLarge = Math.abs(offsetMs) > maxClockOffsetMs
    if (isLarge === this.#isClockOffsetLarge) return
    this.#isClockOffsetLarge = isLarge
    this.#write(isLarge ? 'warn' : 'info', { offsetMs: Math.round(offsetMs) }, 'clock offset')
  }

  override settingsDiffer(names: readonly string[]): void {
    this.#write('warn', { settings: names }, 'settings differ between processes')
  }

  override workerFailed(cause: unknown): void {
    this.#write('warn', { cause }, 'delivery worker failed')
  }

  #write(level: Level, { cause, trace, ...facts }: LogFacts, text: string): void {
    // Checked here because describing a cause is expensive.
    if (!this.#log.isLevelEnabled(level)) return
    // The names by which programs that read logs find the trace.
    const ids = trace && { trace_id: trace.traceId, span_id: trace.spanId }
    this.#log[level]({ ...facts, ...ids, ...(cause !== undefined && { cause: describeError(cause) }) }, text)
  }
}

/** What a line contains. */
interface LogFacts {
  readonly [name: string]: unknown
  readonly cause?: unknown
  readonly trace?: TraceIds | undefined
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
  const { code, codeName, documentId } = error as { code?: unknown; codeName?: unknown; documentId?: unknown }
  return {
    type: error.constructor.name,
    ...(isCode(code) && { code }),
    ...(isCode(codeName) && { codeName }),
    ...(isDocumentId(documentId) && { documentId }),
    at: framesOf(error),
    ...(error.cause !== undefined && depth < maxDepth && { cause: describeError(error.cause, depth + 1) }),
  }
}

/** Codes are numbers or single words such as ECONNREFUSED; anything else may be a sentence. */
const isCode = (code: unknown) => typeof code === 'number' || (typeof code === 'string' && /^\w{1,64}$/.test(code))

/** Ids of contacts are made by the service, so they may be logged. */
const isDocumentId = (id: unknown) => typeof id === 'string' && /^c-\w{1,32}$/.test(id)

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
