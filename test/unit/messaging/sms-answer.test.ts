import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loggableValue, parseAnswerCondition, valueAt } from '../../../src/messaging/sms-answer.js'

describe('a condition for answers', () => {
  test.each([
    ['Code=OK', ['Code'], 'OK'],
    ['SendStatusSet[0].Code=Ok', ['SendStatusSet', 0, 'Code'], 'Ok'],
    ['[0][12].a-b.$c=1', [0, 12, 'a-b', '$c'], '1'],
    ['a.b=x=y', ['a', 'b'], 'x=y'],
    ['消息.0= 是 ', ['消息', '0'], ' 是 '],
    ['error=', ['error'], ''],
  ])('%s has a path and a value', (text, path, value) => {
    expect(parseAnswerCondition(text)).toEqual({ path, value })
  })

  test.each(['', 'OK', '=OK', 'a..b=1', '.a=1', 'a.=1', 'a[x]=1', 'a[-1]=1', 'a[]=1', 'a[0]b=1', 'a.[0]=1', 'a b=1'])(
    '%j is none',
    (text) => {
      expect(parseAnswerCondition(text)).toBeUndefined()
    },
  )
})

describe('the value at a path', () => {
  const answer = '{"a":[{"b":"x"},[1.50,true,false,null,{}]],"c":"","length":7,"__proto__":"p"}'

  test.each([
    ['a[0].b', 'x'],
    ['a[1][0]', '1.5'],
    ['a[1][1]', 'true'],
    ['a[1][2]', 'false'],
    ['c', ''],
    ['length', '7'],
    ['__proto__', 'p'],
    ['a[1][3]', undefined],
    ['a[1][4]', undefined],
    ['a[1]', undefined],
    ['a[2]', undefined],
    ['a.length', undefined],
    ['a.0', undefined],
    ['c.length', undefined],
    ['constructor', undefined],
    ['toString.name', undefined],
    ['[0]', undefined],
    ['A', undefined],
  ])('%s is %s', (path, value) => {
    expect(valueAt(answer, parseAnswerCondition(`${path}=`)?.path ?? [])).toBe(value)
  })

  test.each(['', 'OK', '<Code>OK</Code>', '{"Code":"OK"', 'null', '"Code"', '[]'])('of %j is undefined', (answer) => {
    expect(valueAt(answer, ['Code'])).toBeUndefined()
  })
})

describe('a value for the log', () => {
  test.each([
    ['isv.BUSINESS_LIMIT_CONTROL', 'isv.BUSINESS_LIMIT_CONTROL'],
    ['1234 of 13900001234 and 012345', '1234 of # and #'],
    ['触发 limit\r\n\u0000"', '?? limit???"'],
    ['x'.repeat(65), 'x'.repeat(64)],
    [`${'x'.repeat(60)}13900001234`, `${'x'.repeat(60)}#`],
    ['', ''],
  ])('%j is %j', (value, logged) => {
    expect(loggableValue(value)).toBe(logged)
  })

  test('is short, printable and without long numbers, whatever the gateway answers', () => {
    const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[\d 云]{0,200}$/))
    fc.assert(
      fc.property(anything, (value) => {
        expect(loggableValue(value)).toMatch(/^[ -~]{0,64}$/)
        expect(loggableValue(value)).not.toMatch(/\d{5}/)
      }),
    )
  })
})
