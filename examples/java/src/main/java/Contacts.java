import com.google.gson.Gson;
import com.google.protobuf.Any;
import com.google.protobuf.FieldMask;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.Timestamps;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * A command-line client for Message Contacts: add, list, add-type, send-code, confirm and delete, as README.md shows.
 * Properties: address, directory and serviceConfig.
 */
public class Contacts {
  /** The deadline of one call. A shorter one in the service config counts. */
  private static final int TIMEOUT_SECONDS = 5;
  private static final int MAX_ATTEMPTS = 3;
  /** Limits over time ask for longer waits; those are for people to decide. */
  private static final long MAX_WAIT_MS = 10_000;
  private static final int PAGE_SIZE = 10;

  private final MessageContactServiceGrpc.MessageContactServiceBlockingStub stub;

  Contacts(ManagedChannel channel, String directory) {
    var headers = new Metadata();
    headers.put(Metadata.Key.of("x-resource-directory-id", Metadata.ASCII_STRING_MARSHALLER), directory);
    stub = MessageContactServiceGrpc.newBlockingStub(channel)
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  /** A stub keeps its deadline, so each call has a new one. */
  private MessageContactServiceGrpc.MessageContactServiceBlockingStub client() {
    return stub.withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS);
  }

  MessageContact add(String name, String emailAddress, String phoneNumber) throws Exception {
    var request = AddMessageContactRequest.newBuilder()
        .setName(name)
        .setEmailAddress(emailAddress)
        .setPhoneNumber(phoneNumber)
        .setTitle(Title.TITLE_OTHER)
        .addMessageTypes(MessageType.MESSAGE_TYPE_SERVICE_MESSAGE)
        // With a token, a repeated call returns the contact of the first one and adds no second contact.
        .setClientToken(UUID.randomUUID().toString())
        .build();
    for (int attempt = 1; ; attempt++) {
      try {
        return client().addMessageContact(request).getContact();
      } catch (StatusRuntimeException error) {
        var waitMs = retryWaitMs(error);
        if (waitMs.isEmpty() || attempt == MAX_ATTEMPTS) throw error;
        Thread.sleep(waitMs.get() * attempt);
      }
    }
  }

  void list() {
    String pageToken = "";
    do {
      var request = ListMessageContactsRequest.newBuilder().setPageSize(PAGE_SIZE).setPageToken(pageToken).build();
      var response = client().listMessageContacts(request);
      response.getContactsList().forEach(Contacts::show);
      pageToken = response.getNextPageToken();
    } while (!pageToken.isEmpty());
  }

  MessageContact addType(String contactId, MessageType type) throws Exception {
    for (int attempt = 1; ; attempt++) {
      var read = GetMessageContactRequest.newBuilder().setContactId(contactId).build();
      var contact = client().getMessageContact(read).getContact();
      var request = UpdateMessageContactRequest.newBuilder()
          .setContactId(contactId)
          .addAllMessageTypes(contact.getMessageTypesList())
          .addMessageTypes(type)
          // Only this field is changed.
          .setUpdateMask(FieldMask.newBuilder().addPaths("message_types"))
          // The call is refused if somebody else has changed the contact after it was read.
          .setEtag(contact.getEtag())
          .build();
      try {
        return client().updateMessageContact(request).getContact();
      } catch (StatusRuntimeException error) {
        var reason = detail(error, ErrorInfo.class).map(ErrorInfo::getReason);
        if (!reason.equals(Optional.of("ETAG_MISMATCH")) || attempt == MAX_ATTEMPTS) throw error;
      }
    }
  }

  void sendCode(String contactId, String emailAddress) {
    var request = SendEmailVerificationForMessageContactRequest.newBuilder()
        .setContactId(contactId).setEmailAddress(emailAddress).build();
    var expireDate = client().sendEmailVerificationForMessageContact(request).getExpireDate();
    System.out.println("The code is valid until " + Timestamps.toString(expireDate) + ".");
  }

