import { beforeEach, describe, expect, test } from 'vitest'
import { type KeptContact, Ledger, type Outcome, type SeenContact } from '../../../bench/soak/ledger.js'

const [contactId, phoneNumber] = ['c-1', '86-13000000001']
const add = { operation: 'add', name: 'Tom', phoneNumber, clientToken: 'token' } as const
const rename = { operation: 'update', contactId, name: 'Ann' } as const
const send = { operation: 'send', contactId, phoneNumber } as const
const confirm = { operation: 'confirm', contactId, phoneNumber, code: '123456' } as const
const remove = { operation: 'delete', contactId } as const
const get = { operation: 'get', contactId } as const
const list = { operation: 'list' } as const

const tom = (differences: Partial<SeenContact> = {}): SeenContact => ({
  contactId,
  name: 'Tom',
  phoneNumber,
  isVerified: false,
  revision: 1,
  ...differences,
})
const kept = (differences: Partial<KeptContact> = {}): KeptContact => ({ ...tom(), isCodeSent: false, ...differences })
const answered = (...contacts: readonly SeenContact[]): Outcome => ({ kind: 'answered', contacts })
const refused = (reason: string): Outcome => ({ kind: 'refused', reason })

let ledger: Ledger
beforeEach(() => {
  ledger = new Ledger('rd-1')
  ledger.note(add, answered(tom()), false)
})

test('answers that fit to what was acknowledged contradict nothing', () => {
  const notes = [
    ledger.note(rename, answered(tom({ name: 'Ann', revision: 2 })), false),
    ledger.note(send, answered(), false),
    ledger.note(confirm, answered(tom({ name: 'Ann', revision: 3, isVerified: true })), false),
    ledger.note(get, answered(tom({ name: 'Ann', revision: 3, isVerified: true })), false),
    ledger.note(list, answered(tom({ name: 'Ann', revision: 3, isVerified: true })), false),
    ledger.note(remove, answered(), false),
    ledger.note(list, answered(), false),
  ]
  expect(notes).toEqual(notes.map(() => []))
  expect(ledger.acknowledgedWrites).toBe(5)
  expect(ledger.differencesFrom([])).toEqual([])
})

describe('a call is', () => {
  test.each(['Unavailable', 'OUTCOME_UNKNOWN', 'DATABASE_UNAVAILABLE', 'SHUTTING_DOWN'])(
    'repeated after %s',
    (reason) => {
      expect(ledger.note(rename, refused(reason), false)).toBe('repeat')
    },
  )

  test('settled if a repetition finds that the first one was carried out', () => {
    ledger.note(send, answered(), false)
    expect(ledger.note(confirm, refused('ENTITY_NOT_EXISTS_CONTACT_VERIFICATION'), true)).toEqual([])
    expect(ledger.differencesFrom([kept({ isVerified: true, revision: 2, isCodeSent: true })])).toEqual([])
    expect(ledger.note(remove, refused('ENTITY_NOT_EXISTS_CONTACT'), true)).toEqual([])
    expect(ledger.differencesFrom([])).toEqual([])
  })

  test('settled without effect if its code was replaced', () => {
    expect(ledger.note(confirm, refused('VERIFICATION_CODE_SUPERSEDED'), false)).toEqual([])
    expect(ledger.differencesFrom([kept()])).toEqual([])
  })
})

describe('a contradiction is', () => {
  test('a contact that is not found although nobody deleted it', () => {
    expect(ledger.note(get, refused('ENTITY_NOT_EXISTS_CONTACT'), false)).toEqual([
      'get of c-1 in rd-1: ENTITY_NOT_EXISTS_CONTACT',
    ])
    expect(ledger.note(remove, refused('ENTITY_NOT_EXISTS_CONTACT'), false)).toEqual([
      'delete of c-1 in rd-1: ENTITY_NOT_EXISTS_CONTACT',
    ])
  })

  test('an answer without an acknowledged change, or with one that was made twice', () => {
    ledger.note(rename, answered(tom({ name: 'Ann', revision: 2 })), false)
    expect(ledger.note(get, answered(tom()), false)).toEqual([
      'c-1 of rd-1 has another name',
      'c-1 of rd-1 has another revision',
    ])
    expect(ledger.note(rename, answered(tom({ name: 'Ann', revision: 4 })), false)).toEqual([
      'c-1 of rd-1 has another revision',
    ])
  })

  test('a stored contact that is missing, changed, or was deleted', () => {
    expect(ledger.differencesFrom([])).toEqual(['c-1 of rd-1 is missing'])
    expect(ledger.differencesFrom([kept({ isVerified: true })])).toEqual(['c-1 of rd-1 has another isVerified'])
    ledger.note(remove, answered(), false)
    expect(ledger.differencesFrom([kept()])).toEqual(['c-1 of rd-1 was deleted, or never added'])
  })

  test('a requested code that was not sent', () => {
    ledger.note(send, answered(), false)
    expect(ledger.differencesFrom([kept()])).toEqual(['the code for c-1 of rd-1 was not sent'])
    expect(ledger.differencesFrom([kept({ isCodeSent: true })])).toEqual([])
  })

  test('a refusal for a reason that the call cannot have', () => {
    expect(ledger.note(add, refused('INVALID_PARAMETER_NAME_ALREADY_USED'), false)).toEqual([
      'add in rd-1: INVALID_PARAMETER_NAME_ALREADY_USED',
    ])
    expect(ledger.note(list, refused('INTERNAL'), false)).toEqual(['list in rd-1: INTERNAL'])
  })
})
