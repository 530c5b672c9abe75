import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fromBinary } from '@bufbuild/protobuf'
import { type FileDescriptorProto, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import type { Reason } from '../../src/errors/catalog.js'
import { ErrorReasonSchema } from '../../src/gen/messagecontacts/v1/error_reason_pb.js'
import { MessageContactService } from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'

const projectFolder = dirname(createRequire(import.meta.url).resolve('#package.json'))
const contractPackage = 'messagecontacts.v1'

/** The comments of the contract by the full name of what they explain, such as `messagecontacts.v1.MessageContact.name`. */
export type Comments = ReadonlyMap<string, string>

/** Reads the comments from the proto files: the generated code has the descriptors without them. */
export function readComments(): Comments {
  const buf = join(projectFolder, 'node_modules', '.bin', 'buf')
  const image = execFileSync(buf, ['build', 'proto', '-o', '-'], { cwd: projectFolder })
  const files = fromBinary(FileDescriptorSetSchema, image).file.filter((file) => file.package === contractPackage)
  return new Map(files.flatMap(commentsOf))
}

function commentsOf(file: FileDescriptorProto): [name: string, comment: string][] {
  const names = namesOf(file)
  return (file.sourceCodeInfo?.location ?? []).flatMap(({ path, leadingComments }) => {
    const name = names.get(path.join('.'))
    return name === undefined || leadingComments === '' ? [] : [[name, leadingComments]]
  })
}

/**
 * The names of what a file declares, by their paths in its source info: field numbers of descriptor.proto and indexes.
 * The contract has no nested messages or enums.
 */
function namesOf(file: FileDescriptorProto): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  const declare = (path: string, scope: string, declarations: readonly { readonly name: string }[]) => {
    declarations.forEach(({ name }, index) => {
      names.set(`${path}.${index}`, `${scope}.${name}`)
    })
  }
  declare('4', file.package, file.messageType)
  declare('5', file.package, file.enumType)
  declare('6', file.package, file.service)
  file.messageType.forEach(({ name, field, oneofDecl }, index) => {
    declare(`4.${index}.2`, `${file.package}.${name}`, field)
    declare(`4.${index}.8`, `${file.package}.${name}`, oneofDecl)
  })
  file.enumType.forEach(({ name, value }, index) => {
    declare(`5.${index}.2`, `${file.package}.${name}`, value)
  })
  file.service.forEach(({ name, method }, index) => {
    declare(`6.${index}.2`, `${file.package}.${name}`, method)
  })
  return names
}

/** The comment of a declaration that must have one. */
export function commentOn(comments: Comments, name: string): string {
  const comment = comments.get(name)
  if (comment === undefined) throw new Error(`${name} has no comment`)
  return comment
}

/** A comment as paragraphs, each on one line. An element of a list is a paragraph that begins with `- `. */
export function paragraphsOf(comment: string): readonly string[] {
  return comment
    .split(/\n\s*\n|\n(?= - )/)
    .map((paragraph) => paragraph.trim().replaceAll(/\s+/g, ' '))
    .filter((paragraph) => paragraph !== '')
}

/** What begins the paragraph with the reasons that an operation returns, or that every operation returns. */
const errorsLabel = /^(Common errors|Errors): /

/** The paragraphs of a comment on the service or an operation, apart from the one that lists reasons. */
export function rulesOf(comment: string): readonly string[] {
  return paragraphsOf(comment).filter((paragraph) => !errorsLabel.test(paragraph))
}

/** The reasons that such a comment lists. Throws unless it has one such paragraph. */
export function listedReasons(comment: string): readonly string[] {
  const lists = paragraphsOf(comment).filter((paragraph) => errorsLabel.test(paragraph))
  const [list] = lists
  if (list === undefined || lists.length > 1) throw new Error(`not one list of reasons: ${comment}`)
  return list.replace(errorsLabel, '').replace(/\.$/, '').split(', ')
}

/** The reasons that every operation can return. */
export function commonReasons(comments: Comments): readonly string[] {
  return listedReasons(commentOn(comments, MessageContactService.typeName))
}

/** The reasons that each operation can return besides the common ones, by its name. */
export function reasonsByOperation(comments: Comments): ReadonlyMap<string, readonly string[]> {
  const { typeName, methods } = MessageContactService
  return new Map(methods.map(({ name }) => [name, listedReasons(commentOn(comments, `${typeName}.${name}`))]))
}

/** What the comment on a value of ErrorReason says. */
export interface DocumentedReason {
  readonly meaning: string
  readonly code: string
  readonly httpStatus: number
  readonly status: string
  readonly details: readonly string[]
  readonly example: string
}

const reasonComment =
  /^(?<meaning>.+) Code (?<code>\S+), HTTP (?<http>\d+), (?<status>[A-Z_]+), with (?<details>[A-Za-z, ]+)\. Example: (?<example>.+)\.$/

/** The comment on each value of ErrorReason but UNSPECIFIED, in the order of the enum. Throws if one has another form. */
export function documentedReasons(comments: Comments): ReadonlyMap<Reason, DocumentedReason> {
  const values = ErrorReasonSchema.values.filter(({ number }) => number !== 0)
  return new Map(
    values.map(({ name, localName }) => [
      localName as Reason,
      documentedReason(commentOn(comments, `${ErrorReasonSchema.typeName}.${name}`)),
    ]),
  )
}

function documentedReason(comment: string): DocumentedReason {
  const {
    meaning = '',
    code = '',
    http,
    status = '',
    details = '',
    example = '',
  } = reasonComment.exec(paragraphsOf(comment).join(' '))?.groups ?? {}
  if (meaning === '') throw new Error(`a reason with a comment in another form: ${comment}`)
  return {
    meaning,
    code,
    httpStatus: Number(http),
    status,
    details: details === 'no further details' ? [] : details.split(', '),
    example,
  }
}
