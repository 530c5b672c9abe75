import { domainToASCII, domainToUnicode } from 'node:url'
// This file alone: the whole package is a hundred files, which would delay the start.
import validator from 'validator/lib/isEmail.js'
import { invalid, type Parsed, valid } from '../errors/parsed.js'

/** RFC 5321, 4.5.3.1: 64 for the local part; 256 for a path, of which the angle brackets take two. */
export const maxAddressLength = 254
export const maxLocalPartLength = 64
/** RFC 1035, 2.3.4: 63. The validator checks it only together with the other lengths, which are checked here. */
const tooLongLabel = /[^.]{64}/
const { default: isEmail } = validator
const validatorOptions = { allow_utf8_local_part: false, ignore_max_length: true }

/**
 * What nearly all addresses look like, in lower case: letters, digits, hyphens, plus signs and underscores, in parts with dots between them.
 * Whatever matches, and is not too long, is accepted by the full check as it is, which costs ten times as much.
 */
const plainAddress = /^[a-z0-9_+-]+(\.[a-z0-9_+-]+)*@([a-z0-9]+(-+[a-z0-9]+)*\.)+[a-z]{2,63}$/
/** Shorter than any limit, also that of a label. */
const maxPlainLength = 64

/** A mail address as mail servers accept it; the domain in lower case and in its ASCII form. */
export function parseEmailAddress(text: string): Parsed<string> {
  const isPlain = text.length <= maxPlainLength && plainAddress.test(text) && !text.includes('xn--')
  return isPlain ? valid(text) : parseAnyEmailAddress(text)
}

/** The full check. */
export function parseAnyEmailAddress(text: string): Parsed<string> {
  const field = 'email_address'
  if (text === '') return invalid(field, 'MISSING_PARAMETER_EMAIL_ADDRESS', rule)
  const at = text.lastIndexOf('@')
  const localPart = text.slice(0, Math.max(at, 0))
  if (isLongerThan(text, maxAddressLength) || isLongerThan(localPart, maxLocalPartLength))
    return invalid(field, 'INVALID_PARAMETER_EMAIL_ADDRESS_LENGTH', lengthRule)
  if (at < 0) return invalid(field, 'INVALID_PARAMETER_EMAIL_ADDRESS', rule)
  const domain = asciiDomain(text.slice(at + 1))
  const address = `${localPart}@${domain}`
  if (address.length > maxAddressLength) return invalid(field, 'INVALID_PARAMETER_EMAIL_ADDRESS_LENGTH', lengthRule)
  // The ASCII form is what counts: mapping may leave no domain, or make labels that were none before.
  const isValid = !localPart.startsWith('"') && !tooLongLabel.test(domain) && isEmail(address, validatorOptions)
  return isValid ? valid(address) : invalid(field, 'INVALID_PARAMETER_EMAIL_ADDRESS', rule)
}

const rule = 'Must be a mail address such as tom@example.com, with ASCII characters before the @.'
const lengthRule = `Must have at most ${maxAddressLength} characters, at most ${maxLocalPartLength} of them before the @.`

/** True if a text has more than `max` code points; cheap for the usual short ones. */
const isLongerThan = (text: string, max: number) => text.length > max && [...text].length > max

/** In an international domain, ASCII characters are still only letters, digits, hyphens and dots. */
const otherAscii = /[^A-Za-z0-9.\-\u0080-\u{10FFFF}]/u

/** Lower case; an international domain in its ASCII form, mapped as UTS 46 says. Empty if there is no such form. */
function asciiDomain(domain: string): string {
  // Each character on its own: at the end of a word, a capital sigma would become another letter than UTS 46 says.
  const lower = domain.replaceAll(/./gsu, (character) => character.toLowerCase())
  if (/^[\x20-\x7e]*$/.test(lower) && !lower.includes('xn--')) return lower
  if (otherAscii.test(lower)) return ''
  const ascii = domainToASCII(lower)
  // Converted back and forth, because Node 24 accepts ASCII forms that stand for nothing, and Node 20 some of them.
  const unicode = domainToUnicode(ascii)
  return /(^|\.)xn--/.test(unicode) || domainToASCII(unicode) !== ascii ? '' : ascii
}
