import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RetryInfo } from '../../../src/gen/google/rpc/error_details_pb.js'
import { dayMs, hourMs, minuteMs } from '../../../src/time.js'
import { Refused } from '../../support/client.js'
import type { Directory } from '../../support/directory.js'
import { ServicesApart, type StoredQuota } from '../../support/services-apart.js'

const maxPerMinute = 10

const offsets: readonly (readonly [string, number])[] = [5, 35, 60].flatMap((minutes) => [
  [`${minutes} minutes ahead`, minutes * minuteMs] as const,
  [`${minutes} minutes behind`, -minutes * minuteMs] as const,
])

/** The delays in milliseconds after which refused calls may be repeated; 0 for a call that was answered. */
async function delaysOf(calls: readonly (() => Promise<unknown>)[]): Promise<number[]> {
  const delays: number[] = []
  for (const call of calls) {
    const error = await call().then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    if (error !== undefined && !(error instanceof Refused)) throw error
    const retryInfo = error?.refusal.details.find(({ $typeName }) => $typeName === 'google.rpc.RetryInfo')
    const { seconds = 0n, nanos = 0 } = (retryInfo as RetryInfo | undefined)?.retryDelay ?? {}
    delays.push(error === undefined ? 0 : Math.max(1, Number(seconds) * 1000 + nanos / 1_000_000))
  }
  return delays
}

describe.each(offsets)('the limits over time, beside a process whose clock is %s', (_, offsetMs) => {
  let services: ServicesApart
  beforeAll(async () => {
    services = await ServicesApart.start(offsetMs, {
      UNCONFIGURED_SENDER: 'print',
      MESSAGES_PER_ADDRESS_PER_DAY: '1000',
    })
  })
  afterAll(() => services.stop())

  const addressQuota = async (): Promise<StoredQuota> => {
    const quota = await services.quotas.findOne({ _id: /^address / })
    return quota ?? expect.fail('no use of an address is stored')
  }
  /** Makes every stored use earlier, as time would. */
  const passTime = async (ms: number) => {
    for (const { _id, dates } of await services.quotas.find().toArray()) {
      const $set = { dates: dates.map((date) => new Date(date.getTime() - ms)) }
      await services.quotas.updateOne({ _id }, { $set })
    }
  }
  /** Calls through the first one as often as the limit says and once more, then through the other one. */
  const callsThrough = ([first, other]: readonly [Directory, Directory], contactId: string) => {
    const callers = [...Array<Directory>(maxPerMinute + 1).fill(first), other, other]
    return delaysOf(callers.map((directory) => () => directory.sendEmail(contactId, 'tom@example.com')))
  }

  test('let exactly as many calls through as they say, and again when a minute has passed', async () => {
    const [right, wrong] = services.createDirectories()
    const { contactId } = await right.add()
    for (const directories of [[right, wrong] as const, [wrong, right] as const]) {
      const delays = await callsThrough(directories, contactId)
      expect(delays.slice(0, maxPerMinute)).toEqual(Array(maxPerMinute).fill(0))
      // The time until the first of them is a minute old.
      const refused = delays.slice(maxPerMinute)
      expect(refused.filter((delay) => delay <= minuteMs / 2 || delay > minuteMs)).toEqual([])
      await passTime(minuteMs)
    }
  })

  test('are stored until they count no more and an hour longer, by the clock of the database', async () => {
    for (const directory of services.createDirectories()) {
      await passTime(dayMs)
      const { contactId } = await directory.add()
      await directory.sendEmail(contactId, 'tom@example.com')
      const now = await services.databaseTime()
      const { dates, expireDate } = await addressQuota()
      const [last] = dates.slice(-1)
      expect(Math.abs((last?.getTime() ?? 0) - now)).toBeLessThan(20_000)
      expect(expireDate.getTime() - (last?.getTime() ?? 0)).toBe(minuteMs + hourMs)
      await directory.remove({ contactId })
    }
  })

  test('ignore uses that a clock far ahead has stored', async () => {
    const { _id } = await addressQuota()
    const nextYear = Array.from({ length: maxPerMinute }, () => new Date(Date.now() + 365 * dayMs))
    await services.quotas.updateOne({ _id }, { $set: { dates: nextYear } })
    const [right, wrong] = services.createDirectories()
    const { contactId } = await right.add()
    const delays = await callsThrough([wrong, right], contactId)
    expect(delays.filter((delay) => delay === 0)).toHaveLength(maxPerMinute)
    expect((await addressQuota()).dates).toHaveLength(maxPerMinute)
  })
})
