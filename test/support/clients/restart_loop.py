"""Repeats calls until standard input ends, one after the other.

The first line of standard input is the plan, as JSON. Prints a line after each round of the calls, and at last the failed calls as JSON.
"""

import base64
import json
import sys
import threading

import grpc


def main():
    plan = json.loads(sys.stdin.readline())
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    # A proxy that the environment names is not for a service on this machine.
    options = [("grpc.enable_http_proxy", 0), ("grpc.service_config", plan["ServiceConfig"])]
    metadata = [("x-resource-directory-id", plan["DirectoryId"])]
    failures = []
    with grpc.insecure_channel(plan["Address"], options=options) as channel:
        # Messages are passed on as bytes, so that no generated code is needed.
        calls = [(channel.unary_unary(call["Path"]), call) for call in plan["Calls"]]
        while not ended.is_set():
            for method, call in calls:
                try:
                    method(base64.b64decode(call["Request"]), metadata=metadata)
                except grpc.RpcError as error:
                    failures.append(f"{call['Path']}: {error.code()} {error.details()}")
            print("round", flush=True)
    print(json.dumps(failures), flush=True)


if __name__ == "__main__":
    main()
