import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { BSON, type Document, Long } from 'mongodb'

/** A command that the driver sends to the database. */
export interface Command {
  /** The number of its connection to the proxy. */
  readonly connection: number
  /** Such as `insert`, `find` or `hello`. */
  readonly name: string
  /** The command without the documents of an insert, which are sent beside it. */
  readonly body: Document
  /** The documents of an insert. */
  readonly documents: readonly Document[]
}

/** What the driver sends by itself: about its connections, its user, its sessions and its cursors. */
const driverCommands = [
  'hello',
  'ismaster',
  'isMaster',
  'ping',
  'saslStart',
  'saslContinue',
  'endSessions',
  'killCursors',
]
export const isDriverCommand = ({ name }: Command): boolean => driverCommands.includes(name)

/**
 * What happens to a command:
 * - `pass`: it is forwarded, and so is its reply
 * - `cut before`: its connection is closed before the database gets it
 * - `cut after`: its connection is closed after the database has executed it, instead of the reply
 * - `unreachable after`: as `cut after`, and then all connections are closed and refused until `reset`
 * - a reply: the database does not get the command, and the driver gets this reply
 */
export type Verdict = 'pass' | 'cut before' | 'cut after' | 'unreachable after' | Reply

export interface Reply {
  readonly reply: Document
}

/** Gets every command before the database does. The command waits for the verdict. */
export type Watch = (command: Command) => Verdict | Promise<Verdict>

/** Answers a find with these documents, for example with those of an older snapshot. */
export const foundInstead = ({ body }: Command, documents: readonly Document[]): Reply => ({
  reply: { ok: 1, cursor: { id: Long.ZERO, ns: `${body['$db']}.${body['find']}`, firstBatch: documents } },
})

/**
 * Gets every reply before the driver does, as bytes that it may change. The reply waits for it. Also a reply that is then lost.
 * `command` is what it answers; undefined for the legacy message format, and for what the database sends by itself.
 */
export type WatchReply = (reply: Buffer, command: Command | undefined) => void | Promise<void>

/** A TCP proxy between the service and its database that can disturb commands and replies. */
export class WireProxy {
  /** The address of the database through the proxy, with the same user and options. */
  readonly uri: string
  readonly #server: Server
  readonly #target: URL
  readonly #connections = new Set<Connection>()
  /** How many connections there have been. */
  #connectionCount = 0
  #watch: Watch = () => 'pass'
  #watchReply: WatchReply = () => {}
  /** How often everything was reset. */
  #resets = 0
  #isUnreachable = false
  #flowing: Promise<void> = Promise.resolve()
  #resume: () => void = () => {}

  private constructor(server: Server, target: URL) {
    this.#server = server
    this.#target = target
    const uri = new URL(target)
    uri.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
    uri.pathname ||= '/'
    // Otherwise the driver would connect to the members that the database names.
    uri.searchParams.set('directConnection', 'true')
    this.uri = uri.href
    server.on('connection', (socket) => this.#accept(socket))
  }

  static async to(databaseUri: string): Promise<WireProxy> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new WireProxy(server, new URL(databaseUri))
  }

  /** From now on `watch` decides about every command, also those of the driver itself. */
  watch(watch: Watch): void {
    this.#watch = watch
  }

  /** From now on `watch` gets every reply. */
  watchReplies(watch: WatchReply): void {
    this.#watchReply = watch
  }

  /** From now on everything passes, also what was stalled, what still waits for a verdict, and replies that were to be lost. */
  reset(): void {
    this.#watch = () => 'pass'
    this.#watchReply = () => {}
    this.#resets += 1
    this.#isUnreachable = false
    for (const connection of this.#connections) connection.forgetVerdict()
    this.#resume()
  }

  /** From now on connections are accepted and kept, but no message is forwarded in either direction until `reset`. */
  stall(): void {
    this.#flowing = new Promise((resolve) => {
      this.#resume = resolve
    })
  }

  async close(): Promise<void> {
    this.#server.close()
    this.#cutAll()
    await once(this.#server, 'close')
  }

  #cutAll() {
    for (const connection of this.#connections) connection.cut()
  }

  #accept(socket: Socket) {
    if (this.#isUnreachable) {
      socket.destroy()
      return
    }
    const { hostname, port } = this.#target
    this.#connectionCount += 1
    const connection = new Connection(socket, connect({ host: hostname, port: Number(port || defaultPort) }), {
      number: this.#connectionCount,
      watch: (command) => this.#verdictOn(command),
      watchReply: (reply, command) => this.#watchReply(reply, command),
      whenFlowing: () => this.#flowing,
      becomeUnreachable: () => {
        this.#isUnreachable = true
        this.#cutAll()
      },
    })
    this.#connections.add(connection)
    void connection.run().finally(() => this.#connections.delete(connection))
  }

  async #verdictOn(command: Command): Promise<Verdict> {
    const resets = this.#resets
    const verdict = await this.#watch(command)
    return resets === this.#resets ? verdict : 'pass'
  }
}

