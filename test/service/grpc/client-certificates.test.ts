import { setTimeout as pause } from 'node:timers/promises'
import { status } from '@grpc/grpc-js'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Authority, type Certificate, serverNames } from '../../../dev/authority.js'
import { hourMs } from '../../../src/time.js'
import type { ContactsClient } from '../../support/client.js'
import { expectRefusal } from '../../support/refusal.js'
import {
  authenticateByCertificate as authenticate,
  callerOf,
  nameCaller,
  type SecureToy,
  startSecureToy,
} from '../../support/secure-toy.js'
import { known, stopToys } from '../../support/toy-service.js'
import { until } from '../../support/waiting.js'

afterEach(stopToys)

const spiffe = 'spiffe://example.org/ns/billing/sa/notifier'
const spiffeNames = [{ type: 'url', value: spiffe }] as const

let authority: Authority
let certificate: Certificate
beforeAll(async () => {
  authority = await Authority.create('Client CA')
  certificate = await authority.issue({ names: spiffeNames })
})

const startToy = (options: Parameters<typeof startSecureToy>[1] = {}) =>
  startSecureToy(nameCaller, { files: { 'client-ca.pem': authority.cert }, authenticate, ...options })

const isUnavailable = (client: ContactsClient) =>
  expect(client.addMessageContact({}, { ...known, deadlineMs: 5000 })).rejects.toMatchObject({
    refusal: { code: status.UNAVAILABLE, details: [] },
  })

describe('a client certificate', () => {
  test.each([
    ['a SPIFFE id', spiffeNames, `URI:${spiffe}`],
    [
      'several names',
      [...spiffeNames, { type: 'dns', value: 'billing.example.org' }],
      `URI:${spiffe}, DNS:billing.example.org`,
    ],
    ['a name that looks like two', [{ type: 'dns', value: 'a, URI:spiffe://x' }], 'DNS:"a\\u002c URI:spiffe://x"'],
    ['no names', [], ''],
  ] as const)('with %s gives the text of its names', async (_, names, text) => {
    const toy = await startToy()
    expect(await callerOf(toy.secureClient(await authority.issue({ names })))).toBe(text)
  })

  test('may lead to the CA by another certificate, which the client sends', async () => {
    const intermediate = await Authority.create('Intermediate', authority)
    const { cert, key } = await intermediate.issue({ names: spiffeNames })
    const toy = await startToy()
    expect(await callerOf(toy.secureClient({ cert: cert + intermediate.cert, key }))).toBe(`URI:${spiffe}`)
    await isUnavailable(toy.secureClient({ cert, key }))
  })

  test('may lead to the CA by another certificate that stands in the same file', async () => {
    const intermediate = await Authority.create('Intermediate', authority)
    const toy = await startToy({ files: { 'client-ca.pem': intermediate.cert + authority.cert } })
    expect(await callerOf(toy.secureClient(await intermediate.issue({ names: spiffeNames })))).toBe(`URI:${spiffe}`)
  })

  test('is not needed by default', async () => {
    const toy = await startToy()
    await expectRefusal(toy.secureClient().addMessageContact({}, known), 'UNAUTHENTICATED')
  })

  test('is needed where nothing else can identify a caller', async () => {
    const toy = await startToy({ settings: { AUTHENTICATION: ['mtls'] } })
    await isUnavailable(toy.secureClient())
    expect(await callerOf(toy.secureClient(certificate))).toBe(`URI:${spiffe}`)
  })

  test('is not asked for without a client CA', async () => {
    const toy = await startSecureToy(nameCaller, { authenticate })
    await expectRefusal(toy.secureClient(certificate).addMessageContact({}, known), 'UNAUTHENTICATED')
  })

  test.each([
    ['of another CA', async () => (await Authority.create('Client CA')).issue({ names: spiffeNames })],
    ['that issued itself', async () => Authority.create('Own')],
    ['that has expired', () => authority.issue({ names: spiffeNames, validTo: new Date(Date.now() - 1000) })],
    ['of tomorrow', () => authority.issue({ names: spiffeNames, validFrom: new Date(Date.now() + hourMs) })],
  ])('%s is refused, needed or not', async (_, issue) => {
    const other = await issue()
    for (const AUTHENTICATION of [['mtls', 'token'], ['mtls']] as const)
      await isUnavailable((await startToy({ settings: { AUTHENTICATION } })).secureClient(other))
  })
})

