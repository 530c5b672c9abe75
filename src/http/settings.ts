import { z } from 'zod'
import { hostAndPort, parsed } from '../config/values.js'

export const httpSettings = z.object({
  HTTP_LISTEN: hostAndPort.optional().meta({
    description:
      'The address to serve Connect, gRPC-Web and the explorer on, as `host:port`. Unset: nothing is served over HTTP. With TLS_CERT_FILE it is HTTPS. The limits of connections, headers and messages of the gRPC server apply to this address too, and are counted separately.',
  }),
  HTTP_ALLOWED_ORIGINS: parsed(exactOrigins, 'must be origins such as https://example.com, separated by commas')
    .optional()
    .meta({
      description:
        'The origins of other web pages whose scripts may call the service over HTTP, such as `https://example.com`, separated by commas. Unset: no other pages may.',
    }),
})

export type HttpSettings = z.output<typeof httpSettings>

/** Gives undefined if one of the texts is not an origin as browsers send it: lower case, without a path and without a default port. */
function exactOrigins(value: string): readonly string[] | undefined {
  const origins = value.split(',').map((origin) => origin.trim())
  return origins.every((origin) => /^https?:[^*]+$/.test(origin) && new URL(origin).origin === origin)
    ? origins
    : undefined
}