/** Of the database, if its address has none. */
const defaultPort = 27017

/** What a connection needs from its proxy. */
interface ProxyHooks {
  readonly number: number
  readonly watch: Watch
  readonly watchReply: WatchReply
  /** Resolves when messages may be forwarded. */
  readonly whenFlowing: () => Promise<void>
  /** Closes all connections and refuses new ones. */
  readonly becomeUnreachable: () => void
}

/** A connection of the driver, and the one to the database that belongs to it. */
class Connection {
  readonly #driver: Socket
  readonly #database: Socket
  readonly #hooks: ProxyHooks
  #atReply: { readonly to: number; readonly verdict: 'cut after' | 'unreachable after' } | undefined
  /** A driver sends one command after the other. */
  #last: { readonly requestId: number; readonly command: Command | undefined } | undefined

  constructor(driver: Socket, database: Socket, hooks: ProxyHooks) {
    this.#driver = driver
    this.#database = database
    this.#hooks = hooks
  }

  /** Resolves when either side has ended. */
  async run(): Promise<void> {
    await Promise.allSettled([
      this.#forwardCommands().finally(() => this.cut()),
      this.#forwardReplies().finally(() => this.cut()),
    ])
  }

  /** The reply on its way passes, whatever the verdict on its command was. */
  forgetVerdict(): void {
    this.#atReply = undefined
  }

  cut(): void {
    this.#driver.destroy()
    this.#database.destroy()
  }

  async #forwardCommands() {
    for await (const message of wholeMessages(this.#driver)) {
      await this.#hooks.whenFlowing()
      const command = commandOf(message, this.#hooks.number)
      const requestId = message.readInt32LE(header.requestId)
      this.#last = { requestId, command }
      const verdict = command ? await this.#hooks.watch(command) : 'pass'
      if (verdict === 'cut before') return
      if (typeof verdict === 'object') {
        this.#driver.write(replyMessage(requestId, verdict.reply))
        continue
      }
      if (verdict !== 'pass') this.#atReply = { to: requestId, verdict }
      this.#database.write(message)
    }
  }

  async #forwardReplies() {
    for await (const message of wholeMessages(this.#database)) {
      await this.#hooks.whenFlowing()
      const responseTo = message.readInt32LE(header.responseTo)
      await this.#hooks.watchReply(message, responseTo === this.#last?.requestId ? this.#last.command : undefined)
      if (responseTo === this.#atReply?.to) {
        if (this.#atReply.verdict === 'unreachable after') this.#hooks.becomeUnreachable()
        return
      }
      this.#driver.write(message)
    }
  }
}

/** The offsets in a message's header: four numbers of four bytes. */
const header = { length: 0, requestId: 4, responseTo: 8, opCode: 12, end: 16 } as const
const opMsg = 2013

async function* wholeMessages(socket: Socket): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0)
  for await (const chunk of socket) {
    rest = Buffer.concat([rest, chunk as Buffer])
    while (rest.length >= header.end && rest.length >= rest.readInt32LE(header.length)) {
      const length = rest.readInt32LE(header.length)
      yield rest.subarray(0, length)
      rest = rest.subarray(length)
    }
  }
}

/** A message to the driver with this document. */
function replyMessage(responseTo: number, reply: Document): Buffer {
  const document = BSON.serialize(reply)
  // The header, flags of four bytes, and a section of kind 0.
  const start = Buffer.alloc(header.end + 5)
  start.writeInt32LE(start.length + document.length, header.length)
  start.writeInt32LE(responseTo, header.responseTo)
  start.writeInt32LE(opMsg, header.opCode)
  return Buffer.concat([start, document])
}

/** Undefined for the legacy message format, which a driver uses for its first hello. */
function commandOf(message: Buffer, connection: number): Command | undefined {
  if (message.readInt32LE(header.opCode) !== opMsg) return undefined
  const { body, documents } = contentOf(message)
  return { connection, name: Object.keys(body)[0] ?? '', body, documents }
}

/** The document of a reply. */
export const documentOf = (reply: Buffer): Document => contentOf(reply).body

function contentOf(message: Buffer): Pick<Command, 'body' | 'documents'> {
  let body: Document = {}
  const documents: Document[] = []
  // Flags of four bytes, then sections: a document, or a sequence of documents.
  for (let at = header.end + 4; at < message.length; ) {
    const isSequence = message[at] === 1
    at += 1
    const length = message.readInt32LE(at)
    const section = message.subarray(at, at + length)
    if (isSequence) documents.push(...documentsOf(section))
    else body = BSON.deserialize(section)
    at += length
  }
  return { body, documents }
}

/** A sequence consists of its length, a name that ends with a zero byte, and the documents. */
function* documentsOf(sequence: Buffer): Generator<Document> {
  for (let at = sequence.indexOf(0, 4) + 1; at < sequence.length; at += sequence.readInt32LE(at))
    yield BSON.deserialize(sequence.subarray(at, at + sequence.readInt32LE(at)))
}
