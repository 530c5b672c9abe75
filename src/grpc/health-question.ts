import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import {
  type HealthCheckRequest,
  HealthCheckRequestSchema,
  type HealthCheckResponse,
  HealthCheckResponse_ServingStatus,
  HealthCheckResponseSchema,
} from '../gen/health/v1/health_pb.js'

export interface HealthQuestionOptions {
  /** `host:port`. */
  readonly address: string
  /** A name that has a health; '' is the whole process. */
  readonly service: string
  /** Whether to connect with TLS. The certificate is not checked: a probe sends no secret, and asks by address and not by name. */
  readonly tls: boolean
  readonly timeoutMs: number
}

const path = '/grpc.health.v1.Health/Check'

/** Asks a server for a health: SERVING, NOT_SERVING, or the name of the gRPC status if there is no answer. */
export async function askForHealth({ address, service, tls, timeoutMs }: HealthQuestionOptions): Promise<string> {
  const channelCredentials = tls
    ? credentials.createSsl(null, null, null, { rejectUnauthorized: false })
    : credentials.createInsecure()
  const client = new Client(address, channelCredentials, {
    // A proxy that the environment names is for the world outside.
    'grpc.enable_http_proxy': 0,
    // Node warns of an IP address as the name of a TLS server.
    ...(tls && { 'grpc.ssl_target_name_override': 'localhost' }),
  })
  try {
    return await check(client, create(HealthCheckRequestSchema, { service }), timeoutMs)
  } finally {
    client.close()
  }
}

function check(client: Client, request: HealthCheckRequest, timeoutMs: number): Promise<string> {
  return new Promise((resolve) => {
    const onAnswer = (error: ServiceError | null, response?: HealthCheckResponse) => {
      clearTimeout(timer)
      if (response) resolve(HealthCheckResponse_ServingStatus[response.status] ?? String(response.status))
      else resolve(status[error?.code ?? status.UNKNOWN])
    }
    const call = client.makeUnaryRequest(
      path,
      (message: HealthCheckRequest) => Buffer.from(toBinary(HealthCheckRequestSchema, message)),
      (bytes: Buffer) => fromBinary(HealthCheckResponseSchema, bytes),
      request,
      new Metadata(),
      onAnswer,
    )
    const timer = setTimeout(() => {
      resolve('DEADLINE_EXCEEDED')
      call.cancel()
    }, timeoutMs)
  })
}
