import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterAll } from 'vitest'

/** An email that the server received. */
export interface ReceivedEmail {
  readonly from: string
  readonly to: readonly string[]
  readonly user: string | undefined
  readonly encrypted: boolean
  readonly raw: string
  readonly mail: ParsedMail
}

/** Starts a real SMTP server that accepts every email unless its options say otherwise. Stopped after the test file. */
export async function startMailServer(options: SMTPServerOptions = {}) {
  const received: ReceivedEmail[] = []
  const server = new SMTPServer({
    logger: false,
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, { envelope, user, secure }, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', async () => {
        const raw = Buffer.concat(chunks)
        received.push({
          from: envelope.mailFrom ? envelope.mailFrom.address : '',
          to: envelope.rcptTo.map(({ address }) => address),
          user: user === undefined ? undefined : String(user),
          encrypted: secure,
          raw: raw.toString(),
          mail: await simpleParser(raw),
        })
        done()
      })
    },
    ...options,
  })
  // Errors of clients that disconnect early; some tests are about these.
  server.on('error', () => {})
  const { port } = await listening(server.listen(0, '127.0.0.1'))
  afterAll(() => new Promise<void>((resolve) => server.close(resolve)))
  return { port, received }
}

/** An error that makes the server reply with this code. */
export const reply = (responseCode: number) => Object.assign(new Error('no'), { responseCode })

/** What a scripted server does after each command: it replies, stays silent or disconnects. May depend on the line. */
export type Script = Readonly<Record<string, string | ((line: string) => string)>>
export const silence = ''
export const disconnect = 'disconnect'

const acceptingScript: Script = {
  connect: '220 hello',
  EHLO: '250 hello',
  MAIL: '250 ok',
  RCPT: '250 ok',
  DATA: '354 go on',
  '.': '250 accepted',
  QUIT: '221 bye',
}

/**
 * Starts a server that follows a script, even if that breaks the protocol. It accepts what the script does not mention.
 * Gives its port. Stopped after the test file.
 */
export async function startScriptedServer(script: Script): Promise<number> {
  const respond = (socket: Socket, command: string, line = '') => {
    const scripted = { ...acceptingScript, ...script }[command] ?? '500 unknown command'
    const action = typeof scripted === 'function' ? scripted(line) : scripted
    if (action === disconnect) socket.destroy()
    else if (action !== silence) socket.write(`${action}\r\n`)
  }
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    let inData = false
    socket.on('error', () => {})
    respond(socket, 'connect')
    socket.on('data', (chunk) => {
      for (const line of chunk.toString().split('\r\n').slice(0, -1)) {
        if (inData && line !== '.') continue
        const [command = ''] = line.split(' ')
        inData = command === 'DATA'
        respond(socket, command, line)
      }
    })
    sockets.add(socket)
  })
  const { port } = await listening(server.listen(0, '127.0.0.1'))
  afterAll(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return port
}

/** Gives the port of a server that establishes no connection: its queue of connections to accept is full. Stopped after the test file. */
export async function startUnreachableServer(): Promise<number> {
  const lock = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(listenAndBlock, { eval: true, workerData: lock })
  const [port] = await once(worker, 'message')
  const sockets = Array.from({ length: 4 }, () => connect(port, '127.0.0.1').on('error', () => {}))
  await Promise.all(sockets.slice(0, 2).map((socket) => once(socket, 'connect')))
  afterAll(async () => {
    for (const socket of sockets) socket.destroy()
    Atomics.notify(lock, 0)
    await worker.terminate()
  })
  return port
}

const listenAndBlock = `
  const { createServer } = require('node:net')
  const { parentPort, workerData } = require('node:worker_threads')
  const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port)
    Atomics.wait(workerData, 0, 0)
  })`

async function listening(server: Server): Promise<AddressInfo> {
  await once(server, 'listening')
  return server.address() as AddressInfo
}
