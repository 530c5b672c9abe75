import { syncBuiltinESMExports } from 'node:module'
import timers from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ContactReader, DueContact } from '../../../src/contacts/store/reader.js'
import type { ContactWriter } from '../../../src/contacts/store/writer.js'
import { Failure } from '../../../src/errors/failure.js'
import { VerificationCodes } from '../../../src/verification/codes.js'
import { DeliveryWorker } from '../../../src/verification/worker.js'
import { emailAddress, now, verificationWith } from '../../support/contacts-in-states.js'
import { RecordingObserver } from '../../support/recording-observer.js'

let worker: DeliveryWorker
// The clock of these tests moves only when they say so.
beforeEach(() => {
  vi.useFakeTimers({ now: 0, toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  vi.spyOn(timers, 'setTimeout').mockImplementation(
    (ms = 0, value) => new Promise((resolve) => setTimeout(() => resolve(value as never), ms)),
  )
  // Named imports of a built-in module see the spy only after this.
  syncBuiltinESMExports()
})
afterEach(async () => {
  const stopped = worker.stop()
  await vi.runAllTimersAsync()
  await stopped
  vi.useRealTimers()
  vi.restoreAllMocks()
  syncBuiltinESMExports()
})

/** A worker that finds these contacts at each look, and can claim none of them. `looks` has the times of its looks, in milliseconds. */
async function startWorker(due: readonly DueContact[] = []) {
  const looks: number[] = []
  const reader = {
    async findDue() {
      looks.push(Date.now())
      return due
    },
  } as unknown as ContactReader
  const writer = {
    change: async () => Promise.reject(new Failure('CONCURRENT_CALL_NOT_SUPPORTED')),
  } as unknown as ContactWriter
  const sender = {
    missingSetting: () => undefined,
    isPrinted: () => false,
    send: async () => expect.fail('nothing is claimed'),
  }
  worker = new DeliveryWorker({
    reader,
    writer,
    sender,
    codes: new VerificationCodes([]),
    observer: new RecordingObserver(),
    now: () => now,
    processNow: () => 0,
    newRequestId: () => 'WRITE-1',
  })
  worker.start()
  await vi.advanceTimersByTimeAsync(0)
  const wake = () => worker.wake({ contactId: 'c-1', kind: 'email', verification: verificationWith({}) })
  return { looks, wake }
}

describe('the delivery worker looks', () => {
  test('at once when it starts and when it is woken after a quiet time', async () => {
    const { looks, wake } = await startWorker()
    await vi.advanceTimersByTimeAsync(500)
    wake()
    await vi.advanceTimersByTimeAsync(0)
    expect(looks).toEqual([0, 500])
  })

  test('once for all that wakes it within 10 ms of the last look', async () => {
    const { looks, wake } = await startWorker()
    for (let ms = 0; ms < 10; ms += 1) {
      for (let times = 0; times < 10; times += 1) wake()
      await vi.advanceTimersByTimeAsync(1)
    }
    await vi.advanceTimersByTimeAsync(900)
    expect(looks).toEqual([0, 10])
  })

  test('at most every 10 ms, however often it is woken', async () => {
    const { looks, wake } = await startWorker()
    for (let ms = 0; ms < 100; ms += 1) {
      wake()
      await vi.advanceTimersByTimeAsync(1)
    }
    expect(looks).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100])
  })

  test.each([
    ['nothing is due', []],
    ['nothing that is due can be claimed', [{ contactId: 'c-1', directoryId: 'rd-1' }]],
    ['32 are due and none can be claimed', Array.from({ length: 32 }, (_, n) => dueEmail(n))],
  ])('once a second where nobody wakes it and %s', async (_, due) => {
    const { looks } = await startWorker(due)
    await vi.advanceTimersByTimeAsync(3030)
    expect(looks).toEqual([0, 1010, 2020, 3030])
  })
})

function dueEmail(n: number): DueContact {
  const verification = verificationWith({ dueDate: now })
  return { contactId: `c-${n}`, directoryId: `rd-${n}`, email: { address: emailAddress, verification } }
}
