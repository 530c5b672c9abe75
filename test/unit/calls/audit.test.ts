import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { permissionFor } from '../../../src/access/authorize.js'
import { MessageContactService } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { createPipeline, fail, fakeTimers, identity, maxCallMs, never } from '../../support/scripted-call.js'

const { addMessageContact } = MessageContactService.method
const editor = { ...identity, roles: ['editor'] } as const
const known = { requestId: 'r-1', operation: 'AddMessageContact', callerId: 'caller-1', via: 'token' }

beforeEach(fakeTimers)

afterEach(() => {
  vi.useRealTimers()
})

/** AddMessageContact as a scripted call. */
const add = { method: addMessageContact, permission: permissionFor(addMessageContact), authenticate: () => editor }

describe('the audit', () => {
  test('has a write with its caller, directory, contact and result', async () => {
    const { send, observer } = createPipeline()
    const operation = async (_: unknown, { noteContact }: { noteContact: (contactId: string) => void }) => {
      noteContact('c-1')
      return {}
    }
    await send({ ...add, operation })
    expect(observer.audited).toEqual([{ ...known, directoryId: 'rd-1', contactId: 'c-1', result: 'OK' }])
  })

  test('has a write that was refused, or whose outcome is not known', async () => {
    const { send, observer } = createPipeline()
    await send({ ...add, operation: fail('ETAG_MISMATCH') })
    await send({ ...add, operation: never })
    await vi.advanceTimersByTimeAsync(maxCallMs)
    expect(observer.audited).toEqual([
      { ...known, directoryId: 'rd-1', result: 'ETAG_MISMATCH' },
      { ...known, requestId: 'r-2', directoryId: 'rd-1', result: 'DEADLINE_EXCEEDED' },
    ])
  })

  test('has a call that was denied, without the directory that it named', async () => {
    const { send, observer } = createPipeline()
    await send({ ...add, authenticate: () => ({ ...editor, roles: ['reader'] }) })
    await send({ authenticate: () => ({ ...identity, roles: [] }) })
    expect(observer.audited).toEqual([
      { ...known, result: 'PERMISSION_DENIED' },
      { ...known, requestId: 'r-2', operation: 'GetMessageContact', result: 'PERMISSION_DENIED' },
    ])
  })

  test('has no reads, no calls of strangers and no calls that were not served', async () => {
    const { send, pipeline, observer } = createPipeline()
    await send()
    await send({ ...add, authenticate: fail('UNAUTHENTICATED') })
    pipeline.refuseNewCalls()
    await send(add)
    expect(observer.audited).toEqual([])
  })
})

describe('a denied call', () => {
  test('reaches neither its message nor its operation', async () => {
    const { send } = createPipeline()
    const { steps, answers } = await send({ ...add, authenticate: () => identity })
    expect(steps).toEqual(['authenticate'])
    expect(answers.map(({ failure }) => failure?.reason)).toEqual(['PERMISSION_DENIED'])
  })
})
