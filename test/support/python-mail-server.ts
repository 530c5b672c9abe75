import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'

/** The Python packages that the mail server needs. */
export const mailServerRequirements = fileURLToPath(new URL('requirements-mail-server.txt', import.meta.url))

const script = fileURLToPath(new URL('mail_server.py', import.meta.url))

/** An email as Python's strict parser read it. */
export interface PythonEmail {
  readonly from: string
  readonly to: readonly string[]
  readonly user: string
  readonly encrypted: boolean
  /** What the parser finds wrong with the form of the email. */
  readonly defects: readonly string[]
  readonly messageId: string
  readonly subject: string
  readonly text: string
  readonly html: string
}

/**
 * Starts the mail server of `mail_server.py`, which writes the certificate of its authority to `caFile`.
 * Stopped after the test file.
 */
export async function startPythonMailServer(python: string, caFile: string) {
  const child = spawn(python, [script, caFile], { stdio: ['pipe', 'pipe', 'inherit'] })
  afterAll(async () => {
    child.stdin.end()
    if (child.exitCode === null) await once(child, 'exit')
  })
  const received: PythonEmail[] = []
  const lines = createInterface(child.stdout)
  const [first] = await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(() => Promise.reject(new Error('the mail server in Python did not start'))),
  ])
  lines.on('line', (line) => received.push(JSON.parse(line)))
  return { ports: JSON.parse(first) as { readonly starttls: number; readonly tls: number }, received }
}
