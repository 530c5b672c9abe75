import type { Reason } from './catalog.js'
import { Failure, type Violation } from './failure.js'

/** A field's value, checked and normalized, or the rules that it breaks. */
export type Parsed<Value> = { readonly value: Value } | { readonly violations: readonly Violation[] }

export const valid = <Value>(value: Value): Parsed<Value> => ({ value })
/** `rule` says what is allowed. */
export const invalid = (field: string, reason: Reason, rule: string): Parsed<never> => ({
  violations: [{ field, reason, rule }],
})

/** The values of all fields. Throws one Failure with every violation, in the order of the keys. */
export function requireValid<Fields extends Record<string, unknown>>(
  parsed: { [Name in keyof Fields]: Parsed<Fields[Name]> },
): Fields {
  const values: Partial<Fields> = {}
  const violations: Violation[] = []
  for (const name in parsed) {
    const field = parsed[name]
    if ('value' in field) values[name] = field.value
    else for (const violation of field.violations) violations.push(violation)
  }
  const [first] = violations
  if (first) throw new Failure(first.reason, { violations })
  return values as Fields
}
