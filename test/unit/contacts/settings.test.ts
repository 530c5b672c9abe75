import { expect, test } from 'vitest'
import { contactSettings } from '../../../src/contacts/settings.js'

const read = (value?: string) => contactSettings.safeParse(value === undefined ? {} : { NAME_MIDDLE_DOT: value })

test('names have no middle dots unless NAME_MIDDLE_DOT allows them', () => {
  expect([undefined, 'refuse', 'allow'].map((value) => read(value).data?.NAME_MIDDLE_DOT)).toEqual([
    'refuse',
    'refuse',
    'allow',
  ])
})

test.each(['yes', 'Allow', 'allow ', '\u00b7'])('NAME_MIDDLE_DOT cannot be %j', (value) => {
  expect(read(value).error?.issues).toMatchObject([
    { path: ['NAME_MIDDLE_DOT'], message: 'must be one of: refuse, allow' },
  ])
})
