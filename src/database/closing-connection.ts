import { Connection } from 'mongodb/lib/cmap/connection.js'

/**
 * A connection of the driver that closes when a command on it fails. The driver itself (7.7.0) keeps it where the time of a command has run
 * out just after it was sent, as when the process was stopped in between: then the next command on it gets the reply of this one, and a write
 * that was refused is acknowledged.
 */
export class ClosingConnection extends Connection {
  override async *sendWire(command: unknown, options: unknown, responseType?: unknown): AsyncGenerator<unknown> {
    try {
      yield* super.sendWire(command, options, responseType)
    } catch (error) {
      this.onError(error)
      throw error
    }
  }
}
