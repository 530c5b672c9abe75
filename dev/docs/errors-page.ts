import { ErrorReasonSchema } from '../../src/gen/messagecontacts/v1/error_reason_pb.js'
import { MessageContactService } from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import type { ErrorEntry } from '../explorer/reference.js'
import { type Comments, commentOn, paragraphsOf } from './comments.js'
import { errorReference } from './error-reference.js'
import { linkTo, page, prose, table } from './markdown.js'

const apiFile = 'api.md'

/** docs/errors.md: every reason of a refusal. */
export function errorsPage(comments: Comments): string {
  const errors = errorReference(comments)
  return page('Errors', '`src/errors/catalog.ts` and `proto`', [
    prose(paragraphsOf(commentOn(comments, ErrorReasonSchema.typeName))),
    overview(errors),
    ...errors.flatMap((entry) => [`## ${entry.reason}`, prose([entry.meaning, ...facts(entry)])]),
  ])
}

function overview(errors: readonly ErrorEntry[]): string {
  const rows = errors.map(({ reason, code, httpStatus, status, message }) => [
    linkTo(reason),
    code,
    String(httpStatus),
    status,
    message,
  ])
  return table(['reason', 'code', 'HTTP', 'gRPC status', 'message'], rows)
}

function facts({ code, httpStatus, status, message, details, remedy, example, operations }: ErrorEntry): string[] {
  const kinds = details.map((kind) => `\`${kind}\``).join(', ')
  const isCommon = operations.length === MessageContactService.methods.length
  return [
    `- Code \`${code}\`, HTTP ${httpStatus}, gRPC status \`${status}\``,
    `- Message: ${message}`,
    `- What to do: ${remedy}`,
    `- Details besides \`ErrorInfo\`: ${kinds || 'none'}`,
    `- Example: ${example}`,
    `- Returned by: ${isCommon ? 'every operation' : operations.map((name) => linkTo(name, apiFile)).join(', ')}`,
  ]
}
