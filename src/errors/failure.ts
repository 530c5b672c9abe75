import { errorCatalog, type Reason } from './catalog.js'

/** A field that breaks a rule. `field` is its path in the request, such as `message_types[2]`. */
export interface Violation {
  readonly field: string
  readonly reason: Reason
  /** The rule, as a fixed sentence: it contains nothing that a caller sent. By default the message of the reason. */
  readonly rule?: string | undefined
}

/** What a quota or limit applies to; the `subject` of a QuotaFailure. */
export type QuotaSubject = 'caller' | 'resource directory' | 'contact' | 'address'

/** The facts of one refusal. Each becomes the detail of that kind, if the error definition lists it. */
export interface FailureContext {
  /** All violations, in the request's field order. The first one gives the refusal its reason. */
  readonly violations?: readonly Violation[]
  /** The resource that is missing or in conflict: its type, and the name that the caller used for it. */
  readonly resource?: { readonly type: string; readonly name: string }
  /** The limit that was reached: what it applies to, the name of its setting, and its value. */
  readonly quota?: { readonly subject: QuotaSubject; readonly setting: string; readonly limit: number }
  /** What is not in the required state: a contact, by the id that the caller used, or a setting, by its name. */
  readonly precondition?: string
  /** The minimum wait before a retry, in milliseconds, where the figure of the error definition is not exact. */
  readonly retryAfterMs?: number
  /** What the caller must be allowed. */
  readonly permission?: { readonly action: string; readonly resource: string }
  /** How many more incorrect codes this verification accepts. */
  readonly attemptsRemaining?: number
  /** The underlying error: for the log alone, never for the caller. */
  readonly cause?: unknown
}

/**
 * The one way to refuse a call. Any other error that is thrown is INTERNAL to the caller. Without a stack trace, which would cost more than
 * all the rest of a refusal: what the log shows is the cause, which has its own.
 */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly reason: Reason
  readonly context: FailureContext

  constructor(reason: Reason, context: FailureContext = {}) {
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(errorCatalog[reason].message, context.cause === undefined ? undefined : { cause: context.cause })
    Error.stackTraceLimit = stackTraceLimit
    this.reason = reason
    this.context = context
  }
}

/** The thrown value as a Failure: an unexpected error becomes INTERNAL, with the error as its cause. */
export function toFailure(thrown: unknown): Failure {
  return thrown instanceof Failure ? thrown : new Failure('INTERNAL', { cause: thrown })
}
