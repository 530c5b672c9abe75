import type { Reason } from '../../src/failure.js'

/** The texts that calls in these tests send for one field, and what the contract says of each: the form that is kept, or why it is refused. */
export interface Texts {
  readonly kept: ReadonlyMap<string, string>
  readonly refused: ReadonlyMap<string, Reason>
}

function texts(kept: readonly (readonly [sent: string, kept: string])[], refused: Readonly<Record<string, Reason>>) {
  return { kept: new Map(kept), refused: new Map(Object.entries(refused)) } satisfies Texts
}

const asItIs = (text: string) => [text, text] as const

/** Few, so that calls meet. The two that begin with `a` come in another order as UTF-16. */
export const names: Texts = texts(
  [
    ...['Tom', 'Tomas', 'tom', '\u8c48\u8c48', 'a\ufa0e', 'a\u{20000}'].map(asItIs),
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
    ...['tom@example.com', 'Tom@example.com', 'ann@xn--bcher-kva.example'].map(asItIs),
    ['tom@EXAMPLE.com', 'tom@example.com'],
    ['ann@b\u00fccher.example', 'ann@xn--bcher-kva.example'],
  ],
  {
    '': 'MISSING_PARAMETER_EMAIL_ADDRESS',
    'tom@localhost': 'INVALID_PARAMETER_EMAIL_ADDRESS',
    [`${'a'.repeat(65)}@example.com`]: 'INVALID_PARAMETER_EMAIL_ADDRESS_LENGTH',
  },
)

/** Of a service with PHONE_NUMBER=optional and the country codes 86 and 44. */
export const phoneNumbers: Texts = texts(
  [...['', '86-13900001234', '86-13900005678', '44-7911123456'].map(asItIs), ['44-07911123456', '44-7911123456']],
  {
    '86-1390000': 'INVALID_PARAMETER_PHONE_NUMBER',
    '13900001234': 'INVALID_PARAMETER_PHONE_NUMBER',
    '1-2025550123': 'INVALID_PARAMETER_MOBILE_COUNTRY_CODE',
  },
)

export const clientTokens: Texts = texts(['', 'one', 'two'].map(asItIs), {
  'two words': 'INVALID_PARAMETER_CLIENT_TOKEN',
})

export const contactIds: Texts = texts(['c-0000000000000000'].map(asItIs), {
  '': 'MISSING_PARAMETER_CONTACT_ID',
  Tom: 'INVALID_PARAMETER_CONTACT_ID',
})

/** No text is refused as a prefix; some are the beginning of nothing. */
export const namePrefixes: Texts = texts(
  [
    ...['', 'T', 'Tom', 'a', 'a\u{20000}', '\u8c48', '.', '^T'].map(asItIs),
    ['\uf900', '\u8c48'],
    ['\u8c48\uf900', '\u8c48\u8c48'],
  ],
  {},
)

/** What is the same to the service and looks different, where there is such a text. */
export function otherSpelling({ kept }: Texts, text: string): string {
  const [other = text] = [...kept.keys()].filter((sent) => sent !== text && kept.get(sent) === kept.get(text))
  return other
}
