import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { load } from './load.js'
import { addMessageContact } from './operations.js'

const program = fileURLToPath(new URL('../src/main.js', import.meta.url))
const patienceMs = 30_000

/** From the start of the very process that production runs until a contact has been added, in seconds. */
export async function startToFirstAnswer(mongodbUri: string): Promise<number> {
  const begun = performance.now()
  const service = spawn(process.execPath, [program], {
    env: {
      ...process.env,
      MONGODB_URI: mongodbUri,
      MONGODB_DATABASE: `bench-${randomUUID().slice(0, 8)}`,
      LISTEN: '127.0.0.1:0',
      LOG_LEVEL: 'info',
      VERIFICATION_SECRETS: randomUUID(),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(service, 'exit')
  try {
    const address = await addressOf(service)
    while (!(await answers(address)))
      if (performance.now() - begun > patienceMs) throw new Error(`no answer within ${patienceMs} ms of the start`)
    return (performance.now() - begun) / 1000
  } finally {
    service.kill()
    await ended
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

/** A service that has just begun refuses calls until its database is there. */
const answers = (address: string) =>
  load({ ...addMessageContact, address, inFlight: 1, seconds: Infinity, calls: 1 }).then(
    () => true,
    () => pause(5, false),
  )
