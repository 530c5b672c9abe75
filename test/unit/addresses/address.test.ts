import { describe, expect, test } from 'vitest'
import { type Address, addressToVerify, changedAddress } from '../../../src/addresses/address.js'
import { verificationWith, before as verifyDate } from '../../support/contacts-in-states.js'

const verification = verificationWith()
const unverified: Address = { address: 'a@example.com', verification }
const verified: Address = { address: 'a@example.com', verifyDate }
const superseded = [{ id: 'fedcba9876543210', address: 'b@example.com', expireDate: verification.expireDate }]
const replaced: Address = { ...verified, pending: 'b@example.com', verification, superseded }

test('the address to verify is an unverified address itself, or the pending one beside a verified one', () => {
  expect([unverified, verified, replaced].map(addressToVerify)).toEqual(['a@example.com', undefined, 'b@example.com'])
})

describe('an address that is set', () => {
  test('is unverified if there was none', () => {
    expect(changedAddress(undefined, 'c@example.com')).toStrictEqual({ address: 'c@example.com' })
  })

  test.each<[string, Address, string]>([
    ['the unverified one', unverified, 'a@example.com'],
    ['the verified one', verified, 'a@example.com'],
    ['the verified one, beside a pending one that keeps its verification', replaced, 'a@example.com'],
    ['the pending one', replaced, 'b@example.com'],
  ])('is the same object if it is %s already', (_, current, requested) => {
    expect(changedAddress(current, requested)).toBe(current)
  })

  test.each<[string, Address, string, Address]>([
    ['replaces an unverified one, with its verification', unverified, 'c@example.com', { address: 'c@example.com' }],
    ['becomes pending beside a verified one', verified, 'c@example.com', { ...verified, pending: 'c@example.com' }],
    [
      'replaces the pending one, with its verification and those before it',
      replaced,
      'c@example.com',
      { ...verified, pending: 'c@example.com' },
    ],
  ])('%s', (_, current, requested, expected) => {
    expect(changedAddress(current, requested)).toStrictEqual(expected)
  })
})
