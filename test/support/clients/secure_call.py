"""Makes one call over TLS, of bytes that it neither makes nor understands.

    secure_call.py ADDRESS PATH CA [CERTIFICATE KEY]

The three files are PEM. Prints one JSON object: code, and the answer as hexadecimal text.
"""

import json
import pathlib
import sys

import grpc

TIMEOUT_SECONDS = 20


def main(address, path, ca, certificate=None, key=None):
    files = [pathlib.Path(name).read_bytes() if name else None for name in (ca, key, certificate)]
    # The service runs on this machine: a proxy of the environment does not reach it.
    options = [("grpc.enable_http_proxy", 0)]
    with grpc.secure_channel(address, grpc.ssl_channel_credentials(*files), options=options) as channel:
        try:
            answer, code = channel.unary_unary(path)(b"", timeout=TIMEOUT_SECONDS), 0
        except grpc.RpcError as error:
            answer, code = b"", error.code().value[0]
    json.dump({"code": code, "answer": answer.hex()}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
