/** What a gateway's body may hold, each in two pairs of braces. */
export interface BodyValues {
  /** The number with `+`, country code and digits. */
  readonly to: string
  readonly text: string
  readonly reference: string
}

const placeholders: readonly (keyof BodyValues)[] = ['to', 'text', 'reference']
const placeholder = /\{\{(\w*)\}\}/g

/** Whether this is JSON that says whom to send to and what, and has no placeholder that nobody fills in. */
export function isBodyTemplate(template: string): boolean {
  const named = [...template.matchAll(placeholder)].map(([, name]) => name)
  return (
    isJson(template) &&
    ['to', 'text'].every((name) => named.includes(name)) &&
    named.every((name) => placeholders.some((known) => known === name))
  )
}

/**
 * The template with its placeholders filled in. They stand in JSON texts, since braces in pairs are no JSON elsewhere, so what is filled in
 * is escaped as part of one; what is filled in is not filled in again, and all else stays as it was written, long numbers too.
 */
export const filledBody = (template: string, values: BodyValues): string =>
  template.replaceAll(placeholder, (_, name: keyof BodyValues) => JSON.stringify(values[name]).slice(1, -1))

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
