import { setTimeout as pause } from 'node:timers/promises'
import { expect, inject, test } from 'vitest'
import { startService } from '../../support/running-service.js'
import { type Verdict, WireProxy } from '../../support/wire-proxy.js'

/** Longer than DATABASE_TIMEOUT_SECONDS below, than the timeout of a probe, and than the interval of probes. */
const buildMs = 6000

test('index builds have no time limit: they are started once, and calls are served when they have ended', async () => {
  const proxy = await WireProxy.to(inject('mongodbUri'))
  let builds = 0
  proxy.watch(async ({ name, body }): Promise<Verdict> => {
    if (name === 'createIndexes' && body[name] === 'message_contacts') {
      builds += 1
      await pause(buildMs)
    }
    return 'pass'
  })
  const service = await startService({ environment: { MONGODB_URI: proxy.uri, DATABASE_TIMEOUT_SECONDS: '1' } })
  expect(builds).toBe(1)
  expect(service.log()).toMatch(/"serving":false[\s\S]*"serving":true/)
  await service.stop()
  await proxy.close()
})
