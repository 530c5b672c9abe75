import {
  type CodeCall,
  canRepeat,
  enumTypesOf,
  headersOf,
  indented,
  lowerFirst,
  retryRule,
  shortNameOf,
  singleQuoted,
  type TypedValue,
  typedValues,
  type ValueSyntax,
  valueText,
} from './code-call.js'

/** Code for @grpc/grpc-js with the messages that `npx buf generate` writes to src/gen. */
export function typescriptCode(call: CodeCall): string {
  const { operation, grpcAddress, deadlineMs } = call
  const values = typedValues(call)
  const enums = enumTypesOf(values)
  const { name, request } = operation
  return `${imports}
${enums.length > 0 ? `import { ${enums.join(', ')} } from './gen/messagecontacts/v1/message_contact_pb.js'\n` : ''}import {
  MessageContactService,
  ${request.name}Schema,
} from './gen/messagecontacts/v1/message_contact_service_pb.js'

const client = new Client(${singleQuoted(grpcAddress)}, credentials.createInsecure())
const metadata = new Metadata()
${metadataLines(call)}
const request = create(${request.name}Schema, {
${indented(
  values.map((value) => `${fieldText(call, value)},`),
  '  ',
)}
})

const { name, parent, input, output } = MessageContactService.method.${lowerFirst(name)}
const send = () =>
  new Promise<MessageShape<typeof output>>((resolve, reject) => {
    client.makeUnaryRequest<MessageShape<typeof input>, MessageShape<typeof output>>(
      \`/\${parent.typeName}/\${name}\`,
      (message) => Buffer.from(toBinary(input, message)),
      (bytes) => fromBinary(output, bytes),
      request,
      metadata,
      { deadline: Date.now() + ${deadlineMs} },
      (error, response) => (response ? resolve(response) : reject(error)),
    )
  })

${detailOf}

${attempts(call)}`
}

const imports = `import { setTimeout as pause } from 'node:timers/promises'
import { create, type DescMessage, fromBinary, type MessageShape, toBinary, toJsonString } from '@bufbuild/protobuf'
import { anyUnpack, durationMs } from '@bufbuild/protobuf/wkt'
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js'
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from './gen/google/rpc/error_details_pb.js'
import { StatusSchema } from './gen/google/rpc/status_pb.js'`

const detailOf = `/** A detail of a refusal; undefined if it has none of this kind. */
function detailOf<Desc extends DescMessage>(error: ServiceError, kind: Desc): MessageShape<Desc> | undefined {
  const [bytes] = error.metadata.get('grpc-status-details-bin')
  const details = bytes instanceof Buffer ? fromBinary(StatusSchema, bytes).details : []
  return details.map((detail) => anyUnpack(detail, kind)).find((detail) => detail !== undefined)
}`

const metadataLines = (call: CodeCall) =>
  headersOf(call, singleQuoted, `\`Bearer \${process.env['TOKEN']}\``)
    .map(([name, value]) => `metadata.set('${name}', ${value})\n`)
    .join('')

function fieldText(call: CodeCall, value: TypedValue): string {
  const { jsonName, oneof } = value.field
  const text = valueText(value, syntaxFor(call))
  return oneof === undefined ? `${jsonName}: ${text}` : `${oneof}: { case: '${jsonName}', value: ${text} }`
}

const syntaxFor = (call: CodeCall): ValueSyntax => ({
  quote: singleQuoted,
  mask: (paths) => `{ paths: [${paths.join(', ')}] }`,
  enumValues(field, names) {
    const members = names.map((name) => `${field.typeName}.${shortNameOf(call, field, name)}`)
    return field.isRepeated ? `[${members.join(', ')}]` : members.join()
  },
})

const attempts = (call: CodeCall) => `for (let attempt = 1; ; attempt += 1)
  try {
    console.log(toJsonString(output, await send(), { prettySpaces: 2 }))
    break
  } catch (thrown) {
    const error = thrown as ServiceError
    const info = detailOf(error, ErrorInfoSchema)
    const retryDelay = detailOf(error, RetryInfoSchema)?.retryDelay
    const waitMs = retryDelay ? durationMs(retryDelay) : Number.POSITIVE_INFINITY
    // ${retryRule(call)}
    if (waitMs <= 10_000 && attempt < 3${canRepeat(call) ? '' : " && info?.reason !== 'OUTCOME_UNKNOWN'"}) {
      await pause(waitMs * attempt)
      continue
    }
    console.error(info?.reason ?? error.code, error.details, info?.metadata['requestId'])
    for (const { field, description } of detailOf(error, BadRequestSchema)?.fieldViolations ?? [])
      console.error(\`  \${field}: \${description}\`)
    process.exitCode = 1
    break
  }
client.close()
`
