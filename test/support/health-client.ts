import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf'
import { Client, credentials, type ServiceError, type StatusObject, status } from '@grpc/grpc-js'
import {
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus,
  HealthCheckResponseSchema,
  HealthListRequestSchema,
  HealthListResponseSchema,
} from '../../src/gen/health/v1/health_pb.js'

type ServingName = keyof typeof HealthCheckResponse_ServingStatus

/** A Watch in progress. */
export interface Watching {
  /** The statuses received so far. */
  readonly received: readonly ServingName[]
  /** How the stream ended; pending while it is open. */
  readonly ended: Promise<StatusObject>
  cancel(): void
}

const service = '/grpc.health.v1.Health'
const encode = <Schema extends DescMessage>(schema: Schema) => ({
  with: (message: MessageShape<Schema>) => Buffer.from(toBinary(schema, message)),
})
const nameOf = (value: HealthCheckResponse_ServingStatus) => HealthCheckResponse_ServingStatus[value] as ServingName

/** A client of grpc.health.v1, as load balancers have. */
export class HealthClient {
  readonly #client: Client

  constructor(address: string) {
    this.#client = new Client(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 })
  }

  /** The serving status of a name, or the name of the gRPC status of the refusal. */
  async check(name: string): Promise<string> {
    const answer = await this.#call(HealthCheckRequestSchema, HealthCheckResponseSchema, 'Check', { service: name })
    return 'refused' in answer ? answer.refused : nameOf(answer.status)
  }

  /** The serving statuses of all names. */
  async list(): Promise<Record<string, string>> {
    const answer = await this.#call(HealthListRequestSchema, HealthListResponseSchema, 'List', {})
    if ('refused' in answer) throw new Error(answer.refused)
    return Object.fromEntries(Object.entries(answer.statuses).map(([name, one]) => [name, nameOf(one.status)]))
  }

  watch(name: string): Watching {
    const received: ServingName[] = []
    const stream = this.#client.makeServerStreamRequest(
      `${service}/Watch`,
      encode(HealthCheckRequestSchema).with,
      (bytes) => fromBinary(HealthCheckResponseSchema, bytes),
      create(HealthCheckRequestSchema, { service: name }),
    )
    stream.on('data', (response: MessageShape<typeof HealthCheckResponseSchema>) =>
      received.push(nameOf(response.status)),
    )
    stream.on('error', () => {})
    return {
      received,
      ended: new Promise((resolve) => stream.on('status', resolve)),
      cancel: () => stream.cancel(),
    }
  }

  close(): void {
    this.#client.close()
  }

  #call<Input extends DescMessage, Output extends DescMessage>(
    input: Input,
    output: Output,
    method: string,
    request: MessageInitShape<Input>,
  ): Promise<MessageShape<Output> | { refused: string }> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        `${service}/${method}`,
        encode(input).with,
        (bytes) => fromBinary(output, bytes),
        create(input, request),
        { deadline: Date.now() + 10_000 },
        (error: ServiceError | null, response) => {
          if (response) resolve(response)
          else if (error) resolve({ refused: status[error.code] })
          else reject(new Error('neither an answer nor a refusal'))
        },
      )
    })
  }
}
