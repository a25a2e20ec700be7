"""A WebSocket server that repeats what it is told, on a port of its own on 127.0.0.1: websocket.py CERT-FILE KEY-FILE"""

import asyncio
import ssl
import sys

import websockets


async def repeat(connection):
    async for message in connection:
        await connection.send(message)


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    async with websockets.serve(repeat, "127.0.0.1", 0, ssl=context):
        await asyncio.Future()


asyncio.run(main())
