import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { failureOf } from '../../support/failure-of.js'
import { defaultSettings, fieldsOf, parseAdd, violationsOf } from '../../support/parsing.js'

const characters = /^[A-Za-z\p{Unified_Ideograph}々〇]+$/u

describe('a name is accepted', () => {
  test.each([
    ['of two letters', 'To'],
    ['of twelve letters', 'abcdefghiXYZ'],
    ['of Han characters', '李明'],
    ['of letters and Han characters', 'Tom李'],
    ['of the marks for repetition and zero', '々〇'],
    ['of twelve Han characters outside the basic plane', '\u{20000}'.repeat(12)],
    ['of unified Han characters in the block of compatibility ideographs', '\ufa0e\ufa29'],
    ['of characters added to Unicode later', '\u9fff\u{30000}'],
  ])('%s', (_, name) => {
    expect(fieldsOf({ name }).name).toBe(name)
  })
})

describe('a name is stored in normalization form C, with ideographs instead of Kangxi radicals', () => {
  test.each([
    ['compatibility ideographs', '\uf900\uf901', '\u8c48\u66f4'],
    ['a compatibility ideograph outside the basic plane', '\u{2f800}a', '\u4e3da'],
    ['the sign of the unit kelvin', '\u212aen', 'Ken'],
    ['Kangxi radicals, which become the ideographs of the same look', '⾼⼭李', '高山李'],
    ['the first and the last Kangxi radical', '\u2f00\u2fd5', '\u4e00\u9fa0'],
  ])('%s', (_, name, stored) => {
    expect(fieldsOf({ name }).name).toBe(stored)
  })
})

test('an empty name is missing', () => {
  expect(violationsOf({ name: '' })).toEqual([['name', 'MISSING_PARAMETER_NAME']])
})

describe('the length of a name is counted in code points after normalization, and is checked before its characters', () => {
  test.each([
    ['one letter', 'T'],
    ['one Han character', '李'],
    ['one Han character of two code units', '\u{20000}'],
    ['one emoji', '\u{1f600}'],
    ['one space', ' '],
    ['two code points that compose to one', 'e\u0301'],
    ['thirteen letters', 'abcdefghijklm'],
    ['thirteen Han characters of two code units', '\u{20000}'.repeat(13)],
    ['thirteen digits', '1234567890123'],
    ['thirteen after composition', 'abcdefghijkle\u0301'],
    ['a very long text', 'Tom'.repeat(20_000)],
  ])('%s', (_, name) => {
    expect(violationsOf({ name })).toEqual([['name', 'INVALID_PARAMETER_NAME_LENGTH']])
  })
})

describe('a name with any other character is invalid', () => {
  test.each([
    ['a digit', 'Tom2'],
    ['a space inside', 'To m'],
    ['a space before', ' Tom'],
    ['a space after', 'Tom '],
    ['only spaces', '  '],
    ['an ideographic space', 'To\u3000m'],
    ['a line break after', 'Tom\n'],
    ['a line break inside', 'To\nTom'],
    ['a hyphen', 'T-m'],
    ['an underscore', 'T_m'],
    ['characters next to the ASCII letters', '@['],
    ['an accent', 'Tóm'],
    ['an accent that composes to a name of twelve', 'abcdefghijke\u0301'],
    ['Cyrillic', 'Том'],
    ['Katakana', 'トム'],
    ['Hangul', '한글'],
    ['Bopomofo', 'ㄅㄆ'],
    ['Hangzhou numerals', '〡〢'],
    ['the closing mark, next to the two that are accepted', '〆〆'],
    ['radicals of the other block, which are not ideographs', '⺀⺁'],
    ['code points next to the Kangxi radicals', '\u2eff\u2fd6'],
    ['a middle dot', '阿卜杜·热合曼'],
    ['another middle dot', '阿卜杜・热合曼'],
    ['full-width letters', 'Ｔｏｍ'],
    ['mathematical letters', '\u{1d400}\u{1d401}'],
    ['emoji', '\u{1f600}\u{1f600}'],
    ['a zero-width space', 'T\u200bm'],
    ['an ideograph with a variation selector', '葛\u{e0100}'],
    ['zero bytes', '\0\0'],
    ['the replacement character', '\ufffd\ufffd'],
    ['half a surrogate pair', 'To\ud800'],
  ])('%s', (_, name) => {
    expect(violationsOf({ name })).toEqual([['name', 'INVALID_PARAMETER_NAME']])
  })
})

/** All 214 radicals of the block are compatibility characters of one ideograph each. */
const withoutRadicals = (text: string) =>
  [...text].map((character) => (/[\u2f00-\u2fd5]/.test(character) ? character.normalize('NFKC') : character)).join('')

