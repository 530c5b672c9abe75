import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { BSON, type Document } from 'mongodb'

/** A command on its way to the database. */
export interface Command {
  /** What it is: `insert`, `find`, `hello` and so on. */
  readonly name: string
  /** The command without the documents that travel beside it. */
  readonly body: Document
  /** The documents of an insert. */
  readonly documents: readonly Document[]
}

/**
 * What becomes of a command: by default it passes. `cut before` breaks its connection before the database hears of it,
 * `cut after` when the database has carried it out, in place of the answer. `gone after` does that and then lets nobody connect until `calm`.
 */
export type Verdict = 'pass' | 'cut before' | 'cut after' | 'gone after'

/** Sees every command before the database does, which waits for the verdict. */
export type Watch = (command: Command) => Verdict | Promise<Verdict>

/** Stands between the service and its database, and disturbs what passes. */
export class WireProxy {
  /** Of the database behind it. */
  readonly uri: string
  readonly #server: Server
  readonly #target: URL
  readonly #connections = new Set<Connection>()
  #watch: Watch = () => 'pass'
  #gone = false
  #flow: Promise<void> = Promise.resolve()
  #resume: () => void = () => {}

  private constructor(server: Server, target: URL) {
    this.#server = server
    this.#target = target
    const uri = new URL(target)
    uri.port = String((server.address() as AddressInfo).port)
    this.uri = uri.href
    server.on('connection', (socket) => this.#join(socket))
  }

  static async to(databaseUri: string): Promise<WireProxy> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new WireProxy(server, new URL(databaseUri))
  }

  /** From now on this decides. It hears of the driver's own commands too. */
  watch(watch: Watch): void {
    this.#watch = watch
  }

  /** Everything passes again, and at once. */
  calm(): void {
    this.#watch = () => 'pass'
    this.#gone = false
    this.#resume()
  }

  /** Connections are taken, and stay, but nothing passes either way until `calm`. Nothing is lost. */
  holdBack(): void {
    this.#flow = new Promise((resolve) => {
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

  #join(socket: Socket) {
    if (this.#gone) {
      socket.destroy()
      return
    }
    const { hostname, port } = this.#target
    const connection = new Connection(socket, connect({ host: hostname, port: Number(port) }), {
      watch: (command) => this.#watch(command),
      flow: () => this.#flow,
      gone: () => {
        this.#gone = true
        this.#cutAll()
      },
    })
    this.#connections.add(connection)
    void connection.carry().finally(() => this.#connections.delete(connection))
  }
}

/** What a connection asks its proxy. */
interface Orders {
  readonly watch: Watch
  /** Resolves when messages may pass. */
  readonly flow: () => Promise<void>
  /** All connections are to be cut, and no new ones taken. */
  readonly gone: () => void
}

/** One connection of the driver and the one to the database that belongs to it. */
class Connection {
  readonly #driver: Socket
  readonly #database: Socket
  readonly #orders: Orders
  #atAnswer: { readonly to: number; readonly verdict: Verdict } | undefined

  constructor(driver: Socket, database: Socket, orders: Orders) {
    this.#driver = driver
    this.#database = database
    this.#orders = orders
  }

  /** Until either side ends, in whatever way. */
  async carry(): Promise<void> {
    await Promise.allSettled([this.#commands().finally(() => this.cut()), this.#answers().finally(() => this.cut())])
  }

  cut(): void {
    this.#driver.destroy()
    this.#database.destroy()
  }

  async #commands() {
    for await (const message of wholeMessages(this.#driver)) {
      await this.#orders.flow()
      const command = commandOf(message)
      const verdict = command ? await this.#orders.watch(command) : 'pass'
      if (verdict === 'cut before') return
      if (verdict !== 'pass') this.#atAnswer = { to: message.readInt32LE(header.requestId), verdict }
      this.#database.write(message)
    }
  }

  async #answers() {
    for await (const message of wholeMessages(this.#database)) {
      await this.#orders.flow()
      if (message.readInt32LE(header.responseTo) === this.#atAnswer?.to) {
        if (this.#atAnswer.verdict === 'gone after') this.#orders.gone()
        return
      }
      this.#driver.write(message)
    }
  }
}

/** Where the fields of a message's header lie: four numbers of four bytes. */
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

/** Undefined for the old form, in which a driver says its first hello. */
function commandOf(message: Buffer): Command | undefined {
  if (message.readInt32LE(header.opCode) !== opMsg) return undefined
  let body: Document = {}
  const documents: Document[] = []
  // Flags of four bytes, then sections: one document, or a sequence of them.
  for (let at = header.end + 4; at < message.length; ) {
    const isSequence = message[at] === 1
    at += 1
    const length = message.readInt32LE(at)
    const section = message.subarray(at, at + length)
    if (isSequence) documents.push(...documentsOf(section))
    else body = BSON.deserialize(section)
    at += length
  }
  return { name: Object.keys(body)[0] ?? '', body, documents }
}

/** A sequence is its length, a name that ends with a zero, and the documents one after the other. */
function* documentsOf(sequence: Buffer): Generator<Document> {
  for (let at = sequence.indexOf(0, 4) + 1; at < sequence.length; at += sequence.readInt32LE(at))
    yield BSON.deserialize(sequence.subarray(at, at + sequence.readInt32LE(at)))
}
