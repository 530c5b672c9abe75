import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  ConfigurationError,
  describeSettings,
  type Environment,
  printableSettings,
  readSettings,
  sharedSettings,
} from '../../../src/config/read-settings.js'
import { oneOf, text, wholeNumber, yesOrNo } from '../../../src/config/values.js'

const schema = z.object({
  ADDRESS: text(/^a/, 'must begin with a').meta({ description: 'An address.', secret: true }),
  SIZE: wholeNumber(1, 9).prefault('5').meta({ description: 'A size.' }),
  COLOUR: oneOf('red', 'blue').optional().meta({ description: 'A colour.', shared: true }),
  TOKEN: text(/^t/, 'must begin with t').optional().meta({ description: 'A token.', secret: true, shared: true }),
  LOUD: yesOrNo.prefault('no'),
})
const renamed = { LOCATION: 'ADDRESS', WIDTH: 'SIZE' }

const read = (environment: Environment) =>
  readSettings(schema, renamed, environment, (path) => (path === 'token.txt' ? 't-1\n' : expect.fail('no such file')))

function problemsWith(environment: Environment): readonly string[] {
  try {
    read(environment)
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems
    throw error
  }
  return []
}

describe('settings that are read', () => {
  test('have the parsed values, the defaults, and no key for what is absent', () => {
    expect(read({ ADDRESS: 'a1' })).toStrictEqual({ ADDRESS: 'a1', SIZE: 5, LOUD: false })
    expect(read({ ADDRESS: 'a1', SIZE: '7', COLOUR: 'red', TOKEN_FILE: 'token.txt', LOUD: 'yes' })).toStrictEqual({
      ADDRESS: 'a1',
      SIZE: 7,
      COLOUR: 'red',
      TOKEN: 't-1',
      LOUD: true,
    })
  })

  test('ignore every other variable', () => {
    expect(read({ ADDRESS: 'a1', OTHER: 'x', SIZE_FILE: 'x' })).toStrictEqual({ ADDRESS: 'a1', SIZE: 5, LOUD: false })
  })
})

describe('problems', () => {
  test('are renamed settings first, then files, then values in the order of the schema', () => {
    const environment = { LOUD: '1', SIZE: '0', TOKEN_FILE: 'other.txt', LOCATION: 'a1', WIDTH: '3' }
    expect(problemsWith(environment)).toEqual([
      'LOCATION is now called ADDRESS',
      'WIDTH is now called SIZE',
      'TOKEN_FILE must name a file that can be read',
      'ADDRESS is required. An address.',
      'SIZE must be a whole number from 1 to 9',
      'LOUD must be one of: yes, no',
    ])
  })

  test('name a required secret only once if its file cannot be read', () => {
    expect(problemsWith({ ADDRESS_FILE: 'other.txt' })).toEqual(['ADDRESS_FILE must name a file that can be read'])
  })

  test('of a required setting that is invalid do not say that it is missing', () => {
    expect(problemsWith({ ADDRESS: 'b' })).toEqual(['ADDRESS must begin with a'])
  })

  test('are an error also if every value is valid', () => {
    expect(problemsWith({ ADDRESS: 'a1', WIDTH: '3' })).toEqual(['WIDTH is now called SIZE'])
    expect(problemsWith({ ADDRESS: 'a1', TOKEN_FILE: 'other.txt' })).toEqual([
      'TOKEN_FILE must name a file that can be read',
    ])
  })

  test('are the message of the error, one on each line', () => {
    const { name, message, problems } = new ConfigurationError(['one', 'two'])
    expect({ name, message, problems }).toEqual({
      name: 'ConfigurationError',
      message: 'one\ntwo',
      problems: ['one', 'two'],
    })
  })
})

test('the descriptions are those of the schema, in its order', () => {
  expect(describeSettings(schema)).toStrictEqual([
    { name: 'ADDRESS', description: 'An address.', required: true, secret: true, shared: false },
    { name: 'SIZE', description: 'A size.', default: '5', required: false, secret: false, shared: false },
    { name: 'COLOUR', description: 'A colour.', required: false, secret: false, shared: true },
    { name: 'TOKEN', description: 'A token.', required: false, secret: true, shared: true },
    { name: 'LOUD', description: '', default: 'no', required: false, secret: false, shared: false },
  ])
})

test('the printable settings have every name, and mask a secret that is set', () => {
  expect(Object.entries(printableSettings(schema, read({ ADDRESS: 'a1' })))).toEqual([
    ['ADDRESS', '***'],
    ['SIZE', 5],
    ['COLOUR', undefined],
    ['TOKEN', undefined],
    ['LOUD', false],
  ])
})

describe('the fingerprints of shared settings', () => {
  const fingerprints = (environment: Environment) =>
    sharedSettings(schema, read({ ADDRESS: 'a1', TOKEN_FILE: 'token.txt', ...environment }))

  test('are those of the settings that all processes should share, and show no value', () => {
    expect(fingerprints({ COLOUR: 'red' })).toEqual({
      COLOUR: expect.stringMatching(/^[0-9a-f]{8}$/),
      TOKEN: expect.stringMatching(/^[0-9a-f]{8}$/),
    })
  })

  test('are equal for equal values, also for none, and differ for others', () => {
    const [none, red, blue] = [fingerprints({}), fingerprints({ COLOUR: 'red' }), fingerprints({ COLOUR: 'blue' })]
    expect(fingerprints({ ADDRESS: 'a2', SIZE: '7' })).toEqual(none)
    expect(new Set([none, red, blue].map(({ COLOUR }) => COLOUR)).size).toBe(3)
    expect(new Set([none, red, blue].map(({ TOKEN }) => TOKEN)).size).toBe(1)
  })
})
