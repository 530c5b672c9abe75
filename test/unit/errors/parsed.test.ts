import { describe, expect, test } from 'vitest'
import { invalid, requireValid, valid } from '../../../src/errors/parsed.js'
import { failureOf } from '../../support/failure-of.js'

const rule = 'Must have at most 12 characters.'
const tooLong = invalid('name', 'INVALID_PARAMETER_NAME_LENGTH', rule)
const twoTypes = {
  violations: [
    { field: 'message_types[0]', reason: 'INVALID_PARAMETER_MESSAGE_TYPES' },
    { field: 'message_types[2]', reason: 'INVALID_PARAMETER_MESSAGE_TYPES' },
  ],
} as const

describe('parsed fields', () => {
  test('are their values if all are valid, also those that are undefined', () => {
    expect(requireValid({ name: valid('Tom'), token: valid(undefined) })).toStrictEqual({
      name: 'Tom',
      token: undefined,
    })
  })

  test('are refused with every violation in their order, and the reason of the first one', () => {
    const { reason, context } = failureOf(() =>
      requireValid({ title: valid('CEO'), messageTypes: twoTypes, name: tooLong }),
    )
    expect({ reason, context }).toEqual({
      reason: 'INVALID_PARAMETER_MESSAGE_TYPES',
      context: {
        violations: [...twoTypes.violations, { field: 'name', reason: 'INVALID_PARAMETER_NAME_LENGTH', rule }],
      },
    })
  })
})
