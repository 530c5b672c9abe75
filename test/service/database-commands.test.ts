import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { type AddRequest, addRequest } from '../client.js'
import { type Verdict, WireProxy } from '../wire-proxy.js'
import { type RunningService, startService, uniqueName } from './running-service.js'
import { isCalls } from './watched-service.js'

describe('the commands that an add sends to the database', () => {
  let proxy: WireProxy
  let service: RunningService
  const commands: string[] = []
  beforeAll(async () => {
    proxy = await WireProxy.to(inject('mongodbUri'))
    service = await startService({ environment: { MONGODB_URI: proxy.uri, DEFAULT_DIRECTORY_ID: uniqueName('rd') } })
    proxy.watch((command) => {
      if (isCalls(command)) commands.push(command.name)
      return 'pass'
    })
  })
  afterAll(async () => {
    await service.stop()
    await proxy.close()
  })

  async function commandsOf(work: () => Promise<unknown>): Promise<readonly string[]> {
    commands.length = 0
    await work().catch(() => {})
    return [...commands]
  }
  const add = (request: AddRequest = {}) => service.client.addMessageContact(addRequest(request))

  test('are one insert, and one read more where an index refuses', async () => {
    expect(await commandsOf(() => add({ clientToken: 't' }))).toEqual(['insert'])
    expect(await commandsOf(() => add())).toEqual(['insert', 'find'])
    expect(await commandsOf(() => add({ clientToken: 't' }))).toEqual(['insert', 'find', 'find'])
    expect(await commandsOf(() => add({ clientToken: 't', name: 'Ann' }))).toEqual(['insert', 'find'])
    expect(await commandsOf(() => add({ name: '' }))).toEqual([])
  })

  test('are few for many calls at once, which gather behind two inserts under way', async () => {
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

  test('are none for calls whose caller went away while they gathered', async () => {
    const inserted: string[] = []
    let release: () => void = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    let arrived = 0
    proxy.watch(async ({ name, documents }): Promise<Verdict> => {
      if (name !== 'insert') return 'pass'
      arrived += 1
      inserted.push(...documents.map(({ name }) => name as string))
      await held
      return 'pass'
    })
    // One connection carries all calls in order: once a later one is refused, the service has heard what came before.
    const heard = () => expect(service.client.addMessageContact({})).rejects.toThrow('You must specify Name.')
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
    const gone = addNamed('Gone', aborting.signal).catch((error: unknown) => error)
    const third = addNamed('Third')
    await heard()
    aborting.abort()
    expect(await gone).toMatchObject({ refusal: { message: expect.stringMatching(/cancelled/i) } })
    await heard()
    release()
    await Promise.all([first, second, third])
    expect(inserted.sort()).toEqual(['First', 'Second', 'Third'])
    proxy.calm()
  })
})
