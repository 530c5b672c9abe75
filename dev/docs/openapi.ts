import { createRequire } from 'node:module'
import type { DescMethod, JsonObject, JsonValue } from '@bufbuild/protobuf'
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt'
import { permissionFor } from '../../src/access/authorize.js'
import { directoryIdPattern } from '../../src/access/caller.js'
import { errorCatalog } from '../../src/errors/catalog.js'
import { ErrorInfoSchema, file_google_rpc_error_details } from '../../src/gen/google/rpc/error_details_pb.js'
import { MessageContactService } from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import type { ErrorEntry } from '../explorer/reference.js'
import { type Comments, commentOn, rulesOf } from './comments.js'
import { errorReference } from './error-reference.js'
import { refTo, Schemas } from './openapi-schemas.js'

const { version } = createRequire(import.meta.url)('#package.json') as { version: string }
const { typeName: serviceName, methods } = MessageContactService

const jsonNames =
  'The operations as HTTP serves them, in the Connect protocol with JSON. Fields have their names in lowerCamelCase, such as `emailAddress` for `email_address`; the names of the contract are accepted too. Fields that are empty are left out of answers; unknown fields in requests are refused.'

/** docs/openapi.json: the operations as the Connect protocol serves them with JSON. OpenAPI 3.1. */
export function openApiDocument(comments: Comments): string {
  const schemas = new Schemas(comments)
  const errors = errorReference(comments)
  const paths = Object.fromEntries(
    methods.map((method) => [`/${serviceName}/${method.name}`, pathItem(method, schemas, errors, comments)]),
  )
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'Message Contacts',
      version,
      description: [jsonNames, ...rulesOf(commentOn(comments, serviceName))].join('\n\n'),
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The server of this document, where HTTP_LISTEN is set.' }],
    security: [{ bearer: [] }, { certificate: [] }],
    tags: [{ name: serviceName, description: rulesOf(commentOn(comments, serviceName))[0] }],
    paths,
    components: components(schemas, errors),
    'x-error-reasons': Object.fromEntries(errors.map(({ exampleAnswer, ...entry }) => [entry.reason, entry])),
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

function pathItem(method: DescMethod, schemas: Schemas, errors: readonly ErrorEntry[], comments: Comments): JsonObject {
  const request = schemas.message(method.input)
  const operation = commonPart(method, schemas, errors, comments)
  const parameters = [refToParameter('directory'), refToParameter('timeout')]
  const post = {
    operationId: method.name,
    ...operation,
    parameters,
    requestBody: { required: true, content: { 'application/json': { schema: request } } },
  }
  if (method.idempotency !== MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS) return { post }
  const message = { name: 'message', in: 'query', required: true, content: { 'application/json': { schema: request } } }
  const get = {
    operationId: `${method.name}ByGet`,
    ...operation,
    parameters: [...parameters, refToParameter('encoding'), message],
  }
  return { post, get }
}

/** What is the same for POST and GET. */
function commonPart(
  method: DescMethod,
  schemas: Schemas,
  errors: readonly ErrorEntry[],
  comments: Comments,
): JsonObject {
  const [summary = '', ...rules] = rulesOf(commentOn(comments, `${serviceName}.${method.name}`))
  const { action, resource, isWrite, roles } = permissionFor(method)
  const included = roles.map((role) => `\`${role}\``).join(', ')
  const authorization = `Authorization: the action \`${action}\` on \`${resource}\`, which the roles ${included} include.`
  const returned = errors.filter(({ operations }) => operations.includes(method.name))
  return {
    tags: [serviceName],
    summary: summary.replace(/\.$/, ''),
    description: [summary, ...rules, authorization].join('\n\n'),
    responses: {
      '200': {
        description: 'The operation has succeeded.',
        headers: { 'x-request-id': { $ref: '#/components/headers/requestId' } },
        content: { 'application/json': { schema: schemas.message(method.output) } },
      },
      ...refusals(returned),
    },
    'x-authorization': { action, accessLevel: isWrite ? 'write' : 'read', resource, roles: [...roles] },
    'x-error-reasons': returned.map(({ reason }) => reason),
  }
}

/** The refusals by their HTTP status, and one for what is refused before it reaches the operation. */
function refusals(errors: readonly ErrorEntry[]): JsonObject {
  const statuses = [...new Set(errors.map(({ connectHttpStatus }) => connectHttpStatus))].toSorted()
  const byStatus = statuses.map((status): [string, JsonValue] => {
    const entries = errors.filter(({ connectHttpStatus }) => connectHttpStatus === status)
    const examples = entries.map(({ reason }) => [reason, { $ref: `#/components/examples/${reason}` }])
    return [
      String(status),
      {
        description: `Refused with ${entries.map(({ reason }) => `\`${reason}\``).join(', ')}.`,
        headers: { 'x-request-id': { $ref: '#/components/headers/requestId' } },
        content: { 'application/json': { schema: refTo('Error'), examples: Object.fromEntries(examples) } },
      },
    ]
  })
  return { ...Object.fromEntries(byStatus), default: { $ref: '#/components/responses/httpError' } }
}

const refToParameter = (name: string): JsonObject => ({ $ref: `#/components/parameters/${name}` })

function components(schemas: Schemas, errors: readonly ErrorEntry[]): JsonObject {
  addErrorSchemas(schemas, errors)
  return {
    schemas: schemas.all,
    responses: {
      httpError: {
        description:
          'Refused before the operation: 403 for a page of another origin, 404, 405, 408, 413 for too large a body, 415 for another content type or a compressed body, 431 for too large headers. There are no details and there is no request id.',
        content: { 'application/json': { schema: refTo('Error') } },
      },
    },
    parameters,
    examples: Object.fromEntries(
      errors.map(({ reason, meaning, exampleAnswer }) => [reason, { summary: meaning, value: exampleAnswer }]),
    ),
    headers: {
      requestId: {
        description: 'The id of the call, for questions to the operator.',
        schema: { type: 'string', format: 'uuid' },
      },
    },
    securitySchemes: {
      bearer: {
        type: 'http',
        scheme: 'bearer',
        description: 'A token that the operator has given out, or a JWT of an issuer that the operator trusts.',
      },
      certificate: { type: 'mutualTLS', description: 'A client certificate of an authority that the operator trusts.' },
    },
  }
}

const parameters: JsonObject = {
  directory: {
    name: 'x-resource-directory-id',
    in: 'header',
    description: 'The directory of the call. A caller that has one directory can leave it out.',
    schema: { type: 'string', pattern: directoryIdPattern.source },
  },
  timeout: {
    name: 'connect-timeout-ms',
    in: 'header',
    description: 'How long the client waits, in milliseconds.',
    schema: { type: 'integer', minimum: 0, maximum: 9_999_999_999 },
  },
  encoding: {
    name: 'encoding',
    in: 'query',
    required: true,
    description: 'How `message` is written.',
    schema: { type: 'string', enum: ['json'] },
  },
}

/** The body of every refusal. Each detail says by its `type` what its `debug` is. */
function addErrorSchemas(schemas: Schemas, errors: readonly ErrorEntry[]): void {
  const kinds = new Set<string>(['ErrorInfo', 'Help', ...Object.values(errorCatalog).flatMap(({ details }) => details)])
  const details = file_google_rpc_error_details.messages
    .filter(({ name }) => kinds.has(name))
    .map((desc) => ({
      type: 'object',
      properties: {
        type: { type: 'string', const: desc.typeName },
        value: { type: 'string', contentEncoding: 'base64', description: 'The message in protobuf.' },
        debug: schemas.message(desc),
      },
      required: ['type', 'value'],
    }))
  const codes = [...new Set(errors.map(({ status }) => status.toLowerCase())), 'unimplemented']
  schemas.all['ErrorReason'] = {
    type: 'string',
    description: `The \`reason\` of ErrorInfo.\n\n${errors.map(({ reason, meaning }) => `- \`${reason}\`: ${meaning}`).join('\n')}`,
    enum: errors.map(({ reason }) => reason),
  }
  Object.assign(schemas.all[ErrorInfoSchema.name]?.['properties'] ?? {}, { reason: refTo('ErrorReason') })
  schemas.all['Error'] = {
    type: 'object',
    description: 'A refusal. Programs decide by the `reason` of the ErrorInfo among its details.',
    properties: {
      code: { type: 'string', enum: codes, description: 'The gRPC status in lower case.' },
      message: { type: 'string', description: 'A fixed sentence for people.' },
      details: { type: 'array', items: { oneOf: details } },
    },
    required: ['code', 'message'],
  }
}
