import type { DescMethod } from '@bufbuild/protobuf'
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt'
import { meanings } from '../src/failure.js'
import { MessageContactService } from '../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { settingsTable } from '../src/settings-table.js'

/**
 * What a gRPC client should do by itself, in the form that all of them read (gRFC A2, A6): give every call a deadline, and repeat those that
 * the contract says may be repeated. A test compares the file with this; `npm run tables` writes it anew.
 */
export const serviceConfigFile = 'proto/service-config.json'

const isRepeatable = ({ idempotency }: DescMethod) => idempotency !== MethodOptions_IdempotencyLevel.IDEMPOTENCY_UNKNOWN

/** As long as the service itself takes at most. */
const timeout = `${settingsTable.MAX_CALL_SECONDS.default}s`
/** As RetryInfo says; three attempts then end well within the time-out. */
const { retryAfterMs = 0 } = meanings.DATABASE_UNAVAILABLE
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
  // Where half of the calls fail, repeating them would only add to the load.
  retryThrottling: { maxTokens: 10, tokenRatio: 0.1 },
}

export const serviceConfigJson = `${JSON.stringify(serviceConfig, null, 2)}\n`
