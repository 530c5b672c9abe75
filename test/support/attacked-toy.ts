import { MessageContactService } from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { createReflection } from '../../src/grpc/reflection.js'
import { callHeaders, encodeFrame, type Frame, FrameClient, frameFlag, frameType } from './http2-frames.js'
import { frame } from './raw-call.js'
import { echo, known, type RunningToy, startToy, type Toy, toyPath } from './toy-service.js'

/** A service and a client that attacks it, frame by frame. */

export const settings = {
  MAX_HEADER_BYTES: 8192,
  MAX_MESSAGE_BYTES: 65_536,
  MAX_CALLS_IN_FLIGHT: 1000,
  MAX_STREAMS_PER_CONNECTION: 250,
}

/** Starts a service that has served another client. */
export async function start(toy: Toy = echo) {
  const running = await startToy(toy, { settings, otherServices: [createReflection([MessageContactService.file], {})] })
  await running.client.addMessageContact({}, known)
  return running
}

const clients = new Set<FrameClient>()

/** A client that has opened HTTP/2, until `closeClients`. */
export async function connect(toy: RunningToy, ...clientSettings: Buffer[]): Promise<FrameClient> {
  const client = await FrameClient.connect(toy.address)
  clients.add(client)
  client.open(...clientSettings)
  return client
}

/** The same frame many times, or one for each index from 0. */
export const repeat = (count: number, frameOf: (index: number) => Frame) =>
  Buffer.concat(Array.from({ length: count }, (_, index) => encodeFrame(frameOf(index))))

export const headers = callHeaders(toyPath, [['x-resource-directory-id', 'attacker']])
/** The beginning of call number `index`, from 0. */
export const begun = (index: number, payload: Buffer = headers): Frame => ({
  type: frameType.headers,
  flags: frameFlag.endHeaders,
  stream: 2 * index + 1,
  payload,
})
const message = (index: number, bytes: Buffer = Buffer.alloc(0)): Frame => ({
  type: frameType.data,
  flags: frameFlag.endStream,
  stream: 2 * index + 1,
  payload: frame(bytes),
})
/** The frames of a call with an empty message. */
export const whole = (index: number) => Buffer.concat([encodeFrame(begun(index)), encodeFrame(message(index))])

/** For afterEach. */
export function closeClients(): void {
  for (const { socket } of clients) socket.destroy()
  clients.clear()
}
