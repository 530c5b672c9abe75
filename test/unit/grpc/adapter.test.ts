import { Metadata, type ServerInterceptingCallInterface, type StatusObject, status } from '@grpc/grpc-js'
import { describe, expect, test } from 'vitest'
import { routesOf } from '../../../src/calls/service.js'
import { Health } from '../../../src/gen/health/v1/health_pb.js'
import { GrpcAdapter } from '../../../src/grpc/adapter.js'
import { fromStatus } from '../../../src/grpc/status.js'
import { Refused } from '../../support/client.js'
import { expectRefusal, retryInfo } from '../../support/refusal.js'
import { createToyPipeline, echo, type ToyOptions, toyPath, toyService } from '../../support/toy-service.js'
import { deferred } from '../../support/waiting.js'

type Status = Parameters<ServerInterceptingCallInterface['sendStatus']>[0]
type Listener = Parameters<ServerInterceptingCallInterface['start']>[0]

interface InterceptedCall {
  /** Ends the call, as grpc-js does before a handler. */
  readonly end: (sent: Status) => void
  readonly cancel: () => void
  /** What is sent to the client. */
  readonly sent: Promise<Status>
}

/** The toy behind an adapter, and a call of it by grpc-js that has got as far as its headers. */
function startIntercepted(headers: Readonly<Record<string, string>>, path = toyPath, options: ToyOptions = {}) {
  const { pipeline, observer } = createToyPipeline(options)
  const adapter = new GrpcAdapter(routesOf(toyService(echo)), pipeline, () => undefined)
  const metadata = new Metadata()
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value)
  const sent = deferred<Status>()
  let listener: Listener | undefined
  const received: Metadata[] = []
  const below = {
    start(started: Listener) {
      listener = started
      started.onReceiveMetadata(metadata)
    },
    getDeadline: () => Number.POSITIVE_INFINITY,
    sendStatus: sent.resolve,
  } as unknown as ServerInterceptingCallInterface
  const call = adapter.intercept(path, below)
  call.start({
    onReceiveMetadata: (metadata) => received.push(metadata),
    onReceiveMessage: () => {},
    onReceiveHalfClose: () => {},
    onCancel: () => {},
  })
  expect(received).toEqual([metadata])
  const intercepted: InterceptedCall = {
    end: (status) => call.sendStatus(status),
    cancel: () => listener?.onCancel(),
    sent: sent.promise,
  }
  return { ...intercepted, pipeline, observer }
}

const known = { 'x-resource-directory-id': 'toy' }
const bare = (code: status): Status => ({ code, details: 'secret', metadata: null })

/** Throws a status as the error of a client. */
function throwRefused(sent: Status): never {
  throw new Refused(fromStatus(sent as StatusObject))
}

describe('a call that grpc-js ends with a bare status', () => {
  test('UNIMPLEMENTED is MALFORMED_REQUEST', async () => {
    const { end, sent } = startIntercepted(known)
    end(bare(status.UNIMPLEMENTED))
    await expectRefusal(sent.then(throwRefused), 'MALFORMED_REQUEST')
  })

  test('of another code is INTERNAL, with a cause that names the code', async () => {
    const { end, sent, observer } = startIntercepted(known)
    end(bare(status.UNKNOWN))
    await expectRefusal(sent.then(throwRefused), 'INTERNAL')
    expect(observer.endedCalls.map(({ reason, cause }) => [reason, cause])).toEqual([
      ['INTERNAL', new Error('grpc-js ended the call with status 2')],
    ])
  })

  test('is UNAUTHENTICATED without a known caller', async () => {
    const { end, sent } = startIntercepted({})
    end(bare(status.UNIMPLEMENTED))
    await expectRefusal(sent.then(throwRefused), 'UNAUTHENTICATED')
  })

  test('is SHUTTING_DOWN if the service is stopping', async () => {
    const { end, sent, pipeline } = startIntercepted({})
    pipeline.refuseNewCalls()
    end(bare(status.UNIMPLEMENTED))
    await expectRefusal(sent.then(throwRefused), 'SHUTTING_DOWN', { RetryInfo: retryInfo(100) })
  })

  test('is OVERLOADED if the service is', async () => {
    const { end, sent } = startIntercepted({}, toyPath, { settings: { MAX_CALLS_IN_FLIGHT: 0 } })
    end(bare(status.UNIMPLEMENTED))
    await expectRefusal(sent.then(throwRefused), 'OVERLOADED', { RetryInfo: retryInfo(1000) })
  })

  test('is observed as cancelled if the client cancelled it', async () => {
    const { end, cancel, sent, observer } = startIntercepted(known)
    cancel()
    end(bare(status.UNIMPLEMENTED))
    await sent
    expect(observer.endedCalls.map(({ cancelled }) => cancelled)).toEqual([true])
  })
})

describe('a status passes unchanged, and nothing is observed,', () => {
  const refusal: Status = { code: status.ABORTED, details: 'refused', metadata: new Metadata() }
  refusal.metadata?.set('grpc-status-details-bin', Buffer.from([1]))

  test.each<readonly [string, Status, string]>([
    ['if it is OK', { code: status.OK, details: 'OK', metadata: null }, toyPath],
    ['if it is a refusal with details', refusal, toyPath],
    ['if the call is of another service', bare(status.NOT_FOUND), '/grpc.health.v1.Health/Check'],
  ])('%s', async (_, given, path) => {
    const { end, sent, observer } = startIntercepted(known, path)
    end(given)
    expect(await sent).toBe(given)
    expect(observer.startedCalls).toEqual([])
  })
})

describe('the routes', () => {
  const { descriptor, operations } = toyService(echo)

  test('of a service without one of its operations throws', () => {
    const { getMessageContact: _, ...others } = operations
    expect(() => routesOf({ descriptor, operations: others })).toThrow(
      new Error('GetMessageContact has no unary operation'),
    )
  })

  test('of a service with a stream throws', () => {
    const descriptor = { ...Health, methods: [Health.method.watch] }
    expect(() => routesOf({ descriptor, operations: { watch: async () => ({}) } })).toThrow(
      new Error('Watch has no unary operation'),
    )
  })

  test('of a service without an authorization option throws', () => {
    const descriptor = { ...Health, methods: [Health.method.check] }
    expect(() => routesOf({ descriptor, operations: { check: async () => ({}) } })).toThrow(
      new Error('grpc.health.v1.Health.Check has no authorization option'),
    )
  })
})
