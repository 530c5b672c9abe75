import { describe, expect, test } from 'vitest'
import { violationsOf } from '../../support/chaos/checker.js'
import type { CallRecord, History, SeenContact } from '../../support/chaos/history.js'
import {
  add,
  ann,
  call,
  confirm,
  directoryId,
  get,
  historyOf,
  list,
  lost,
  message,
  remove,
  requested,
  send,
  tom,
  update,
} from '../../support/chaos/history-of.js'

/** The violations of a history after which these contacts are stored. */
function violationsIn(calls: readonly CallRecord[], stored: readonly SeenContact[], more: Partial<History> = {}) {
  const contacts = stored.map((contact) => ({ ...contact, directoryId }))
  return violationsOf(historyOf(calls, { stored: contacts, ...more }))
}

const added = call(1, add(tom()), [tom()])
const annAdded = call(2, add(ann()), [ann()])
const renamed = tom({ name: 'Tim', revision: 2 })

describe('a history without a violation', () => {
  test.each<[string, readonly CallRecord[], readonly SeenContact[]]>([
    ['of nothing', [], []],
    [
      'of contacts that are added, read, changed and deleted',
      [
        added,
        annAdded,
        call(3, list, [ann(), tom()]),
        call(4, update({ name: 'Tim', etag: 1 }), [renamed]),
        call(5, get, [renamed]),
        call(6, update({ name: 'Tim' }), [renamed]),
        call(7, update({ name: 'Ann' }), 'INVALID_PARAMETER_NAME_ALREADY_USED'),
        call(8, add(tom({ emailAddress: 'a3@chaos.example' })), 'LIMIT_EXCEEDED_CONTACTS'),
        call(9, remove, []),
        call(10, get, 'ENTITY_NOT_EXISTS_CONTACT'),
        call(11, list, [ann()]),
      ],
      [ann()],
    ],
    [
      'with an add whose answer was lost, and that was carried out later',
      [call(1, add(tom()), lost), call(2, list, []), call(3, list, [tom()])],
      [tom()],
    ],
    [
      'with an add whose outcome is unknown, and that was not carried out',
      [call(1, add(tom()), 'OUTCOME_UNKNOWN')],
      [],
    ],
    [
      'with an update whose outcome is unknown, and that was carried out',
      [added, call(2, update({ name: 'Tim' }), 'DEADLINE_EXCEEDED'), call(3, get, [tom()]), call(4, get, [renamed])],
      [renamed],
    ],
    [
      'in which a name is used again after a deletion',
      [added, call(2, remove, []), call(3, add(ann({ name: 'Tom' })), [ann({ name: 'Tom' })])],
      [ann({ name: 'Tom' })],
    ],
    [
      'in which a name is passed on during a call',
      [added, call(2, remove, [], { endTime: 500 }), call(3, add(ann({ name: 'Tom' })), [ann({ name: 'Tom' })])],
      [ann({ name: 'Tom' })],
    ],
    [
      'in which a list misses a contact that is renamed meanwhile',
      [added, call(2, update({ name: 'Tim' }), [renamed], { endTime: 500 }), call(3, list, [])],
      [renamed],
    ],
    [
      'in which the same token is answered with the same contact',
      [call(1, add(tom(), 't'), [tom()]), call(2, add(tom(), 't'), [tom()])],
      [tom()],
    ],
    [
      'in which a token is used again after a deletion',
      [call(1, add(tom(), 't'), [tom()]), call(2, remove, []), call(3, add(tom(), 't'), [tom({ contactId: 'c-2' })])],
      [tom({ contactId: 'c-2' })],
    ],
  ])('%s', (_, calls, stored) => {
    expect(violationsIn(calls, stored)).toEqual([])
  })

  test('of an address that is verified, is to be replaced, and is requested once more', () => {
    const verified = tom({ revision: 2, isEmailVerified: true })
    const pending = { ...verified, revision: 3, pendingEmailAddress: 'a4@chaos.example' }
    const calls = [
      added,
      call(2, send, requested),
      call(3, confirm('654321'), 'VERIFICATION_CODE_INCORRECT'),
      call(4, confirm(), [verified]),
      call(5, update({ emailAddress: 'a4@chaos.example' }), [pending]),
      call(6, update({ emailAddress: tom().emailAddress }), [pending]),
    ]
    expect(violationsIn(calls, [pending], { messages: [message(250)] })).toEqual([])
  })

  test('in which a code of a deleted contact does not verify the one that is added again with its token', () => {
    const again = tom({ contactId: 'c-2' })
    const { emailAddress } = again
    const calls = [
      call(1, add(tom(), 't'), [tom()]),
      call(2, send, requested),
      call(3, remove, []),
      call(4, add(tom(), 't'), [again]),
      call(5, { operation: 'send', contactId: 'c-2', emailAddress }, requested),
      call(6, { operation: 'confirm', contactId: 'c-2', emailAddress, code: '123456' }, 'VERIFICATION_CODE_INCORRECT'),
    ]
    expect(violationsIn(calls, [again], { messages: [message(250)] })).toEqual([])
  })
})