describe('on an open connection', () => {
  test('a certificate that expires counts no more, and the connection is closed in time for a new one', async () => {
    let now = Date.now()
    const toy = await startToy({ now: () => now })
    const validTo = new Date(Math.ceil(now / 1000) * 1000 + hourMs)
    const client = toy.secureClient(await authority.issue({ names: spiffeNames, validTo }))
    const idle = toy.secureClient(await authority.issue({ names: spiffeNames, validTo }))
    for (const one of [client, idle]) expect(await callerOf(one)).toBe(`URI:${spiffe}`)
    now = validTo.getTime() - 10_000
    // TLS goes by the clock of the machine, and accepts the next connection of the client.
    for (let call = 0; call < 3; call += 1) expect(await callerOf(client, 2 * hourMs)).toBe(`URI:${spiffe}`)
    now = validTo.getTime()
    await expectRefusal(idle.addMessageContact({}, { ...known, deadlineMs: 2 * hourMs }), 'UNAUTHENTICATED')
  })

  test('a certificate that has expired is invalid and not absent: no other credential counts instead', async () => {
    let now = Date.now()
    const administrator = { via: 'header', directories: '*', roles: ['administrator'] } as const
    const toy = await startToy({
      now: () => now,
      authenticate: ({ certificate }) => ({ id: certificate()?.subjectAltName ?? 'nobody', ...administrator }),
    })
    const client = toy.secureClient(certificate)
    expect([await callerOf(client), await callerOf(toy.secureClient())]).toEqual([`URI:${spiffe}`, 'nobody'])
    now += 48 * hourMs
    await expectRefusal(client.addMessageContact({}, { ...known, deadlineMs: 72 * hourMs }), 'UNAUTHENTICATED')
  })

  test('a certificate whose CA is removed counts no more, others do', async () => {
    const next = await Authority.create('Next')
    const toy = await startToy({ files: { 'client-ca.pem': authority.cert + next.cert } })
    const [removed, staying] = [toy.secureClient(certificate), toy.secureClient(await next.issue())]
    await Promise.all([callerOf(removed), callerOf(staying)])
    await toy.files.write({ 'client-ca.pem': next.cert })
    await until('it is refused', () =>
      callerOf(removed).then(
        () => false,
        () => true,
      ),
    )
    await isUnavailable(removed)
    expect(await callerOf(staying)).toBe('')
  })

  test('a certificate that leads to its CA by one that the client sends counts on, if the CA stays', async () => {
    const intermediate = await Authority.create('Intermediate', authority)
    const { cert, key } = await intermediate.issue({ names: spiffeNames })
    const next = await Authority.create('Next')
    const toy = await startToy({ settings: { MAX_CONNECTIONS_PER_IP: 10_000, MAX_CONNECTIONS: 10_000 } })
    const client = toy.secureClient({ cert: cert + intermediate.cert, key })
    await toy.files.write({ 'client-ca.pem': authority.cert + next.cert })
    const nextCertificate = await next.issue()
    for (let isInUse = false; !isInUse; ) {
      isInUse = await callerOf(toy.secureClient(nextCertificate)).then(
        () => true,
        () => false,
      )
      for (let call = 0; call < 20; call += 1) expect(await callerOf(client)).toBe(`URI:${spiffe}`)
    }
    await pause(1000)
    for (let call = 0; call < 20; call += 1) expect(await callerOf(client)).toBe(`URI:${spiffe}`)
  })

  test('a version of the client CA that cannot be used changes nothing', async () => {
    const toy = await startToy()
    const client = toy.secureClient(certificate)
    await callerOf(client)
    await toy.files.write({ 'client-ca.pem': 'none' })
    await until('it is rejected', () => toy.rejectedFiles.length > 0)
    expect(toy.rejectedFiles).toEqual([
      { name: 'client CA', problems: ['TLS_CLIENT_CA_FILE must have a self-signed certificate that is valid now'] },
    ])
    expect(await callerOf(client)).toBe(`URI:${spiffe}`)
    expect(await callerOf(toy.secureClient(certificate))).toBe(`URI:${spiffe}`)
  })
})

