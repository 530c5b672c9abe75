import {
  type CodeCall,
  canRepeat,
  doubleQuoted,
  headersOf,
  indented,
  lowerFirst,
  pascalCase,
  retryRule,
  type TypedValue,
  typedValues,
  type ValueSyntax,
  valueText,
} from './code-call.js'

/** Code for grpc-java with the classes that protoc and protoc-gen-grpc-java write. */
export function javaCode(call: CodeCall): string {
  const { operation, grpcAddress } = call
  return `${imports}

public class Main {
  public static void main(String[] arguments) throws Exception {
    ManagedChannel channel = NettyChannelBuilder.forTarget(${doubleQuoted(grpcAddress)}).usePlaintext().build();
    Metadata headers = new Metadata();
${indented(headerLines(call), '    ')}
    var client = MessageContactServiceGrpc.newBlockingStub(channel)
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    var request = ${operation.request.name}.newBuilder()
${indented(typedValues(call).map(setter), '        ')}
        .build();
    try {
${attempts(call)}
    } finally {
      channel.shutdownNow();
    }
  }

  /** A detail of a refusal. */
  static <T extends Message> Optional<T> detail(StatusRuntimeException error, Class<T> kind)
      throws InvalidProtocolBufferException {
    var status = StatusProto.fromThrowable(error);
    if (status != null)
      for (Any detail : status.getDetailsList()) if (detail.is(kind)) return Optional.of(detail.unpack(kind));
    return Optional.empty();
  }
}
`.replaceAll(/\n\n(?= {4,8}(var client|\.build))/g, '\n')
}

const imports = `import com.google.protobuf.Any;
import com.google.protobuf.FieldMask;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.MetadataUtils;
import io.messagecontacts.v1.*;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;`

const attempts = (call: CodeCall) => `      for (int attempt = 1; ; attempt++) {
        try {
          System.out.println(client.withDeadlineAfter(${call.deadlineMs}, TimeUnit.MILLISECONDS).${lowerFirst(call.operation.name)}(request));
          return;
        } catch (StatusRuntimeException error) {
          String reason = detail(error, ErrorInfo.class).map(ErrorInfo::getReason).orElse("");
          var delay = detail(error, RetryInfo.class).map(RetryInfo::getRetryDelay);
          long waitMs = delay.map(wait -> wait.getSeconds() * 1000 + wait.getNanos() / 1_000_000).orElse(Long.MAX_VALUE);
          // ${retryRule(call)}
          if (waitMs > 10_000 || attempt == 3${canRepeat(call) ? '' : ' || reason.equals("OUTCOME_UNKNOWN")'}) {
            System.err.println(reason + " " + error.getStatus().getDescription());
            detail(error, BadRequest.class).ifPresent(bad -> bad.getFieldViolationsList().forEach(violation ->
                System.err.println("  " + violation.getField() + ": " + violation.getDescription())));
            System.exit(1);
          }
          Thread.sleep(waitMs * attempt);
        }
      }`

const headerLines = (call: CodeCall) =>
  headersOf(call, doubleQuoted, '"Bearer " + System.getenv("TOKEN")').map(
    ([name, value]) => `headers.put(Metadata.Key.of("${name}", Metadata.ASCII_STRING_MARSHALLER), ${value});`,
  )

function setter(value: TypedValue): string {
  const { name, kind, isRepeated } = value.field
  const verb = kind === 'enum' && isRepeated ? 'addAll' : 'set'
  return `.${verb}${pascalCase(name)}(${valueText(value, syntax)})`
}

const syntax: ValueSyntax = {
  quote: doubleQuoted,
  mask: (paths) => `FieldMask.newBuilder().addAllPaths(List.of(${paths.join(', ')}))`,
  enumValues({ typeName, isRepeated }, names) {
    const members = names.map((name) => `${typeName}.${name}`).join(', ')
    return isRepeated ? `List.of(${members})` : members
  },
}
