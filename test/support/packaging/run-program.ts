import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import type { ProgramOptions } from '../service-process.js'

export interface ProgramEnd {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program with exactly this environment, and gives its output when it has ended. */
export async function runProgram(
  { command: [name = '', ...programArguments], folder, uid }: ProgramOptions,
  environment: Readonly<Record<string, string>> = {},
): Promise<ProgramEnd> {
  const user = uid === undefined ? {} : { uid, gid: uid }
  const child = spawn(name, programArguments, {
    cwd: folder,
    env: environment,
    ...user,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { exitCode, stdout, stderr }
}
