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
  readonly cause?: unknown
}

/** What the service reports about its work. Implementations must not throw and must not block. */
export interface Observer {
  callStarted(call: CallStart): void
  callEnded(call: CallEnd): void
  healthChanged(health: HealthReport): void
  deliveryAttempted(attempt: DeliveryAttempt): void
  /** The delivery worker cannot read or write its messages. Reported once until it works again; the worker goes on. */
  workerFailed(cause: unknown): void
}
