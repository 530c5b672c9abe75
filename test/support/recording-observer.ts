import type {
  AuditEntry,
  CallEnd,
  CallStart,
  ConnectionLimit,
  DeliveryAttempt,
  HealthReport,
  Observer,
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
}
