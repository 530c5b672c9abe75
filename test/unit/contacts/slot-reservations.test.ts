import { expect, test } from 'vitest'
import { SlotReservations } from '../../../src/contacts/store/slot-reservations.js'

const none = new Set<number>()
/** Always the last possible number. */
const last = (max: number) => max - 1

test('a slot is any that is not taken', () => {
  const slots = new SlotReservations(last)
  expect(slots.reserve('rd-1', 20, none)).toBe(19)
  expect(slots.reserve('rd-2', 20, new Set([19, 18]))).toBe(17)
  expect(slots.reserve('rd-3', 2, new Set([0, 1]))).toBeUndefined()
})

test('adds to one directory at the same time get different slots, and those to another one do not matter', () => {
  const slots = new SlotReservations(last)
  expect([1, 2, 3].map(() => slots.reserve('rd-1', 3, none))).toEqual([2, 1, 0])
  expect(slots.reserve('rd-2', 3, none)).toBe(2)
})

test('a slot that is released can be reserved again', () => {
  const slots = new SlotReservations(last)
  expect([1, 2].map(() => slots.reserve('rd-1', 3, none))).toEqual([2, 1])
  slots.release('rd-1', 2, false)
  expect(slots.reserve('rd-1', 3, new Set([0]))).toBe(2)
  for (const slot of [1, 2]) slots.release('rd-1', slot, false)
  expect(slots.reserve('rd-1', 3, none)).toBe(2)
})

test('a slot that is reserved is reserved a second time if no other is free, because the first add may be refused', () => {
  const slots = new SlotReservations(last)
  expect(slots.reserve('rd-1', 2, new Set([0]))).toBe(1)
  expect(slots.reserve('rd-1', 2, new Set([0]))).toBe(1)
})

test('a slot that was taken is avoided while others add to the directory, who may have read before', () => {
  const slots = new SlotReservations(last)
  expect([1, 2].map(() => slots.reserve('rd-1', 4, none))).toEqual([3, 2])
  slots.release('rd-1', 3, true)
  expect(slots.reserve('rd-1', 4, none)).toBe(1)
  for (const slot of [1, 2]) slots.release('rd-1', slot, true)
  expect(slots.reserve('rd-1', 4, none)).toBe(3)
})
