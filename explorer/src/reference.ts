import { reference } from 'virtual:reference'
import type { EnumType, ErrorEntry, Field, Operation } from '../../dev/explorer/reference.js'

export type { Field, Operation }
export { reference }

const operations = new Map(reference.operations.map((operation) => [operation.name, operation]))
const errors = new Map(
  reference.errors.flatMap((entry) => [[entry.reason, entry] as const, [entry.code, entry] as const]),
)

export const findOperation = (name: string): Operation | undefined => operations.get(name)

/** By its reason or its code: `INVALID_PARAMETER_NAME` or `InvalidParameter.Name`. */
export const findError = (name: string): ErrorEntry | undefined => errors.get(name)

export const enumOf = ({ typeName = '' }: Field): EnumType | undefined => reference.enums[typeName]
