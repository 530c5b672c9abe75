import { fileURLToPath } from 'node:url'
import { describe } from 'vitest'
import { casesOfEveryClient } from './cases.js'
import { type Outcome, outsideClient, runProgram } from './outside-client.js'
import { findPython, needs } from './programs.js'

const script = fileURLToPath(new URL('call.py', import.meta.url))

describe('Python, through reflection', () => {
  const python = needs(findPython)
  casesOfEveryClient((address) =>
    outsideClient(async (method, request, headers) => {
      const metadata = Object.entries(headers).map(([name, value]) => `${name}=${value}`)
      const { exitCode, out, err } = await runProgram(
        python(),
        [script, address, method, ...metadata],
        JSON.stringify(request),
      )
      if (exitCode !== 0) throw new Error(`the Python client ended with ${exitCode}: ${err}`)
      return JSON.parse(out) as Outcome
    }),
  )
})
