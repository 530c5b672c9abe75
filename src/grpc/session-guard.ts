import { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { NetworkSettings } from '../network/settings.js'
import { ShortLivedSet } from '../short-lived-set.js'
import type { ConnectionLimit } from '../telemetry/observer.js'

/** What a guard does when a client breaks a limit. */
export interface Reactions {
  /** Ends the connection. */
  readonly cut: (limit: ConnectionLimit) => void
  /** A call was reset, and the connection continues. */
  readonly reset: (limit: ConnectionLimit) => void
}

/** How many frames that serve no call a client may send at once: pings, settings, resets of calls. */
const maxControlFrames = 500
/** How many of them it may send again for each second and for each answered call. Some clients measure bandwidth with a ping for each answer. */
const controlFramesPerSecond = 100
const controlFramesPerCall = 10
/** How much a client may send in a second beyond what its calls may have, in bytes. */
const maxBytesWithoutCalls = 1_048_576
/** What a call may have beyond its headers and its message: a message that is too large is refused after one window of flow control. */
const extraBytesPerCall = 65_536
/** How much of an answer may wait until its client takes it, in bytes. Only streams can have more than one message. */
const maxWaitingBytes = 4 * 1_048_576

interface OpenCall {
  readonly stream: ServerHttp2Stream
  /** For how many inspections it has waited for its client. */
  waited: number
}

/**
 * Limits what one client may do on its HTTP/2 connection without asking for anything: Node and grpc-js limit some of it, depending on the
 * version, and nothing of the rest.
 */
export class SessionGuard {
  readonly #session: ServerHttp2Session
  readonly #maxBytesPerCall: number
  readonly #reactions: Reactions
  readonly #calls = new ShortLivedSet<OpenCall>()
  #controlFrames = maxControlFrames
  /** Calls since the last inspection. */
  #newCalls = 0
  #bytesRead = 0

  constructor(
    session: ServerHttp2Session,
    settings: Pick<NetworkSettings, 'MAX_HEADER_BYTES' | 'MAX_MESSAGE_BYTES'>,
    reactions: Reactions,
  ) {
    this.#session = session
    this.#maxBytesPerCall = settings.MAX_HEADER_BYTES + settings.MAX_MESSAGE_BYTES + extraBytesPerCall
    this.#reactions = reactions
    session.on('ping', () => this.#countControlFrame())
    session.on('remoteSettings', () => this.#countControlFrame())
  }

  /** Gives a function that must be called when the stream has closed. */
  add(stream: ServerHttp2Stream): () => void {
    this.#newCalls += 1
    const remove = this.#calls.add({ stream, waited: 0 })
    return () => {
      remove()
      if (stream.rstCode === constants.NGHTTP2_NO_ERROR) this.#allowControlFrames(controlFramesPerCall)
      else if (stream.aborted) this.#countControlFrame()
    }
  }

  /**
   * Called once a second. Resets calls that have waited for their client for more than `maxWaitSeconds`. Gives how many wait.
   */
  inspect(maxWaitSeconds: number): number {
    this.#allowControlFrames(controlFramesPerSecond)
    this.#limitBytes()
    let count = 0
    for (const call of this.#calls) {
      const { stream } = call
      if (!isWaitingForClient(stream)) call.waited = 0
      else if (call.waited < maxWaitSeconds && stream.writableLength <= maxWaitingBytes) {
        call.waited += 1
        count += 1
      } else {
        this.#reactions.reset('wait_for_client')
        stream.close(constants.NGHTTP2_CANCEL)
      }
    }
    return count
  }

  #allowControlFrames(count: number): void {
    this.#controlFrames = Math.min(maxControlFrames, this.#controlFrames + count)
  }

  #countControlFrame(): void {
    this.#controlFrames -= 1
    if (this.#controlFrames < 0 && !this.#session.destroyed) this.#reactions.cut('control_frames')
  }

  #limitBytes(): void {
    if (this.#session.destroyed) return
    const { bytesRead } = this.#session.socket
    const calls = this.#newCalls + this.#calls.size
    const isTooMuch = bytesRead - this.#bytesRead > maxBytesWithoutCalls + calls * this.#maxBytesPerCall
    this.#bytesRead = bytesRead
    this.#newCalls = 0
    if (isTooMuch) this.#reactions.cut('bytes_without_calls')
  }
}

/** Whether a call continues only when its client sends the rest of the request, or takes more of the answer. */
const isWaitingForClient = (stream: ServerHttp2Stream): boolean =>
  stream.headersSent ? stream.writableLength > 0 || stream.writableEnded : stream.state.remoteClose === 0
