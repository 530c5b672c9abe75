import { type ErrorDefinition, errorCatalog, type Reason } from '../../src/errors/catalog.js'
import { ErrorReasonSchema } from '../../src/gen/messagecontacts/v1/error_reason_pb.js'
import {
  type Comments,
  commentOn,
  commonReasons,
  type DocumentedReason,
  documentedReasons,
  paragraphsOf,
  reasonsByOperation,
} from './comments.js'
import { linkTo, page, prose, table } from './markdown.js'

const apiFile = 'api.md'

/** docs/errors.md: every reason of a refusal, from the error catalog and the comments on ErrorReason. */
export function errorsPage(comments: Comments): string {
  const returnedBy = operationsByReason(comments)
  return page('Errors', '`src/errors/catalog.ts` and `proto`', [
    prose(paragraphsOf(commentOn(comments, ErrorReasonSchema.typeName))),
    overview(),
    ...[...documentedReasons(comments)].flatMap(([reason, documented]) => [
      `## ${reason}`,
      prose([documented.meaning, ...facts(errorCatalog[reason], documented, returnedBy(reason))]),
    ]),
  ])
}

function overview(): string {
  const rows = Object.entries(errorCatalog).map(([reason, { code, httpStatus, status, message }]) => [
    linkTo(reason),
    code,
    String(httpStatus),
    status,
    message,
  ])
  return table(['reason', 'code', 'HTTP', 'gRPC status', 'message'], rows)
}

function facts(definition: ErrorDefinition, { example }: DocumentedReason, operations: string): string[] {
  const { code, httpStatus, status, message, details } = definition
  const kinds = details.map((kind) => `\`${kind}\``).join(', ')
  return [
    `- Code \`${code}\`, HTTP ${httpStatus}, gRPC status \`${status}\``,
    `- Message: ${message}`,
    `- Details besides \`ErrorInfo\`: ${kinds || 'none'}`,
    `- Example: ${example}`,
    `- Returned by: ${operations}`,
  ]
}

/** For each reason, the operations that can return it. */
function operationsByReason(comments: Comments): (reason: Reason) => string {
  const common = commonReasons(comments)
  const operations = [...reasonsByOperation(comments)]
  return (reason) =>
    common.includes(reason)
      ? 'every operation'
      : operations
          .filter(([, reasons]) => reasons.includes(reason))
          .map(([operation]) => linkTo(operation, apiFile))
          .join(', ')
}
