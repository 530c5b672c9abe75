import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ShortLivedSet } from '../../src/short-lived-set.js'

const membersOf = <Member>(set: ShortLivedSet<Member>) => [...set].sort()

describe('ShortLivedSet', () => {
  it('holds what was added and not removed, in any order of both', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ isAdd: fc.boolean(), choice: fc.nat() })), (steps) => {
        const set = new ShortLivedSet<string>()
        const removals = new Map<string, () => void>()
        for (const [step, { isAdd, choice }] of steps.entries()) {
          const [member, remove] = [...removals][choice % Math.max(1, removals.size)] ?? []
          if (isAdd || member === undefined) removals.set(`member ${step}`, set.add(`member ${step}`))
          else {
            remove?.()
            removals.delete(member)
          }
          expect(membersOf(set)).toEqual([...removals.keys()].sort())
          expect(set.size).toBe(removals.size)
        }
      }),
    )
  })

  it('gives all members of the start, also if they are removed meanwhile', () => {
    const set = new ShortLivedSet<string>()
    const removals = ['one', 'two', 'three'].map((member) => set.add(member))
    const given: string[] = []
    for (const member of set) {
      given.push(member)
      for (const remove of removals.splice(0)) remove()
    }
    expect(given.sort()).toEqual(['one', 'three', 'two'])
    expect(set.size).toBe(0)
  })
})
