import type { Reason } from '../../../src/errors/catalog.js'

/** The writable fields of a contact, as callers send them. */
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
  /** The paths of the mask; undefined for no mask. */
  readonly mask: readonly string[] | undefined
  readonly etag: string
}

export type AddressKind = 'email' | 'phone'

/**
 * A call and the directory of its caller. `verify` is not an operation of the service: the test marks an address as verified in the database
 * and then reads the contact.
 */
export type Call = { readonly directoryId: string } & (
  | { readonly operation: 'add'; readonly request: AddRequest }
  | { readonly operation: 'get'; readonly request: { readonly contactId: string } }
  | { readonly operation: 'list'; readonly request: ListRequest }
  | { readonly operation: 'update'; readonly request: UpdateRequest }
  | { readonly operation: 'delete'; readonly request: { readonly contactId: string; readonly etag: string } }
  | { readonly operation: 'verify'; readonly request: { readonly contactId: string; readonly kind: AddressKind } }
)

/** A contact as answers show it, with all fields. Dates in milliseconds since the epoch. */
export interface ContactView extends Fields {
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
  /** The name in ResourceInfo. */
  readonly resource: string | undefined
  /** The value in QuotaFailure. */
  readonly limit: number | undefined
}

export type Answer =
  | { readonly kind: 'contact'; readonly contact: ContactView }
  | {
      readonly kind: 'page'
      readonly contacts: readonly ContactView[]
      readonly nextPageToken: string
      readonly totalCount: number
    }
  | { readonly kind: 'deleted'; readonly status: number }
  | Refusal

/** A call and its answer in one line, for the message of a failed test. */
export const describeCall = ({ directoryId, operation, request }: Call, answer: Answer) =>
  `${directoryId} ${operation} ${JSON.stringify(request)} -> ${JSON.stringify(answer)}`

/** The operation and the kind of its answer, such as `add: contact`. */
export function kindOf(call: Call, answer: Answer): string {
  if (answer.kind === 'refused') return `${call.operation}: ${answer.reason}`
  const isFurtherPage = call.operation === 'list' && call.request.pageToken !== ''
  return `${call.operation}: ${isFurtherPage ? 'a further ' : ''}${answer.kind}`
}
