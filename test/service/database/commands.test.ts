import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { type AddRequest, addRequest } from '../../support/client.js'
import { type RunningService, startService, uniqueName } from '../../support/running-service.js'
import { deferred } from '../../support/waiting.js'
import { isCallCommand } from '../../support/watched-service.js'
import { type Verdict, WireProxy } from '../../support/wire-proxy.js'

describe('the database commands of AddMessageContact', () => {
  let proxy: WireProxy
  let service: RunningService
  const commands: string[] = []
  beforeAll(async () => {
    proxy = await WireProxy.to(inject('mongodbUri'))
    service = await startService({ environment: { MONGODB_URI: proxy.uri, DEFAULT_DIRECTORY_ID: uniqueName('rd') } })
    proxy.watch((command) => {
      if (isCallCommand(command)) commands.push(command.name)
      return 'pass'
    })
  })
  afterAll(async () => {
    await service.stop()
    await proxy.close()
  })

  /** The names of the commands that calls send to the database during `work`, in order. */
  async function commandsOf(work: () => Promise<unknown>): Promise<readonly string[]> {
    commands.length = 0
    await work().catch(() => {})
    return [...commands]
  }
  const add = (request: AddRequest = {}) => service.client.addMessageContact(addRequest(request))

  test('are one insert, and reads if an index refuses it, and a confirming update if its token is repeated', async () => {
    expect(await commandsOf(() => add({ clientToken: 't' }))).toEqual(['insert'])
    expect(await commandsOf(() => add())).toEqual(['insert', 'find'])
    expect(await commandsOf(() => add({ clientToken: 't' }))).toEqual(['insert', 'find', 'find', 'update'])
    expect(await commandsOf(() => add({ clientToken: 't', name: 'Ann' }))).toEqual(['insert', 'find'])
    expect(await commandsOf(() => add({ name: '' }))).toEqual([])
  })

  test('are few for many concurrent calls, which gather while two inserts are running', async () => {
    const calls = () =>
      Promise.all(
        Array.from({ length: 60 }, (_, index) =>
          service.client.addMessageContact(addRequest(), { directoryId: uniqueName(`rd-${index}`) }),
        ),
      )
    const inserts = await commandsOf(calls)
    expect(new Set(inserts)).toEqual(new Set(['insert']))
    expect(inserts.length).toBeLessThanOrEqual(10)
  })

  test('are none for calls that were cancelled while they gathered', async () => {
    const inserted: string[] = []
    const held = deferred()
    let arrived = 0
    proxy.watch(async ({ name, documents }): Promise<Verdict> => {
      if (name !== 'insert') return 'pass'
      arrived += 1
      inserted.push(...documents.map(({ name }) => name as string))
      await held.promise
      return 'pass'
    })
    // One connection carries all calls in order: when this one is refused, the earlier ones have arrived.
    const haveArrived = () => expect(service.client.addMessageContact({})).rejects.toThrow('You must specify Name.')
    const addNamed = (name: string, signal?: AbortSignal) =>
      service.client.addMessageContact(addRequest({ name }), {
        directoryId: uniqueName('rd'),
        ...(signal && { signal }),
      })
    const first = addNamed('First')
    await expect.poll(() => arrived).toBe(1)
    const second = addNamed('Second')
    await expect.poll(() => arrived).toBe(2)
    const aborting = new AbortController()
    const cancelled = addNamed('Cancelled', aborting.signal).catch((error: unknown) => error)
    const third = addNamed('Third')
    await haveArrived()
    aborting.abort()
    expect(await cancelled).toMatchObject({ refusal: { message: expect.stringMatching(/cancelled/i) } })
    await haveArrived()
    held.resolve()
    await Promise.all([first, second, third])
    expect(inserted.sort()).toEqual(['First', 'Second', 'Third'])
    proxy.reset()
  })
})
