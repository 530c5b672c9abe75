using System.Reflection;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;
using MessageContacts.V1;

// A command-line client for Message Contacts: add, list, add-type, send-code, confirm and delete, as README.md shows.

using var channel = GrpcChannel.ForAddress(
    $"http://{Setting("ADDRESS", "127.0.0.1:50051")}",
    new GrpcChannelOptions { ServiceConfig = new ServiceConfig { MethodConfigs = { Contacts.SafeToRepeat } } });
var contacts = new Contacts(channel, Setting("DIRECTORY", "development"));
try
{
    await RunAsync(args);
    return 0;
}
catch (RpcException error)
{
    Console.Error.WriteLine($"error: {Refusals.Describe(error)}");
    return 1;
}

string Setting(string name, string otherwise) => Environment.GetEnvironmentVariable(name) ?? otherwise;

async Task RunAsync(string[] arguments)
{
    switch (arguments)
    {
        case ["add", var name, var emailAddress, var phoneNumber]:
            Show(await contacts.AddAsync(name, emailAddress, phoneNumber));
            break;
        case ["list"]:
            await foreach (var contact in contacts.ListAsync())
                Show(contact);
            break;
        case ["add-type", var contactId, var type]:
            // SECURITY_MESSAGE is MessageType.SecurityMessage.
            Show(await contacts.AddTypeAsync(contactId, System.Enum.Parse<MessageType>(type.Replace("_", ""), true)));
            break;
        case ["send-code", var contactId, var emailAddress]:
            var expireDate = await contacts.SendCodeAsync(contactId, emailAddress);
            Console.WriteLine($"The code is valid until {JsonFormatter.Default.Format(expireDate).Trim('"')}.");
            break;
        case ["confirm", var contactId, var emailAddress, var code]:
            Show(await contacts.ConfirmAsync(contactId, emailAddress, code));
            break;
        case ["delete", var contactId]:
            await contacts.DeleteAsync(contactId);
            break;
        default:
            throw new ArgumentException("README.md has the commands.");
    }
}

void Show(MessageContact contact)
{
    var types = contact.MessageTypes.Select(type => NameOf(type, "MESSAGE_TYPE_"));
    var status = NameOf(contact.Status, "MESSAGE_CONTACT_STATUS_");
    Console.WriteLine($"{contact.ContactId} {contact.Name} {contact.EmailAddress} {status} {string.Join(',', types)}");
}

// The name that the contract gives a value, without the prefix.
string NameOf<T>(T value, string prefix) where T : struct, System.Enum =>
    typeof(T).GetField(value.ToString())!.GetCustomAttribute<OriginalNameAttribute>()!.Name[prefix.Length..];

/// <summary>The operations of one directory.</summary>
class Contacts(GrpcChannel channel, string directory)
{
    const int TimeoutSeconds = 5;
    const int MaxAttempts = 3;
    const int PageSize = 10;

    readonly MessageContactService.MessageContactServiceClient client = new(channel);
    readonly Metadata headers = new() { { "x-resource-directory-id", directory } };

    /// <summary>gRPC itself repeats calls of the operations that proto/service-config.json names.</summary>
    public static readonly MethodConfig SafeToRepeat = new()
    {
        Names =
        {
            NameOf("GetMessageContact"), NameOf("ListMessageContacts"), NameOf("DeleteMessageContact"),
            NameOf("ListMessageContactVerifications"),
        },
        RetryPolicy = new RetryPolicy
        {
            MaxAttempts = 5,
            InitialBackoff = TimeSpan.FromSeconds(0.5),
            MaxBackoff = TimeSpan.FromSeconds(3),
            BackoffMultiplier = 2,
            RetryableStatusCodes = { StatusCode.Unavailable },
        },
    };

    static MethodName NameOf(string method) =>
        new() { Service = "messagecontacts.v1.MessageContactService", Method = method };

    /// <summary>Each call has its own deadline, and waits for a connection until then.</summary>
    CallOptions Options => new CallOptions(headers, DateTime.UtcNow.AddSeconds(TimeoutSeconds)).WithWaitForReady();

    public async Task<MessageContact> AddAsync(string name, string emailAddress, string phoneNumber)
    {
        var request = new AddMessageContactRequest
        {
            Name = name,
            EmailAddress = emailAddress,
            PhoneNumber = phoneNumber,
            Title = Title.Other,
            MessageTypes = { MessageType.ServiceMessage },
            // With a token, a repeated call returns the contact of the first one and adds no second contact.
            ClientToken = Guid.NewGuid().ToString(),
        };
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return (await client.AddMessageContactAsync(request, Options)).Contact;
            }
            catch (RpcException error) when (Refusals.RetryWait(error) is { } wait && attempt < MaxAttempts)
            {
                await Task.Delay(wait * attempt);
            }
        }
    }

    public async IAsyncEnumerable<MessageContact> ListAsync()
    {
        var request = new ListMessageContactsRequest { PageSize = PageSize };
        do
        {
            var response = await client.ListMessageContactsAsync(request, Options);
            foreach (var contact in response.Contacts)
                yield return contact;
            request.PageToken = response.NextPageToken;
        } while (request.PageToken != "");
    }

    public async Task<MessageContact> AddTypeAsync(string contactId, MessageType type)
    {
        for (var attempt = 1; ; attempt++)
        {
            var read = new GetMessageContactRequest { ContactId = contactId };
            var contact = (await client.GetMessageContactAsync(read, Options)).Contact;
            var request = new UpdateMessageContactRequest
            {
                ContactId = contactId,
                MessageTypes = { contact.MessageTypes, type },
                // Only this field is changed.
                UpdateMask = new FieldMask { Paths = { "message_types" } },
                // The call is refused if somebody else has changed the contact after it was read.
                Etag = contact.Etag,
            };
            try
            {
                return (await client.UpdateMessageContactAsync(request, Options)).Contact;
            }
            catch (RpcException error) when (Refusals.ReasonOf(error) == "ETAG_MISMATCH" && attempt < MaxAttempts)
            {
                // Decided again with the contact as it is now.
            }
        }
    }

    public async Task<Timestamp> SendCodeAsync(string contactId, string emailAddress)
    {
        var request = new SendEmailVerificationForMessageContactRequest
        {
            ContactId = contactId,
            EmailAddress = emailAddress,
        };
        return (await client.SendEmailVerificationForMessageContactAsync(request, Options)).ExpireDate;
    }

    public async Task<MessageContact> ConfirmAsync(string contactId, string emailAddress, string code)
    {
        var request = new ConfirmMessageContactVerificationRequest
        {
            ContactId = contactId,
            EmailAddress = emailAddress,
            Code = code,
        };
        return (await client.ConfirmMessageContactVerificationAsync(request, Options)).Contact;
    }

    public async Task DeleteAsync(string contactId) =>
        await client.DeleteMessageContactAsync(new DeleteMessageContactRequest { ContactId = contactId }, Options);
}

/// <summary>Reads the details of refusals.</summary>
static class Refusals
{
    /// <summary>Limits over time ask for longer waits; those are for people to decide.</summary>
    static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(10);

    /// <summary>The reason, by which programs decide; null if the call did not reach the service.</summary>
    public static string? ReasonOf(RpcException error) => error.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason;

    /// <summary>The minimum wait before a call is repeated; null if repeating it does not help.</summary>
    public static TimeSpan? RetryWait(RpcException error)
    {
        var wait = error.GetRpcStatus()?.GetDetail<RetryInfo>()?.RetryDelay?.ToTimeSpan();
        return wait <= MaxWait ? wait : null;
    }

    public static string Describe(RpcException error)
    {
        var status = error.GetRpcStatus();
        if (status?.GetDetail<ErrorInfo>() is not { } info)
            return $"{error.StatusCode}: {error.Status.Detail}";
        var violations = status.GetDetail<BadRequest>()?.FieldViolations ?? [];
        return string.Join("\n  ", [
            $"{info.Reason}: {error.Status.Detail}",
            .. violations.Select(violation => $"{violation.Field}: {violation.Description}"),
            $"request id: {info.Metadata["requestId"]}",
        ]);
    }
}
