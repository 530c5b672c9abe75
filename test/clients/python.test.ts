import { fileURLToPath } from 'node:url'
import { describe } from 'vitest'
import { casesOfEveryClient } from './cases.js'
import { type Outcome, outsideClient, runProgram } from './outside-client.js'
import { findPython, needs } from './programs.js'
import { verificationCasesOfEveryClient } from './verification-cases.js'

const requirements = fileURLToPath(new URL('requirements.txt', import.meta.url))
const script = fileURLToPath(new URL('call.py', import.meta.url))

describe('Python, through reflection', () => {
  const python = needs(() => findPython('python-client', requirements))
  const connect = (address: string) =>
    outsideClient(async (method, request, headers) => {
      const metadata = Object.entries(headers).map(([name, value]) => `${name}=${value}`)
      const { exitCode, out, err } = await runProgram(
        python(),
        [script, address, method, ...metadata],
        JSON.stringify(request),
      )
      if (exitCode !== 0) throw new Error(`the Python client ended with ${exitCode}: ${err}`)
      return JSON.parse(out) as Outcome
    })
  casesOfEveryClient(connect)
  verificationCasesOfEveryClient(connect)
})
