import {
  type CodeCall,
  canRepeat,
  doubleQuoted,
  headersOf,
  indented,
  pascalCase,
  pascalOfConstant,
  retryRule,
  shortNameOf,
  typedValues,
  type ValueSyntax,
  valueText,
} from './code-call.js'

/** Code for Grpc.Net.Client, Grpc.StatusProto and the classes that Grpc.Tools writes. */
export function csharpCode(call: CodeCall): string {
  const { operation, grpcAddress } = call
  return `using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using MessageContacts.V1;

using var channel = GrpcChannel.ForAddress(${doubleQuoted(`http://${grpcAddress}`)});
var client = new MessageContactService.MessageContactServiceClient(channel);
var headers = new Metadata
{
${indented(headerLines(call), '    ')}
};
var request = new ${operation.request.name}
{
${indented(
  typedValues(call).map((value) => `${pascalCase(value.field.name)} = ${valueText(value, syntaxFor(call))},`),
  '    ',
)}
};
${attempts(call)}`
}

const attempts = (call: CodeCall) => `for (var attempt = 1; ; attempt++)
{
    try
    {
        Console.WriteLine(await client.${call.operation.name}Async(request, headers, DateTime.UtcNow.AddMilliseconds(${call.deadlineMs})));
        return 0;
    }
    catch (RpcException error)
    {
        var status = error.GetRpcStatus();
        var reason = status?.GetDetail<ErrorInfo>()?.Reason;
        var wait = status?.GetDetail<RetryInfo>()?.RetryDelay.ToTimeSpan() ?? TimeSpan.MaxValue;
        // ${retryRule(call)}
        if (wait > TimeSpan.FromSeconds(10) || attempt == 3${canRepeat(call) ? '' : ' || reason == "OUTCOME_UNKNOWN"'})
        {
            Console.Error.WriteLine($"{reason ?? error.StatusCode.ToString()} {error.Status.Detail}");
            foreach (var violation in status?.GetDetail<BadRequest>()?.FieldViolations ?? [])
                Console.Error.WriteLine($"  {violation.Field}: {violation.Description}");
            return 1;
        }
        await Task.Delay(wait * attempt);
    }
}
`

const headerLines = (call: CodeCall) =>
  headersOf(call, doubleQuoted, '"Bearer " + Environment.GetEnvironmentVariable("TOKEN")').map(
    ([name, value]) => `{ "${name}", ${value} },`,
  )

const syntaxFor = (call: CodeCall): ValueSyntax => ({
  quote: doubleQuoted,
  mask: (paths) => `new FieldMask { Paths = { ${paths.join(', ')} } }`,
  enumValues(field, names) {
    const members = names.map((name) => `${field.typeName}.${pascalOfConstant(shortNameOf(call, field, name))}`)
    return field.isRepeated ? `{ ${members.join(', ')} }` : members.join()
  },
})
