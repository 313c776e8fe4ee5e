"""Servers that misbehave, each in one way, on addresses of their own (settings.sh).

refused     nothing listens: not here, its address is just there
blackhole   a connection is never made, as behind a firewall that drops; UDP is never answered
silent      accepts and reads, but never answers
garbage     sends random bytes and closes; answers UDP with random bytes
reset       LDAP: the first answer is whole, the second breaks off in the middle with a reset;
            TDS: the answer to the first question breaks off so; DNS over TCP: the first answer does
slow        LDAP, TDS: each request reaches the directory, or the source's databases, 200 ms late; answers come back
            at once
unknown-ca, expired, wrong-name
            LDAPS before the directory, with a certificate that must not be trusted; on the port of SQL Server the
            databases' own program does the same
old-tls     LDAPS that speaks TLS 1.0 and 1.1 only, and refuses what is newer as OpenSSL does
limits      no trouble, but what Samba lacks: LDAP with Windows' limits, see limits.py

One argument: a file that is made when all of them listen.
"""

import asyncio
import os
import random
import socket
import ssl
import struct
import sys
from pathlib import Path

from limits import Limits

# SSH, DNS, LDAP, SMB, LDAPS, SQL Server, global catalogue, WinRM
PORTS = (22, 53, 389, 445, 636, 1433, 3268, 5985, 5986)
# DNS, browser of SQL Server
DATAGRAM_PORTS = (53, 1434)
DELAY = 0.2
# The kind of the records of TLS that are no handshake.
APPLICATION_DATA = 0x17
NOISE = random.Random("standin").randbytes(4096)


def setting(name):
    return os.environ[f"STANDIN_LAB_{name}"]


async def main(ready):
    loop = asyncio.get_running_loop()
    kept = []  # sockets that live as long as the program
    for port in {*PORTS, *DATAGRAM_PORTS}:
        kept += blackhole(setting("BLACKHOLE"), port)
    for port in PORTS:
        await asyncio.start_server(silent, setting("SILENT"), port)
        await asyncio.start_server(garbage, setting("GARBAGE"), port)
    for name, answer in (("SILENT", None), ("GARBAGE", NOISE[:64])):
        for port in DATAGRAM_PORTS:
            await loop.create_datagram_endpoint(lambda a=answer: Datagrams(a), local_addr=(setting(name), port))
    await asyncio.start_server(reset, setting("RESET"), 389)
    await asyncio.start_server(slow, setting("SLOW"), 389)
    await asyncio.start_server(reset_databases, setting("RESET"), 1433)
    await asyncio.start_server(slow_databases, setting("SLOW"), 1433)
    await asyncio.start_server(reset_names, setting("RESET"), 53)
    await asyncio.start_server(old_tls, setting("OLD_TLS_IP"), 636)
    await asyncio.start_server(limited, setting("LIMITS"), 389)
    for name in ("UNKNOWN_CA", "EXPIRED", "WRONG_NAME"):
        await asyncio.start_server(proxy, setting(f"{name}_IP"), 636, ssl=certificate(name))
    Path(ready).touch()
    await loop.create_future()


