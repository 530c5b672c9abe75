import { describe, expect, test } from 'vitest'
import type { Answer, Call } from './calls.js'
import { nothing, type State, step } from './model.js'
import { type Answered, statesAfter } from './orders.js'

const now = 1
const fields = { emailAddress: 'tom@example.com', phoneNumber: '', title: 1, messageTypes: [1] }
const add = (name: string): Call => ({
  directoryId: 'rd',
  operation: 'add',
  request: { name, ...fields, clientToken: '' },
})
const rename = (name: string): Call => ({
  directoryId: 'rd',
  operation: 'update',
  request: { name, ...fields, contactId: 'c-1', mask: ['name'], etag: '"1"' },
})
const take = (state: State, call: Call, contactId = '', etag = '') =>
  step(state, call, { contactId, etag, pageToken: '' }, now)
const gaveUp: Answer = {
  kind: 'refused',
  reason: 'CONCURRENT_CALL_NOT_SUPPORTED',
  violations: [],
  resource: undefined,
  limit: undefined,
}

describe('the states after calls at once', () => {
  const first = take(nothing, add('Tom'), 'c-1', '"1"')
  const leaves = (before: State, ...answered: readonly (readonly [Call, Answer])[]) =>
    statesAfter(
      [before],
      answered.map(([call, answer]): Answered => ({ call, answer })),
      now,
    )

  test('are those of the orders that explain the answers, whichever call was named first', () => {
    const taken = take(first.state, add('Tom')).answer
    expect(leaves(nothing, [add('Tom'), taken], [add('Tom'), first.answer])).toEqual([first.state])
    const removal: Call = { directoryId: 'rd', operation: 'delete', request: { contactId: 'c-1', etag: '' } }
    const removed = take(first.state, removal)
    const gone = take(removed.state, rename('Ann')).answer
    expect(leaves(first.state, [rename('Ann'), gone], [removal, removed.answer])).toEqual([removed.state])
  })

  test('are none where two calls won what only one can win', () => {
    const second = take(nothing, add('Tom'), 'c-2', '"1"').answer
    expect(leaves(nothing, [add('Tom'), first.answer], [add('Tom'), second])).toEqual([])
    const renamed = [take(first.state, rename('Ann'), '', '"2"'), take(first.state, rename('Eve'), '', '"3"')] as const
    expect(leaves(first.state, [rename('Ann'), renamed[0].answer], [rename('Eve'), renamed[1].answer])).toEqual([])
  })

  test('are those before where a call gave up, and none where it did something all the same', () => {
    expect(leaves(nothing, [add('Tom'), gaveUp])).toEqual([nothing])
    const list: Call = {
      directoryId: 'rd',
      operation: 'list',
      request: { pageSize: 0, pageToken: '', title: 0, messageType: 0, status: 0, namePrefix: '' },
    }
    expect(leaves(nothing, [add('Tom'), gaveUp], [list, take(first.state, list).answer])).toEqual([])
  })
})
