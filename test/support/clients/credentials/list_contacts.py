"""Lists contacts over TLS, with an API token or with a client certificate, as docs/clients.md shows it.

    list_contacts.py token|certificate FOLDER ADDRESS

FOLDER has ca.crt, and a file `token` or client.crt and client.key. Prints the code of the answer.
"""

import sys

import grpc

kind, folder, address = sys.argv[1:]


def read(name):
    with open(f"{folder}/{name}", "rb") as file:
        return file.read()


if kind == "token":
    token = read("token").decode()
    secure = grpc.composite_channel_credentials(
        grpc.ssl_channel_credentials(root_certificates=read("ca.crt")),
        grpc.access_token_call_credentials(token))
    channel = grpc.secure_channel(address, secure)
else:
    secure = grpc.ssl_channel_credentials(
        root_certificates=read("ca.crt"), private_key=read("client.key"), certificate_chain=read("client.crt"))
    channel = grpc.secure_channel(address, secure)

list_contacts = channel.unary_unary("/messagecontacts.v1.MessageContactService/ListMessageContacts")
try:
    list_contacts(b"", timeout=20)
    print("OK")
except grpc.RpcError as error:
    print(error.code().name)
