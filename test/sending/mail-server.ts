import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterAll } from 'vitest'

/** A mail as the server got it. */
export interface Received {
  readonly from: string
  readonly to: readonly string[]
  readonly user: string | undefined
  readonly encrypted: boolean
  readonly raw: string
  readonly mail: ParsedMail
}

/** A real SMTP server that takes what it is given, unless its options say otherwise. Ends with the test file. */
export async function startMailServer(options: SMTPServerOptions = {}) {
  const received: Received[] = []
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
  // Of clients that leave in the middle, which is what some tests are about.
  server.on('error', () => {})
  const { port } = await listening(server.listen(0, '127.0.0.1'))
  afterAll(() => new Promise<void>((resolve) => server.close(resolve)))
  return { port, received }
}

/** An error that makes the server answer so. */
export const reply = (responseCode: number) => Object.assign(new Error('no'), { responseCode })

/** What a server of few words says to each command: an answer, nothing, or it hangs up. */
export type Script = Readonly<Record<string, string>>
export const silence = ''
export const hangUp = 'hang up'

const goodScript: Script = {
  connect: '220 hello',
  EHLO: '250 hello',
  MAIL: '250 ok',
  RCPT: '250 ok',
  DATA: '354 go on',
  '.': '250 taken',
  QUIT: '221 bye',
}

/** A server that follows a script, whatever that leads to: by default a good one. Ends with the test file. */
export async function startScriptedServer(script: Script): Promise<number> {
  const say = (socket: Socket, what: string) => {
    const words = { ...goodScript, ...script }[what] ?? '500 what?'
    if (words === hangUp) socket.destroy()
    else if (words !== silence) socket.write(`${words}\r\n`)
  }
  const server = createServer((socket) => {
    let inData = false
    socket.on('error', () => {})
    say(socket, 'connect')
    socket.on('data', (chunk) => {
      for (const line of chunk.toString().split('\r\n').slice(0, -1)) {
        if (inData && line !== '.') continue
        const [command = ''] = line.split(' ')
        inData = command === 'DATA'
        say(socket, command)
      }
    })
    sockets.add(socket)
  })
  const sockets = new Set<Socket>()
  const { port } = await listening(server.listen(0, '127.0.0.1'))
  afterAll(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return port
}

async function listening(server: Server): Promise<AddressInfo> {
  await once(server, 'listening')
  return server.address() as AddressInfo
}
