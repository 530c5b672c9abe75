import type { JsonValue } from '@bufbuild/protobuf'

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
  /** What can be checked before it is sent. */
  readonly rule?: FieldRule
}

/** What a service refuses whatever its settings are. Patterns are regular expressions with the flag `u`. */
export interface FieldRule {
  /** The Unicode normalization form to which the rest applies. */
  readonly form?: 'NFC' | 'NFKC'
  /** What is ignored in the text: a pattern. */
  readonly ignored?: string
  /** In code points. */
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  /** Of a number. */
  readonly min?: number
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

/** What a reader needs to know about one reason. */
export interface ErrorEntry {
  readonly reason: string
  readonly code: string
  /** The documented HTTP status of the code; `connectHttpStatus` is the one that Connect sends. */
  readonly httpStatus: number
  readonly connectHttpStatus: number
  /** The gRPC status. */
  readonly status: string
  readonly message: string
  /** What has happened. */
  readonly meaning: string
  readonly remedy: string
  /** A case, in words. */
  readonly example: string
  /** The details after ErrorInfo. */
  readonly details: readonly string[]
  /** The names of the operations that can return it. */
  readonly operations: readonly string[]
  /** A whole answer, as Connect sends it. */
  readonly exampleAnswer: JsonValue
}

/** Texts of files by their paths. */
type Files = Readonly<Record<string, string>>

/** What projects with client code consist of, besides the code. */
export interface ProjectFiles {
  /** The contract. */
  readonly contract: Files
  /** The messages of refusals, for languages whose packages do not bring them. */
  readonly refusals: Files
  /** The files of the build, by language. */
  readonly builds: Readonly<Record<string, Files>>
}

export interface Change {
  readonly version: string
  /** Such as `2026-11-28`; undefined until the version is released. */
  readonly date?: string
  readonly operation: string
  readonly kind: 'added' | 'changed' | 'removed'
  readonly text: string
}
