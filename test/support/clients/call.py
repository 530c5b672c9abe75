"""Calls an operation, and knows only the address and the service config: the messages come from server reflection.

    call.py ADDRESS METHOD [HEADER=VALUE ...] < request.json

Request and response are Proto JSON. Prints one JSON object with code, message, response, details and trailers, also if the
call is refused. Fails only if something else goes wrong: grpcio-status raises ValueError if the details disagree with the
status of the call.
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
SERVICE_CONFIG = pathlib.Path(__file__).parents[3] / "proto" / "service-config.json"
TIMEOUT_SECONDS = 20


def main(address, name, headers):
    # The service runs on this machine: a proxy of the environment does not reach it.
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
        response, answer = unary.with_call(message, timeout=TIMEOUT_SECONDS, metadata=metadata)
    except grpc.RpcError as error:
        return {**outcome(error), "details": details(error, pool)}
    return {**outcome(answer), "response": json_format.MessageToDict(response, descriptor_pool=pool)}


def outcome(answer):
    trailers = {}
    for key, value in answer.trailing_metadata():
        if not key.endswith("-bin"):
            trailers.setdefault(key, []).append(value)
    return {"code": answer.code().value[0], "message": answer.details() or "", "trailers": trailers}


def details(error, pool):
    status = rpc_status.from_call(error)
    return [json_format.MessageToDict(detail, descriptor_pool=pool) for detail in status.details] if status else []


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
