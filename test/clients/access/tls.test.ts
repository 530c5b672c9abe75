import { fileURLToPath } from 'node:url'
import { fromBinary } from '@bufbuild/protobuf'
import { status } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Authority } from '../../../dev/authority.js'
import { AddMessageContactResponseSchema } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { runProgram } from '../../support/clients/outside-client.js'
import { findGoProgram, findGrpcurl, findPython, needs } from '../../support/clients/programs.js'
import { authenticateByCertificate, nameCaller, type SecureToy, startSecureToy } from '../../support/secure-toy.js'
import { stopToys, toyPath } from '../../support/toy-service.js'

const projectFile = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))
const supportFile = (name: string) => projectFile(`test/support/clients/${name}`)
const spiffe = 'spiffe://example.org/ns/billing/sa/notifier'

let toy: SecureToy
beforeAll(async () => {
  const clientCa = await Authority.create('Client CA')
  const certificate = await clientCa.issue({ names: [{ type: 'url', value: spiffe }] })
  toy = await startSecureToy(nameCaller, {
    authenticate: authenticateByCertificate,
    files: { 'client-ca.pem': clientCa.cert, 'own.pem': certificate.cert, 'own-key.pem': certificate.key },
  })
  const other = await Authority.create('Other')
  await toy.files.write({ 'server-ca.pem': toy.authority.cert, 'other.pem': other.cert, 'other-key.pem': other.key })
})
afterAll(async () => {
  await stopToys()
  await toy.files.remove()
})

/** What a client got: a code, and the name of the caller, which the service answers. */
interface Result {
  readonly code: status
  readonly caller?: string | undefined
}

/** Makes one call, with a client certificate and its key or without. */
type Call = (address: string, ca: string, ...certificate: string[]) => Promise<Result>

function casesOfEveryClient(call: Call): void {
  const address = () => toy.address.replace('127.0.0.1', 'localhost')
  const path = (name: string) => toy.files.path(name)

  test('is known by its certificate', async () => {
    const result = await call(address(), path('server-ca.pem'), path('own.pem'), path('own-key.pem'))
    expect(result).toEqual({ code: status.OK, caller: `URI:${spiffe}` })
  })

  test('is unknown without a certificate', async () => {
    expect(await call(address(), path('server-ca.pem'))).toEqual({ code: status.UNAUTHENTICATED })
  })

  test('is not served with a certificate that is not trusted', async () => {
    const { code } = await call(address(), path('server-ca.pem'), path('other.pem'), path('other-key.pem'))
    // Clients in Go do not send a certificate that leads to none of the service's authorities.
    expect([status.UNAVAILABLE, status.UNAUTHENTICATED]).toContain(code)
  })

  test('refuses a service whose certificate it does not trust', async () => {
    expect(await call(address(), path('other.pem'))).toEqual({ code: status.UNAVAILABLE })
  })
}

/** Calls with a program that has the arguments and the output of `secure_call.py`. */
async function callWith(program: string, args: readonly string[]): Promise<Result> {
  const { exitCode, out, err } = await runProgram(program, args)
  if (exitCode !== 0) throw new Error(`the client exited with ${exitCode}: ${err}`)
  const { code, answer } = JSON.parse(out) as { readonly code: status; readonly answer: string }
  if (code !== status.OK) return { code }
  return { code, caller: fromBinary(AddMessageContactResponseSchema, Buffer.from(answer, 'hex')).contact?.name }
}

describe('over TLS, a client in Python', () => {
  const python = needs(() => findPython('python-client', supportFile('requirements.txt')))
  casesOfEveryClient((address, ...files) =>
    callWith(python(), [supportFile('secure_call.py'), address, toyPath, ...files]),
  )
})

describe('over TLS, a client in Go', () => {
  const program = needs(() => findGoProgram('secure-call', supportFile('secure-call')))
  casesOfEveryClient((address, ...files) => callWith(program(), [address, toyPath, ...files]))
})

describe('over TLS, grpcurl', () => {
  const grpcurl = needs(findGrpcurl)
  casesOfEveryClient(async (address, ca, ...[certificate, key]) => {
    const own = certificate && key ? ['-cert', certificate, '-key', key] : []
    const proto = ['-import-path', projectFile('proto'), '-proto', 'messagecontacts/v1/message_contact_service.proto']
    const args = ['-max-time', '20', '-connect-timeout', '2', '-format-error', '-cacert', ca, ...own, ...proto]
    const { exitCode, out, err } = await runProgram(grpcurl(), [...args, address, toyPath.slice(1)])
    if (exitCode === 0) return { code: status.OK, caller: JSON.parse(out).contact.name }
    // Where no connection comes about, grpcurl exits with 1.
    if (exitCode === 1 && err.startsWith('Failed to dial')) return { code: status.UNAVAILABLE }
    return { code: exitCode - 64 }
  })
})
