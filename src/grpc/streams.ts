import { type Metadata, ServerInterceptingCall, type ServerInterceptingCallInterface } from '@grpc/grpc-js'
import type { Authenticate } from '../access/authenticate.js'
import type { Identity } from '../access/caller.js'
import type { CallerLimits } from '../access/caller-limits.js'
import { Failure, toFailure } from '../errors/failure.js'
import { namesOf } from '../network/client-certificates.js'
import { ipOf } from '../network/listener.js'
import type { CertificateOf } from './adapter.js'
import { toStatus } from './status.js'

export interface StreamOptions {
  readonly authenticate: Authenticate
  readonly callerLimits: Pick<CallerLimits, 'count'>
  readonly certificateOf: CertificateOf
  readonly newRequestId: () => string
  /** Where the pages of errors are, for links in refusals. */
  readonly docsUrl: string | undefined
}

/** Whose calls per second the messages of a stream use. */
type Sender = Pick<Identity, 'id' | 'callsPerSecond'>

/** The open streams (health Watch, reflection). They have no deadline, so without this a stopping server would wait for them for ever. */
export class OpenStreams {
  readonly #options: StreamOptions
  readonly #open = new Set<ServerInterceptingCallInterface>()
  #ended = false

  constructor(options: StreamOptions) {
    this.#options = options
  }

  /** Watches a stream whose messages are counted as calls: of its caller, who must be known, or with `open` of its IP address. */
  trackCounted(access: 'open' | 'authenticated', call: ServerInterceptingCallInterface): ServerInterceptingCall {
    return this.track(call, async (metadata) =>
      access === 'open' ? senderAt(call) : this.#authenticate(call, metadata),
    )
  }

  /** With `findSender`, the stream begins when that has resolved, and each message counts as a call of the sender. */
  track(
    call: ServerInterceptingCallInterface,
    findSender?: (metadata: Metadata) => Promise<Sender>,
  ): ServerInterceptingCall {
    this.#open.add(call)
    if (this.#ended) setImmediate(() => this.endAll())
    let sender: Sender | undefined
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, begin) => {
            if (!findSender) return begin(metadata)
            const onFound = (found: Sender) => {
              sender = found
              begin(metadata)
            }
            findSender(metadata).then(onFound, (error: unknown) => this.#refuse(call, error))
          },
          onReceiveMessage: (message, pass) => {
            try {
              if (sender) this.#options.callerLimits.count(sender)
              pass(message)
            } catch (error) {
              this.#refuse(call, error)
            }
          },
          // grpc-js calls this after every stream, however it ended.
          onCancel: () => {
            this.#open.delete(call)
          },
        }),
    })
  }

  async #authenticate(call: ServerInterceptingCallInterface, metadata: Metadata): Promise<Sender> {
    const { authenticate, certificateOf } = this.#options
    const certificate = certificateOf(call)
    return authenticate({
      header: (name) => metadata.get(name).map(String),
      certificate: () => namesOf(certificate),
    })
  }

  #refuse(call: ServerInterceptingCallInterface, error: unknown): void {
    const { newRequestId, docsUrl } = this.#options
    call.sendStatus(toStatus(toFailure(error), newRequestId(), docsUrl))
  }

  /** Ends all streams as SHUTTING_DOWN, now and from now on. */
  endAll(): void {
    this.#ended = true
    for (const call of this.#open) this.#refuse(call, new Failure('SHUTTING_DOWN'))
    this.#open.clear()
  }
}

/** No caller has an id with such a character. */
const senderAt = (call: ServerInterceptingCallInterface): Sender => ({
  id: `@${ipOf(call.getConnectionInfo().remoteAddress ?? '')}`,
})
