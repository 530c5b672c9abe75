import { create, type DescMethod, type Message } from '@bufbuild/protobuf'
import { vi } from 'vitest'
import { type Permission, permissionFor } from '../../src/access/authorize.js'
import type { Identity } from '../../src/access/caller.js'
import { type Answer, CallPipeline, type IncomingCall } from '../../src/calls/pipeline.js'
import type { Operation } from '../../src/calls/service.js'
import type { Reason } from '../../src/errors/catalog.js'
import { Failure } from '../../src/errors/failure.js'
import {
  GetMessageContactRequestSchema,
  MessageContactService,
} from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { Readiness } from '../../src/lifecycle.js'
import { RecordingObserver } from './recording-observer.js'

// Calls whose steps a test decides, for tests of the pipeline. They run with faked timers, so that no time passes by itself.

export const startTime = 1_000_000
export const maxCallMs = 10_000
export const path = '/messagecontacts.v1.MessageContactService/GetMessageContact'
export const caller = { id: 'caller-1', directoryId: 'rd-1' }
export const identity: Identity = { id: 'caller-1', via: 'token', directories: ['rd-1'], roles: ['reader'] }
export const request = create(GetMessageContactRequestSchema, { contactId: 'c-1' })

const method = MessageContactService.method.getMessageContact
const route = { path, method, permission: permissionFor(method) }

/** A step of the pipeline that calls code of others. */
export type Step = 'authenticate' | 'decode' | 'operation' | 'encode'

/** What a scripted call does; by default everything succeeds. */
export interface Script {
  readonly method?: DescMethod
  readonly permission?: Permission
  readonly clientDeadline?: number
  readonly isCancelled?: () => boolean
  readonly authenticate?: () => Promise<Identity> | Identity
  readonly decode?: () => Message
  readonly operation?: Operation
  readonly encode?: () => string
}

/** A call and what the pipeline did with it. */
export interface ScriptedCall {
  readonly steps: readonly Step[]
  readonly answers: readonly Answer<string>[]
}

/** A pipeline whose request ids are r-1, r-2 and so on. */
export function createPipeline({ isReady = true, maxCallsInFlight = 2 } = {}) {
  const observer = new RecordingObserver()
  const readiness = new Readiness()
  if (isReady) readiness.markReady()
  const scripts = new Map<string, () => Promise<Identity> | Identity>()
  let requests = 0
  const pipeline = new CallPipeline({
    settings: { MAX_CALLS_IN_FLIGHT: maxCallsInFlight, MAX_CALL_SECONDS: maxCallMs / 1000 },
    authenticate: ({ header }) => scripts.get(header('x-script')[0] ?? '')?.() ?? identity,
    callerLimits: { enter() {}, leave() {} },
    readyWithin: (timeoutMs) => readiness.readyWithin(timeoutMs),
    newRequestId: () => `r-${++requests}`,
    now: Date.now,
    observer,
  })
  /** Hands a scripted call to the pipeline, and lets it run as far as it gets without time passing. */
  async function send(script: Script = {}): Promise<ScriptedCall> {
    const steps: Step[] = []
    const answers: Answer<string>[] = []
    const id = String(scripts.size)
    scripts.set(id, () => {
      steps.push('authenticate')
      return script.authenticate?.() ?? identity
    })
    const incoming: IncomingCall<string> = {
      rpcSystem: 'grpc',
      header: (name) => (name === 'x-script' ? [id] : []),
      certificate: () => undefined,
      clientDeadline: script.clientDeadline ?? Number.POSITIVE_INFINITY,
      isCancelled: script.isCancelled ?? (() => false),
      decode: () => {
        steps.push('decode')
        return script.decode?.() ?? request
      },
      encode: (result) => {
        steps.push('encode')
        return script.encode?.() ?? JSON.stringify(result)
      },
      answer: (answer) => answers.push(answer),
    }
    const operation: Operation = (message, call) => {
      steps.push('operation')
      return script.operation?.(message, call) ?? Promise.resolve({ requestId: call.requestId })
    }
    const { method, permission } = { ...route, ...script }
    pipeline.handle({ ...route, method, permission, operation }, incoming)
    await vi.advanceTimersByTimeAsync(0)
    return { steps, answers }
  }
  return { pipeline, observer, readiness, send }
}

export const reasonsOf = ({ answers }: ScriptedCall) => answers.map(({ failure }) => failure?.reason ?? 'OK')

export const fail = (reason: Reason) => (): never => {
  throw new Failure(reason)
}
export const unexpectedError = new Error('secret')
export const crash = (): never => {
  throw unexpectedError
}
export const never: Operation = () => new Promise(() => {})

export function fakeTimers(): void {
  vi.useFakeTimers({ now: startTime, toFake: ['setTimeout', 'clearTimeout', 'Date'] })
}
