"""A TLS 1.2 client by tlslite-ng that names no groups, as clients of the time before RFC 4492 took hold did, or names them.

Arguments: the port of the server, and `named` or `unnamed`. It says which group it got, and echoes a line.
"""

import socket
import sys

from tlslite.api import HandshakeSettings, TLSConnection
from tlslite.constants import ExtensionType
from tlslite.messages import ClientHello

port, groups = sys.argv[1:]
create = ClientHello.create


def create_without_groups(*arguments, **named):
    hello = create(*arguments, **named)
    hello.extensions = [other for other in hello.extensions if other.extType != ExtensionType.supported_groups]
    return hello


if groups == "unnamed":
    ClientHello.create = create_without_groups
settings = HandshakeSettings()
settings.minVersion = settings.maxVersion = (3, 3)
settings.keyExchangeNames = ["ecdhe_rsa"]
settings.eccCurves = ["x25519", "secp384r1", "secp256r1"]
connection = TLSConnection(socket.create_connection(("127.0.0.1", int(port))))
connection.handshakeClientCert(settings=settings)
print("group:", connection.ecdhCurve, flush=True)
connection.sendall(connection.recv(100))
connection.close()
