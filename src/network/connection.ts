/** The two ends of a connection. */
export interface ConnectionInfo {
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
  readonly localAddress?: string | undefined
  readonly localPort?: number | undefined
}

/** Names a connection while it is open: no two open ones have the same ends. */
export const connectionOf = ({ remoteAddress, remotePort, localAddress, localPort }: ConnectionInfo): string =>
  `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`

/** How long a client may take to connect, from TCP over TLS to the first SETTINGS of HTTP/2, in milliseconds. */
export const connectTimeoutMs = 10_000
