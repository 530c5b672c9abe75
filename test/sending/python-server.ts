import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'

const script = fileURLToPath(new URL('mail_server.py', import.meta.url))

/** A mail as Python's strict parser read it. */
export interface PythonMail {
  readonly from: string
  readonly to: readonly string[]
  readonly user: string
  readonly encrypted: boolean
  /** What it has against the form of the mail. */
  readonly defects: readonly string[]
  readonly messageId: string
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** The mail server of `mail_server.py`, whose certificate the authority in `caFile` vouches for. Ends with the test file. */
export async function startPythonServer(python: string, caFile: string) {
  const child = spawn(python, [script, caFile], { stdio: ['pipe', 'pipe', 'inherit'] })
  afterAll(async () => {
    child.stdin.end()
    if (child.exitCode === null) await once(child, 'exit')
  })
  const received: PythonMail[] = []
  const lines = createInterface(child.stdout)
  const [first] = await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(() => Promise.reject(new Error('the mail server of Python did not start'))),
  ])
  lines.on('line', (line) => received.push(JSON.parse(line)))
  return { ports: JSON.parse(first) as { readonly starttls: number; readonly tls: number }, received }
}
