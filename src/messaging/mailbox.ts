/** A sender of emails. */
export interface Mailbox {
  /** The name that recipients see; may be empty. */
  readonly name: string
  /** ASCII only. */
  readonly address: string
}

const mailAddress = /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[A-Za-z\d](?:[A-Za-z\d.-]{0,251}[A-Za-z\d])?$/

/** A phrase, which may contain quoted strings, and an address in angle brackets. */
const namedMailbox = /^((?:"(?:[^"\\\p{Cc}]|\\\P{Cc})*"|[^"\\<>@:;\p{Cc}])*)<([^<>]*)>$/u
const quotedString = /"((?:[^"\\]|\\.)*)"/gu

/**
 * Reads one mailbox in the forms of RFC 5322: `a@b.example`, `Name <a@b.example>`, `"Name, Inc." <a@b.example>`; the name may be non-ASCII.
 * Undefined for anything else, such as a group or a list. An unquoted name may contain commas and parentheses, and may be empty.
 */
export function parseMailbox(value: string): Mailbox | undefined {
  const [, phrase = '', address = value] = namedMailbox.exec(value) ?? []
  const name = phrase.replaceAll(quotedString, (_, content: string) => content.replaceAll(/\\(.)/gu, '$1')).trim()
  return mailAddress.test(address) && [...name].length <= 100 ? { name, address } : undefined
}
