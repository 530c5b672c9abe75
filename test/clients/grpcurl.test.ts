import type { JsonObject, JsonValue } from '@bufbuild/protobuf'
import { status } from '@grpc/grpc-js'
import { describe, expect, test } from 'vitest'
import { casesOfEveryClient } from './cases.js'
import { type Ended, type Outcome, outsideClient, runProgram } from './outside-client.js'
import { findGrpcurl, needs } from './programs.js'
import { verificationCasesOfEveryClient } from './verification-cases.js'

const contacts = 'messagecontacts.v1.MessageContactService'

describe('grpcurl, through reflection', () => {
  const grpcurl = needs(findGrpcurl)
  const run = (...args: readonly string[]) => runProgram(grpcurl(), ['-plaintext', '-max-time', '20', ...args])
  const connect = (address: string) =>
    outsideClient(async (method, request, headers) => {
      const metadata = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
      const call = [address, `${contacts}/${method}`]
      return outcomeOf(
        await run('-v', '-format-error', ...metadata, '-d', JSON.stringify(asGrpcurlReads(request)), ...call),
      )
    })
  const service = casesOfEveryClient(connect)
  verificationCasesOfEveryClient(connect)
  const prints = (out: string): Ended => ({ exitCode: 0, out, err: '' })

  test('lists the services', async () => {
    expect(await run(service().app.address, 'list')).toEqual(prints(`grpc.health.v1.Health\n${contacts}\n`))
  })

  test('describes a method', async () => {
    const method = `${contacts}.AddMessageContact`
    const [asked, answered] = ['Request', 'Response'].map((end) => `.messagecontacts.v1.AddMessageContact${end}`)
    expect(await run(service().app.address, 'describe', method)).toEqual(
      prints(`${method} is a method:\nrpc AddMessageContact ( ${asked} ) returns ( ${answered} );\n`),
    )
  })

  test.each(['', contacts])('asks for the health of "%s"', async (name) => {
    const asked = await run(
      '-d',
      JSON.stringify({ service: name }),
      service().app.address,
      'grpc.health.v1.Health/Check',
    )
    expect({ ...asked, out: JSON.parse(asked.out) }).toEqual({ exitCode: 0, out: { status: 'SERVING' }, err: '' })
  })

  test('is told that nobody knows the health of another service', async () => {
    const asked = await run('-d', '{"service": "a.Stranger"}', service().app.address, 'grpc.health.v1.Health/Check')
    expect(asked).toEqual({
      exitCode: 64 + status.NOT_FOUND,
      out: '',
      err: 'ERROR:\n  Code: NotFound\n  Message: Health status unknown for service a.Stranger\n',
    })
  })
})

/** It takes a mask as the message that it is, not as the text that Proto JSON has for it. */
const asGrpcurlReads = ({ updateMask, ...request }: JsonObject) =>
  typeof updateMask === 'string' ? { ...request, updateMask: { paths: updateMask.split(',') } } : request

/** Reads what `-v -format-error` prints: the answer and the trailers, or on stderr the refusal. */
function outcomeOf({ exitCode, out, err }: Ended): Outcome {
  const [, trailerLines] = /\nResponse trailers received:\n([\s\S]*)\nSent \d+ request/.exec(out) ?? []
  if (trailerLines === undefined) throw new Error(`grpcurl exited with ${exitCode} and said: ${err || out}`)
  const trailers: Record<string, string[]> = {}
  for (const line of trailerLines.split('\n')) {
    const colon = line.indexOf(': ')
    const name = line.slice(0, colon)
    trailers[name] = [...(trailers[name] ?? []), line.slice(colon + 2)]
  }
  const [, answer] = /\nResponse contents:\n([\s\S]*)\n\nResponse trailers received:\n/.exec(out) ?? []
  if (answer !== undefined) return { code: status.OK, message: '', response: JSON.parse(answer), trailers }
  // Its exit code is the status and 64.
  const refusal = JSON.parse(err) as { code: status; message: string; details: JsonValue[] }
  if (exitCode !== 64 + refusal.code) throw new Error(`grpcurl exited with ${exitCode} on status ${refusal.code}`)
  return { ...refusal, trailers }
}
