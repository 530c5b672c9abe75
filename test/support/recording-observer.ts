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
  VerificationResult,
  WatchedFileName,
} from '../../src/telemetry/observer.js'

/** Keeps everything that it observes, in order. */
export class RecordingObserver implements Observer {
  readonly startedCalls: CallStart[] = []
  readonly endedCalls: CallEnd[] = []
  readonly audited: AuditEntry[] = []
  readonly rejectedFiles: { readonly name: WatchedFileName; readonly problems: readonly string[] }[] = []
  readonly healthReports: HealthReport[] = []
  readonly reachedLimits: ConnectionLimit[] = []
  readonly deliveryAttempts: DeliveryAttempt[] = []
  readonly parkedDeliveries: { readonly contactId: string; readonly cause: unknown }[] = []
  readonly clockOffsets: number[] = []
  readonly differentSettings: string[] = []
  readonly workerFailures: unknown[] = []
  readonly batches: (readonly [BatchKind, number])[] = []
  readonly databaseCommands: DatabaseCommand[] = []
  readonly databaseConnectionChanges: DatabaseConnectionChange[] = []
  readonly verificationChanges: (readonly [DeliveryAttempt['channel'], VerificationResult])[] = []
  openConnections = 0
  unknownMethodCalls = 0

  callStarted(call: CallStart): void {
    this.startedCalls.push(call)
  }

  callEnded(call: CallEnd): void {
    this.endedCalls.push(call)
  }

  callAudited(entry: AuditEntry): void {
    this.audited.push(entry)
  }

  fileRejected(name: WatchedFileName, problems: readonly string[]): void {
    this.rejectedFiles.push({ name, problems })
  }

  healthChanged(health: HealthReport): void {
    this.healthReports.push(health)
  }

  limitReached(limit: ConnectionLimit): void {
    this.reachedLimits.push(limit)
  }

  deliveryAttempted(attempt: DeliveryAttempt): void {
    this.deliveryAttempts.push(attempt)
  }

  deliveryParked(contactId: string, cause: unknown): void {
    this.parkedDeliveries.push({ contactId, cause })
  }

  clockOffsetMeasured(offsetMs: number): void {
    this.clockOffsets.push(offsetMs)
  }

  settingsDiffer(names: readonly string[]): void {
    this.differentSettings.push(...names)
  }

  workerFailed(cause: unknown): void {
    this.workerFailures.push(cause)
  }

  unknownMethodCalled(): void {
    this.unknownMethodCalls += 1
  }

  connectionOpened(): void {
    this.openConnections += 1
  }

  connectionClosed(): void {
    this.openConnections -= 1
  }

  batchStarted(kind: BatchKind, size: number): void {
    this.batches.push([kind, size])
  }

  databaseCommandEnded(command: DatabaseCommand): void {
    this.databaseCommands.push(command)
  }

  databaseConnectionChanged(change: DatabaseConnectionChange): void {
    this.databaseConnectionChanges.push(change)
  }

  verificationChanged(channel: DeliveryAttempt['channel'], result: VerificationResult): void {
    this.verificationChanges.push([channel, result])
  }
}
