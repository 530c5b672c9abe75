import { expect, test } from 'vitest'
import { Directory } from '../../support/directory.js'
import { reasonOf } from '../../support/load.js'
import { startService } from '../../support/running-service.js'

const letter = (index: number) => String.fromCharCode(97 + (index % 26))
const names = Array.from({ length: 160 }, (_, index) => `T${letter(index / 26)}${letter(index)}`)

test('150 adds at once fill a directory with 150 slots without a refusal, and further ones are refused for the limit', async () => {
  const service = await startService({
    environment: { CONTACTS_PER_DIRECTORY: '150' },
    // Chance is no help: all adds want the same slots.
    dependencies: { randomInt: () => 0 },
  })
  const directory = new Directory(service)
  const addAtOnce = (some: readonly string[]) =>
    Promise.all(some.map((name) => directory.add({ name }).then(() => 'OK', reasonOf)))
  expect(new Set(await addAtOnce(names.slice(0, 150)))).toEqual(new Set(['OK']))
  const stored = await directory.stored()
  expect(stored.map(({ slot }) => slot).sort((one, other) => one - other)).toEqual([...Array(150).keys()])
  expect(new Set(await addAtOnce(names.slice(150)))).toEqual(new Set(['LIMIT_EXCEEDED_CONTACTS']))
  await service.stop()
})
