import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { newDatabaseName } from './bench-database.js'
import type { Cleanup } from './cleanup.js'
import { load } from './load.js'
import { addMessageContact } from './operations.js'

const program = fileURLToPath(new URL('../src/main.js', import.meta.url))
const timeoutMs = 30_000

/**
 * The time from the start of the program, as it runs in production, until it has added a contact. In seconds. By default the database is new,
 * and its indexes are created.
 */
export async function measureFirstAnswer(
  mongodbUri: string,
  cleanup: Cleanup,
  database = newDatabaseName(),
): Promise<number> {
  const startTime = performance.now()
  const service = spawn(process.execPath, [program], {
    env: {
      ...process.env,
      MONGODB_URI: mongodbUri,
      MONGODB_DATABASE: database,
      LISTEN: '127.0.0.1:0',
      AUTHENTICATION: 'header',
      LOG_LEVEL: 'info',
      LOG_FORMAT: 'json',
      VERIFICATION_SECRETS: randomUUID(),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(service, 'exit')
  const stop = async () => {
    service.kill()
    await ended
  }
  cleanup.push(stop)
  try {
    const address = await addressOf(service)
    while (!(await isAnswered(address)))
      if (performance.now() - startTime > timeoutMs) throw new Error(`no answer within ${timeoutMs} ms of the start`)
    return (performance.now() - startTime) / 1000
  } finally {
    await stop()
  }
}

async function addressOf(service: ChildProcessByStdio<null, Readable, null>): Promise<string> {
  const lines = createInterface({ input: service.stdout })
  for await (const line of lines) {
    const { msg, address } = JSON.parse(line) as { msg: string; address: string }
    if (msg === 'listening') return address
  }
  throw new Error('the service ended before it listened')
}

/** Makes one call. False if it is refused, which is the case until the database has answered. */
const isAnswered = (address: string) =>
  load({ ...addMessageContact, address, inFlight: 1, seconds: Infinity, maxCalls: 1 }).then(
    () => true,
    () => pause(5, false),
  )
