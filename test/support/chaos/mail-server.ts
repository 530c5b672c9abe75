import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll } from 'vitest'
import type { Random } from './random.js'

/** A message as its recipient gets it. */
export interface AcceptedMessage {
  readonly reference: string
  readonly address: string
  readonly code: string
  readonly isAnswerLost: boolean
}

export interface UnreliableMailServer {
  readonly port: number
  /** From now on every message is accepted at once. */
  readonly calm: () => void
}

/** How long the server takes to answer, at most, in milliseconds. */
const maxDelayMs = 200

/**
 * Starts an SMTP server that takes its time, sometimes rejects a message for now, and sometimes accepts one and closes the connection without
 * an answer. Stopped after the test file.
 */
export async function startUnreliableMailServer(
  random: Random,
  accept: (message: AcceptedMessage) => void,
): Promise<UnreliableMailServer> {
  let isCalm = false
  const sockets = new Set<Socket>()
  const answerMessage = async (socket: Socket, text: string) => {
    const event = isCalm ? 'accepted' : random.weighted({ accepted: 17, rejected: 1, unanswered: 2 })
    if (event !== 'rejected') accept({ ...contentOf(text), isAnswerLost: event === 'unanswered' })
    if (!isCalm) await pause(random.integer(0, maxDelayMs))
    if (event === 'unanswered') socket.destroy()
    else socket.write(event === 'accepted' ? '250 accepted\r\n' : '451 try again later\r\n')
  }
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    socket.write('220 ready\r\n')
    void receive(socket, (text) => answerMessage(socket, text)).catch(() => {})
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  afterAll(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return {
    port: (server.address() as AddressInfo).port,
    calm: () => {
      isCalm = true
    },
  }
}

const replies: Readonly<Record<string, string>> = { DATA: '354 go on', QUIT: '221 bye' }

/** Answers every command, and hands over every message. */
async function receive(socket: Socket, onMessage: (text: string) => Promise<void>): Promise<void> {
  let rest = ''
  let message: string[] | undefined
  for await (const chunk of socket) {
    const lines = (rest + String(chunk)).split('\r\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const [command = ''] = line.split(' ')
      if (message && line === '.') {
        await onMessage(message.join('\n'))
        message = undefined
      } else if (message) message.push(line)
      else {
        if (command === 'DATA') message = []
        socket.write(`${replies[command] ?? '250 ok'}\r\n`)
      }
    }
  }
}

/** The code is the only line of six digits. */
function contentOf(text: string) {
  return {
    reference: /^Message-ID: <(.+)@/im.exec(text)?.[1] ?? '',
    address: /^To: <?([^\s>]+)/im.exec(text)?.[1] ?? '',
    code: /^(\d{6})$/m.exec(text)?.[1] ?? '',
  }
}
