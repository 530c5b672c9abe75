import { createRequire } from 'node:module'
import { type DescField, type DescMessage, type DescMethod, ScalarType } from '@bufbuild/protobuf'
import { permissionFor } from '../../src/access/authorize.js'
import { file_messagecontacts_v1_message_contact } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import {
  file_messagecontacts_v1_message_contact_service,
  MessageContactService,
} from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import {
  type Comments,
  commentOn,
  commonReasons,
  listedReasons,
  paragraphsOf,
  readComments,
  rulesOf,
} from '../docs/comments.js'
import { errorReference } from '../docs/error-reference.js'
import { isRepeatable } from '../service-config.js'
import { changes } from './changes.js'
import { exampleRequest } from './example-requests.js'
import { fieldRules } from './field-rules.js'
import type { EnumType, Field, FieldKind, MessageType, Operation, Reference } from './reference.js'

const { version } = createRequire(import.meta.url)('#package.json') as { version: string }
const files = [file_messagecontacts_v1_message_contact, file_messagecontacts_v1_message_contact_service]
const { typeName: service, methods } = MessageContactService

/** What the explorer shows, from the descriptors, the comments of the contract and the error catalog. */
export function buildReference(): Reference {
  const comments = readComments()
  const operationMessages = new Set(methods.flatMap(({ input, output }) => [input, output]))
  const messages = files.flatMap((file) => file.messages).filter((message) => !operationMessages.has(message))
  return {
    service,
    version,
    rules: rulesOf(commentOn(comments, service)),
    commonReasons: commonReasons(comments),
    operations: methods.map((method) => operation(method, comments)),
    enums: Object.fromEntries(files.flatMap((file) => file.enums).map((type) => [type.name, enumType(type, comments)])),
    messages: Object.fromEntries(messages.map((message) => [message.name, messageType(message, comments)])),
    errors: errorReference(comments),
    changes,
  }
}

function operation(method: DescMethod, comments: Comments): Operation {
  const comment = commentOn(comments, `${service}.${method.name}`)
  const [summary = '', ...rules] = rulesOf(comment)
  return {
    name: method.name,
    group: method.name.includes('Verification') ? 'verification' : 'contacts',
    summary,
    rules,
    permission: permissionFor(method),
    isRepeatable: isRepeatable(method),
    request: messageType(method.input, comments),
    response: messageType(method.output, comments),
    reasons: listedReasons(comment),
    example: exampleRequest(method),
  }
}

const messageType = (message: DescMessage, comments: Comments): MessageType => ({
  name: message.name,
  description: paragraphsOf(comments.get(message.typeName) ?? '').join(' '),
  fields: message.fields.map((field) => fieldOf(field, comments)),
})

function fieldOf(field: DescField, comments: Comments): Field {
  const type = field.enum ?? field.message
  const isOurs = type && files.some((file) => file === type.file)
  const isRepeated = field.fieldKind === 'list'
  const rule = fieldRules[field.name]
  return {
    name: field.name,
    jsonName: field.jsonName,
    kind: kindOf(field),
    isRepeated,
    type: `${isRepeated ? 'repeated ' : ''}${type?.name ?? scalarName(field)}`,
    ...(isOurs && { typeName: type.name }),
    ...describe(field, comments),
    ...(field.oneof && { oneof: field.oneof.name }),
    ...(rule && { rule }),
  }
}

const scalarName = ({ scalar }: DescField) => (scalar === undefined ? '' : ScalarType[scalar].toLowerCase())

function kindOf(field: DescField): FieldKind {
  if (field.enum) return 'enum'
  if (field.message?.typeName === 'google.protobuf.FieldMask') return 'mask'
  if (field.message?.typeName === 'google.protobuf.Timestamp') return 'timestamp'
  if (field.message) return 'message'
  if (field.scalar === ScalarType.STRING) return 'text'
  if (field.scalar === ScalarType.INT32) return 'integer'
  if (field.scalar === ScalarType.BOOL) return 'boolean'
  throw new Error(`${field} has a type that the explorer does not know`)
}

/** What begins the comment on a field. */
const needLabel = /^(Required|Optional|Output only)(, unless [^.]+)?\. /
const needs = { Required: 'required', Optional: 'optional', 'Output only': 'output' } as const
/** A sentence that refers to the comment on another field. */
const referral = /See `(\w+\.\w+)`\./

function describe(field: DescField, comments: Comments): Pick<Field, 'need' | 'description'> {
  const text = paragraphsOf(commentOn(comments, `${field.parent.typeName}.${field.name}`)).join(' ')
  const [label = '', word = '', condition] = needLabel.exec(`${text} `) ?? []
  const need = condition === undefined ? needs[word as keyof typeof needs] : 'conditional'
  if (need === undefined) throw new Error(`The comment on ${field} does not say whether it is required`)
  const [sentence = '', name] = referral.exec(text) ?? []
  const referred = name && comments.get(`${field.parent.file.proto.package}.${name}`)
  const description = text.slice(label.length).replace(sentence, () => (referred ? withoutLabel(referred) : sentence))
  return { need, description: `${condition ? `Required${condition}. ` : ''}${description.trim()}` }
}

const withoutLabel = (comment: string) => paragraphsOf(comment).join(' ').replace(needLabel, '')

const enumType = (
  type: (typeof file_messagecontacts_v1_message_contact.enums)[number],
  comments: Comments,
): EnumType => ({
  name: type.name,
  description: paragraphsOf(commentOn(comments, type.typeName)).join(' '),
  values: type.values.map(({ name, localName, number }) => ({
    name,
    shortName: localName,
    number,
    meaning: paragraphsOf(commentOn(comments, `${type.typeName}.${name}`)).join(' '),
  })),
})
