import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiToken, callersFileEntry, createApiToken } from '../../../src/access/token.js'
import { listWith } from '../../support/access/calls.js'
import { ReplacedFile } from '../../support/access/replaced-file.js'
import { ContactsClient } from '../../support/client.js'
import { type RunningService, startService } from '../../support/running-service.js'
import { until } from '../../support/waiting.js'

const replacements = 20
/** How long a caller that was removed may still be served, in milliseconds: two readings of the file take a second, a busy machine longer. */
const maxRemovedMs = 10_000

/** The token of a caller that is always in the file. */
const kept = createApiToken(Buffer.alloc(32, 255))
/** One after the other is in the file. */
const changing = Array.from({ length: replacements + 1 }, (_, index) => createApiToken(Buffer.alloc(32, index)))
const tokenAt = (index: number): ApiToken => changing[index] ?? kept

const entry = (token: ApiToken, id: string) => callersFileEntry(token, { id, directories: ['rd-1'], roles: ['reader'] })
const version = (index: number) => `callers:\n${entry(kept, 'kept')}${entry(tokenAt(index), `caller-${index}`)}`

let file: ReplacedFile
let service: RunningService
const clients: ContactsClient[] = []
beforeAll(async () => {
  file = await ReplacedFile.create(version(0))
  service = await startService({ environment: { AUTHENTICATION: 'token', CALLERS_FILE: file.path } })
})
afterAll(async () => {
  for (const client of clients) client.close()
  await service.stop()
})

/** Calls again and again until `isOver`. Gives every outcome. */
async function callUntil(isOver: () => boolean): Promise<readonly string[]> {
  const client = new ContactsClient(service.app.address)
  clients.push(client)
  const outcomes = new Set<string>()
  while (!isOver()) {
    outcomes.add(await listWith(client, kept.token))
    await pause(20)
  }
  return [...outcomes]
}

/** The callers that were removed, and when. */
const removed: { readonly token: string; readonly time: number }[] = []

/** Calls as all callers that were removed, until `isOver`. Gives how long after its removal a call began that was served, at most. */
async function callAsRemoved(isOver: () => boolean): Promise<number> {
  let maxMs = 0
  while (!isOver()) {
    for (const { token, time } of removed.slice(-3)) {
      const sinceMs = performance.now() - time
      if ((await listWith(service.client, token)) === 'OK') maxMs = Math.max(maxMs, sinceMs)
    }
    await pause(20)
  }
  return maxMs
}

test('20 replacements of the callers file while 8 clients call refuse no caller that is in it, and soon those that are not', async () => {
  let isOver = false
  const calls = Promise.all(Array.from({ length: 8 }, () => callUntil(() => isOver)))
  const servedAfterRemovalMs = callAsRemoved(() => isOver)
  for (let index = 1; index <= replacements; index += 1) {
    await file.replace(version(index))
    removed.push({ token: tokenAt(index - 1).token, time: performance.now() })
    const outcomeOf = (of: number) => listWith(service.client, tokenAt(of).token)
    await until('the new caller is known', async () => (await outcomeOf(index)) === 'OK')
    expect(await outcomeOf(index - 1)).toBe('UNAUTHENTICATED')
  }
  await file.replace('callers: [')
  await until('the broken version is rejected', () => service.log().includes('callers file rejected'))
  expect(await listWith(service.client, tokenAt(replacements).token)).toBe('OK')
  isOver = true
  expect(await calls).toEqual(Array(8).fill(['OK']))
  expect(await servedAfterRemovalMs).toBeLessThan(maxRemovedMs)
  expect(
    service
      .log()
      .match(/.*callers file rejected.*/g)
      ?.map((line) => JSON.parse(line).problems),
  ).toEqual([['CALLERS_FILE must be YAML: line 1 is not valid']])
}, 240_000)
