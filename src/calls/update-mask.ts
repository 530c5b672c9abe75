import type { Violation } from '../errors/failure.js'
import { type Parsed, valid } from '../errors/parsed.js'

/** Stands for all fields, alone in a mask. */
const allFields = '*'
const reason = 'INVALID_PARAMETER_UPDATE_MASK'

/** True if the mask names the field. */
export const isInMask = (path: string, mask: readonly string[]): boolean =>
  mask.includes(path) || mask.includes(allFields)

/** Every path must be known, and `*` must be the only one. `isEmpty` says that the request names no field, with or without a mask. */
export function parseUpdateMask(
  mask: readonly string[],
  knownPaths: readonly string[],
  isEmpty: boolean,
): Parsed<undefined> {
  const violations: Violation[] = []
  const rule = `Must name fields to update: ${knownPaths.join(', ')}; or ${allFields} alone for all of them.`
  const isMixed = mask.includes(allFields) && mask.some((path) => path !== allFields)
  if (isMixed || (isEmpty && mask.length === 0)) violations.push({ field: 'update_mask', reason, rule })
  mask.forEach((path, index) => {
    if (path === allFields || knownPaths.includes(path)) return
    const meant = knownPaths.find((known) => lettersOf(known) === lettersOf(path))
    const suggestion = meant && `Must be a path in snake_case; did you mean ${meant}?`
    violations.push({ field: `update_mask.paths[${index}]`, reason, rule: suggestion ?? rule })
  })
  return violations.length > 0 ? { violations } : valid(undefined)
}

/** Paths with the same letters are the same field in another form: `emailAddress`, `EmailAddress`, `email-address`, `EMAIL_ADDRESS`. */
const lettersOf = (path: string) => path.replaceAll(/[^A-Za-z]/g, '').toLowerCase()