describe('a violation is reported where', () => {
  test('the only code of an address was refused as incorrect', () => {
    const calls = [added, call(2, send, requested), call(3, confirm(), 'VERIFICATION_CODE_INCORRECT')]
    expect(violationsIn(calls, [tom()], { messages: [message(250)] })).toContain(
      'call 3 (confirm) was refused although its code was the right one',
    )
  })

  test('a deletion that was refused was carried out', () => {
    const calls = [added, call(2, remove, 'ENTITY_NOT_EXISTS_CONTACT')]
    expect(violationsIn(calls, [])).toEqual([
      'call 2 did not find c-1, which nobody deleted',
      'call -1 did not find c-1, which nobody deleted',
    ])
  })

  test('two contacts have one name', () => {
    const second = ann({ name: 'Tom' })
    const calls = [added, call(2, add(second), [second]), call(3, get, [tom()])]
    expect(violationsIn(calls, [tom(), second])).toEqual(['c-1 and c-2 both had the name Tom'])
  })

  test('a contact gets the name that another one has', () => {
    const second = ann({ name: 'Tom', revision: 2 })
    const calls = [added, annAdded, call(3, update({ contactId: 'c-2', name: 'Tom' }), [second])]
    expect(violationsIn(calls, [tom(), second])).toEqual(['c-1 and c-2 both had the name Tom'])
  })

  test('a directory has more contacts than its limit', () => {
    const third = tom({ contactId: 'c-3', name: 'Eve', emailAddress: 'a3@chaos.example' })
    const calls = [added, annAdded, call(3, add(third), [third])]
    expect(violationsIn(calls, [tom(), ann(), third])).toEqual(['rd-1 had 3 contacts at 310'])
  })

  test('two contacts have one client token', () => {
    const second = ann({ name: 'Tim' })
    const calls = [call(1, add(tom(), 't'), [tom()]), call(2, add(second, 't'), [second])]
    expect(violationsIn(calls, [tom(), second])).toEqual(['c-1 and c-2 both had the client token t'])
  })

  test('a change that was answered is not there any more', () => {
    const calls = [added, call(2, update({ name: 'Tim' }), [renamed]), call(3, get, [tom()])]
    expect(violationsIn(calls, [renamed])).toEqual(['call 3 saw c-1 in revision 1 after call 2 saw a later one'])
  })

  test('an update that changes nothing was answered with a state before the change of another caller', () => {
    const calls = [added, call(2, update({ name: 'Tim' }), [renamed]), call(3, update({ name: 'Tom' }), [tom()])]
    expect(violationsIn(calls, [renamed])).toEqual(['call 3 saw c-1 in revision 1 after call 2 saw a later one'])
  })

  test('two changes were answered with one revision', () => {
    const retitled = tom({ title: 4, revision: 2 })
    const calls = [
      added,
      call(2, update({ name: 'Tim' }), [renamed], { endTime: 500 }),
      call(3, update({ title: 4 }), [retitled]),
    ]
    expect(violationsIn(calls, [retitled])).toEqual(['calls 3 and 2 saw c-1 in two states with revision 2'])
  })

  test('a change undoes what another one wrote', () => {
    const retitled = tom({ title: 4, revision: 3 })
    const calls = [added, call(2, update({ name: 'Tim' }), [renamed]), call(3, update({ title: 4 }), [retitled])]
    expect(violationsIn(calls, [retitled])).toEqual(['no change explains revision 3 of c-1, seen by call 3'])
  })

  test('a contact that was added is not there any more', () => {
    expect(violationsIn([added, call(2, get, 'ENTITY_NOT_EXISTS_CONTACT')], [tom()])).toEqual([
      'call 2 did not find c-1, which nobody deleted',
      'call -1 saw c-1 after call 2 had found it deleted',
    ])
    expect(violationsIn([added, call(2, list, [])], [])).toHaveLength(2)
    expect(violationsIn([added], [])).toEqual(['call -1 did not find c-1, which nobody deleted'])
  })

  test('a contact that was deleted is seen again', () => {
    expect(violationsIn([added, call(2, remove, []), call(3, get, [tom()])], [])).toEqual([
      'call 3 saw c-1 after call 2 had found it deleted',
    ])
    expect(violationsIn([added, call(2, remove, [])], [tom()])).toEqual([
      'call -1 saw c-1 after call 2 had found it deleted',
    ])
  })

  test('a contact that a call did not find is seen again', () => {
    const calls = [added, call(2, remove, lost), call(3, get, 'ENTITY_NOT_EXISTS_CONTACT'), call(4, get, [tom()])]
    expect(violationsIn(calls, [])).toEqual(['call 4 saw c-1 after call 3 had found it deleted'])
  })

  test.each(['INVALID_PARAMETER_NAME_ALREADY_USED', 'DATABASE_UNAVAILABLE', 'CONCURRENT_CALL_NOT_SUPPORTED'])(
    'an add that was refused as %s was carried out',
    (reason) => {
      const calls = [annAdded, call(3, add(tom({ name: 'Ann' })), reason), call(4, remove, lost)]
      expect(violationsIn(calls, [ann(), tom({ name: 'Ann' })])).toContain(
        'c-1, seen by call -1, was added by a call that was refused, or by none: 3',
      )
    },
  )

  test('an update that was refused was carried out', () => {
    const calls = [added, call(2, update({ name: 'Tim', etag: 2 }), 'ETAG_MISMATCH'), call(3, get, [renamed])]
    expect(violationsIn(calls, [renamed])).toEqual(['no change explains revision 2 of c-1, seen by call 3'])
  })

  test('a deletion that was refused was carried out', () => {
    const calls = [added, call(2, remove, 'CONCURRENT_CALL_NOT_SUPPORTED')]
    expect(violationsIn(calls, [])).toEqual(['call -1 did not find c-1, which nobody deleted'])
  })

  test('an answer does not show what was asked for', () => {
    expect(violationsIn([added, call(2, update({ name: 'Tim' }), [tom()])], [tom()])).toEqual([
      'call 2 was answered with another state of c-1',
    ])
  })

  test('an update with an etag was made on another revision', () => {
    const later = tom({ title: 4, revision: 3 })
    const calls = [
      added,
      call(2, update({ title: 3 }), [tom({ title: 3, revision: 2 })]),
      call(3, update({ title: 4, etag: 1 }), [later]),
    ]
    expect(violationsIn(calls, [later])).toEqual(['call 3 was answered with another state of c-1'])
  })

  test('a contact is seen in another directory', () => {
    const calls = [added, call(2, get, [tom()], { directoryId: 'rd-2' })]
    expect(violationsIn(calls, [tom()])).toEqual(['call 2 saw c-1 of another directory'])
  })

  test('an address is verified without a confirmation, or by one that was refused', () => {
    const verified = tom({ revision: 2, isEmailVerified: true })
    const calls = (...confirmations: readonly CallRecord[]) => [
      added,
      call(2, send, requested),
      ...confirmations,
      call(4, get, [verified]),
    ]
    const more = { messages: [message(250)] }
    const reported = 'saw c-1 with a verified address that nobody confirmed'
    expect(violationsIn(calls(), [verified], more)).toContain(`call 4 ${reported}`)
    const refused = call(3, confirm(), 'VERIFICATION_CODE_EXPIRED')
    expect(violationsIn(calls(refused), [verified], more)).toContain(`call 4 ${reported}`)
    const unsent = call(3, confirm('654321'), [verified])
    expect(violationsIn(calls(unsent), [verified], more)).toContain(`call 3 ${reported}`)
    expect(violationsIn(calls(call(3, confirm(), [verified])), [verified], more)).toEqual([])
  })
})
