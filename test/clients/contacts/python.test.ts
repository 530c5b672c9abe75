import { fileURLToPath } from 'node:url'
import { describe } from 'vitest'
import { casesOfEveryClient } from '../../support/clients/cases.js'
import { type Outcome, outsideClient, runProgram } from '../../support/clients/outside-client.js'
import { findPython, needs } from '../../support/clients/programs.js'
import { verificationCasesOfEveryClient } from '../../support/clients/verification-cases.js'

const requirements = fileURLToPath(new URL('../../support/clients/requirements.txt', import.meta.url))
const script = fileURLToPath(new URL('../../support/clients/call.py', import.meta.url))

describe('a client in Python, through reflection', () => {
  const python = needs(() => findPython('python-client', requirements))
  const connect = (address: string) =>
    outsideClient(async (method, request, headers) => {
      const metadata = Object.entries(headers).map(([name, value]) => `${name}=${value}`)
      const args = [script, address, method, ...metadata]
      const { exitCode, out, err } = await runProgram(python(), args, { input: JSON.stringify(request) })
      if (exitCode !== 0) throw new Error(`the Python client exited with ${exitCode}: ${err}`)
      return JSON.parse(out) as Outcome
    })
  casesOfEveryClient(connect)
  verificationCasesOfEveryClient(connect)
})
