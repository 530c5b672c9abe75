import type { Field, JsonObject, MessageType } from '../../../dev/explorer/reference.js'

/** A request as the JSON object that is sent. Fields that the contract does not know are kept: the service decides about them. */
export type RequestValues = JsonObject

/** Reads JSON. A field can have its name of the contract, `email_address`, or of JSON, `emailAddress`. */
export function parseRequest(text: string, { fields }: MessageType): RequestValues | undefined {
  const parsed = parseJson(text.trim() === '' ? '{}' : text)
  if (!isObject(parsed)) return undefined
  const jsonNames = new Map(fields.map(({ name, jsonName }) => [name, jsonName]))
  return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [jsonNames.get(name) ?? name, value]))
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The request with another value of a field. `undefined` leaves the field out, and of a oneof only the last field set is kept. */
export function withValue(values: RequestValues, field: Field, { fields }: MessageType, value: unknown): RequestValues {
  const replaced = fields
    .filter(({ oneof }) => oneof !== undefined && oneof === field.oneof)
    .map(({ jsonName }) => jsonName)
  const others = Object.entries(values).filter(([name]) => name !== field.jsonName && !replaced.includes(name))
  const all = value === undefined ? others : [...others, [field.jsonName, value] as const]
  const order = fields.map(({ jsonName }) => jsonName)
  const position = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length)
  return Object.fromEntries(all.toSorted(([first], [second]) => position(first) - position(second)))
}

const camelCase = (name: string) => name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
const snakeCase = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** In JSON, a field mask is one text of names in camel case. */
export const maskPaths = (value: unknown): readonly string[] =>
  typeof value === 'string' && value !== '' ? value.split(',').map((path) => snakeCase(path.trim())) : []

export const maskText = (paths: readonly string[]): string | undefined =>
  paths.length === 0 ? undefined : paths.map(camelCase).join(',')

/** Values that a form can show as text. */
export const textOf = (value: unknown): string =>
  value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)