def blackhole(address, port):
    """A listener whose queue of one is full for ever: the kernel drops every further SYN."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, port))
    listener.listen(0)
    filler = socket.create_connection((address, port))
    datagrams = socket.socket(type=socket.SOCK_DGRAM)
    datagrams.bind((address, port))
    return listener, filler, datagrams


async def silent(reader, writer):
    while await reader.read(65536):
        pass
    writer.close()


async def garbage(reader, writer):
    writer.write(NOISE)
    await writer.drain()
    writer.close()


class Datagrams(asyncio.DatagramProtocol):
    """Answers every datagram with the same bytes, or not at all."""

    def __init__(self, answer):
        self.answer = answer

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, sender):
        if self.answer:
            self.transport.sendto(self.answer, sender)


async def proxy(reader, writer):
    """Both ways between the client and the directory, unchanged."""
    from_dc, to_dc = await directory()
    await both(pump(reader, to_dc), pump(from_dc, writer))


async def slow(reader, writer):
    from_dc, to_dc = await directory()
    await both(pump_late(reader, to_dc), pump(from_dc, writer))


async def reset(reader, writer):
    from_dc, to_dc = await directory()
    await both(pump(reader, to_dc), break_second(from_dc, writer))


async def slow_databases(reader, writer):
    from_server, to_server = await databases()
    await both(pump_late(reader, to_server), pump(from_server, writer))


async def reset_databases(reader, writer):
    """TLS hides what is said; but what comes after the handshake are the log-on and the questions, a record each."""
    from_server, to_server = await databases()
    asked = asyncio.Event()
    await both(pump_until_asked(reader, to_server, asked), break_when(asked, from_server, writer))


async def pump_until_asked(reader, writer, asked):
    records = 0
    while data := await reader.read(65536):
        records += data[0] == APPLICATION_DATA
        if records > 1:
            asked.set()
        writer.write(data)
        await writer.drain()


async def break_when(asked, reader, writer):
    while data := await reader.read(65536):
        if asked.is_set():
            writer.write(data[: len(data) // 2])
            await writer.drain()
            return hang_up(writer)
        writer.write(data)
        await writer.drain()


async def reset_names(reader, writer):
    from_server, to_server = await asyncio.open_connection(setting("NS1"), 53)
    asked = asyncio.Event()
    asked.set()
    await both(pump(reader, to_server), break_when(asked, from_server, writer))


async def directory():
    return await asyncio.open_connection(setting("DC_IP"), 389)


async def databases():
    return await asyncio.open_connection(setting("SOURCE_IP"), 1433)


async def both(*directions):
    """Until either direction ends; a peer that goes away is no error here."""
    tasks = [asyncio.create_task(direction) for direction in directions]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


async def pump_late(reader, writer):
    """Forwards what comes DELAY later; requests that come close together are late together, not one after another."""
    loop = asyncio.get_running_loop()
    try:
        while data := await reader.read(65536):
            loop.call_later(DELAY, writer.write, data)
        await asyncio.sleep(DELAY)
    finally:
        writer.close()


async def break_second(reader, writer):
    writer.write(await ldap_message(reader))
    await writer.drain()
    second = await ldap_message(reader)
    writer.write(second[: len(second) // 2])
    await writer.drain()
    hang_up(writer)


def hang_up(writer):
    # Closing with a linger time of zero sends a reset instead of an orderly end.
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def limited(reader, writer):
    from_dc, to_dc = await directory()
    limits = Limits()
    await both(pump_messages(reader, to_dc, limits.request), pump_messages(from_dc, writer, limits.answer))


async def pump_messages(reader, writer, change):
    """Forwards what change makes of each LDAP message; nothing, where it makes nothing of it."""
    try:
        while True:
            writer.write(change(await ldap_message(reader)))
            await writer.drain()
    finally:
        writer.close()


async def ldap_message(reader):
    """One whole LDAP message: a BER sequence of definite length."""
    head = await reader.readexactly(2)
    length = head[1]
    if length & 0x80:
        more = await reader.readexactly(length & 0x7F)
        head += more
        length = int.from_bytes(more)
    return head + await reader.readexactly(length)


def certificate(name):
    name = name.lower().replace("_", "-")
    folder = Path(setting("HOME")) / "tls"
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return context


async def old_tls(reader, writer):
    """The beginning of a handshake; asyncio's own would close without the alert that tells why."""
    context = certificate("OLD_TLS")
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    incoming.write(await reader.read(65536))
    try:
        context.wrap_bio(incoming, outgoing, server_side=True).do_handshake()
    except ssl.SSLError:
        pass
    writer.write(outgoing.read())
    await writer.drain()
    writer.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
