"""A stand-in for SQL Server, as far as a client needs one to log in and to ask for one value; its TLS is OpenSSL's.

    sql_server.py CERT-FILE KEY-FILE

Listens on a port of its own on 127.0.0.1. Prints a line for each login: how TLS was agreed on, and who it is.
The numbers are those of MS-TDS.
"""

import socket
import ssl
import struct
import sys
import threading

PRELOGIN, LOGIN7, SQL_BATCH, TABULAR_RESULT = 0x12, 0x10, 0x01, 0x04
VERSION, ENCRYPTION, TERMINATOR = 0x00, 0x01, 0xFF
ENCRYPT_REQUIRED = 3


def send_message(send, kind, body):
    """One packet: nothing that is said here is long, but a flight of TLS, for which the packets may be longer."""
    send(struct.pack(">BBHHBB", kind, 1, 8 + len(body), 0, 1, 0) + body)


def receive_message(receive):
    body = b""
    while True:
        kind, status, length, _ = struct.unpack(">BBHI", receive(8))
        body += receive(length - 8)
        if status & 1:
            return kind, body


def receive_from(connection):
    def receive(count):
        data = b""
        while len(data) < count:
            more = connection.recv(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    return receive


def prelogin_answer():
    values = [(VERSION, bytes([16, 0, 0x10, 0, 0, 0])), (ENCRYPTION, bytes([ENCRYPT_REQUIRED]))]
    table, data, offset = b"", b"", 5 * len(values) + 1
    for option, value in values:
        table += struct.pack(">BHH", option, offset + len(data), len(value))
        data += value
    return table + bytes([TERMINATOR]) + data


class Tls:
    """TLS whose handshake goes in messages of TDS, and nothing after it."""

    def __init__(self, context, connection):
        self.incoming, self.outgoing, self.connection = ssl.MemoryBIO(), ssl.MemoryBIO(), connection
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        done = False
        while not done:
            kind, body = receive_message(receive_from(connection))
            assert kind == PRELOGIN, kind
            self.incoming.write(body)
            try:
                self.tls.do_handshake()
                done = True
            except ssl.SSLWantReadError:
                pass
            flight = self.outgoing.read()
            if flight:
                send_message(connection.sendall, PRELOGIN, flight)

    def receive(self, count):
        data = b""
        while len(data) < count:
            try:
                more = self.tls.read(count - len(data))
                if not more:
                    raise EOFError
                data += more
            except ssl.SSLWantReadError:
                received = self.connection.recv(65536)
                if not received:
                    raise EOFError("without close_notify")
                self.incoming.write(received)
        return data

    def send(self, data):
        self.tls.write(data)
        self.connection.sendall(self.outgoing.read())


def text(value):
    return bytes([len(value)]) + value.encode("utf-16-le")


def done(rows):
    return struct.pack("<BHHQ", 0xFD, 0x10 if rows else 0, 0, rows)


def login_ack():
    body = bytes([1, 0x74, 0, 0, 4]) + text("Microsoft SQL Server") + bytes([16, 0, 0x10, 0])
    return struct.pack("<BH", 0xAD, len(body)) + body


def one_value(name, value):
    """A column of type NVARCHAR, and a row."""
    column = struct.pack("<IHBH", 0, 0, 0xE7, 2 * len(value)) + bytes([9, 4, 0xD0, 0, 0x34]) + text(name)
    row = struct.pack("<BH", 0xD1, 2 * len(value)) + value.encode("utf-16-le")
    return struct.pack("<BH", 0x81, 1) + column + row


def user_of(login):
    """The user's name in LOGIN7: at the third of the offsets that follow 36 bytes of fixed fields."""
    offset, count = struct.unpack_from("<HH", login, 36 + 4)
    return login[offset : offset + 2 * count].decode("utf-16-le")


def serve(context, connection):
    with connection:
        kind, _ = receive_message(receive_from(connection))
        assert kind == PRELOGIN, kind
        send_message(connection.sendall, TABULAR_RESULT, prelogin_answer())
        tls = Tls(context, connection)
        kind, login = receive_message(tls.receive)
        assert kind == LOGIN7, kind
        resumed = "resumed" if tls.tls.session_reused else "in full"
        print(tls.tls.version(), tls.tls.cipher()[0], resumed, user_of(login), flush=True)
        send_message(tls.send, TABULAR_RESULT, login_ack() + done(0))
        while True:
            try:
                kind, _ = receive_message(tls.receive)
            except EOFError:
                return
            answer = one_value("encrypt_option", "TRUE") + done(1) if kind == SQL_BATCH else done(0)
            send_message(tls.send, TABULAR_RESULT, answer)


def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    listener = socket.create_server(("127.0.0.1", 0))
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(context, connection), daemon=True).start()


main()
