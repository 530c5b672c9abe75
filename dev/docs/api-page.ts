import { type DescEnum, type DescField, type DescMessage, type DescMethod, ScalarType } from '@bufbuild/protobuf'
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt'
import { permissionFor } from '../../src/access/authorize.js'
import { type Role, roles } from '../../src/access/caller.js'
import { errorCatalog } from '../../src/errors/catalog.js'
import { RoleSchema } from '../../src/gen/messagecontacts/v1/authorization_pb.js'
import { file_messagecontacts_v1_message_contact } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import {
  file_messagecontacts_v1_message_contact_service,
  MessageContactService,
} from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { type Comments, commentOn, commonReasons, listedReasons, paragraphsOf, rulesOf } from './comments.js'
import { linkTo, page, prose, table } from './markdown.js'

const errorsFile = 'errors.md'
const files = [file_messagecontacts_v1_message_contact, file_messagecontacts_v1_message_contact_service]
const messages = files.flatMap((file) => file.messages)
const enums = files.flatMap((file) => file.enums)
const { typeName: serviceName, methods } = MessageContactService
const operationMessages = new Set(methods.flatMap(({ input, output }) => [input, output]))

/** docs/api.md: the operations, messages and enums of the contract with their comments. */
export function apiPage(comments: Comments): string {
  const service = commentOn(comments, serviceName)
  return page('API reference', '`proto`', [
    `The gRPC service \`${serviceName}\`.`,
    linked(rulesOf(service)),
    '## Common errors',
    linked(commonReasons(comments).map((reason) => `- ${reason}`)),
    '## Operations',
    operationsTable(comments),
    ...methods.flatMap((method) => operationBlocks(method, comments)),
    '## Authorization',
    ...authorizationBlocks(comments),
    '## Messages',
    ...messages
      .filter((message) => !operationMessages.has(message))
      .flatMap((message) => messageBlocks(message, comments)),
    '## Enums',
    ...enums.flatMap((type) => enumBlocks(type, comments)),
  ])
}

const idempotency: Readonly<Record<MethodOptions_IdempotencyLevel, string>> = {
  [MethodOptions_IdempotencyLevel.IDEMPOTENCY_UNKNOWN]: '',
  [MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS]: 'no side effects',
  [MethodOptions_IdempotencyLevel.IDEMPOTENT]: 'idempotent',
}

function operationsTable(comments: Comments): string {
  const rows = methods.map((method) => {
    const [summary = ''] = paragraphsOf(commentOn(comments, `${serviceName}.${method.name}`))
    return [linkTo(method.name), summary, idempotency[method.idempotency]]
  })
  return table(['operation', 'what it does', 'idempotency'], rows)
}

function operationBlocks({ name, input, output }: DescMethod, comments: Comments): string[] {
  const comment = commentOn(comments, `${serviceName}.${name}`)
  const reasons = listedReasons(comment).map(linkedReason).join(', ')
  return [
    `### ${name}`,
    linked(rulesOf(comment)),
    ...operationMessage('Request', input, comments),
    ...operationMessage('Response', output, comments),
    prose([`Errors, besides the [common errors](#common-errors): ${reasons}.`]),
  ]
}

/** Which role includes which operation, and the actions by their names. */
function authorizationBlocks(comments: Comments): string[] {
  const permissions = methods.map((method) => ({ method, permission: permissionFor(method) }))
  const roleRows = roles.map((role) => [`\`${role}\``, roleComment(role, comments)])
  const rows = permissions.map(({ method, permission: { action, resource, isWrite, roles: including } }) => [
    linkTo(method.name),
    `\`${action}\``,
    isWrite ? 'write' : 'read',
    `\`${resource}\``,
    including.map((role) => `\`${role}\``).join(', '),
  ])
  return [
    prose([
      'The `authorization` option of each operation says what its caller needs; the service enforces exactly this.',
    ]),
    table(['role', 'what it includes'], roleRows),
    table(['operation', 'action', 'access level', 'resource', 'roles'], rows),
  ]
}

const roleComment = (role: Role, comments: Comments) =>
  paragraphsOf(commentOn(comments, `${RoleSchema.typeName}.ROLE_${role.toUpperCase()}`)).join(' ')

function operationMessage(role: string, message: DescMessage, comments: Comments): string[] {
  const comment = paragraphsOf(comments.get(message.typeName) ?? '')
  return [linked([[`${role} \`${message.name}\`:`, ...comment].join(' ')]), fieldsTable(message, comments)]
}

function messageBlocks(message: DescMessage, comments: Comments): string[] {
  const comment = paragraphsOf(commentOn(comments, message.typeName))
  return [`### ${message.name}`, linked(comment), fieldsTable(message, comments)]
}

function fieldsTable(message: DescMessage, comments: Comments): string {
  const row = (name: string, type: string) => {
    const comment = paragraphsOf(commentOn(comments, `${message.typeName}.${name}`)).join(' ')
    return [`\`${name}\``, type, withLinks(comment)]
  }
  const rows = message.members.flatMap((member) =>
    member.kind === 'oneof'
      ? [row(member.name, 'one of'), ...member.fields.map((field) => row(field.name, typeOf(field)))]
      : [row(member.name, typeOf(member))],
  )
  return table(['field', 'type', 'description'], rows)
}

function typeOf(field: DescField): string {
  const repeated = field.fieldKind === 'list' ? 'repeated ' : ''
  if (field.message) return repeated + namedType(field.message)
  if (field.enum) return repeated + namedType(field.enum)
  if (field.scalar === undefined) throw new Error(`${field} has a type that the documentation does not show`)
  return `${repeated}\`${ScalarType[field.scalar].toLowerCase()}\``
}

function namedType(type: DescMessage | DescEnum): string {
  const isOurs = files.some((file) => file === type.file)
  return isOurs ? linkTo(type.name) : `\`${type.typeName}\``
}

function enumBlocks(type: DescEnum, comments: Comments): string[] {
  const rows = type.values.map(({ name, number }) => {
    const comment = paragraphsOf(commentOn(comments, `${type.typeName}.${name}`)).join(' ')
    return [`\`${name}\``, String(number), withLinks(comment)]
  })
  const comment = paragraphsOf(commentOn(comments, type.typeName))
  return [`### ${type.name}`, linked(comment), table(['value', 'number', 'meaning'], rows)]
}

const linkedReason = (reason: string) => linkTo(reason, errorsFile)
const anyReason = new RegExp(`\\b(${Object.keys(errorCatalog).join('|')})\\b`, 'g')
/** A text whose reasons are links. */
const withLinks = (text: string) => text.replaceAll(anyReason, linkedReason)
const linked = (paragraphs: readonly string[]) => prose(paragraphs.map(withLinks))
