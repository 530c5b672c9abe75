import { setTimeout as pause } from 'node:timers/promises'
import { expect, inject, test } from 'vitest'
import { type Verdict, WireProxy } from '../wire-proxy.js'
import { startService } from './running-service.js'

/** Longer than DATABASE_TIMEOUT_SECONDS below, than a probe may take, and than the next probe waits after it. */
const buildMs = 6000

test('indexes may take as long to build as they need: they are asked for once, and then calls are served', async () => {
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
