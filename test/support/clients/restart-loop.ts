import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Metadata } from '@grpc/grpc-js'
import { onTestFinished } from 'vitest'
import { ContactsClient } from '../client.js'

/** Calls that a client repeats, one after the other, until it is stopped. */
export interface RepeatedCalls {
  readonly address: string
  readonly serviceConfig: string
  readonly directoryId: string
  readonly calls: readonly { readonly path: string; readonly request: Buffer }[]
}

export interface RepeatingClient {
  /** How often it has made all calls. */
  readonly rounds: () => number
  /** Gives the failed calls, each with its path and its error. */
  stop(): Promise<readonly string[]>
}

/** A client of grpc-js in this process. */
export function repeatWithGrpcJs({ address, serviceConfig, directoryId, calls }: RepeatedCalls): RepeatingClient {
  const client = new ContactsClient(address, { 'grpc.service_config': serviceConfig })
  onTestFinished(() => client.close())
  const failures: string[] = []
  let rounds = 0
  let stopped = false
  const repeat = async () => {
    for (; !stopped; rounds += 1)
      for (const { path, request } of calls) {
        // grpc-js ignores `waitForReady` of a service config.
        const metadata = new Metadata({ waitForReady: true })
        await client
          .sendBytes(path, request, { directoryId, metadata })
          .catch((error: unknown) => failures.push(`${path}: ${error}`))
      }
    return failures
  }
  const ended = repeat()
  return {
    rounds: () => rounds,
    stop() {
      stopped = true
      return ended
    },
  }
}

/** A client in another program, which reads its calls and prints its rounds and failures. */
export function repeatWithProgram(
  program: string,
  args: readonly string[],
  { address, serviceConfig, directoryId, calls }: RepeatedCalls,
): RepeatingClient {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  const closed = once(child, 'close')
  const plan = {
    Address: address,
    ServiceConfig: serviceConfig,
    DirectoryId: directoryId,
    Calls: calls.map(({ path, request }) => ({ Path: path, Request: request.toString('base64') })),
  }
  child.stdin.write(`${JSON.stringify(plan)}\n`)
  return {
    rounds: () => out.split('round\n').length - 1,
    async stop() {
      child.stdin.end()
      await closed
      const lines = out.trimEnd().split('\n')
      return JSON.parse(lines.at(-1) ?? '') as string[]
    },
  }
}
