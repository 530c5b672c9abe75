/** The values for the placeholders `{{to}}`, `{{text}}` and `{{reference}}` in the body of a gateway request. */
export interface SmsTemplateValues {
  /** The phone number: `+`, country code and number, digits only. */
  readonly to: string
  readonly text: string
  readonly reference: string
}

const placeholderNames: readonly (keyof SmsTemplateValues)[] = ['to', 'text', 'reference']
const placeholder = /\{\{(\w*)\}\}/g

/** True for JSON that contains the recipient and the text, and no unknown placeholder. */
export function isSmsTemplate(template: string): boolean {
  const names = [...template.matchAll(placeholder)].map(([, name]) => name)
  return (
    isJson(template) &&
    ['to', 'text'].every((name) => names.includes(name)) &&
    names.every((name) => placeholderNames.some((known) => known === name))
  )
}

/**
 * Replaces the placeholders of a template for which `isSmsTemplate` is true. Double braces are valid JSON only inside
 * a string, so each value is escaped as a part of a string. Placeholders inside values are not replaced. The rest of
 * the template is not changed, so long numbers keep all their digits.
 */
export const fillSmsTemplate = (template: string, values: SmsTemplateValues): string =>
  template.replaceAll(placeholder, (_, name: keyof SmsTemplateValues) => JSON.stringify(values[name]).slice(1, -1))

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
