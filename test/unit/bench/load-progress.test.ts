import { expect, test } from 'vitest'
import { LoadProgress } from '../../../bench/load-progress.js'

test('a load says every five seconds how far it is and how long the rest takes, and at its end how long it took', () => {
  let time = 1000
  const lines: string[] = []
  const progress = new LoadProgress({ total: 1000, now: () => time, print: (line) => lines.push(line) })
  const addAt = (seconds: number, count: number) => {
    time = 1000 + seconds * 1000
    progress.add(count)
  }
  addAt(4.9, 10)
  expect(lines).toEqual([])
  addAt(5, 15)
  addAt(9, 75)
  addAt(10, 150)
  addAt(12, 750)
  expect(lines).toEqual([
    'Loaded 25 of 1000 contacts (2 %), about 4 minutes left',
    'Loaded 250 of 1000 contacts (25 %), about 30 s left',
    'Loaded 1000 of 1000 contacts in 12 s',
  ])
})
