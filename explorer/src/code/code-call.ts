import type { EnumType, Field, JsonObject, Operation } from '../../../dev/explorer/reference.js'
import { maskPaths } from '../calls/request-values.js'

/** The call that code is written for. */
export interface CodeCall {
  readonly service: string
  readonly operation: Operation
  readonly enums: Readonly<Record<string, EnumType>>
  readonly request: JsonObject
  /** Empty: none is sent. */
  readonly directory: string
  /** Whether the call needs a token. Code reads it from the environment variable TOKEN and never contains it. */
  readonly hasToken: boolean
  readonly deadlineMs: number
  /** `host:port` of the gRPC server. */
  readonly grpcAddress: string
  /** Such as `http://127.0.0.1:8080`. */
  readonly httpOrigin: string
}

/** A value of a field, of the type that the contract gives the field. */
export type TypedValue =
  | { readonly field: Field; readonly kind: 'text'; readonly text: string }
  | { readonly field: Field; readonly kind: 'number'; readonly number: number }
  | { readonly field: Field; readonly kind: 'boolean'; readonly isTrue: boolean }
  /** The names of enum values. */
  | { readonly field: Field; readonly kind: 'enum'; readonly names: readonly string[] }
  | { readonly field: Field; readonly kind: 'mask'; readonly paths: readonly string[] }

/** The values of a request in the order of its fields. Values of other types are left out: no typed client could send them. */
export function typedValues({ operation, enums, request }: CodeCall): readonly TypedValue[] {
  return operation.request.fields.flatMap((field) => typedValue(field, request[field.jsonName], enums) ?? [])
}

function typedValue(field: Field, value: unknown, enums: CodeCall['enums']): TypedValue | undefined {
  if (field.kind === 'mask' && typeof value === 'string') return { field, kind: 'mask', paths: maskPaths(value) }
  if (field.kind === 'enum') {
    const known = enums[field.typeName ?? '']?.values.map(({ name }) => name) ?? []
    const names = [value].flat().filter((name) => typeof name === 'string' && known.includes(name)) as string[]
    return names.length > 0 && Array.isArray(value) === field.isRepeated ? { field, kind: 'enum', names } : undefined
  }
  if (field.kind === 'text' && typeof value === 'string') return { field, kind: 'text', text: wellFormed(value) }
  if (field.kind === 'integer' && Number.isInteger(value)) return { field, kind: 'number', number: Number(value) }
  if (field.kind === 'boolean' && typeof value === 'boolean') return { field, kind: 'boolean', isTrue: value }
  return undefined
}

/** Halves of surrogate pairs can be typed, but not be encoded. */
const wellFormed = (text: string) => text.replaceAll(/\p{Surrogate}/gu, '\ufffd')

/** A string in double quotes as JavaScript, Java, C#, Go and Python read it: only ASCII control characters are escaped. */
export const doubleQuoted = (text: string) =>
  JSON.stringify(wellFormed(text)).replaceAll(/[\u007f-\u009f\u2028\u2029]/g, unicodeEscape)

const unicodeEscape = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** A string in single quotes as JavaScript reads it. */
export const singleQuoted = (text: string) =>
  `'${doubleQuoted(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`

/** An argument as a POSIX shell reads it. */
export const shellQuoted = (text: string) => `'${wellFormed(text).replaceAll("'", "'\\''")}'`

/** A header value as a quoted shell argument: line breaks would begin another header. */
export const headerText = (text: string) => wellFormed(text).replaceAll(/[^\x20-\x7e]/g, '')

/** `email_address` as `EmailAddress`. */
export const pascalCase = (name: string) =>
  name.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())

export const lowerFirst = (name: string) => name.slice(0, 1).toLowerCase() + name.slice(1)

/** `SECURITY_MESSAGE` as `SecurityMessage`. */
export const pascalOfConstant = (name: string) => pascalCase(name.toLowerCase())

export const shortNameOf = ({ enums }: CodeCall, field: Field, name: string) =>
  enums[field.typeName ?? '']?.values.find((value) => value.name === name)?.shortName ?? name

/** Whether a call whose outcome is unknown can be repeated: the contract says so, or a client token makes it so. */
export const canRepeat = ({ operation, request }: CodeCall) =>
  operation.isRepeatable || typeof request['clientToken'] === 'string'

/** Which calls the code repeats, as a comment. */
export const retryRule = (call: CodeCall) =>
  `Retries where RetryInfo says how long to wait${canRepeat(call) ? '' : ', unless the call may have been carried out already'}.`

/** How a language writes values. */
export interface ValueSyntax {
  readonly quote: (text: string) => string
  readonly boolean?: (isTrue: boolean) => string
  /** The paths are quoted. */
  readonly mask: (paths: readonly string[]) => string
  /** The names of enum values: one, unless the field is repeated. */
  readonly enumValues: (field: Field, names: readonly string[]) => string
}

export function valueText(value: TypedValue, { quote, boolean = String, mask, enumValues }: ValueSyntax): string {
  switch (value.kind) {
    case 'text':
      return quote(value.text)
    case 'number':
      return String(value.number)
    case 'boolean':
      return boolean(value.isTrue)
    case 'mask':
      return mask(value.paths.map(quote))
    case 'enum':
      return enumValues(value.field, value.names)
  }
}

/** What is sent beside the request: names, and values in the syntax of a language. `token` reads the environment variable TOKEN. */
export const headersOf = (
  { directory, hasToken }: CodeCall,
  quote: ValueSyntax['quote'],
  token: string,
): readonly (readonly [name: string, value: string])[] => [
  ...(directory === '' ? [] : [['x-resource-directory-id', quote(headerText(directory))] as const]),
  ...(hasToken ? [['authorization', token] as const] : []),
]

/** The messages and enums that a call needs, by their names, sorted. */
export const enumTypesOf = (values: readonly TypedValue[]) =>
  [...new Set(values.flatMap(({ kind, field }) => (kind === 'enum' ? (field.typeName ?? []) : [])))].toSorted()

export const indented = (lines: readonly string[], indent: string) => lines.map((line) => `${indent}${line}`).join('\n')

/** Code without the empty lines that absent values leave before a bracket. Strings of code contain no line breaks. */
export const withoutGaps = (code: string) => code.replaceAll(/\n\s*\n(?=\s*[)}\]])/g, '\n')
