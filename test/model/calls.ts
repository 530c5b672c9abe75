import type { Reason } from '../../src/failure.js'

/** What callers say about a person, as they send it. */
export interface Fields {
  readonly name: string
  readonly emailAddress: string
  readonly phoneNumber: string
  readonly title: number
  readonly messageTypes: readonly number[]
}

export interface Filters {
  readonly title: number
  readonly messageType: number
  readonly status: number
  readonly namePrefix: string
}

export interface AddRequest extends Fields {
  readonly clientToken: string
}

export interface ListRequest extends Filters {
  readonly pageSize: number
  readonly pageToken: string
}

export interface UpdateRequest extends Fields {
  readonly contactId: string
  /** The mask's paths; undefined where there is no mask. */
  readonly mask: readonly string[] | undefined
  readonly etag: string
}

export type Address = 'email' | 'phone'

/** One call, and on behalf of which directory. `prove` is none that callers can make yet: somebody proves one of the contact's addresses. */
export type Call = { readonly directoryId: string } & (
  | { readonly operation: 'add'; readonly request: AddRequest }
  | { readonly operation: 'get'; readonly request: { readonly contactId: string } }
  | { readonly operation: 'list'; readonly request: ListRequest }
  | { readonly operation: 'update'; readonly request: UpdateRequest }
  | { readonly operation: 'delete'; readonly request: { readonly contactId: string; readonly etag: string } }
  | { readonly operation: 'prove'; readonly request: { readonly contactId: string; readonly address: Address } }
)

/** A contact as an answer shows it: everything. Dates in milliseconds of the epoch. */
export interface Shown extends Fields {
  readonly contactId: string
  readonly status: number
  readonly createDate: number | undefined
  readonly updateDate: number | undefined
  readonly etag: string
  readonly emailVerifyDate: number | undefined
  readonly phoneVerifyDate: number | undefined
  readonly pendingEmailAddress: string
  readonly pendingPhoneNumber: string
}

export type Violation = readonly [field: string, reason: Reason]

export interface Refusal {
  readonly kind: 'refused'
  readonly reason: string
  readonly violations: readonly Violation[]
  /** What ResourceInfo names. */
  readonly resource: string | undefined
  /** What QuotaFailure tells. */
  readonly limit: number | undefined
}

export type Answer =
  | { readonly kind: 'contact'; readonly contact: Shown }
  | {
      readonly kind: 'page'
      readonly contacts: readonly Shown[]
      readonly nextPageToken: string
      readonly totalCount: number
    }
  | { readonly kind: 'deleted'; readonly status: number }
  | Refusal

/** A call and its answer, as one line. */
export const told = ({ directoryId, operation, request }: Call, answer: Answer) =>
  `${directoryId} ${operation} ${JSON.stringify(request)} -> ${JSON.stringify(answer)}`

/** The operation and what came of it, in a word. */
export function kindOf(call: Call, answer: Answer): string {
  if (answer.kind === 'refused') return `${call.operation}: ${answer.reason}`
  const isFurther = call.operation === 'list' && call.request.pageToken !== ''
  return `${call.operation}: ${isFurther ? 'a further ' : ''}${answer.kind}`
}
