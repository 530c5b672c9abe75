import { describe, expect, onTestFinished, test } from 'vitest'
import type { Verification } from '../../../src/addresses/address.js'
import type { Call } from '../../../src/calls/call.js'
import { type Contact, type Decision, deliveryDueDateOf } from '../../../src/contacts/contact.js'
import type { ContactReader } from '../../../src/contacts/store/reader.js'
import type { ContactWriter } from '../../../src/contacts/store/writer.js'
import { Failure } from '../../../src/errors/failure.js'
import { type CodeMessage, maxSendMs, SendError, type SendResult } from '../../../src/messaging/message.js'
import { VerificationCodes } from '../../../src/verification/codes.js'
import { leaseMs } from '../../../src/verification/delivery.js'
import { DeliveryWorker } from '../../../src/verification/worker.js'
import { contactWith, emailAddress, later, now, verificationWith } from '../../support/contacts-in-states.js'
import { RecordingObserver } from '../../support/recording-observer.js'
import { until } from '../../support/waiting.js'

/** What goes wrong in the database of a worker. */
interface Faults {
  /** How many records of a result fail. */
  readonly failingRecords?: number
  /** How long a claim takes, in milliseconds. */
  readonly claimMs?: number
  /** While this worker sends a message, another process claims and sends it too, and records that. */
  readonly isSentElsewhere?: boolean
}

/** A worker beside a database with one contact, whose mail is due, and a sender with these results. */
function startWorker(
  results: readonly SendResult[],
  changes: Partial<Verification> = {},
  { failingRecords = 0, claimMs = 0, isSentElsewhere = false }: Faults = {},
) {
  const verification = verificationWith({ deliveryState: 'QUEUED', attempts: 0, dueDate: now, ...changes })
  let stored: Contact = contactWith({ email: { address: emailAddress, verification }, deliveryDueDate: now })
  let time = now
  let records = 0
  const messages: CodeMessage[] = []
  const observer = new RecordingObserver()
  const reader = {
    findDue: async (date: Date) =>
      stored.deliveryDueDate && stored.deliveryDueDate <= date ? [{ ...stored, contactId: stored._id }] : [],
  } as unknown as ContactReader
  const writer = {
    async change(_: string, { operation }: Call, decide: (contact: Contact) => Decision<unknown>) {
      if (operation === 'RecordDelivery') {
        records += 1
        if (records <= failingRecords) throw new Failure('OUTCOME_UNKNOWN')
      }
      const decision = decide(stored)
      if (operation === 'ClaimDelivery') time = later(time, claimMs)
      if (decision.kind === 'write')
        stored = { ...decision.contact, deliveryDueDate: deliveryDueDateOf(decision.contact) }
      return { contact: stored, result: decision.kind === 'write' ? decision.result : undefined }
    },
  } as unknown as ContactWriter
  const sender = {
    missingSetting: () => undefined,
    isPrinted: () => false,
    async send(message: CodeMessage): Promise<SendResult> {
      messages.push(message)
      if (isSentElsewhere) {
        const after: Verification = { ...verification, deliveryState: 'SENT', attempts: 2, dueDate: undefined }
        stored = { ...stored, email: { ...stored.email, verification: after }, deliveryDueDate: undefined }
      }
      return results[messages.length - 1] ?? expect.fail('one message too many')
    },
  }
  const codes = new VerificationCodes(['a secret only for this test'])
  const options = { reader, writer, sender, codes, observer, now: () => time, processNow: () => 0 }
  const worker = new DeliveryWorker({ ...options, newRequestId: () => 'WRITE-1' })
  worker.start()
  onTestFinished(() => worker.stop())
  return {
    messages,
    observer,
    verification: () => stored.email.verification,
    /** How often a result was to be recorded. */
    records: () => records,
    /** Waits for the result of so many attempts, or of an expiry. */
    untilReported: (count: number) =>
      until('the attempts are reported', () => observer.deliveryAttempts.length === count),
    /** Lets the worker look at another time. */
    lookAt(date: Date) {
      time = date
      worker.wake({ contactId: stored._id, kind: 'email', verification })
    },
  }
}

const retry = (
  code: string | number,
  mayHaveArrived: boolean,
  isOperatorProblem = false,
  afterMs?: number,
): SendResult => ({
  kind: 'retry',
  cause: new SendError(code, { isOperatorProblem }),
  mayHaveArrived,
  ...(afterMs !== undefined && { afterMs }),
})

