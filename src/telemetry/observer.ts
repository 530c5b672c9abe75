import type { Reason } from '../errors/catalog.js'

/** A span and its trace, as hexadecimal digits. The id of the trace can be one that the caller chose. */
export interface TraceIds {
  readonly traceId: string
  readonly spanId: string
}

/** A call that arrived. Contains nothing that the caller sent, except the id of its trace. */
export interface CallStart {
  readonly requestId: string
  /** `/package.Service/Method` */
  readonly path: string
  /** Absent if nothing is traced. */
  readonly trace?: TraceIds | undefined
}

/** A call that was answered. Contains nothing that the caller sent, except the id of its trace. */
export interface CallEnd extends CallStart {
  readonly reason: Reason | 'OK'
  readonly durationMs: number
  /** True if the client cancelled the call before it was answered. */
  readonly cancelled: boolean
  /** The setting of the limit or quota that was reached, if that is why the call was refused. */
  readonly limit?: string | undefined
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
  readonly trace?: TraceIds | undefined
}

/** A change of health, or a further kind of error while the service is down. */
export interface HealthReport {
  readonly serving: boolean
  readonly cause?: unknown
}

/** How a message travels. */
export const deliveryChannels = ['email', 'sms'] as const

/** `retry`: it will be attempted again. `failed`: it will not. `expired`: the code expired before it was sent. */
export const deliveryOutcomes = ['sent', 'retry', 'failed', 'expired'] as const

/** One attempt to deliver a verification code. Contains no address. */
export interface DeliveryAttempt {
  readonly contactId: string
  readonly channel: (typeof deliveryChannels)[number]
  /** 1 for the first attempt; 0 if the code expired before any. */
  readonly attempt: number
  readonly outcome: (typeof deliveryOutcomes)[number]
  /** Why it was not sent, as one word: a reply code, an HTTP status, the code of a failed connection, or a value of the gateway. */
  readonly code?: string | number | undefined
  /** True if the sender's side is the reason, such as a rejected login: an operator must act. */
  readonly isOperatorProblem?: boolean
  readonly cause?: unknown
  /** Absent if the Send that asked for the message was not traced. */
  readonly trace?: TraceIds | undefined
}

/** The limits whose effect on a connection or a call is reported, by their setting. Those that are no settings are in lower case. */
export const connectionLimits = [
  /** A connection was refused. */
  'MAX_CONNECTIONS',
  'MAX_CONNECTIONS_PER_IP',
  /** A connection was cut because its client did not finish the handshakes of TLS and HTTP/2 in time. */
  'connect_time',
  /** A connection was cut because of frames that serve no call: pings, settings, resets of calls. */
  'control_frames',
  /** A connection was cut because it sent far more bytes than its calls can have. */
  'bytes_without_calls',
  /** A call was reset because its client did not send the whole request, or did not take the answer. */
  'wait_for_client',
  /** A connection has the maximum number of calls; further ones wait in the client. */
  'MAX_STREAMS_PER_CONNECTION',
  /** A connection was cut after it had used all its memory for more than 100 calls. */
  'MAX_CONNECTION_MEMORY_MB',
  /** A request was refused because of its size. */
  'MAX_MESSAGE_BYTES',
  /** A connection was cut because the client did not answer a keepalive ping. */
  'KEEPALIVE_SECONDS',
] as const
export type ConnectionLimit = (typeof connectionLimits)[number]

/** The limits of callers and directories, by their setting: the `limit` of calls that are refused as THROTTLED. */
export const callerLimits = [
  'MAX_CALLS_IN_FLIGHT_PER_CALLER',
  'CALLS_PER_SECOND_PER_CALLER',
  'CALLS_PER_SECOND_PER_DIRECTORY',
] as const

/** What goes to the database together: reads of single contacts, lists, inserts, other writes of contacts, uses of limits. */
export const batchKinds = ['insert', 'read', 'list', 'write', 'limit'] as const
export type BatchKind = (typeof batchKinds)[number]

/** The commands of the database that are observed by their name; `other` stands for all others. */
export const databaseCommands = [
  'find',
  'insert',
  'update',
  'delete',
  'bulkWrite',
  'findAndModify',
  'aggregate',
  'other',
] as const
export type DatabaseCommandName = (typeof databaseCommands)[number]

