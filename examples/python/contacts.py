"""A command-line client for Message Contacts. README.md shows how to generate the package `messagecontacts`.

contacts.py add Tom tom@example.com 86-13900001234
contacts.py list
contacts.py add-type c-qL4HqKONzOM7b2Xd SECURITY_MESSAGE
contacts.py send-code c-qL4HqKONzOM7b2Xd tom@example.com
contacts.py confirm c-qL4HqKONzOM7b2Xd tom@example.com 123456
contacts.py delete c-qL4HqKONzOM7b2Xd
"""

import argparse
import pathlib
import sys
import time
import uuid

import grpc
from google.protobuf.field_mask_pb2 import FieldMask
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from grpc_status import rpc_status
from messagecontacts.v1.message_contact_pb2 import MessageContactStatus, MessageType, Title
from messagecontacts.v1.message_contact_service_pb2 import (
    AddMessageContactRequest,
    ConfirmMessageContactVerificationRequest,
    DeleteMessageContactRequest,
    GetMessageContactRequest,
    ListMessageContactsRequest,
    SendEmailVerificationForMessageContactRequest,
    UpdateMessageContactRequest,
)
from messagecontacts.v1.message_contact_service_pb2_grpc import MessageContactServiceStub

# Deadlines and retries for every operation. gRPC repeats only the operations that are safe to repeat.
SERVICE_CONFIG = pathlib.Path(__file__).parents[2] / "proto" / "service-config.json"
# The deadline of one call. A shorter one in the service config counts.
TIMEOUT_SECONDS = 5
MAX_ATTEMPTS = 3
PAGE_SIZE = 10


class Contacts:
    """The contacts of one directory. A refused call raises grpc.RpcError; `details_of` reads its details."""

    def __init__(self, channel, directory):
        self.stub = MessageContactServiceStub(channel)
        self.options = {"timeout": TIMEOUT_SECONDS, "metadata": [("x-resource-directory-id", directory)]}

    def add(self, name, email_address, phone_number):
        request = AddMessageContactRequest(
            name=name,
            email_address=email_address,
            phone_number=phone_number,
            title=Title.TITLE_OTHER,
            message_types=[MessageType.MESSAGE_TYPE_SERVICE_MESSAGE],
            # With a token, a repeated call returns the contact of the first one and adds no second contact.
            client_token=str(uuid.uuid4()),
        )
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                return self.stub.AddMessageContact(request, **self.options).contact
            except grpc.RpcError as error:
                seconds = retry_seconds(error)
                if seconds is None or attempt == MAX_ATTEMPTS:
                    raise
                time.sleep(seconds * 2 ** (attempt - 1))

    def get(self, contact_id):
        return self.stub.GetMessageContact(GetMessageContactRequest(contact_id=contact_id), **self.options).contact

    def list_all(self):
        page_token = ""
        while True:
            request = ListMessageContactsRequest(page_size=PAGE_SIZE, page_token=page_token)
            response = self.stub.ListMessageContacts(request, **self.options)
            yield from response.contacts
            page_token = response.next_page_token
            if not page_token:
                return

    def add_message_type(self, contact_id, message_type):
        for attempt in range(1, MAX_ATTEMPTS + 1):
            contact = self.get(contact_id)
            request = UpdateMessageContactRequest(
                contact_id=contact_id,
                message_types=[*contact.message_types, message_type],
                # Only this field is changed.
                update_mask=FieldMask(paths=["message_types"]),
                # The call is refused if somebody else has changed the contact after it was read.
                etag=contact.etag,
            )
            try:
                return self.stub.UpdateMessageContact(request, **self.options).contact
            except grpc.RpcError as error:
                if reason_of(error) != "ETAG_MISMATCH" or attempt == MAX_ATTEMPTS:
                    raise

    def send_code(self, contact_id, email_address):
        request = SendEmailVerificationForMessageContactRequest(contact_id=contact_id, email_address=email_address)
        return self.stub.SendEmailVerificationForMessageContact(request, **self.options).expire_date

    def confirm(self, contact_id, email_address, code):
        request = ConfirmMessageContactVerificationRequest(
            contact_id=contact_id, email_address=email_address, code=code
        )
        return self.stub.ConfirmMessageContactVerification(request, **self.options).contact

    def delete(self, contact_id):
        self.stub.DeleteMessageContact(DeleteMessageContactRequest(contact_id=contact_id), **self.options)


