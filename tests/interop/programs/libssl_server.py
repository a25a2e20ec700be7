"""A TLS 1.2 server by libssl that asks one client to renegotiate; `openssl s_server` cannot change its options between the
two handshakes.

Arguments: the file of the certificate, that of its key, and options (SSL_OP_...) to set before the second handshake.
"""

import ctypes
import socket
import sys

# openssl/ssl.h
SSL_FILETYPE_PEM = 1
SSL_CTRL_SET_MAX_PROTO_VERSION = 124
TLS1_2_VERSION = 0x0303

ssl, crypto = ctypes.CDLL("libssl.so.3"), ctypes.CDLL("libcrypto.so.3")
for function in (ssl.TLS_server_method, ssl.SSL_CTX_new, ssl.SSL_new):
    function.restype = ctypes.c_void_p
crypto.ERR_get_error.restype = ctypes.c_ulong


def done(result):
    if result <= 0:
        reason = ctypes.create_string_buffer(256)
        crypto.ERR_error_string_n(ctypes.c_ulong(crypto.ERR_get_error()), reason, len(reason))
        print("failed:", reason.value.decode(), flush=True)
        sys.exit(1)
    return result


certificate, key, options = sys.argv[1:]
context = ctypes.c_void_p(ssl.SSL_CTX_new(ctypes.c_void_p(ssl.TLS_server_method())))
done(ssl.SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_PROTO_VERSION, ctypes.c_long(TLS1_2_VERSION), None))
done(ssl.SSL_CTX_use_certificate_file(context, certificate.encode(), SSL_FILETYPE_PEM))
done(ssl.SSL_CTX_use_PrivateKey_file(context, key.encode(), SSL_FILETYPE_PEM))

listener = socket.create_server(("127.0.0.1", 0))
print("ACCEPT %s:%d" % listener.getsockname(), flush=True)
stream, _ = listener.accept()
connection = ctypes.c_void_p(ssl.SSL_new(context))
done(ssl.SSL_set_fd(connection, stream.fileno()))
done(ssl.SSL_accept(connection))
ssl.SSL_set_options.restype = ctypes.c_uint64
ssl.SSL_set_options(connection, ctypes.c_uint64(int(options, 0)))
done(ssl.SSL_renegotiate(connection))
done(ssl.SSL_do_handshake(connection))
# The client's part of the second handshake, and what it says under its keys.
data = ctypes.create_string_buffer(100)
length = done(ssl.SSL_read(connection, data, len(data)))
print("received:", data.raw[:length].decode(), flush=True)
