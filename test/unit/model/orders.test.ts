import { describe, expect, test } from 'vitest'
import type { Answer, Call } from '../../support/model/calls.js'
import { emptyState, type State, step } from '../../support/model/model.js'
import { type AnsweredCall, statesAfter } from '../../support/model/orders.js'

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

describe('the states after simultaneous calls', () => {
  const first = take(emptyState, add('Tom'), 'c-1', '"1"')
  const leaves = (before: State, ...answered: readonly (readonly [Call, Answer])[]) =>
    statesAfter(
      [before],
      answered.map(([call, answer]): AnsweredCall => ({ call, answer })),
      now,
    )

  test('are those of the orders that explain the answers, in whatever order the calls are given', () => {
    const taken = take(first.state, add('Tom')).answer
    expect(leaves(emptyState, [add('Tom'), taken], [add('Tom'), first.answer])).toEqual([first.state])
    const removal: Call = { directoryId: 'rd', operation: 'delete', request: { contactId: 'c-1', etag: '' } }
    const removed = take(first.state, removal)
    const gone = take(removed.state, rename('Ann')).answer
    expect(leaves(first.state, [rename('Ann'), gone], [removal, removed.answer])).toEqual([removed.state])
  })

  test('are none if two calls succeeded of which only one can', () => {
    const second = take(emptyState, add('Tom'), 'c-2', '"1"').answer
    expect(leaves(emptyState, [add('Tom'), first.answer], [add('Tom'), second])).toEqual([])
    const renamed = [take(first.state, rename('Ann'), '', '"2"'), take(first.state, rename('Eve'), '', '"3"')] as const
    expect(leaves(first.state, [rename('Ann'), renamed[0].answer], [rename('Eve'), renamed[1].answer])).toEqual([])
  })

  test('are those before if a call gave up, and none if it changed something nevertheless', () => {
    expect(leaves(emptyState, [add('Tom'), gaveUp])).toEqual([emptyState])
    const list: Call = {
      directoryId: 'rd',
      operation: 'list',
      request: { pageSize: 0, pageToken: '', title: 0, messageType: 0, status: 0, namePrefix: '' },
    }
    expect(leaves(emptyState, [add('Tom'), gaveUp], [list, take(first.state, list).answer])).toEqual([])
  })
})
