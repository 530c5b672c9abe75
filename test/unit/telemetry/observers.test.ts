import { expect, test } from 'vitest'
import { IgnoringObserver, type Observer } from '../../../src/telemetry/observer.js'
import { Observers } from '../../../src/telemetry/observers.js'

/** The names of everything that can be observed. */
const names = Object.getOwnPropertyNames(IgnoringObserver.prototype).filter((name) => name !== 'constructor')

/** An observer that notes what it is called with, in order. */
function noting(seen: unknown[], id: string): Observer {
  const methods = names.map((name) => [name, (...values: unknown[]) => seen.push([id, name, ...values])])
  return Object.fromEntries(methods) as unknown as Observer
}

test.each(names)('%s is passed on to every observer, with all its values and in their order', (name) => {
  const seen: unknown[] = []
  const all = new Observers(noting(seen, 'first'), noting(seen, 'second'))
  const observe = Reflect.get(all, name) as (...values: readonly unknown[]) => void
  const values = Array.from({ length: observe.length }, (_, index) => ({ index }))
  observe.apply(all, values)
  expect(seen).toEqual([
    ['first', name, ...values],
    ['second', name, ...values],
  ])
})