test('every Kangxi radical becomes one unified ideograph', () => {
  for (let code = 0x2f00; code <= 0x2fd5; code += 1) {
    const { name } = fieldsOf({ name: String.fromCodePoint(code).repeat(2) })
    expect(name).toMatch(/^\p{Unified_Ideograph}{2}$/u)
    expect(name).not.toMatch(/[\u2f00-\u2fd5]/)
  }
})

describe('with NAME_MIDDLE_DOT=allow', () => {
  const settings = { ...defaultSettings, NAME_MIDDLE_DOT: 'allow' } as const

  test.each([
    ['a middle dot', '阿卜杜·热合曼', '阿卜杜·热合曼'],
    ['several of them', '买买提·吾斯·曼', '买买提·吾斯·曼'],
    ['a bullet', '阿卜杜•热合曼', '阿卜杜·热合曼'],
    ['a katakana middle dot', '阿卜杜・热合曼', '阿卜杜·热合曼'],
    ['a hyphenation point', '阿卜杜‧热合曼', '阿卜杜·热合曼'],
    ['a Greek semicolon, which normalization makes a middle dot', '阿卜杜\u0387热合曼', '阿卜杜·热合曼'],
    ['a Kangxi radical beside the dot', '⾼·⼭', '高·山'],
    ['twelve characters with the dot', '阿卜杜热合·曼阿卜杜热合', '阿卜杜热合·曼阿卜杜热合'],
    ['ideographs of two code units beside the dot', '\u{20000}·\u{20000}', '\u{20000}·\u{20000}'],
    ['no dot', 'Tom李', 'Tom李'],
  ])('a name is accepted with %s', (_, name, stored) => {
    expect(fieldsOf({ name }, settings).name).toBe(stored)
  })

  test.each([
    ['at the beginning', '·热合曼'],
    ['at the end', '阿卜杜·'],
    ['twice in a row', '阿卜杜··热合曼'],
    ['between letters', 'Tom·Tim'],
    ['between a letter and an ideograph', 'Tom·李'],
    ['between an ideograph and a letter', '李·Tom'],
    ['beside a mark of repetition', '李々·明'],
    ['as half-width katakana', '阿卜杜･热合曼'],
  ])('a dot is invalid %s', (_, name) => {
    expect(violationsOf({ name }, settings)).toEqual([['name', 'INVALID_PARAMETER_NAME']])
  })

  test('a dot counts towards the length', () => {
    const name = '阿卜杜热合·曼阿卜杜热合曼'
    expect([...name]).toHaveLength(13)
    expect(violationsOf({ name }, settings)).toEqual([['name', 'INVALID_PARAMETER_NAME_LENGTH']])
  })

  test('every accepted name is accepted again without a change', () => {
    const unit = fc.constantFrom('a', '李', '⾼', '·', '・', '•', '‧', '々', '\u{20000}')
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 14 }), (text) => {
        let name: string
        try {
          name = fieldsOf({ name: text }, settings).name
        } catch {
          return
        }
        expect(fieldsOf({ name }, settings).name).toBe(name)
        expect(name).toMatch(/^[a李高·々\u{20000}]{2,12}$/u)
        expect(name).not.toMatch(/(?<![李高\u{20000}])·|·(?![李高\u{20000}])/u)
      }),
    )
  })
})

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 16 }),
  fc.string({
    unit: fc.constantFrom('a', 'Z', '李', '\u{20000}', '\uf900', '\u212a', '々', '\u0301', '1', '⾼', '·'),
    maxLength: 16,
  }),
)

test('every accepted name is as the contract says, and is accepted again without a change', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      let name: string
      try {
        name = fieldsOf({ name: text }).name
      } catch {
        failureOf(() => parseAdd({ name: text }))
        return
      }
      expect(name).toBe(withoutRadicals(text.normalize('NFC')))
      expect(name).toMatch(characters)
      expect([...name].length).toBeGreaterThanOrEqual(2)
      expect([...name].length).toBeLessThanOrEqual(12)
      expect(fieldsOf({ name }).name).toBe(name)
    }),
    { numRuns: 500 },
  )
})

test('every text of 2 to 12 valid characters is accepted', () => {
  const validCharacter = fc.oneof(
    fc.constantFrom(...'abcxyzABCXYZ々〇'),
    fc.integer({ min: 0x4e00, max: 0x9fff }).map((code) => String.fromCodePoint(code)),
    fc.integer({ min: 0x20000, max: 0x2a6df }).map((code) => String.fromCodePoint(code)),
  )
  fc.assert(
    fc.property(fc.array(validCharacter, { minLength: 2, maxLength: 12 }), (codePoints) => {
      const name = codePoints.join('')
      expect(fieldsOf({ name }).name).toBe(name)
    }),
  )
})

test('a long run of marks, which would take long to normalize, is refused by its length first', () => {
  expect(violationsOf({ name: `a${'\u0315\u0300'.repeat(2_000_000)}` })).toEqual([
    ['name', 'INVALID_PARAMETER_NAME_LENGTH'],
  ])
})
