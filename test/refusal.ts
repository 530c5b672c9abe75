import type { Message } from '@bufbuild/protobuf'
import { status } from '@grpc/grpc-js'
import { expect } from 'vitest'
import { meanings, type Reason } from '../src/failure.js'
import { Refused } from './client.js'

/** A request id as the contract describes it. */
export const requestIdPattern = /^[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}$/

/** What the further details must be, without `$typeName` and unknown fields, by their kind. */
export type ExpectedDetails = Readonly<Record<string, unknown>>

/**
 * The only way a refusal is asserted: status, message, reason, metadata, details and request id, all of them. `metadata` is what stands
 * there beside what is in every refusal.
 */
export async function expectRefusal(
  call: Promise<unknown>,
  reason: Reason,
  details: ExpectedDetails = {},
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const refusal = await call.then(
    () => expect.fail(`the call was answered; expected ${reason}`),
    (error: unknown) => {
      if (error instanceof Refused) return error.refusal
      throw error
    },
  )
  const meaning = meanings[reason]
  expect(refusal.requestId).toMatch(requestIdPattern)
  expect({ ...refusal, details: refusal.details.map(plain) }).toEqual({
    code: status[meaning.status],
    message: meaning.message,
    requestId: refusal.requestId,
    details: [
      {
        $typeName: 'google.rpc.ErrorInfo',
        reason,
        domain: 'messagecontacts',
        metadata: {
          code: meaning.code,
          httpStatus: String(meaning.httpStatus),
          requestId: refusal.requestId,
          ...metadata,
        },
      },
      ...Object.entries(details).map(([kind, fields]) => ({ $typeName: `google.rpc.${kind}`, ...(fields as object) })),
    ],
  })
}

/** A BadRequest of these fields, each with its reason and that reason's own sentence. */
export function badRequest(...violations: readonly (readonly [field: string, reason: Reason])[]) {
  return {
    fieldViolations: violations.map(([field, reason]) => ({ field, reason, description: meanings[reason].message })),
  }
}

/** A PreconditionFailure of that reason: what is not as it must be is the contact, or a setting, by its name. */
export function preconditionFailure(reason: Reason, subject: string) {
  const { code, message } = meanings[reason]
  return { violations: [{ type: code, subject, description: message }] }
}

/** A QuotaFailure of that reason: whose limit it is, the setting that holds it, and its value. */
export function quotaFailure(reason: Reason, subject: string, setting: string, limit: number) {
  const { message: description } = meanings[reason]
  const quota = { quotaMetric: '', quotaId: setting, quotaDimensions: {}, quotaValue: BigInt(limit) }
  return { violations: [{ subject, description, apiService: '', ...quota }] }
}

/** A RetryInfo of so many milliseconds. */
export function retryInfo(delayMs: number) {
  return { retryDelay: { seconds: BigInt(Math.floor(delayMs / 1000)), nanos: (delayMs % 1000) * 1_000_000 } }
}

/** A message as plain data: what it says, at every depth, without what the runtime adds to nested messages. */
function plain(message: Message): unknown {
  const strip = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(strip)
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value).filter(([key]) => key !== '$typeName' && key !== '$unknown')
    return Object.fromEntries(entries.map(([key, field]) => [key, strip(field)]))
  }
  return { $typeName: message.$typeName, ...(strip(message) as object) }
}
