import type { JsonGeneralName } from '@peculiar/x509'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listWith, reasonOf } from '../../support/access/calls.js'
import { type SecureService, startSecureService, tlsOnly } from '../../support/access/secure-service.js'
import { certificateCredentials } from '../../support/clients/credentials/channel-credentials.js'
import { until } from '../../support/waiting.js'

let service: SecureService
beforeAll(async () => {
  service = await startSecureService('mtls,token')
})
afterAll(() => service.stop())

const connectWith = async (...names: readonly JsonGeneralName[]) => {
  const { cert, key } = await service.issue(names)
  return service.connect(certificateCredentials(service.ca, key, cert))
}
const outcomeWith = async (...names: readonly JsonGeneralName[]) =>
  reasonOf((await connectWith(...names)).listMessageContacts({}))

const uri = (value: string): JsonGeneralName => ({ type: 'url', value })
const dns = (value: string): JsonGeneralName => ({ type: 'dns', value })

describe('a client certificate', () => {
  test('with the SPIFFE id or the DNS name of a caller is accepted', async () => {
    expect(await outcomeWith(uri('spiffe://example.org/notifier'), dns('x.example.org'))).toBe('OK')
    expect(await outcomeWith(dns('console.example.org'))).toBe('OK')
  })

  test.each<[string, readonly JsonGeneralName[]]>([
    ['only the common name of a caller', []],
    ['an unknown SPIFFE id', [uri('spiffe://example.org/other')]],
    ['two SPIFFE ids', [uri('spiffe://example.org/notifier'), uri('spiffe://example.org/other')]],
    ['an unknown SPIFFE id and a known DNS name', [uri('spiffe://example.org/other'), dns('console.example.org')]],
    ['the text of another name in a URI', [uri('https://a/, DNS:console.example.org')]],
    ['the text of another name in a DNS name', [dns('a, DNS:console.example.org, URI:spiffe://example.org/notifier')]],
    ['quotes in its names', [dns('"'), uri('https://a/"'), dns('console.example.org"')]],
  ])('with %s is UNAUTHENTICATED', async (_, names) => {
    expect(await outcomeWith(...names)).toBe('UNAUTHENTICATED')
  })

  test('decides before a token that comes later in AUTHENTICATION', async () => {
    const unknown = await connectWith(dns('other.example.org'))
    expect(await listWith(unknown, service.token.token)).toBe('UNAUTHENTICATED')
    expect(await listWith(service.connect(tlsOnly(service.ca)), service.token.token)).toBe('OK')
  })

  test('whose caller is removed from the callers file is refused on its open connection', async () => {
    const client = await connectWith(uri('spiffe://example.org/notifier'))
    expect(await reasonOf(client.listMessageContacts({}))).toBe('OK')
    await service.files.write({ 'callers.yaml': 'callers: []' })
    const isRefused = async () => (await reasonOf(client.listMessageContacts({}))) === 'UNAUTHENTICATED'
    await until('the caller is refused', isRefused)
  })
})
