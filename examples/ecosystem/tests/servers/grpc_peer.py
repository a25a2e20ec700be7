"""gRPC's own library at the other end of the health check.

    grpc_peer.py serve CERT-FILE KEY-FILE     prints its port
    grpc_peer.py check HOST:PORT ROOTS-FILE   prints the answer, in hexadecimal
"""

import sys
from concurrent.futures import ThreadPoolExecutor

import grpc

CHECK = "/grpc.health.v1.Health/Check"
# HealthCheckResponse: field 1, a varint, is 1, SERVING.
SERVING = bytes([0x08, 0x01])


class Health(grpc.GenericRpcHandler):
    def service(self, call):
        if call.method == CHECK:
            return grpc.unary_unary_rpc_method_handler(lambda request, context: SERVING)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def serve(certificate, key):
    server = grpc.server(ThreadPoolExecutor(1))
    server.add_generic_rpc_handlers((Health(),))
    credentials = grpc.ssl_server_credentials([(read(key), read(certificate))])
    print(server.add_secure_port("127.0.0.1:0", credentials), flush=True)
    server.start()
    server.wait_for_termination()


def check(address, roots):
    with grpc.secure_channel(address, grpc.ssl_channel_credentials(read(roots))) as channel:
        print(channel.unary_unary(CHECK)(b"", timeout=30).hex())


{"serve": serve, "check": check}[sys.argv[1]](*sys.argv[2:])
