import { status } from '@grpc/grpc-js'
import { expect } from 'vitest'
import { errorCatalog, type Reason } from '../../src/errors/catalog.js'
import type { ErrorInfo } from '../../src/gen/google/rpc/error_details_pb.js'
import { Refused } from './client.js'
import { requestIdPattern } from './refusal.js'

const reasonsByMessage: ReadonlyMap<string, Reason> = new Map(
  Object.entries(errorCatalog).map(([reason, { message }]) => [message, reason as Reason]),
)

/**
 * Asserts what holds for every answer of the service, whatever was sent: a status that is neither UNKNOWN nor INTERNAL, a message of the
 * error catalog, ErrorInfo first and then the details that the catalog lists, the same request id in the trailers and the details,
 * and no `marker`, which is part of everything that the caller sent, except in a resource name. Gives the reason, or OK.
 */
export async function checkAnswer(call: Promise<unknown>, marker: string): Promise<Reason | 'OK'> {
  const refusal = await call.then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof Refused) return error.refusal
      throw error
    },
  )
  if (!refusal) return 'OK'
  const { code, message, requestId, details } = refusal
  expect([status[code], message]).not.toContain('UNKNOWN')
  expect(status[code]).not.toBe('INTERNAL')
  const reason = reasonsByMessage.get(message)
  if (!reason) expect.fail(`not a message of the error catalog: ${status[code]} ${message}`)
  expect(requestId).toMatch(requestIdPattern)
  const kinds = details.map(({ $typeName }) => $typeName)
  expect(kinds).toEqual(['google.rpc.ErrorInfo', ...errorCatalog[reason].details.map((kind) => `google.rpc.${kind}`)])
  const [info] = details as unknown as readonly ErrorInfo[]
  expect(info).toMatchObject({ reason, metadata: { requestId } })
  expect(textOf(details).toLowerCase()).not.toContain(marker.toLowerCase())
  return reason
}

/** The details without resource names, which may repeat what the caller sent. */
function textOf(details: readonly object[]): string {
  return JSON.stringify(details, (key, value: unknown) => {
    if (key === 'resourceName') return undefined
    return typeof value === 'bigint' ? String(value) : value
  })
}
