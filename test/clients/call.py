"""Calls an operation as a client that has nothing but the address and the service config: message classes are built from reflection.

    call.py ADDRESS METHOD [HEADER=VALUE ...] < request.json

Request and answer are proto JSON. Prints one JSON object: code, message, response, details and trailers; a refusal is no error here.
Exceptions are: grpcio-status raises ValueError where the details disagree with the call.
"""

import json
import pathlib
import sys

import grpc
from google.protobuf import json_format
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_status import rpc_status

SERVICE = "messagecontacts.v1.MessageContactService"
SERVICE_CONFIG = pathlib.Path(__file__).parents[2] / "proto" / "service-config.json"
SECONDS = 20


def main(address, name, headers):
    # A proxy that the environment names is not for a service on this machine.
    options = [("grpc.enable_http_proxy", 0), ("grpc.service_config", SERVICE_CONFIG.read_text())]
    with grpc.insecure_channel(address, options=options) as channel:
        pool = DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
        metadata = [tuple(header.split("=", 1)) for header in headers]
        json.dump(call(channel, pool, name, json.load(sys.stdin), metadata), sys.stdout)


def call(channel, pool, name, request, metadata):
    method = pool.FindServiceByName(SERVICE).methods_by_name[name]
    message = json_format.ParseDict(request, GetMessageClass(method.input_type)(), descriptor_pool=pool)
    unary = channel.unary_unary(
        f"/{SERVICE}/{name}",
        request_serializer=lambda value: value.SerializeToString(),
        response_deserializer=GetMessageClass(method.output_type).FromString,
    )
    try:
        response, answered = unary.with_call(message, timeout=SECONDS, metadata=metadata)
    except grpc.RpcError as error:
        return {**outcome(error), "details": details(error, pool)}
    return {**outcome(answered), "response": json_format.MessageToDict(response, descriptor_pool=pool)}


def outcome(ended):
    trailers = {}
    for key, value in ended.trailing_metadata():
        if not key.endswith("-bin"):
            trailers.setdefault(key, []).append(value)
    return {"code": ended.code().value[0], "message": ended.details() or "", "trailers": trailers}


def details(error, pool):
    status = rpc_status.from_call(error)
    return [json_format.MessageToDict(detail, descriptor_pool=pool) for detail in status.details] if status else []


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
