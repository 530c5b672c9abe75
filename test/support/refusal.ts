import type { Message } from '@bufbuild/protobuf'
import { status } from '@grpc/grpc-js'
import { expect } from 'vitest'
import { errorCatalog, type Reason } from '../../src/errors/catalog.js'
import { Refused } from './client.js'
import { rules } from './rules.js'

/** The form of a request id in the contract. */
export const requestIdPattern = /^[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}$/

/** The details after ErrorInfo by kind, without `$typeName` and unknown fields. */
export type ExpectedDetails = Readonly<Record<string, unknown>>

/**
 * Asserts everything about a refusal: status, message, reason, metadata, details and request id. `metadata` is what ErrorInfo has
 * beside the entries of every refusal. Tests assert refusals only with this function.
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
  const definition = errorCatalog[reason]
  expect(refusal.requestId).toMatch(requestIdPattern)
  expect({ ...refusal, details: refusal.details.map(plain) }).toEqual({
    code: status[definition.status],
    message: definition.message,
    requestId: refusal.requestId,
    details: [
      {
        $typeName: 'google.rpc.ErrorInfo',
        reason,
        domain: 'messagecontacts',
        metadata: {
          code: definition.code,
          httpStatus: String(definition.httpStatus),
          requestId: refusal.requestId,
          ...violationsMetadata(details),
          ...metadata,
        },
      },
      ...Object.entries(details).map(([kind, fields]) => ({ $typeName: `google.rpc.${kind}`, ...(fields as object) })),
    ],
  })
}

/** A field, its reason, and the rule if it is not the one of a service with default settings. */
export type ExpectedViolation = readonly [field: string, reason: Reason, rule?: string | undefined]

/** A BadRequest with these violations: each rule is stated once, where it is broken first; otherwise the text of the reason. */
export function badRequest(...violations: readonly ExpectedViolation[]) {
  const stated: string[] = []
  const fieldViolations = violations.map(([field, reason, rule = rules[reason]]) => {
    const { message } = errorCatalog[reason]
    const description = rule === undefined || stated.includes(rule) ? message : rule
    stated.push(description)
    return { field, reason, description }
  })
  return { fieldViolations }
}

/** What ErrorInfo says about the violations of a BadRequest. */
function violationsMetadata({ BadRequest }: ExpectedDetails): Readonly<Record<string, string>> {
  const { fieldViolations = [] } = (BadRequest ?? {}) as Partial<ReturnType<typeof badRequest>>
  const [first] = fieldViolations
  if (!first) return {}
  return { field: first.field, violations: fieldViolations.map(({ field, reason }) => `${field}=${reason}`).join(',') }
}

/** A PreconditionFailure with the code and text of a reason. `subject` is a contact id or the name of a setting. */
export function preconditionFailure(reason: Reason, subject: string) {
  const { code, message } = errorCatalog[reason]
  return { violations: [{ type: code, subject, description: message }] }
}

/** A QuotaFailure with the text of a reason: what the limit applies to, the name of its setting and its value. */
export function quotaFailure(reason: Reason, subject: string, setting: string, limit: number) {
  const { message: description } = errorCatalog[reason]
  const quota = { quotaMetric: '', quotaId: setting, quotaDimensions: {}, quotaValue: BigInt(limit) }
  return { violations: [{ subject, description, apiService: '', ...quota }] }
}

/** A RetryInfo with this delay in milliseconds. */
export function retryInfo(delayMs: number) {
  return { retryDelay: { seconds: BigInt(Math.floor(delayMs / 1000)), nanos: (delayMs % 1000) * 1_000_000 } }
}

/** A message as plain data, without what the runtime adds to nested messages. */
function plain(message: Message): unknown {
  const strip = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(strip)
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value).filter(([key]) => key !== '$typeName' && key !== '$unknown')
    return Object.fromEntries(entries.map(([key, field]) => [key, strip(field)]))
  }
  return { $typeName: message.$typeName, ...(strip(message) as object) }
}
