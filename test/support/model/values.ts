import type { Reason } from '../../../src/errors/catalog.js'

/** The texts that the tests send for one field, and what the contract says about each: the stored form, or the reason of the refusal. */
export interface Texts {
  readonly valid: ReadonlyMap<string, string>
  readonly invalid: ReadonlyMap<string, Reason>
}

function texts(
  valid: readonly (readonly [sent: string, stored: string])[],
  invalid: Readonly<Record<string, Reason>>,
): Texts {
  return { valid: new Map(valid), invalid: new Map(Object.entries(invalid)) }
}

const unchanged = (text: string) => [text, text] as const

/** Few, so that calls meet. The order of the two that begin with `a` is different in UTF-16. */
export const names: Texts = texts(
  [
    ...['Tom', 'Tomas', 'tom', '\u8c48\u8c48', 'a\ufa0e', 'a\u{20000}'].map(unchanged),
    ['\uf900\uf900', '\u8c48\u8c48'],
    ['\u8c48\uf900', '\u8c48\u8c48'],
  ],
  {
    '': 'MISSING_PARAMETER_NAME',
    T: 'INVALID_PARAMETER_NAME_LENGTH',
    TomTomTomTomT: 'INVALID_PARAMETER_NAME_LENGTH',
    Tom2: 'INVALID_PARAMETER_NAME',
    'Tom\u0301': 'INVALID_PARAMETER_NAME',
  },
)

export const emailAddresses: Texts = texts(
  [
    ...['tom@example.com', 'Tom@example.com', 'ann@xn--bcher-kva.example'].map(unchanged),
    ['tom@EXAMPLE.com', 'tom@example.com'],
    ['ann@b\u00fccher.example', 'ann@xn--bcher-kva.example'],
  ],
  {
    '': 'MISSING_PARAMETER_EMAIL_ADDRESS',
    'tom@localhost': 'INVALID_PARAMETER_EMAIL_ADDRESS',
    [`${'a'.repeat(65)}@example.com`]: 'INVALID_PARAMETER_EMAIL_ADDRESS_LENGTH',
  },
)

/** With PHONE_NUMBER=optional and the country codes 86 and 44. */
export const phoneNumbers: Texts = texts(
  [...['', '86-13900001234', '86-13900005678', '44-7911123456'].map(unchanged), ['44-07911123456', '44-7911123456']],
  {
    '86-1390000': 'INVALID_PARAMETER_PHONE_NUMBER',
    '13900001234': 'INVALID_PARAMETER_PHONE_NUMBER',
    '1-2025550123': 'INVALID_PARAMETER_MOBILE_COUNTRY_CODE',
  },
)

export const clientTokens: Texts = texts(['', 'one', 'two'].map(unchanged), {
  'two words': 'INVALID_PARAMETER_CLIENT_TOKEN',
})

export const contactIds: Texts = texts(['c-0000000000000000'].map(unchanged), {
  '': 'MISSING_PARAMETER_CONTACT_ID',
  Tom: 'INVALID_PARAMETER_CONTACT_ID',
})

/** No text is invalid as a prefix; with some of them no name begins. */
export const namePrefixes: Texts = texts(
  [
    ...['', 'T', 'Tom', 'a', 'a\u{20000}', '\u8c48', '.', '^T'].map(unchanged),
    ['\uf900', '\u8c48'],
    ['\u8c48\uf900', '\u8c48\u8c48'],
  ],
  {},
)

/** Another text with the same stored form, or the text itself if there is none. */
export function equivalentText({ valid }: Texts, text: string): string {
  const [other = text] = [...valid.keys()].filter((sent) => sent !== text && valid.get(sent) === valid.get(text))
  return other
}
