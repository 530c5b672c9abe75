import type { DescMessage, MessageInitShape } from '@bufbuild/protobuf'
import { durationFromMs } from '@bufbuild/protobuf/wkt'
import {
  BadRequestSchema,
  ErrorInfoSchema,
  HelpSchema,
  PreconditionFailureSchema,
  QuotaFailureSchema,
  ResourceInfoSchema,
  RetryInfoSchema,
} from '../gen/google/rpc/error_details_pb.js'
import { type DetailKind, type ErrorDefinition, errorCatalog } from './catalog.js'
import type { Failure, FailureContext, Violation } from './failure.js'

/** A `google.rpc` message that explains a refusal: its type, and its fields. */
export interface Detail {
  readonly desc: DescMessage
  readonly value: MessageInitShape<DescMessage>
}

/** The domain of every ErrorInfo; reasons are unique within it. */
export const errorDomain = 'messagecontacts'
/** The maximum number of violations in a refusal: up to about 6 KiB. Clients in Python, Ruby and Java accept 8 KiB of trailers. */
export const maxViolations = 20

const detail = <Desc extends DescMessage>(desc: Desc, value: MessageInitShape<Desc>): Detail => ({ desc, value })

/** A rule is stated once: many violations of the same one would exceed the trailers that clients accept. */
function fieldViolations(violations: readonly Violation[]) {
  const stated = new Set<string>()
  return violations.slice(0, maxViolations).map(({ field, reason, rule }) => {
    const { message } = errorCatalog[reason]
    const description = rule === undefined || stated.has(rule) ? message : rule
    stated.add(description)
    return { field, reason, description }
  })
}

const detailOf: Readonly<Record<DetailKind, (context: FailureContext, definition: ErrorDefinition) => Detail>> = {
  BadRequest: ({ violations = [] }) => detail(BadRequestSchema, { fieldViolations: fieldViolations(violations) }),
  ResourceInfo: ({ resource }, { message }) =>
    detail(ResourceInfoSchema, {
      resourceType: resource?.type ?? '',
      resourceName: resource?.name ?? '',
      description: message,
    }),
  QuotaFailure: ({ quota }, { message }) =>
    detail(QuotaFailureSchema, {
      violations: [
        {
          subject: quota?.subject ?? '',
          description: message,
          quotaId: quota?.setting ?? '',
          quotaValue: BigInt(quota?.limit ?? 0),
        },
      ],
    }),
  PreconditionFailure: ({ precondition = '' }, { code, message }) =>
    detail(PreconditionFailureSchema, { violations: [{ type: code, subject: precondition, description: message }] }),
  RetryInfo: (context, definition) =>
    detail(RetryInfoSchema, { retryDelay: durationFromMs(context.retryAfterMs ?? definition.retryAfterMs ?? 0) }),
}

function errorInfo({ reason, context }: Failure, requestId: string): Detail {
  const { code, httpStatus } = errorCatalog[reason]
  const { violations = [] } = context
  const leftOut = violations.length - maxViolations
  const [first] = violations
  return detail(ErrorInfoSchema, {
    reason,
    domain: errorDomain,
    metadata: {
      code,
      httpStatus: String(httpStatus),
      requestId,
      // Again here, because some client libraries do not pass on the reasons of a BadRequest.
      ...(first && {
        field: first.field,
        violations: violations
          .slice(0, maxViolations)
          .map((violation) => `${violation.field}=${violation.reason}`)
          .join(),
      }),
      ...(leftOut > 0 && { violationsLeftOut: String(leftOut) }),
      ...context.permission,
      ...(context.attemptsRemaining !== undefined && { attemptsRemaining: String(context.attemptsRemaining) }),
    },
  })
}

/** The page of an error code in the error center, which is below `docsUrl`. */
const help = ({ code }: ErrorDefinition, docsUrl: string): Detail =>
  detail(HelpSchema, {
    links: [{ description: 'What this error means, and what to do.', url: `${docsUrl}/errors/${code}` }],
  })

/**
 * The details of a refusal, the same for every transport: ErrorInfo, then those that the definition of its reason lists, then Help if
 * PUBLIC_DOCS_URL is set.
 */
export function detailsOf(failure: Failure, requestId: string, docsUrl?: string): readonly Detail[] {
  const definition = errorCatalog[failure.reason]
  return [
    errorInfo(failure, requestId),
    ...definition.details.map((kind) => detailOf[kind](failure.context, definition)),
    ...(docsUrl === undefined ? [] : [help(definition, docsUrl)]),
  ]
}
