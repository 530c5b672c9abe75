import { status } from '@grpc/grpc-js'
import { expect } from 'vitest'
import { meanings, type Reason } from '../../src/failure.js'
import type { ErrorInfo } from '../../src/gen/google/rpc/error_details_pb.js'
import { Refused } from '../client.js'
import { requestIdPattern } from '../refusal.js'

const sentences: ReadonlyMap<string, Reason> = new Map(
  Object.entries(meanings).map(([reason, { message }]) => [message, reason as Reason]),
)

/**
 * Holds the answer to bad input against what every answer of the service promises, whatever was sent:
 * a status that is neither UNKNOWN nor INTERNAL, a fixed sentence, ErrorInfo first and then at most one of each kind, one request id in all places,
 * and `marker`, which stands for all that the caller sent, nowhere but in the resource's name. Gives the reason, or OK.
 */
export async function judge(call: Promise<unknown>, marker: string): Promise<Reason | 'OK'> {
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
  const reason = sentences.get(message)
  if (!reason) expect.fail(`not one of our sentences: ${status[code]} ${message}`)
  expect(requestId).toMatch(requestIdPattern)
  const kinds = details.map(({ $typeName }) => $typeName)
  expect(kinds).toEqual(['google.rpc.ErrorInfo', ...meanings[reason].details.map((kind) => `google.rpc.${kind}`)])
  const [info] = details as unknown as readonly ErrorInfo[]
  expect(info).toMatchObject({ reason, metadata: { requestId } })
  expect(textOf(details).toLowerCase()).not.toContain(marker.toLowerCase())
  return reason
}

/** All that the details say, but for the one thing that may be an echo. */
function textOf(details: readonly object[]): string {
  return JSON.stringify(details, (key, value: unknown) => {
    if (key === 'resourceName') return undefined
    return typeof value === 'bigint' ? String(value) : value
  })
}
