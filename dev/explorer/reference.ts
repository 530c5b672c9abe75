/** What the explorer knows of the contract: built from the descriptors, their comments and the error catalog. It is JSON. */
export interface Reference {
  /** The full name, such as `messagecontacts.v1.MessageContactService`. */
  readonly service: string
  readonly version: string
  /** What holds for every operation: paragraphs, each beginning with its subject and a colon. */
  readonly rules: readonly string[]
  readonly commonReasons: readonly string[]
  readonly operations: readonly Operation[]
  readonly enums: Readonly<Record<string, EnumType>>
  /** Messages that are no request or response of an operation. */
  readonly messages: Readonly<Record<string, MessageType>>
  readonly errors: readonly ErrorEntry[]
  readonly changes: readonly Change[]
}

export interface Operation {
  readonly name: string
  readonly group: 'contacts' | 'verification'
  readonly summary: string
  readonly rules: readonly string[]
  readonly permission: {
    readonly action: string
    readonly resource: string
    readonly isWrite: boolean
    readonly roles: readonly string[]
  }
  /** Whether a call can be repeated without harm, as the contract declares. */
  readonly isRepeatable: boolean
  readonly request: MessageType
  readonly response: MessageType
  /** Besides the common ones. */
  readonly reasons: readonly string[]
  /** A request that shows what the fields look like, as JSON. */
  readonly example: JsonObject
}

export type JsonObject = Readonly<Record<string, unknown>>

export interface MessageType {
  readonly name: string
  readonly description: string
  readonly fields: readonly Field[]
}

export type FieldKind = 'text' | 'integer' | 'boolean' | 'enum' | 'mask' | 'timestamp' | 'message'

export interface Field {
  /** As in the contract: `email_address`. */
  readonly name: string
  /** As in JSON: `emailAddress`. */
  readonly jsonName: string
  readonly kind: FieldKind
  readonly isRepeated: boolean
  /** As people read it: `repeated MessageType`. */
  readonly type: string
  /** Of an enum or message of the contract. */
  readonly typeName?: string
  readonly need: 'required' | 'conditional' | 'optional' | 'output'
  readonly description: string
  /** The oneof that the field belongs to. */
  readonly oneof?: string
}

export interface EnumType {
  readonly name: string
  readonly description: string
  readonly values: readonly EnumValue[]
}

export interface EnumValue {
  readonly name: string
  /** Without the prefix: `CEO`. */
  readonly shortName: string
  readonly number: number
  readonly meaning: string
}

export interface ErrorEntry {
  readonly reason: string
  readonly code: string
  readonly httpStatus: number
  /** The gRPC status. */
  readonly status: string
  readonly message: string
  readonly details: readonly string[]
  readonly meaning: string
  readonly advice: string
  /** What causes it. */
  readonly cause: string
  /** An answer in the Connect protocol. */
  readonly answer: JsonObject
  /** Undefined: every operation. */
  readonly operations?: readonly string[]
}

export interface Change {
  readonly version: string
  /** Such as `2026-11-28`; undefined until the version is released. */
  readonly date?: string
  readonly operation: string
  readonly kind: 'added' | 'changed' | 'removed'
  readonly text: string
}