/**
 * `refused`: the database has refused it or a part of it, for example because of a unique index.
 * `failed`: the database was not reached, or not in time.
 */
export const databaseOutcomes = ['ok', 'refused', 'failed'] as const
export type DatabaseOutcome = (typeof databaseOutcomes)[number]

/** The end of a command. Contains nothing of the command itself but where it went. */
export interface DatabaseCommand {
  readonly command: DatabaseCommandName
  readonly database?: string | undefined
  readonly collection?: string | undefined
  readonly outcome: DatabaseOutcome
  /** The error of a command that is not `ok`. */
  readonly cause?: unknown
  /** Includes the wait for a connection, and what the driver repeats by itself. */
  readonly durationMs: number
}

/** `acquired` and `released`: a command began or ceased to use a connection. */
export type DatabaseConnectionChange = 'opened' | 'closed' | 'acquired' | 'released'

/** What happened to a verification: its code was requested, was given and accepted, or was given and refused. */
export const verificationResults = [
  'requested',
  'verified',
  'incorrect',
  'superseded',
  'expired',
  /** No attempt is left, for this code or for this day. */
  'exhausted',
] as const
export type VerificationResult = (typeof verificationResults)[number]

/** The files that may be replaced while the process runs. */
export const watchedFiles = ['certificate', 'client CA', 'callers file', 'JWKS'] as const
export type WatchedFileName = (typeof watchedFiles)[number]

/** What the service reports about its work. Implementations must not throw and must not block. */
export interface Observer {
  callStarted(call: CallStart): void
  callEnded(call: CallEnd): void
  /** Somebody called a method that this server does not have. Nothing about it is known that the caller did not choose. */
  unknownMethodCalled(): void
  callAudited(entry: AuditEntry): void
  healthChanged(health: HealthReport): void
  /** A client has connected. */
  connectionOpened(): void
  connectionClosed(): void
  limitReached(limit: ConnectionLimit): void
  batchStarted(kind: BatchKind, size: number): void
  databaseCommandEnded(command: DatabaseCommand): void
  databaseConnectionChanged(change: DatabaseConnectionChange): void
  verificationChanged(channel: DeliveryAttempt['channel'], result: VerificationResult): void
  deliveryAttempted(attempt: DeliveryAttempt): void
  /** A message that cannot be delivered because its contact is damaged is put aside for a while. */
  deliveryParked(contactId: string, cause: unknown, trace?: TraceIds): void
  /** How far the clock of the database is ahead of the clock of this process, in milliseconds. Reported at every probe. */
  clockOffsetMeasured(offsetMs: number): void
  /** A file was replaced by a version that cannot be used; the last good one stays in use. */
  fileRejected(name: WatchedFileName, problems: readonly string[]): void
  /** Settings that another process, which used this database lately, has with other values. */
  settingsDiffer(names: readonly string[]): void
  /** The delivery worker cannot read or write its messages. Reported once until it works again; the worker goes on. */
  workerFailed(cause: unknown): void
}

/** Ignores everything. An observer of some of it extends this. */
export class IgnoringObserver implements Observer {
  callStarted(_call: CallStart): void {}
  callEnded(_call: CallEnd): void {}
  unknownMethodCalled(): void {}
  callAudited(_entry: AuditEntry): void {}
  healthChanged(_health: HealthReport): void {}
  connectionOpened(): void {}
  connectionClosed(): void {}
  limitReached(_limit: ConnectionLimit): void {}
  batchStarted(_kind: BatchKind, _size: number): void {}
  databaseCommandEnded(_command: DatabaseCommand): void {}
  databaseConnectionChanged(_change: DatabaseConnectionChange): void {}
  verificationChanged(_channel: DeliveryAttempt['channel'], _result: VerificationResult): void {}
  deliveryAttempted(_attempt: DeliveryAttempt): void {}
  deliveryParked(_contactId: string, _cause: unknown, _trace?: TraceIds): void {}
  clockOffsetMeasured(_offsetMs: number): void {}
  fileRejected(_name: WatchedFileName, _problems: readonly string[]): void {}
  settingsDiffer(_names: readonly string[]): void {}
  workerFailed(_cause: unknown): void {}
}
