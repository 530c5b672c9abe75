import type { Violation } from '../errors/failure.js'
import { type Parsed, valid } from '../errors/parsed.js'

/** Stands for all fields, alone in a mask. */
const allFields = '*'

/** True if the mask names the field. */
export const isInMask = (path: string, mask: readonly string[]): boolean =>
  mask.includes(path) || mask.includes(allFields)

/** Every path must be known, and `*` must be the only one. */
export function parseUpdateMask(mask: readonly string[], knownPaths: readonly string[]): Parsed<undefined> {
  const reason = 'INVALID_PARAMETER_UPDATE_MASK'
  const violations: Violation[] = []
  if (mask.includes(allFields) && mask.some((path) => path !== allFields))
    violations.push({ field: 'update_mask', reason })
  mask.forEach((path, index) => {
    if (path !== allFields && !knownPaths.includes(path))
      violations.push({ field: `update_mask.paths[${index}]`, reason })
  })
  return violations.length > 0 ? { violations } : valid(undefined)
}
