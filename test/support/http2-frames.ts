import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** HTTP/2 frames made by hand, for clients that no library can be. */

export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const

export const frameFlag = { ack: 1, endStream: 1, endHeaders: 4 } as const

/** A frame as the server sends or gets it. */
export interface Frame {
  readonly type: number
  readonly flags?: number
  /** 0, the default, for the whole connection. */
  readonly stream?: number
  readonly payload?: Uint8Array
}

const headerBytes = 9

export function encodeFrame({ type, flags = 0, stream = 0, payload = new Uint8Array() }: Frame): Buffer {
  const header = Buffer.alloc(headerBytes)
  header.writeUIntBE(payload.byteLength, 0, 3)
  header.writeUInt8(type, 3)
  header.writeUInt8(flags, 4)
  header.writeUInt32BE(stream, 5)
  return Buffer.concat([header, payload])
}

/** One setting of a SETTINGS frame. */
export function setting(id: number, value: number): Buffer {
  const bytes = Buffer.alloc(6)
  bytes.writeUInt16BE(id, 0)
  bytes.writeUInt32BE(value, 2)
  return bytes
}

export const settingId = { initialWindowSize: 4 } as const

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** Headers without compression, as HPACK writes them: literals with new names, each shorter than 127 bytes or with a longer length. */
function encodeHeaders(headers: readonly (readonly [name: string, value: string])[]): Buffer {
  return Buffer.concat(headers.flatMap(([name, value]) => [Buffer.from([0]), hpackText(name), hpackText(value)]))
}

function hpackText(text: string): Buffer {
  const bytes = Buffer.from(text)
  const length: number[] = []
  if (bytes.byteLength < 127) length.push(bytes.byteLength)
  else {
    length.push(127)
    let rest = bytes.byteLength - 127
    for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128)
    length.push(rest)
  }
  return Buffer.concat([Buffer.from(length), bytes])
}

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

/** The headers of a gRPC call, and further ones, of which some may be repeated. */
export const callHeaders = (path: string, further: readonly (readonly [string, string])[] = []): Buffer =>
  encodeHeaders([
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', path],
    [':authority', 'test'],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
    ...further,
  ])

/** A connection that sends frames without any rule. */
export class FrameClient {
  readonly socket: Socket
  readonly received: Frame[] = []
  closed = false
  #rest = Buffer.alloc(0)

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('error', () => {})
    socket.on('close', () => {
      this.closed = true
    })
    socket.on('data', (bytes: Buffer) => this.#read(bytes))
  }

  /** Resolves when the connection is open. Nothing has been sent then. */
  static async connect(address: string): Promise<FrameClient> {
    const colon = address.lastIndexOf(':')
    const socket = connect({
      host: address.slice(0, colon).replace(/^\[|\]$/g, ''),
      port: Number(address.slice(colon + 1)),
    })
    const client = new FrameClient(socket)
    await once(socket, 'connect')
    return client
  }

  /** Sends the preface and these settings, and answers the settings of the server. */
  open(...settings: readonly Buffer[]): void {
    this.socket.write(preface)
    this.send({ type: frameType.settings, payload: Buffer.concat(settings) })
    this.send({ type: frameType.settings, flags: frameFlag.ack })
  }

  send(...frames: readonly Frame[]): boolean {
    return this.socket.write(Buffer.concat(frames.map(encodeFrame)))
  }

  /** Sends bytes as fast as the server reads them, until the connection is closed, `isDone`, or the time is over. */
  async flood(next: () => Buffer, maxMs: number, isDone = () => false): Promise<void> {
    const endTime = Date.now() + maxMs
    while (this.socket.writable && !isDone() && Date.now() < endTime) {
      const isTaken = this.socket.write(next())
      // A turn of the event loop for the server, which is in the same process.
      if (isTaken) await new Promise((resolve) => setImmediate(resolve))
      else await this.#drained()
    }
  }

  /** Resolves when the socket takes more bytes, or has been closed. */
  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.socket.off('drain', done).off('close', done)
        resolve()
      }
      this.socket.on('drain', done).on('close', done)
    })
  }

  #read(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes])
    while (this.#rest.byteLength >= headerBytes) {
      const length = this.#rest.readUIntBE(0, 3)
      if (this.#rest.byteLength < headerBytes + length) return
      this.received.push({
        type: this.#rest.readUInt8(3),
        flags: this.#rest.readUInt8(4),
        stream: this.#rest.readUInt32BE(5),
        payload: this.#rest.subarray(headerBytes, headerBytes + length),
      })
      this.#rest = this.#rest.subarray(headerBytes + length)
    }
  }
}
