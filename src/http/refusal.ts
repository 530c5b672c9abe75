import { ConnectError } from '@connectrpc/connect'
import { codeFromString } from '@connectrpc/connect/protocol-connect'
import { errorCatalog } from '../errors/catalog.js'
import { detailsOf } from '../errors/details.js'
import type { Failure } from '../errors/failure.js'

/** The header, or in gRPC-Web the trailer, with the request id: in every answer of an operation. */
export const requestIdKey = 'x-request-id'

/** A failure as an error of the Connect library, whose codes have the names of gRPC in lower case. `docsUrl` is PUBLIC_DOCS_URL. */
export function connectError(failure: Failure, requestId: string, docsUrl?: string): ConnectError {
  const { status, message } = errorCatalog[failure.reason]
  const details = [...detailsOf(failure, requestId, docsUrl)]
  return new ConnectError(message, codeFromString(status.toLowerCase()), undefined, details)
}