describe('the delivery worker', () => {
  test('passes on whether an earlier attempt may have arrived, and stores it with each result', async () => {
    const results = [retry(450, false), retry('ETIMEDOUT', true), retry(503, false), { kind: 'sent' } as const]
    const worker = startWorker(results)
    const stored: unknown[] = []
    for (const [index] of results.entries()) {
      await worker.untilReported(index + 1)
      stored.push([worker.verification()?.deliveryState, worker.verification()?.mayHaveArrived])
      worker.lookAt(later(now, (index + 1) * 60_000))
    }
    expect(worker.messages.map(({ mayHaveArrived }) => mayHaveArrived)).toEqual([false, false, true, true])
    expect(stored.slice(0, 3)).toEqual([
      ['QUEUED', false],
      ['QUEUED', true],
      ['QUEUED', true],
    ])
    expect(worker.verification()).toMatchObject({ deliveryState: 'SENT', attempts: 4 })
  })

  test('takes over a claim of a process that ended: its attempt may have arrived', async () => {
    const worker = startWorker([{ kind: 'sent' }], { attempts: 1, mayHaveArrived: true })
    await worker.untilReported(1)
    expect(worker.messages).toMatchObject([{ mayHaveArrived: true }])
  })

  test('keeps the result of a message that cannot be stored, and does not send it again when its lease has ended', async () => {
    const worker = startWorker([{ kind: 'sent' }], {}, { failingRecords: 2 })
    await until('the result is to be recorded', () => worker.records() === 1)
    worker.lookAt(later(now, 2 * leaseMs))
    await worker.untilReported(1)
    expect(worker.verification()).toMatchObject({ deliveryState: 'SENT', attempts: 1 })
    expect([worker.records(), worker.messages.length]).toEqual([3, 1])
  })

  test.each([
    [0, 1],
    [1, 0],
  ])('whose claim leaves %i ms less than the longest sending sends %i messages', async (missingMs, count) => {
    const worker = startWorker([{ kind: 'sent' }], {}, { claimMs: leaseMs - maxSendMs + missingMs })
    await worker.untilReported(1)
    expect(worker.messages).toHaveLength(count)
    expect(worker.verification()).toMatchObject({ deliveryState: count > 0 ? 'SENT' : 'QUEUED', attempts: 1 })
  })

  test('reports problems of the operator as such, with their code, until the code expires; only then it has failed', async () => {
    const worker = startWorker([retry(501, false, true), retry('AUTH', false, true)], {
      expireDate: later(now, 120_000),
    })
    await worker.untilReported(1)
    worker.lookAt(later(now, 60_000))
    await worker.untilReported(2)
    expect(worker.verification()?.deliveryState).toBe('QUEUED')
    worker.lookAt(later(now, 120_000))
    await worker.untilReported(3)
    const attempt = { contactId: 'c-1', channel: 'email' }
    const operatorProblem = (code: string | number) => new SendError(code, { isOperatorProblem: true })
    expect(worker.observer.deliveryAttempts).toEqual([
      { ...attempt, attempt: 1, outcome: 'retry', code: 501, isOperatorProblem: true, cause: operatorProblem(501) },
      {
        ...attempt,
        attempt: 2,
        outcome: 'retry',
        code: 'AUTH',
        isOperatorProblem: true,
        cause: operatorProblem('AUTH'),
      },
      { ...attempt, attempt: 2, outcome: 'expired', code: undefined, isOperatorProblem: false, cause: undefined },
    ])
    expect(worker.verification()).toMatchObject({ deliveryState: 'FAILED', attempts: 2 })
    expect(worker.verification()?.dueDate).toBeUndefined()
  })

  test('makes no further attempt if the receiver asks for a wait until after the expiry; until then it is queued', async () => {
    const expireDate = later(now, 120_000)
    const worker = startWorker([retry(429, false, false, 3_600_000)], { expireDate })
    await worker.untilReported(1)
    expect(worker.verification()).toMatchObject({ deliveryState: 'QUEUED', dueDate: expireDate })
    worker.lookAt(later(expireDate, -1))
    worker.lookAt(expireDate)
    await worker.untilReported(2)
    expect(worker.observer.deliveryAttempts.map(({ outcome }) => outcome)).toEqual(['retry', 'expired'])
    expect(worker.messages).toHaveLength(1)
    expect(worker.verification()).toMatchObject({ deliveryState: 'FAILED', attempts: 1 })
  })

  test.each([
    ['an attempt that failed for now', retry(450, false), { outcome: 'retry', code: 450 }],
    ['a refusal', { kind: 'failed', cause: new SendError(550) } as const, { outcome: 'failed', code: 550 }],
    ['a message that was sent', { kind: 'sent' } as const, { outcome: 'sent', code: undefined, cause: undefined }],
  ])('reports its own result where another process has sent the message meanwhile: %s', async (_, result, expected) => {
    const worker = startWorker([result], {}, { isSentElsewhere: true })
    await worker.untilReported(1)
    expect(worker.observer.deliveryAttempts).toMatchObject([{ attempt: 1, ...expected }])
    expect(worker.verification()).toMatchObject({ deliveryState: 'SENT', attempts: 2 })
  })

  test('reports a refusal of the receiver as final, with its code', async () => {
    const worker = startWorker([{ kind: 'failed', cause: new SendError(550) }])
    await worker.untilReported(1)
    expect(worker.observer.deliveryAttempts).toMatchObject([{ outcome: 'failed', code: 550, isOperatorProblem: false }])
    expect(worker.verification()?.deliveryState).toBe('FAILED')
  })
})
