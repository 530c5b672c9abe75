import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { ConfigurationError, type Environment, readSettings } from '../../../src/config/read-settings.js'

const schema = z.object({
  TOKEN: z.string().meta({ description: 'A secret.', secret: true }),
  NAME: z.string().optional().meta({ description: 'No secret.' }),
})

function problemsOf(environment: Environment, file = ''): readonly string[] {
  try {
    readSettings(schema, {}, environment, () => file)
    return []
  } catch (error) {
    return error instanceof ConfigurationError ? error.problems : expect.fail(String(error))
  }
}

describe('a secret with an invisible character is refused, and the character is named:', () => {
  test.each([
    ['a byte order mark at the beginning', '\ufeffsecret', 'U+FEFF'],
    ['NUL', 'sec\0ret', 'U+0000'],
    ['a no-break space at the end', 'secret\u00a0', 'U+00A0'],
    ['a next-line control', 'sec\u0085ret', 'U+0085'],
    ['a zero-width space', 'sec\u200bret', 'U+200B'],
    ['a soft hyphen', 'sec\u00adret', 'U+00AD'],
    ['an ideographic space', 'sec\u3000ret', 'U+3000'],
    ['a line separator', 'sec\u2028ret', 'U+2028'],
    ['a variation selector, as after some emoji', 'secret\u{1f512}\ufe0f', 'U+FE0F'],
    ['a variation selector beyond U+FFFF', 'sec\u{e0100}ret', 'U+E0100'],
    ['a Hangul filler', 'sec\u3164ret', 'U+3164'],
    ['a combining grapheme joiner', 'sec\u034fret', 'U+034F'],
    ['an empty Braille pattern', 'sec\u2800ret', 'U+2800'],
    ['a tag character beyond U+FFFF', 'sec\u{e0041}ret', 'U+E0041'],
    ['what is not UTF-8', '\ufffd\ufffds\0e\0c\0r\0e\0t\0', 'U+FFFD'],
    ['an escape', '\u001b[0msecret', 'U+001B'],
  ])('%s', (_, value, character) => {
    expect(problemsOf({ TOKEN_FILE: 'file' }, `${value}\n`)).toEqual([
      `TOKEN_FILE must name a file without the invisible character ${character}`,
    ])
    expect(problemsOf({ TOKEN: value })).toEqual([`TOKEN must not contain the invisible character ${character}`])
  })
})

describe('accepted are', () => {
  test.each([
    ['spaces, tabs and line breaks', ' {\r\n\t"a": "b c"\n}'],
    ['visible characters of any script', '\u3010\u4f8b\u3011\u00e9\u{1f600}'],
  ])('%s in a secret', (_, value) => {
    expect(problemsOf({ TOKEN_FILE: 'file' }, value)).toEqual([])
    expect(problemsOf({ TOKEN: value })).toEqual([])
  })

  test('all characters in a setting that is no secret, for its own rule to decide', () => {
    expect(problemsOf({ TOKEN: 'secret', NAME: 'a\u00a0b' })).toEqual([])
  })
})
