import { setTimeout as pause } from 'node:timers/promises'
import { expect, inject, onTestFinished, test } from 'vitest'
import { minuteMs } from '../../../src/time.js'
import { Directory } from '../../support/directory.js'
import { startService } from '../../support/running-service.js'
import { until } from '../../support/waiting.js'
import { WireProxy } from '../../support/wire-proxy.js'

const isReplyToProbe = (reply: Buffer) => reply.includes('probe')

/** A service, the offset of its process's clock in milliseconds, and its log. */
async function startWithOffset(offsetMs: number) {
  const proxy = await WireProxy.to(inject('mongodbUri'))
  let probes = 0
  let delayMs = 0
  proxy.watchReplies(async (reply) => {
    if (!isReplyToProbe(reply)) return
    await pause(delayMs)
    probes += 1
  })
  const clock = { offsetMs }
  const service = await startService({
    environment: { MONGODB_URI: proxy.uri },
    dependencies: { now: () => Date.now() + clock.offsetMs },
  })
  onTestFinished(async () => {
    await service.stop()
    await proxy.close()
  })
  return {
    clock,
    /** Resolves when one more probe has ended. */
    async probed() {
      const target = probes + 1
      await until('one more probe', () => probes >= target)
      // The answer to this call comes after the service has handled that to the probe.
      await new Directory(service, Number.POSITIVE_INFINITY).list()
    },
    /** From now on the answers to probes come so late. */
    delayAnswers(ms: number) {
      delayMs = ms
    },
    /** The lines about the offset: their levels and offsets. */
    lines: () =>
      service
        .log()
        .split('\n')
        .filter((line) => line.includes('"msg":"clock offset"'))
        .map((line) => JSON.parse(line) as { readonly level: number; readonly offsetMs: number })
        .map(({ level, offsetMs }) => ({ level, offsetMs })),
  }
}

/** As pino numbers them. */
const [info, warn] = [30, 40]

test.each([
  ['5 minutes ahead', 5 * minuteMs],
  ['35 minutes behind', -35 * minuteMs],
])('a clock of the process that is %s is a warning once, and a line when it is right again', async (_, offsetMs) => {
  const { clock, probed, lines } = await startWithOffset(offsetMs)
  await probed()
  const [warning, ...others] = lines()
  expect(others).toEqual([])
  expect(warning?.level).toBe(warn)
  expect(Math.abs((warning?.offsetMs ?? 0) + offsetMs)).toBeLessThan(2000)
  clock.offsetMs = 0
  await probed()
  const [, end, ...further] = lines()
  expect(further).toEqual([])
  expect(end?.level).toBe(info)
  expect(Math.abs(end?.offsetMs ?? 0)).toBeLessThan(2000)
})

test('answers of the database that come late are no reason for a warning', async () => {
  const { probed, delayAnswers, lines } = await startWithOffset(0)
  delayAnswers(3000)
  await probed()
  expect(lines()).toEqual([])
})
