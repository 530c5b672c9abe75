import fc from 'fast-check'

// Values that ordinary clients do not send. Some of them are valid nevertheless.

/** Part of everything that is sent; letters only, so that it is also valid as a name. */
export const marker = 'Zqxmarkvyk'

export const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: 'grapheme', maxLength: 70 }),
  fc.constantFrom(
    '',
    marker,
    `${marker}\u0000`,
    `${marker}\r\nX: y`,
    '\ud800',
    '\u0301',
    '\u202e',
    '__proto__',
    '$where',
  ),
)
export const name = fc.oneof(anyText, fc.constantFrom(marker, '张三', '\u{20000}\u{20001}', 'e\u0301e\u0301'))
export const emailAddress = fc.oneof(
  anyText,
  fc.emailAddress(),
  anyText.map((text) => `${text}@example.com`),
  anyText.map((text) => `${marker}@${text}.com`),
)
export const phoneNumber = fc.oneof(
  anyText,
  fc.constantFrom('86-13900001234', `86-${marker}`, '1-2025550123', '86-1390000'),
)
export const anyEnum = fc.oneof(fc.integer({ min: 0, max: 7 }), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }))
/** Up to thirty numbers, some of them in the enum. */
export const messageTypes = fc.array(anyEnum, { maxLength: 30 })
/** A message with any value in every field. */
export const request = fc.record({
  name,
  emailAddress,
  phoneNumber,
  title: anyEnum,
  messageTypes,
  clientToken: anyText,
})
