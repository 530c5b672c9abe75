import { once } from 'node:events'
import { type AddressInfo, createServer, isIPv6, type Socket } from 'node:net'
import type { Observer } from '../telemetry/observer.js'
import { connectionOf, connectTimeoutMs } from './connection.js'
import type { NetworkSettings } from './settings.js'
import type { Protocol, TlsFiles } from './tls.js'

export interface Listener {
  /** `host:port` as bound. */
  readonly address: string
  /** The client of this connection has finished all handshakes: from now on the connection may last. */
  opened(connection: string): void
  /** Accepts no new connections. Resolves when the last connection has closed. */
  close(): Promise<void>
  /** Destroys every open connection. */
  cutAll(): void
}

export type ListenSettings = Pick<NetworkSettings, 'MAX_CONNECTIONS' | 'MAX_CONNECTIONS_PER_IP'>

export interface ListenOptions {
  readonly address: { readonly host: string; readonly port: number }
  readonly settings: ListenSettings
  readonly protocol: Protocol
  /** Absent if connections are not encrypted. */
  readonly tls: TlsFiles | undefined
  /** Called with every connection, when it is encrypted if it must be. */
  readonly onConnection: (socket: Socket) => void
  readonly observer: Pick<Observer, 'limitReached' | 'connectionOpened' | 'connectionClosed'>
}

/**
 * With TLS, how long a connection counts for its client's address at least, in milliseconds, so that connecting again and again is limited too:
 * a handshake costs about as much as ten calls.
 */
const minCountedTlsMs = connectTimeoutMs

/**
 * Listens for connections. We do this ourselves because grpc-js cannot limit connections, hides why an address cannot be bound,
 * and cannot destroy all connections, and neither it nor Node's HTTP limits those of an IP address. Rejects if the address cannot be bound;
 * the error names it.
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { address, settings, protocol, tls, onConnection, observer } = options
  const { MAX_CONNECTIONS, MAX_CONNECTIONS_PER_IP } = settings
  const accept = tls?.accepting(protocol, onConnection) ?? onConnection
  const open = new OpenConnections(() => observer.limitReached('connect_time'))
  const counts = new CountsByIp(MAX_CONNECTIONS_PER_IP, tls ? minCountedTlsMs : 0)
  const server = createServer({ noDelay: true }, (socket) => {
    const release = counts.take(socket.remoteAddress)
    if (!release) {
      observer.limitReached('MAX_CONNECTIONS_PER_IP')
      socket.destroy()
      return
    }
    socket.once('close', release)
    open.add(socket)
    observer.connectionOpened()
    socket.once('close', () => observer.connectionClosed())
    accept(socket)
  })
  server.maxConnections = MAX_CONNECTIONS
  server.on('drop', () => observer.limitReached('MAX_CONNECTIONS'))
  server.listen(address)
  await once(server, 'listening')
  return {
    address: formatAddress(server.address() as AddressInfo),
    opened: (connection) => open.opened(connection),
    async close() {
      await once(server.close(), 'close')
    },
    cutAll: () => open.cutAll(),
  }
}

/** The open connections, and since when those connect that have not finished it. */
class OpenConnections {
  readonly #onTimeout: () => void
  readonly #sockets = new Set<Socket>()
  readonly #timers = new Map<string, NodeJS.Timeout>()

  /** `onTimeout` is called for each connection that took too long, and was destroyed. */
  constructor(onTimeout: () => void) {
    this.#onTimeout = onTimeout
  }

  add(socket: Socket): void {
    const connection = connectionOf(socket)
    const timer = setTimeout(() => {
      this.#onTimeout()
      socket.destroy()
    }, connectTimeoutMs)
    this.#sockets.add(socket)
    this.#timers.set(connection, timer)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      this.opened(connection)
    })
  }

  opened(connection: string): void {
    clearTimeout(this.#timers.get(connection))
    this.#timers.delete(connection)
  }

  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}

/** How many connections each IP address has. Of IPv6 the first 64 bits count as the address, because one client has all that begin so. */
class CountsByIp {
  readonly #max: number
  readonly #minCountedMs: number
  readonly #counts = new Map<string, number>()

  constructor(max: number, minCountedMs: number) {
    this.#max = max
    this.#minCountedMs = minCountedMs
  }

  /** Counts a connection, and gives what must be called when it has closed. Gives undefined if it is one too many, or is closed already. */
  take(address: string | undefined): (() => void) | undefined {
    if (address === undefined) return undefined
    const key = ipOf(address)
    const count = this.#counts.get(key) ?? 0
    if (count >= this.#max) return undefined
    this.#counts.set(key, count + 1)
    let holds = 1
    const release = () => {
      holds -= 1
      if (holds === 0) this.#remove(key)
    }
    if (this.#minCountedMs > 0) {
      holds += 1
      setTimeout(release, this.#minCountedMs).unref()
    }
    return release
  }

  #remove(key: string): void {
    const count = (this.#counts.get(key) ?? 0) - 1
    if (count > 0) this.#counts.set(key, count)
    else this.#counts.delete(key)
  }
}

/** An IPv4 address as it is, also if it is written as IPv6; of an IPv6 address the first 64 bits. */
export function ipOf(address: string): string {
  const ipv4 = /^::ffff:([\d.]+)$/i.exec(address)?.[1]
  if (ipv4 !== undefined || !isIPv6(address)) return ipv4 ?? address
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? []
  const groups = head === '' ? [] : head.split(':')
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length)
  const all = [...groups, ...Array.from({ length: missing }, () => '0'), ...(tail ? tail.split(':') : [])]
  return `${all.slice(0, 4).join(':')}::/64`
}

function formatAddress({ address, family, port }: AddressInfo): string {
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`
}
