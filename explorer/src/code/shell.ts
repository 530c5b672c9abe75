import type { JsonObject } from '../../../dev/explorer/reference.js'
import { maskPaths } from '../calls/request-values.js'
import { type CodeCall, canRepeat, headerText, retryRule, shellQuoted } from './code-call.js'

const headersOf = ({ directory, hasToken }: CodeCall) => [
  ...(directory === '' ? [] : [shellQuoted(`x-resource-directory-id: ${headerText(directory)}`)]),
  ...(hasToken ? ['"authorization: Bearer $TOKEN"'] : []),
]

const json = (request: JsonObject) => shellQuoted(JSON.stringify(request, undefined, 2))

/** grpcurl wants a field mask as a message, not as the text of the JSON mapping. */
function requestForGrpcurl({ operation, request }: CodeCall): JsonObject {
  const masks = operation.request.fields.filter(({ kind, jsonName }) => kind === 'mask' && jsonName in request)
  const replaced = masks.map(({ jsonName }) => [jsonName, { paths: maskPaths(request[jsonName]) }])
  return { ...request, ...Object.fromEntries(replaced) }
}

/** A command that shows the contract's messages as JSON. It learns them from the service. */
export function grpcurlCode(call: CodeCall): string {
  const { service, operation, grpcAddress, deadlineMs } = call
  return `# go install github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4
attempt=1
until answer=$(grpcurl -plaintext -max-time ${deadlineMs / 1000} \\
${headersOf(call)
  .map((header) => `  -H ${header} \\\n`)
  .join('')}  -d ${json(requestForGrpcurl(call))} \\
  ${shellQuoted(grpcAddress)} ${service}/${operation.name} 2>&1)
do
  reason=$(printf '%s\\n' "$answer" | sed -n 's/.*"reason": "\\([A-Z_]*\\)".*/\\1/p' | tail -n 1)
  wait=$(printf '%s\\n' "$answer" | sed -n 's/.*"retryDelay": "\\([0-9]*\\)[.0-9]*s".*/\\1/p')
  # ${retryRule(call)}
  if [ -z "$wait" ] || [ "$wait" -gt 10 ] || [ "$attempt" -ge 3 ]${unknownOutcome(call)}; then
    printf 'refused: %s\\n%s\\n' "$reason" "$answer" >&2
    exit 1
  fi
  sleep $(((wait + 1) * attempt))
  attempt=$((attempt + 1))
done
printf '%s\\n' "$answer"
`
}

/** The Connect protocol needs nothing but an HTTP client. */
export function curlCode(call: CodeCall): string {
  const { service, operation, httpOrigin, request, deadlineMs } = call
  return `attempt=1
until answer=$(curl --silent --show-error --fail-with-body --max-time ${deadlineMs / 1000} \\
  -H 'content-type: application/json' \\
${headersOf(call)
  .map((header) => `  -H ${header} \\\n`)
  .join('')}  --data-binary ${json(request)} \\
  ${shellQuoted(`${httpOrigin}/${service}/${operation.name}`)})
do
  reason=$(printf '%s\\n' "$answer" | sed -n 's/.*google.rpc.ErrorInfo.*"reason":"\\([A-Z_]*\\)","domain".*/\\1/p')
  wait=$(printf '%s\\n' "$answer" | sed -n 's/.*"retryDelay":"\\([0-9]*\\)[.0-9]*s".*/\\1/p')
  # ${retryRule(call)}
  if [ -z "$wait" ] || [ "$wait" -gt 10 ] || [ "$attempt" -ge 3 ]${unknownOutcome(call)}; then
    printf 'refused: %s\\n%s\\n' "$reason" "$answer" >&2
    exit 1
  fi
  sleep $(((wait + 1) * attempt))
  attempt=$((attempt + 1))
done
printf '%s\\n' "$answer"
`
}

const unknownOutcome = (call: CodeCall) => (canRepeat(call) ? '' : ' || [ "$reason" = OUTCOME_UNKNOWN ]')
