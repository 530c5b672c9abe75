import type {
  AuditEntry,
  BatchKind,
  CallEnd,
  CallStart,
  ConnectionLimit,
  DatabaseCommand,
  DatabaseConnectionChange,
  DeliveryAttempt,
  HealthReport,
  Observer,
  TraceIds,
  VerificationResult,
  WatchedFileName,
} from './observer.js'

/** Passes on what it observes to several observers, in their order. */
export class Observers implements Observer {
  readonly #all: readonly Observer[]

  constructor(...observers: readonly Observer[]) {
    this.#all = observers
  }

  callStarted(call: CallStart): void {
    for (const observer of this.#all) observer.callStarted(call)
  }

  callEnded(call: CallEnd): void {
    for (const observer of this.#all) observer.callEnded(call)
  }

  unknownMethodCalled(): void {
    for (const observer of this.#all) observer.unknownMethodCalled()
  }

  callAudited(entry: AuditEntry): void {
    for (const observer of this.#all) observer.callAudited(entry)
  }

  healthChanged(health: HealthReport): void {
    for (const observer of this.#all) observer.healthChanged(health)
  }

  connectionOpened(): void {
    for (const observer of this.#all) observer.connectionOpened()
  }

  connectionClosed(): void {
    for (const observer of this.#all) observer.connectionClosed()
  }

  limitReached(limit: ConnectionLimit): void {
    for (const observer of this.#all) observer.limitReached(limit)
  }

  batchStarted(kind: BatchKind, size: number): void {
    for (const observer of this.#all) observer.batchStarted(kind, size)
  }

  databaseCommandEnded(command: DatabaseCommand): void {
    for (const observer of this.#all) observer.databaseCommandEnded(command)
  }

  databaseConnectionChanged(change: DatabaseConnectionChange): void {
    for (const observer of this.#all) observer.databaseConnectionChanged(change)
  }

  verificationChanged(channel: DeliveryAttempt['channel'], result: VerificationResult): void {
    for (const observer of this.#all) observer.verificationChanged(channel, result)
  }

  deliveryAttempted(attempt: DeliveryAttempt): void {
    for (const observer of this.#all) observer.deliveryAttempted(attempt)
  }

  deliveryParked(contactId: string, cause: unknown, trace?: TraceIds): void {
    for (const observer of this.#all) observer.deliveryParked(contactId, cause, trace)
  }

  clockOffsetMeasured(offsetMs: number): void {
    for (const observer of this.#all) observer.clockOffsetMeasured(offsetMs)
  }

  fileRejected(name: WatchedFileName, problems: readonly string[]): void {
    for (const observer of this.#all) observer.fileRejected(name, problems)
  }

  settingsDiffer(names: readonly string[]): void {
    for (const observer of this.#all) observer.settingsDiffer(names)
  }

  workerFailed(cause: unknown): void {
    for (const observer of this.#all) observer.workerFailed(cause)
  }
}
