import type { Reason } from '../errors/catalog.js'

/** A call that arrived. Contains nothing that the caller sent. */
export interface CallStart {
  readonly requestId: string
  /** `/package.Service/Method` */
  readonly path: string
}

/** A call that was answered. Contains nothing that the caller sent. */
export interface CallEnd extends CallStart {
  readonly reason: Reason | 'OK'
  readonly durationMs: number
  /** True if the client cancelled the call before it was answered. */
  readonly cancelled: boolean
  /** The error underneath, for reasons that are a fault of the service or its database. */
  readonly cause?: unknown
}

/** A call that wrote, that tried to write, or that was refused as PERMISSION_DENIED. Contains ids only. */
export interface AuditEntry {
  readonly requestId: string
  readonly operation: string
  readonly callerId: string
  /** How the caller was authenticated. */
  readonly via: string
  /** Absent if the caller was denied. */
  readonly directoryId?: string | undefined
  /** Absent if the call ended before a contact was known. */
  readonly contactId?: string | undefined
  readonly result: Reason | 'OK'
}

/** A change of health, or a further kind of error while the service is down. */
export interface HealthReport {
  readonly serving: boolean
  readonly cause?: unknown
}

/** One attempt to deliver a verification code. Contains no address. */
export interface DeliveryAttempt {
  readonly contactId: string
  readonly channel: 'email' | 'sms'
  /** 1 for the first attempt; 0 if the code expired before any. */
  readonly attempt: number
  /** `retry`: it will be attempted again. `failed`: it will not. `expired`: the code expired before it was sent. */
  readonly outcome: 'sent' | 'retry' | 'failed' | 'expired'
  /** Why it was not sent, as one word: a reply code, an HTTP status, the code of a failed connection, or a value of the gateway. */
  readonly code?: string | number | undefined
  /** True if the sender's side is the reason, such as a rejected login: an operator must act. */
  readonly isOperatorProblem?: boolean
  readonly cause?: unknown
}

/** The limits whose effect on a connection or a call is reported, by their setting. */
export type ConnectionLimit =
  /** A connection was refused. */
  | 'MAX_CONNECTIONS'
  /** A connection has the maximum number of calls; further ones wait in the client. */
  | 'MAX_STREAMS_PER_CONNECTION'
  /** A connection was cut after it had used all its memory for more than 100 calls. */
  | 'MAX_CONNECTION_MEMORY_MB'
  /** A request was refused because of its size. */
  | 'MAX_MESSAGE_BYTES'
  /** A connection was cut because the client did not answer a keepalive ping. */
  | 'KEEPALIVE_SECONDS'

/** The files that may be replaced while the process runs. */
export type WatchedFileName = 'certificate' | 'client CA' | 'callers file' | 'JWKS'

/** What the service reports about its work. Implementations must not throw and must not block. */
export interface Observer {
  callStarted(call: CallStart): void
  callEnded(call: CallEnd): void
  callAudited(entry: AuditEntry): void
  healthChanged(health: HealthReport): void
  limitReached(limit: ConnectionLimit): void
  deliveryAttempted(attempt: DeliveryAttempt): void
  /** A message that cannot be delivered because its contact is damaged is put aside for a while. */
  deliveryParked(contactId: string, cause: unknown): void
  /** How far the clock of the database is ahead of the clock of this process, in milliseconds. Reported at every probe. */
  clockOffsetMeasured(offsetMs: number): void
  /** A file was replaced by a version that cannot be used; the last good one stays in use. */
  fileRejected(name: WatchedFileName, problems: readonly string[]): void
  /** Settings that another process, which used this database lately, has with other values. */
  settingsDiffer(names: readonly string[]): void
  /** The delivery worker cannot read or write its messages. Reported once until it works again; the worker goes on. */
  workerFailed(cause: unknown): void
}
