import { type DescEnum, type DescField, type DescMessage, type JsonObject, ScalarType } from '@bufbuild/protobuf'
import { type Comments, paragraphsOf } from './comments.js'

/** JSON mappings of protobuf that are not objects. */
const wellKnown: Readonly<Record<string, JsonObject>> = {
  'google.protobuf.Timestamp': { type: 'string', format: 'date-time' },
  'google.protobuf.Duration': { type: 'string', description: 'Seconds with the suffix `s`, such as `1.5s`.' },
  'google.protobuf.FieldMask': {
    type: 'string',
    description: 'The names of fields in lowerCamelCase, separated by commas.',
    examples: ['name,emailAddress'],
  },
}

const scalars: Readonly<Partial<Record<ScalarType, JsonObject>>> = {
  [ScalarType.STRING]: { type: 'string' },
  [ScalarType.BOOL]: { type: 'boolean' },
  [ScalarType.INT32]: { type: 'integer', format: 'int32' },
  [ScalarType.INT64]: { type: 'string', format: 'int64' },
}

export const refTo = (name: string): JsonObject => ({ $ref: `#/components/schemas/${name}` })

/** The schemas of messages and enums as the JSON mapping of protobuf writes them, by their names. */
export class Schemas {
  readonly #comments: Comments
  readonly all: Record<string, JsonObject> = {}

  constructor(comments: Comments) {
    this.#comments = comments
  }

  /** A reference to the schema of a message, which is added if it is new. */
  message(desc: DescMessage): JsonObject {
    const known = wellKnown[desc.typeName]
    if (known) return known
    const name = nameOf(desc)
    if (!(name in this.all)) {
      // Before its fields, so that the order is that of their use.
      this.all[name] = {}
      Object.assign(this.all[name], this.#object(desc))
    }
    return refTo(name)
  }

  enum(desc: DescEnum): JsonObject {
    const meanings = desc.values.map(({ name }) => `- \`${name}\`: ${this.#text(`${desc.typeName}.${name}`)}`)
    this.all[desc.name] ??= {
      type: 'string',
      description: [this.#text(desc.typeName), meanings.join('\n')].join('\n\n'),
      enum: desc.values.map(({ name }) => name),
    }
    return refTo(desc.name)
  }

  #object(desc: DescMessage): JsonObject {
    const required = desc.fields.filter((field) => this.#isRequired(field)).map(({ jsonName }) => jsonName)
    const choices = desc.oneofs.map(({ fields }) => fields.map(({ jsonName }) => ({ required: [jsonName] })))
    return {
      type: 'object',
      ...this.#described(desc.typeName),
      properties: Object.fromEntries(desc.fields.map((field) => [field.jsonName, this.#property(field)])),
      ...(required.length > 0 && { required }),
      ...(choices[0] && { oneOf: choices[0] }),
    }
  }

  /** Whether a request without the field is always refused. */
  #isRequired(field: DescField): boolean {
    return this.#text(`${field.parent.typeName}.${field.name}`).startsWith('Required. ') && field.oneof === undefined
  }

  #property(field: DescField): JsonObject {
    const type = this.#type(field)
    const text = this.#fieldText(field.parent.typeName, field.name)
    const example = field.scalar === ScalarType.STRING ? /Example: `(.+?)`\.$/.exec(text)?.[1] : undefined
    return {
      ...type,
      ...(text !== '' && { description: text }),
      ...(example !== undefined && { examples: [example] }),
      ...(text.startsWith('Output only. ') && { readOnly: true }),
    }
  }

  #type(field: DescField): JsonObject {
    if (field.fieldKind === 'map') return { type: 'object', additionalProperties: { type: 'string' } }
    const single = this.#singleType(field)
    return field.fieldKind === 'list' ? { type: 'array', items: single } : single
  }

  #singleType(field: DescField): JsonObject {
    if (field.message) return this.message(field.message)
    if (field.enum) return this.enum(field.enum)
    const scalar = field.scalar === undefined ? undefined : scalars[field.scalar]
    if (!scalar) throw new Error(`${field} has a type that the OpenAPI document does not show`)
    return scalar
  }

  #described(name: string): JsonObject {
    const description = this.#text(name)
    return description === '' ? {} : { description }
  }

  /** The comment on a field, with the rule of the field to which it refers. */
  #fieldText(message: string, field: string): string {
    const text = this.#text(`${message}.${field}`)
    const scope = message.slice(0, message.lastIndexOf('.'))
    return text.replace(/See `(\w+\.\w+)`\./, (_, name: string) =>
      this.#text(`${scope}.${name}`).replace(/^(Required|Optional|Output only)[^.]*\. /, ''),
    )
  }

  #text(name: string): string {
    return paragraphsOf(this.#comments.get(name) ?? '').join('\n\n')
  }
}

/** Nested messages have the name of their parent before their own. */
const nameOf = ({ parent, name }: DescMessage): string => (parent ? `${nameOf(parent)}${name}` : name)
