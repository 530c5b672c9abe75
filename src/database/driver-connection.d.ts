/** A class of the driver that its own declarations leave out. */
declare module 'mongodb/lib/cmap/connection.js' {
  export class Connection {
    /** Closes the connection. Does nothing if it is closed already. */
    onError(error: unknown): void
    /** Sends a command, and gives its replies. */
    sendWire(command: unknown, options: unknown, responseType?: unknown): AsyncGenerator<unknown>
    writeCommand(
      sent: { readonly command?: Readonly<Record<string, unknown>> },
      options: { readonly timeoutContext?: { minRoundTripTime: number } },
    ): Promise<void>
  }
}
