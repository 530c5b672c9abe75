import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** An address that stays the same while processes behind it change. Nobody listens on it until `open`. */
export class FixedAddress {
  #port = 0
  #close = () => {}

  /** `host:port` as last opened. */
  get address(): string {
    return `127.0.0.1:${this.#port}`
  }

  /** Forwards connections to a process that listens on this port of this machine. */
  async open(target: string): Promise<void> {
    const sockets = new Set<Socket>()
    const server = createServer((client) => {
      const service = connect(Number(target.split(':')[1]), '127.0.0.1')
      for (const socket of [client, service]) {
        sockets.add(socket)
        socket.on('error', () => {})
        socket.on('close', () => {
          client.destroy()
          service.destroy()
        })
      }
      client.pipe(service).pipe(client)
    })
    server.listen(this.#port, '127.0.0.1')
    await once(server, 'listening')
    this.#port = (server.address() as AddressInfo).port
    this.#close = () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    }
  }

  /** From now on connections are refused, as if there were no process. */
  close(): void {
    this.#close()
  }
}
