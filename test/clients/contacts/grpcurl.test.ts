import type { JsonObject, JsonValue } from '@bufbuild/protobuf'
import { status } from '@grpc/grpc-js'
import { describe, expect, test } from 'vitest'
import { casesOfEveryClient } from '../../support/clients/cases.js'
import { type Outcome, outsideClient, type ProgramResult, runProgram } from '../../support/clients/outside-client.js'
import { findGrpcurl, needs } from '../../support/clients/programs.js'
import { verificationCasesOfEveryClient } from '../../support/clients/verification-cases.js'

const contacts = 'messagecontacts.v1.MessageContactService'

describe('grpcurl as a client, through reflection', () => {
  const grpcurl = needs(findGrpcurl)
  const run = (...args: readonly string[]) => runProgram(grpcurl(), ['-plaintext', '-max-time', '20', ...args])
  const connect = (address: string) =>
    outsideClient(async (method, request, headers) => {
      const metadata = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
      const call = [address, `${contacts}/${method}`]
      return outcomeOf(
        await run('-v', '-format-error', ...metadata, '-d', JSON.stringify(withMaskMessage(request)), ...call),
      )
    })
  const service = casesOfEveryClient(connect)
  verificationCasesOfEveryClient(connect)
  const prints = (out: string): ProgramResult => ({ exitCode: 0, out, err: '' })

  test('`list` prints the services', async () => {
    expect(await run(service().app.address, 'list')).toEqual(prints(`grpc.health.v1.Health\n${contacts}\n`))
  })

  test('`describe` prints a method with its comment', async () => {
    const method = `${contacts}.AddMessageContact`
    const [request, response] = ['Request', 'Response'].map((name) => `.messagecontacts.v1.AddMessageContact${name}`)
    const result = await run(service().app.address, 'describe', method)
    const lines = result.out.split('\n')
    expect({ ...result, out: lines.filter((line) => !line.startsWith('//')).join('\n') }).toEqual(
      prints(`${method} is a method:\nrpc AddMessageContact ( ${request} ) returns ( ${response} );\n`),
    )
    expect(lines[1]).toBe("// Adds a contact to the caller's directory.")
  })

  test.each(['', contacts])('Health/Check answers SERVING for "%s"', async (name) => {
    const request = JSON.stringify({ service: name })
    const result = await run('-d', request, service().app.address, 'grpc.health.v1.Health/Check')
    expect({ ...result, out: JSON.parse(result.out) }).toEqual({ exitCode: 0, out: { status: 'SERVING' }, err: '' })
  })

  test('Health/Check refuses an unknown service', async () => {
    const result = await run(
      '-d',
      '{"service": "unknown.Service"}',
      service().app.address,
      'grpc.health.v1.Health/Check',
    )
    expect(result).toEqual({
      exitCode: 64 + status.NOT_FOUND,
      out: '',
      err: 'ERROR:\n  Code: NotFound\n  Message: Health status unknown for service unknown.Service\n',
    })
  })
})

/** grpcurl reads a mask as a message, not as the text that Proto JSON defines for it. */
const withMaskMessage = ({ updateMask, ...request }: JsonObject) =>
  typeof updateMask === 'string' ? { ...request, updateMask: { paths: updateMask.split(',') } } : request

/** Reads what `-v -format-error` prints: the trailers, and the answer or, on standard error, the refusal. */
function outcomeOf({ exitCode, out, err }: ProgramResult): Outcome {
  const [, trailerLines] = /\nResponse trailers received:\n([\s\S]*)\nSent \d+ request/.exec(out) ?? []
  if (trailerLines === undefined) throw new Error(`grpcurl exited with ${exitCode} and printed: ${err || out}`)
  const trailers: Record<string, string[]> = {}
  for (const line of trailerLines.split('\n')) {
    const colon = line.indexOf(': ')
    const name = line.slice(0, colon)
    trailers[name] = [...(trailers[name] ?? []), line.slice(colon + 2)]
  }
  const [, answer] = /\nResponse contents:\n([\s\S]*)\n\nResponse trailers received:\n/.exec(out) ?? []
  if (answer !== undefined) return { code: status.OK, message: '', response: JSON.parse(answer), trailers }
  // The exit code is 64 plus the status.
  const refusal = JSON.parse(err) as { code: status; message: string; details: JsonValue[] }
  if (exitCode !== 64 + refusal.code) throw new Error(`grpcurl exited with ${exitCode} on status ${refusal.code}`)
  return { ...refusal, trailers }
}
