import type { EnumType, Field, FieldRule, Operation, Reference } from '../../../dev/explorer/reference.js'
import { maskPaths, type RequestValues } from './request-values.js'

/** What a form says about a field before it is sent. */
export type Hint =
  /** It is required. */
  | 'missing'
  /** It breaks the rule of the field. */
  | 'rule'
  /** It is no value of the enum. */
  | 'unknown'
  /** It is JSON of another type. */
  | 'type'
  /** The mask does not name it. */
  | 'ignored'
  /** Neither the mask nor a value says what to change. */
  | 'nothing'

type Contract = Pick<Reference, 'enums' | 'messages'>

/**
 * A hint for each field that the service would refuse or ignore, by its name. What depends on the settings of the service or on stored data
 * is left to the service.
 */
export function hintsFor(operation: Operation, values: RequestValues, contract: Contract): ReadonlyMap<string, Hint> {
  const { fields } = operation.request
  const mask = fields.find(({ kind }) => kind === 'mask')
  const writable = mask ? maskableFields(operation, contract) : []
  const paths = mask ? maskPaths(values[mask.jsonName]) : []
  const isMasked = ({ name }: Field) => paths.includes(name) || paths.includes('*')
  const missing = missingChoice(fields, values)

  const hintFor = (field: Field): Hint | undefined => {
    const value = values[field.jsonName]
    const maskedNeed = writable.find(({ name }) => name === field.name)?.need
    if (field === mask)
      return paths.length === 0 && !fields.some((one) => isNamedBy(writable, one) && isSet(values[one.jsonName]))
        ? 'nothing'
        : undefined
    if (paths.length > 0 && maskedNeed && !isMasked(field)) return isSet(value) ? 'ignored' : undefined
    if (isSet(value)) return hintForValues(field, value, contract.enums)
    const isRequired = (field.need === 'required' && !field.oneof) || (isMasked(field) && maskedNeed === 'required')
    return isRequired || field === missing ? 'missing' : undefined
  }
  return new Map(
    fields.flatMap((field) => {
      const hint = hintFor(field)
      return hint ? [[field.name, hint] as const] : []
    }),
  )
}

/** The fields of a contact that an operation writes, which are those that its mask can name. */
export function maskableFields({ request }: Operation, { messages }: Pick<Reference, 'messages'>): readonly Field[] {
  const writable = (messages['MessageContact']?.fields ?? []).filter(({ need }) => need !== 'output')
  return writable.filter((field) => isNamedBy(request.fields, field))
}

const isNamedBy = (fields: readonly Field[], { name }: Field) => fields.some((field) => field.name === name)

/** JSON has null for a field that is not set. */
const isSet = (value: unknown) =>
  value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0)

/** If one field of a oneof must be set and none is: the one that is empty, or the first. No request has two oneofs. */
function missingChoice(fields: readonly Field[], values: RequestValues): Field | undefined {
  const choices = fields.filter(({ oneof, need }) => oneof !== undefined && need === 'conditional')
  if (choices.some(({ jsonName }) => isSet(values[jsonName]))) return undefined
  return choices.find(({ jsonName }) => values[jsonName] === '') ?? choices[0]
}

function hintForValues(field: Field, value: unknown, enums: Contract['enums']): Hint | undefined {
  if (field.isRepeated !== Array.isArray(value)) return 'type'
  return [value].flat().flatMap((one) => hintForValue(field, one, enums) ?? [])[0]
}

function hintForValue(field: Field, value: unknown, enums: Contract['enums']): Hint | undefined {
  const { kind, typeName = '', rule = {} } = field
  switch (kind) {
    case 'enum':
      return isValueOf(enums[typeName], value) ? undefined : 'unknown'
    case 'integer':
      if (!Number.isInteger(Number(value))) return 'type'
      return Number(value) < (rule.min ?? Number.NEGATIVE_INFINITY) ? 'rule' : undefined
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'type'
    case 'text':
      if (typeof value !== 'string') return 'type'
      return breaks(rule, value) ? 'rule' : undefined
    default:
      return undefined
  }
}

/** Enum values can be sent by name or by number. */
const isValueOf = (type: EnumType | undefined, value: unknown) =>
  type === undefined || type.values.some(({ name, number }) => name === value || number === value)

function breaks({ form, ignored, minLength = 0, maxLength, pattern }: FieldRule, text: string): boolean {
  const normalized = form ? text.normalize(form) : text
  const checked = ignored === undefined ? normalized : normalized.replaceAll(new RegExp(ignored, 'gu'), '')
  const length = [...checked].length
  if (length < minLength || length > (maxLength ?? length)) return true
  return pattern !== undefined && !new RegExp(pattern, 'u').test(checked)
}
