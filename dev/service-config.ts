import type { DescMethod } from '@bufbuild/protobuf'
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt'
import { callSettings } from '../src/calls/settings.js'
import { describeSettings } from '../src/config/read-settings.js'
import { MessageContactService } from '../src/gen/messagecontacts/v1/message_contact_service_pb.js'

/**
 * The service config for gRPC clients in any language (gRFC A2, A6): a timeout for every call, calls that wait for a connection, and automatic
 * retries of the operations whose `idempotency_level` allows them. A restart of the service within a few seconds is not noticed by such calls.
 */
export const serviceConfigFile = 'proto/service-config.json'

/** Whether the contract declares that the operation can be repeated. */
export const isRepeatable = ({ idempotency }: DescMethod) =>
  idempotency !== MethodOptions_IdempotencyLevel.IDEMPOTENCY_UNKNOWN

/** The service itself allows no call more time by default. */
const maxCallSeconds = describeSettings(callSettings).find(({ name }) => name === 'MAX_CALL_SECONDS')?.default
const timeout = `${maxCallSeconds}s`

/** Five attempts, after 0.5, 1, 2 and 3 seconds: together longer than a restart takes, and shorter than the timeout. */
const retryPolicy = {
  maxAttempts: 5,
  initialBackoff: '0.5s',
  maxBackoff: '3s',
  backoffMultiplier: 2,
  retryableStatusCodes: ['UNAVAILABLE'],
}

const { typeName: service, methods } = MessageContactService
const serviceConfig = {
  methodConfig: [
    {
      name: methods.filter(isRepeatable).map(({ name: method }) => ({ service, method })),
      timeout,
      waitForReady: true,
      retryPolicy,
    },
    { name: [{ service }], timeout, waitForReady: true },
  ],
  // Retries end after 500 failed attempts more than successful calls, and only then: a lost connection with all its calls does not
  // end them, nor do a few calls during an outage.
  retryThrottling: { maxTokens: 1000, tokenRatio: 1 },
}

/** The content of the file. */
export const serviceConfigJson = `${JSON.stringify(serviceConfig, null, 2)}\n`
