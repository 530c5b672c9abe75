import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { NetworkSettings } from '../network/settings.js'
import type { Observer } from '../telemetry/observer.js'

export type ConnectionSettings = Pick<
  NetworkSettings,
  'MAX_CONNECTION_AGE_SECONDS' | 'CONNECTION_AGE_GRACE_SECONDS' | 'MAX_STREAMS_PER_CONNECTION'
>

/** What is known about an open connection. */
interface Connection {
  /** The responses that are not complete yet. */
  readonly responses: Set<ServerResponse>
  /** Further requests belong on another connection. */
  isEnding: boolean
}

/** The connections of a server: which requests each has, and when it must end. */
export class Connections {
  readonly #open = new Map<Socket, Connection>()
  readonly #settings: ConnectionSettings
  readonly #observer: Pick<Observer, 'limitReached'>

  constructor(server: Server, settings: ConnectionSettings, observer: Pick<Observer, 'limitReached'>) {
    this.#settings = settings
    this.#observer = observer
    server.on('connection', (socket) => this.#add(socket))
  }

  #add(socket: Socket): void {
    const { MAX_CONNECTION_AGE_SECONDS, CONNECTION_AGE_GRACE_SECONDS } = this.#settings
    const connection: Connection = { responses: new Set(), isEnding: false }
    this.#open.set(socket, connection)
    let timer = setTimeout(() => {
      endConnection(socket, connection)
      timer = setTimeout(() => socket.destroy(), CONNECTION_AGE_GRACE_SECONDS * 1000)
    }, MAX_CONNECTION_AGE_SECONDS * 1000)
    socket.once('close', () => {
      clearTimeout(timer)
      this.#open.delete(socket)
    })
  }

  /** Counts a request until its response is complete. Gives false, and closes the connection, if it has the maximum of open requests. */
  admit(socket: Socket, response: ServerResponse): boolean {
    const connection = this.#open.get(socket)
    if (!connection) return false
    const { responses, isEnding } = connection
    if (responses.size >= this.#settings.MAX_STREAMS_PER_CONNECTION) {
      this.#observer.limitReached('MAX_STREAMS_PER_CONNECTION')
      socket.destroy()
      return false
    }
    responses.add(response)
    response.once('close', () => {
      responses.delete(response)
      // The headers of an answer that was written before the connection was to end say that it stays open.
      if (connection.isEnding && responses.size === 0) socket.destroySoon()
    })
    if (isEnding) response.shouldKeepAlive = false
    return true
  }

  hasOpenRequests(socket: Socket): boolean {
    return (this.#open.get(socket)?.responses.size ?? 0) > 0
  }

  /** Ends a connection after its open requests. */
  end(socket: Socket): void {
    const connection = this.#open.get(socket)
    if (connection) endConnection(socket, connection)
  }

  /** Ends every connection after its open requests. */
  endAll(): void {
    for (const [socket, connection] of this.#open) endConnection(socket, connection)
  }
}

function endConnection(socket: Socket, connection: Connection): void {
  connection.isEnding = true
  for (const response of connection.responses) response.shouldKeepAlive = false
  if (connection.responses.size === 0) socket.destroy()
}