  MessageContact confirm(String contactId, String emailAddress, String code) {
    var request = ConfirmMessageContactVerificationRequest.newBuilder()
        .setContactId(contactId).setEmailAddress(emailAddress).setCode(code).build();
    return client().confirmMessageContactVerification(request).getContact();
  }

  void delete(String contactId) {
    client().deleteMessageContact(DeleteMessageContactRequest.newBuilder().setContactId(contactId).build());
  }

  /** A detail of a refusal; empty if it has none of this kind. */
  static <T extends Message> Optional<T> detail(StatusRuntimeException error, Class<T> kind)
      throws InvalidProtocolBufferException {
    var status = StatusProto.fromThrowable(error);
    if (status != null)
      for (Any detail : status.getDetailsList()) if (detail.is(kind)) return Optional.of(detail.unpack(kind));
    return Optional.empty();
  }

  /** The minimum wait before a call is repeated; empty if repeating it does not help. */
  static Optional<Long> retryWaitMs(StatusRuntimeException error) throws InvalidProtocolBufferException {
    return detail(error, RetryInfo.class).map(RetryInfo::getRetryDelay)
        .map(delay -> delay.getSeconds() * 1000 + delay.getNanos() / 1_000_000)
        .filter(waitMs -> waitMs <= MAX_WAIT_MS);
  }

  static String describe(StatusRuntimeException error) throws InvalidProtocolBufferException {
    var info = detail(error, ErrorInfo.class);
    var message = error.getStatus().getDescription();
    if (info.isEmpty()) return error.getStatus().getCode() + ": " + message;
    var lines = new StringBuilder(info.get().getReason() + ": " + message);
    for (var violation : detail(error, BadRequest.class).orElse(BadRequest.getDefaultInstance()).getFieldViolationsList())
      lines.append("\n  ").append(violation.getField()).append(": ").append(violation.getDescription());
    return lines + "\n  request id: " + info.get().getMetadataMap().get("requestId");
  }

  static void show(MessageContact contact) {
    var types = contact.getMessageTypesList().stream()
        .map(type -> type.name().replace("MESSAGE_TYPE_", "")).collect(Collectors.joining(","));
    var status = contact.getStatus().name().replace("MESSAGE_CONTACT_STATUS_", "");
    System.out.println(String.join(" ", contact.getContactId(), contact.getName(), contact.getEmailAddress(), status, types));
  }

  void run(String command, String[] arguments) throws Exception {
    switch (command) {
      case "add" -> show(add(arguments[0], arguments[1], arguments[2]));
      case "list" -> list();
      case "add-type" -> show(addType(arguments[0], MessageType.valueOf("MESSAGE_TYPE_" + arguments[1])));
      case "send-code" -> sendCode(arguments[0], arguments[1]);
      case "confirm" -> show(confirm(arguments[0], arguments[1], arguments[2]));
      case "delete" -> delete(arguments[0]);
      default -> throw new IllegalArgumentException("README.md has the commands.");
    }
  }

  public static void main(String[] arguments) throws Exception {
    var serviceConfig = Path.of(System.getProperty("serviceConfig", "../../proto/service-config.json"));
    // Deadlines and retries for every operation. gRPC repeats only the operations that are safe to repeat.
    @SuppressWarnings("unchecked")
    Map<String, ?> config = new Gson().fromJson(Files.readString(serviceConfig), Map.class);
    var channel = NettyChannelBuilder.forTarget(System.getProperty("address", "127.0.0.1:50051"))
        .usePlaintext().defaultServiceConfig(config).build();
    try {
      var contacts = new Contacts(channel, System.getProperty("directory", "development"));
      contacts.run(arguments[0], Arrays.copyOfRange(arguments, 1, arguments.length));
    } catch (StatusRuntimeException error) {
      System.err.println("error: " + describe(error));
      System.exit(1);
    } finally {
      channel.shutdownNow();
    }
  }
}
