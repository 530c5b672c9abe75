import type { IncomingMessage, ServerResponse } from 'node:http'
import { cors } from '@connectrpc/connect'
import { HttpError } from './answers.js'

const allowedHeaders = [...cors.allowedHeaders, 'authorization', 'x-resource-directory-id', 'traceparent', 'tracestate']
const exposedHeaders = [...cors.exposedHeaders, 'x-request-id']
/** How long browsers may keep the answer to a preflight request, in seconds: the maximum of Chromium. */
const preflightMaxAge = 7200

/**
 * Lets scripts of these origins call the service, and no others (CORS). A script of another origin is refused before its request is looked
 * at: a browser might add a client certificate to it. Throws HttpError. Gives true if the request was a preflight request, to be answered
 * without a body.
 */
export function checkOrigin(
  request: IncomingMessage,
  response: ServerResponse,
  allowedOrigins: readonly string[],
): boolean {
  const { origin, host } = request.headers
  if (allowedOrigins.length > 0) response.setHeader('vary', 'origin')
  if (origin === undefined || isSameOrigin(origin, host)) return false
  if (!allowedOrigins.includes(origin)) throw new HttpError(403, 'Pages of this origin may not call this service.')
  response.setHeader('access-control-allow-origin', origin)
  response.setHeader('access-control-expose-headers', exposedHeaders.join(', '))
  if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return false
  response.setHeader('access-control-allow-methods', cors.allowedMethods.join(', '))
  response.setHeader('access-control-allow-headers', allowedHeaders.join(', '))
  response.setHeader('access-control-max-age', String(preflightMaxAge))
  return true
}

/** Without the scheme: behind a proxy that ends TLS it is another one than the browser's. */
const isSameOrigin = (origin: string, host: string | undefined): boolean =>
  host !== undefined && (origin === `https://${host}` || origin === `http://${host}`)
