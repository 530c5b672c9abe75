import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { isAllowedLicence, shippedPackages } from '../../../dev/shipped-packages.mjs'

describe('the shipped packages', () => {
  test('are those that are installed without development dependencies, each version once', () => {
    const packages = {
      '': { version: '1.0.0', license: 'Apache-2.0' },
      'node_modules/z': { version: '2.0.0', license: 'MIT' },
      'node_modules/@scope/a': { version: '1.0.0', license: 'ISC' },
      'node_modules/tool': { version: '1.0.0', license: 'GPL-3.0-only', dev: true },
      'node_modules/tool/node_modules/z': { version: '1.0.0', license: 'MIT', dev: true },
      'node_modules/y/node_modules/z': { version: '2.0.0', license: 'MIT' },
      'node_modules/x/node_modules/@scope/a': { version: '0.9.0' },
    }
    expect(shippedPackages({ packages })).toEqual([
      { name: '@scope/a', version: '0.9.0', licence: '' },
      { name: '@scope/a', version: '1.0.0', licence: 'ISC' },
      { name: 'z', version: '2.0.0', licence: 'MIT' },
    ])
  })

  test('of this project include what package.json depends on', () => {
    const read = (name: string) => JSON.parse(readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8'))
    const names = shippedPackages(read('package-lock.json')).map(({ name }) => name)
    const { dependencies, devDependencies } = read('package.json')
    expect(names).toEqual(expect.arrayContaining(Object.keys(dependencies)))
    expect(names).not.toContain('typescript')
    expect(devDependencies).toHaveProperty('typescript')
  })
})

describe('a licence', () => {
  test.each(['MIT', 'Apache-2.0', '(Apache-2.0 AND BSD-3-Clause)', 'MIT OR ISC'])('%s is allowed', (expression) => {
    expect(isAllowedLicence(expression)).toBe(true)
  })

  test.each([
    '',
    'GPL-3.0-only',
    'MIT AND GPL-3.0-only',
    '(MIT OR GPL-2.0-only)',
    'UNLICENSED',
    'SEE LICENSE IN X',
    'mit',
  ])('%j is not allowed', (expression) => {
    expect(isAllowedLicence(expression)).toBe(false)
  })
})
