import type { DescMethod } from '@bufbuild/protobuf'
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt'
import { callSettings } from '../src/calls/settings.js'
import { describeSettings } from '../src/config/read-settings.js'
import { errorCatalog } from '../src/errors/catalog.js'
import { MessageContactService } from '../src/gen/messagecontacts/v1/message_contact_service_pb.js'

/**
 * The service config for gRPC clients in any language (gRFC A2, A6): a timeout for every call, and automatic retries of the operations
 * whose `idempotency_level` allows them.
 */
export const serviceConfigFile = 'proto/service-config.json'

const isRepeatable = ({ idempotency }: DescMethod) => idempotency !== MethodOptions_IdempotencyLevel.IDEMPOTENCY_UNKNOWN

/** The service itself allows no call more time by default. */
const maxCallSeconds = describeSettings(callSettings).find(({ name }) => name === 'MAX_CALL_SECONDS')?.default
const timeout = `${maxCallSeconds}s`

/** The backoff starts with the minimum wait of RetryInfo; three attempts then end well within the timeout. */
const { retryAfterMs = 0 } = errorCatalog.DATABASE_UNAVAILABLE
const retryPolicy = {
  maxAttempts: 3,
  initialBackoff: `${retryAfterMs / 1000}s`,
  maxBackoff: `${(retryAfterMs * 2) / 1000}s`,
  backoffMultiplier: 2,
  retryableStatusCodes: ['UNAVAILABLE'],
}

const { typeName: service, methods } = MessageContactService
const serviceConfig = {
  methodConfig: [
    { name: methods.filter(isRepeatable).map(({ name: method }) => ({ service, method })), timeout, retryPolicy },
    { name: [{ service }], timeout },
  ],
  // If many calls fail, retries would only add to the load.
  retryThrottling: { maxTokens: 10, tokenRatio: 0.1 },
}

/** The content of the file. */
export const serviceConfigJson = `${JSON.stringify(serviceConfig, null, 2)}\n`
