import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

export interface Listener {
  /** `host:port` as bound. */
  readonly address: string
  /** Accepts no new connections. Resolves when the last connection has closed. */
  close(): Promise<void>
  /** Destroys every open connection. */
  cutAll(): void
}

export interface ListenOptions {
  readonly host: string
  /** 0 stands for any free port. */
  readonly port: number
  /** Further connections are closed at once. */
  readonly maxConnections: number
  readonly onConnection: (socket: Socket) => void
  /** Called for each connection above the maximum. */
  readonly onRefused: () => void
}

/** How long a connection that we have closed may wait for the client to close it too, in milliseconds. */
export const lingerMs = 250

/**
 * Listens for connections. We do this ourselves because grpc-js cannot limit connections, hides why an address cannot be bound,
 * and cannot destroy all connections. Rejects if the address cannot be bound; the error names it.
 */
export async function listen({
  host,
  port,
  maxConnections,
  onConnection,
  onRefused,
}: ListenOptions): Promise<Listener> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    // A client that never closes its side would keep the connection, and its part of the limit, for ever.
    socket.once('finish', () => setTimeout(() => socket.destroy(), lingerMs).unref())
    onConnection(socket)
  })
  server.maxConnections = maxConnections
  server.on('drop', onRefused)
  server.listen({ host, port })
  await once(server, 'listening')
  return {
    address: formatAddress(server.address() as AddressInfo),
    async close() {
      await once(server.close(), 'close')
    },
    cutAll() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

function formatAddress({ address, family, port }: AddressInfo): string {
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`
}