def details_of(error):
    """The details of a refusal by their class. Empty if the call did not reach the service."""
    status = rpc_status.from_call(error)
    details = {}
    for packed in status.details if status else []:
        for kind in (ErrorInfo, BadRequest, RetryInfo):
            if packed.Is(kind.DESCRIPTOR):
                details[kind] = kind.FromString(packed.value)
    return details


def reason_of(error):
    """The reason of a refusal, by which programs decide; None if the call did not reach the service."""
    info = details_of(error).get(ErrorInfo)
    return info.reason if info else None


def retry_seconds(error):
    """The minimum wait before the call is repeated; None if repeating it does not help."""
    retry_info = details_of(error).get(RetryInfo)
    if retry_info:
        return retry_info.retry_delay.ToTimedelta().total_seconds()
    return 1 if error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED) else None


def describe(error):
    details = details_of(error)
    if ErrorInfo not in details:
        return f"{error.code().name}: {error.details()}"
    violations = details[BadRequest].field_violations if BadRequest in details else []
    return "\n".join(
        [
            f"{details[ErrorInfo].reason}: {error.details()}",
            *(f"  {violation.field}: {violation.description}" for violation in violations),
            f"  request id: {details[ErrorInfo].metadata['requestId']}",
        ]
    )


def describe_contact(contact):
    status = MessageContactStatus.Name(contact.status).replace("MESSAGE_CONTACT_STATUS_", "")
    types = [MessageType.Name(value).replace("MESSAGE_TYPE_", "") for value in contact.message_types]
    return f"{contact.contact_id} {contact.name} {contact.email_address} {status} {','.join(types)}"


def run(contacts, arguments):
    if arguments.command == "add":
        print(describe_contact(contacts.add(arguments.name, arguments.email_address, arguments.phone_number)))
    elif arguments.command == "list":
        for contact in contacts.list_all():
            print(describe_contact(contact))
    elif arguments.command == "add-type":
        message_type = MessageType.Value(f"MESSAGE_TYPE_{arguments.message_type}")
        print(describe_contact(contacts.add_message_type(arguments.contact_id, message_type)))
    elif arguments.command == "send-code":
        expire_date = contacts.send_code(arguments.contact_id, arguments.email_address)
        print(f"The code is valid until {expire_date.ToJsonString()}.")
    elif arguments.command == "confirm":
        code = arguments.code or input("Code: ")
        print(describe_contact(contacts.confirm(arguments.contact_id, arguments.email_address, code)))
    elif arguments.command == "delete":
        contacts.delete(arguments.contact_id)


def parse_arguments():
    parser = argparse.ArgumentParser(description="A client for Message Contacts.")
    parser.add_argument("--address", default="127.0.0.1:50051", help="host:port of the service")
    parser.add_argument("--directory", default="development", help="the resource directory of the contacts")
    commands = parser.add_subparsers(dest="command", required=True)

    def add_command(name, *positional):
        command = commands.add_parser(name)
        for argument in positional:
            command.add_argument(argument)
        return command

    add_command("add", "name", "email_address", "phone_number")
    add_command("list")
    add_command("add-type", "contact_id", "message_type")
    add_command("send-code", "contact_id", "email_address")
    confirm = add_command("confirm", "contact_id", "email_address")
    confirm.add_argument("code", nargs="?", help="read from standard input if absent")
    add_command("delete", "contact_id")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    options = [("grpc.service_config", SERVICE_CONFIG.read_text())]
    with grpc.insecure_channel(arguments.address, options=options) as channel:
        try:
            run(Contacts(channel, arguments.directory), arguments)
        except grpc.RpcError as error:
            sys.exit(f"error: {describe(error)}")


if __name__ == "__main__":
    main()