/** Replaces the certificate of the server, and gives it; the CA before `going` is removed, `coming` is added. */
async function rotate(toy: SecureToy, going: Authority, coming: Authority) {
  const server = await toy.authority.issue({ names: serverNames })
  await toy.files.write({
    'cert.pem': server.cert,
    'key.pem': server.key,
    'client-ca.pem': going.cert + coming.cert,
  })
  return server
}

test('20 rotations of server certificate and client CA fail no call of 8 clients, and none of a removed CA succeeds that begins after its removal is in use', async () => {
  let current = authority
  // All clients have one address.
  const toy = await startToy({ settings: { MAX_CONNECTIONS: 10_000, MAX_CONNECTIONS_PER_IP: 10_000 } })
  const failures: unknown[] = []
  let stale: { readonly lastStart: Promise<number>; readonly client: ContactsClient } | undefined
  let own = certificate
  let stopped = false
  const runs = Array.from({ length: 8 }, async () => {
    let [used, client] = [own, toy.secureClient(own)]
    let calls = 0
    for (; !stopped; calls += 1) {
      if (used !== own) {
        client.close()
        ;[used, client] = [own, toy.secureClient(own)]
      }
      await callerOf(client).catch((error: unknown) => failures.push(error))
      await pause(25)
    }
    return calls
  })
  for (let rotation = 0; rotation < 20; rotation += 1) {
    const next = await Authority.create(`Client CA ${rotation}`)
    const nextCertificate = await next.issue({ names: spiffeNames })
    const server = await rotate(toy, current, next)
    await until('the rotation is in use', () => isInUse(toy, server, nextCertificate))
    const time = Date.now()
    if (stale) expect(await stale.lastStart).toBeLessThanOrEqual(time)
    // Its certificate is that of a CA which the next rotation removes.
    const client = toy.secureClient(own)
    stale = { client, lastStart: lastSuccess(client) }
    own = nextCertificate
    current = next
  }
  stopped = true
  const calls = await Promise.all(runs)
  stale?.client.close()
  expect(failures).toEqual([])
  expect(Math.min(...calls)).toBeGreaterThan(0)
}, 300_000)

/** Whether the service has this certificate, and accepts this one of a client. */
async function isInUse(toy: SecureToy, server: Certificate, own: Certificate): Promise<boolean> {
  await pause(100)
  const probe = toy.openTls(own)
  probe.on('error', () => {})
  await new Promise((resolve) => probe.on('secureConnect', resolve).on('close', resolve))
  const shown = probe.getPeerX509Certificate()?.toString()
  probe.destroy()
  if (shown !== server.cert) return false
  const client = toy.secureClient(own)
  return callerOf(client)
    .then(
      () => true,
      () => false,
    )
    .finally(() => client.close())
}

/** Calls until the first call fails. Gives the time at which the last one began that did not. */
async function lastSuccess(client: ContactsClient): Promise<number> {
  let last = 0
  for (;;) {
    const time = Date.now()
    const failed = await callerOf(client).then(
      () => false,
      () => true,
    )
    if (failed) return last
    last = time
    await pause(25)
  }
}
