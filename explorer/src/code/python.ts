import {
  type CodeCall,
  canRepeat,
  doubleQuoted,
  headersOf,
  indented,
  retryRule,
  typedValues,
  type ValueSyntax,
  valueText,
} from './code-call.js'

/** Code for grpcio with the packages of examples/python/requirements.txt and the messages that grpc_tools.protoc writes. */
export function pythonCode(call: CodeCall): string {
  const { operation } = call
  const values = typedValues(call)
  const hasMask = values.some(({ kind }) => kind === 'mask')
  return `import os
import sys
import time

import grpc
${hasMask ? 'from google.protobuf.field_mask_pb2 import FieldMask\n' : ''}from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from grpc_status import rpc_status
from messagecontacts.v1 import message_contact_service_pb2 as contacts
from messagecontacts.v1.message_contact_service_pb2_grpc import MessageContactServiceStub

request = contacts.${operation.request.name}(
${indented(
  values.map((value) => `${value.field.name}=${valueText(value, syntax)},`),
  '    ',
)}
)
metadata = [${metadataOf(call).join(', ')}]


${detailsOf}


${attempts(call)}`.replace(call.hasToken ? '' : 'import os\n', '')
}

const detailsOf = `def details_of(error):
    """The details of a refusal by their class. Empty if the call did not reach the service."""
    status = rpc_status.from_call(error)
    details = {}
    for packed in status.details if status else []:
        for kind in (ErrorInfo, BadRequest, RetryInfo):
            if packed.Is(kind.DESCRIPTOR):
                details[kind] = kind.FromString(packed.value)
    return details`

const attempts = (call: CodeCall) => `with grpc.insecure_channel(${doubleQuoted(call.grpcAddress)}) as channel:
    stub = MessageContactServiceStub(channel)
    for attempt in range(1, 4):
        try:
            print(stub.${call.operation.name}(request, timeout=${call.deadlineMs / 1000}, metadata=metadata))
            break
        except grpc.RpcError as error:
            details = details_of(error)
            info = details.get(ErrorInfo)
            reason = info.reason if info else error.code().name
            wait = details[RetryInfo].retry_delay.ToTimedelta().total_seconds() if RetryInfo in details else None
            # ${retryRule(call)}
            if wait is not None and wait <= 10 and attempt < 3${canRepeat(call) ? '' : ' and reason != "OUTCOME_UNKNOWN"'}:
                time.sleep(wait * attempt)
                continue
            print(reason, error.details(), info.metadata["requestId"] if info else "", file=sys.stderr)
            for violation in details[BadRequest].field_violations if BadRequest in details else []:
                print(f"  {violation.field}: {violation.description}", file=sys.stderr)
            sys.exit(1)
`

const metadataOf = (call: CodeCall) =>
  headersOf(call, doubleQuoted, '"Bearer " + os.environ["TOKEN"]').map(([name, value]) => `("${name}", ${value})`)

const syntax: ValueSyntax = {
  quote: doubleQuoted,
  boolean: (isTrue) => (isTrue ? 'True' : 'False'),
  mask: (paths) => `FieldMask(paths=[${paths.join(', ')}])`,
  enumValues({ isRepeated }, names) {
    const quoted = names.map(doubleQuoted).join(', ')
    return isRepeated ? `[${quoted}]` : quoted
  },
}
