import {
  type CodeCall,
  canRepeat,
  doubleQuoted,
  headerText,
  indented,
  lowerFirst,
  pascalCase,
  type TypedValue,
  typedValues,
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
          // Retries where RetryInfo says how long to wait${canRepeat(call) ? '' : ', unless the call may have been carried out already'}.
          if (waitMs > 10_000 || attempt == 3${canRepeat(call) ? '' : ' || reason.equals("OUTCOME_UNKNOWN")'}) {
            System.err.println(reason + " " + error.getStatus().getDescription());
            detail(error, BadRequest.class).ifPresent(bad -> bad.getFieldViolationsList().forEach(violation ->
                System.err.println("  " + violation.getField() + ": " + violation.getDescription())));
            System.exit(1);
          }
          Thread.sleep(waitMs * attempt);
        }
      }`

const header = (name: string, value: string) =>
  `headers.put(Metadata.Key.of("${name}", Metadata.ASCII_STRING_MARSHALLER), ${value});`

const headerLines = ({ directory, hasToken }: CodeCall) => [
  ...(directory === '' ? [] : [header('x-resource-directory-id', doubleQuoted(headerText(directory)))]),
  ...(hasToken ? [header('authorization', '"Bearer " + System.getenv("TOKEN")')] : []),
]

function setter(value: TypedValue): string {
  const name = pascalCase(value.field.name)
  switch (value.kind) {
    case 'text':
      return `.set${name}(${doubleQuoted(value.text)})`
    case 'number':
      return `.set${name}(${value.number})`
    case 'boolean':
      return `.set${name}(${value.isTrue})`
    case 'mask':
      return `.set${name}(FieldMask.newBuilder().addAllPaths(List.of(${value.paths.map(doubleQuoted).join(', ')})))`
    case 'enum': {
      const members = value.names.map((member) => `${value.field.typeName}.${member}`).join(', ')
      return value.field.isRepeated ? `.addAll${name}(List.of(${members}))` : `.set${name}(${members})`
    }
  }
}
