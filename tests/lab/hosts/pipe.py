"""A named pipe of smbd with a server of one's own behind it.

smbd passes what comes over SMB on to a socket, with who logged on in front; SMB and the log-on stay Samba's. What comes
then is DCE/RPC ([MS-RPCE]): bind, requests, answers, each in pieces no longer than was agreed. Protection of the calls
themselves, on top of SMB's, is refused.
"""

import os
import socket
import struct
import threading

REQUEST, RESPONSE, FAULT, BIND, BIND_ACK, BIND_NAK, ALTER, ALTER_ACK = 0, 2, 3, 11, 12, 13, 14, 15
FIRST, LAST = 1, 2
NDR = bytes.fromhex("045d888aeb1cc9119fe808002b104860") + struct.pack("<I", 2)
FRAGMENT = 4280
NOT_SUPPORTED, NO_SUCH_OPERATION = 0x1C010003, 0x1C010002
UNKNOWN_PROTECTION = 8
# S-1-5-32-544 as it stands among the groups of whoever logged on.
ADMINISTRATORS = bytes.fromhex("01020000000000052000000020020000")


def serve(path, syntax, connected):
    """Takes the pipe over. `connected(administrator)` gives what answers the calls of one client: a function of
    the operation's number and its bytes, which gives bytes, or None for an operation that it does not know."""
    taken = path + ".taking"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(taken)
    os.chmod(taken, 0o600)
    listener.listen(64)
    os.rename(path, path + ".samba")
    os.rename(taken, path)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=converse, args=(client, os.path.basename(path), syntax, connected), daemon=True).start()


def converse(client, name, syntax, connected):
    with client:
        try:
            Conversation(client, name, syntax, connected).run()
        except EOFError:
            pass


class Conversation:
    def __init__(self, client, name, syntax, connected):
        self.client = client
        self.address = f"\\PIPE\\{name}\0".encode()
        self.syntax = syntax
        self.call = connected(self.greet())
        self.fragment = FRAGMENT

    def greet(self):
        """Who logged on; answers that messages keep their bounds."""
        (length,) = struct.unpack(">I", self.exactly(4))
        request = self.exactly(length)
        level = request[4:8]
        answer = b"NPAM" + level + level + struct.pack("<HHIQI", 2, 0x5FF, 0, 4096, 0)
        self.client.sendall(struct.pack(">I", len(answer)) + answer)
        return ADMINISTRATORS in request

    def run(self):
        pieces = b""
        while True:
            message = self.message()
            kind, flags = message[2], message[3]
            protection, number = struct.unpack_from("<HI", message, 10)
            if kind in (BIND, ALTER):
                self.bind(message, kind, number, protection)
            elif kind == REQUEST:
                context, operation = struct.unpack_from("<HH", message, 20)
                pieces += message[24:]
                if flags & LAST:
                    self.answer(number, context, self.call(operation, pieces))
                    pieces = b""
            else:
                self.fault(number, 0, NOT_SUPPORTED)

    def bind(self, message, kind, number, protection):
        if protection:
            self.send(BIND_NAK, number, struct.pack("<HB", UNKNOWN_PROTECTION, 0))
            return
        _, longest = struct.unpack_from("<HH", message, 16)
        self.fragment = min(FRAGMENT, longest)
        # Each further context that a client offers is refused: an extension that we do not speak.
        results = b""
        place = 28
        for _ in range(message[24]):
            transfers = message[place + 2]
            offered = message[place + 4 : place + 24 + 20 * transfers]
            good = offered[:20] == self.syntax and NDR in offered
            results += struct.pack("<HH", 0, 0) + NDR if good else struct.pack("<HH", 2, 2) + bytes(20)
            place += 24 + 20 * transfers
        head = struct.pack("<HHIH", self.fragment, self.fragment, 0x53F0, len(self.address)) + self.address
        head += bytes(-len(head) % 4) + struct.pack("<BBH", message[24], 0, 0)
        self.send(BIND_ACK if kind == BIND else ALTER_ACK, number, head + results)

    def answer(self, number, context, stub):
        if stub is None:
            self.fault(number, context, NO_SUCH_OPERATION)
            return
        room = self.fragment - 24
        for start in range(0, max(len(stub), 1), room):
            piece = stub[start : start + room]
            flags = (FIRST if start == 0 else 0) | (LAST if start + room >= len(stub) else 0)
            self.send(RESPONSE, number, struct.pack("<IHBB", len(stub) - start, context, 0, 0) + piece, flags)

    def fault(self, number, context, why):
        self.send(FAULT, number, struct.pack("<IHBBII", 0, context, 0, 0, why, 0))

    def send(self, kind, number, body, flags=FIRST | LAST):
        head = struct.pack("<BBBBIHHI", 5, 0, kind, flags, 0x10, 16 + len(body), 0, number)
        self.client.sendall(struct.pack("<H", len(head) + len(body)) + head + body)

    def message(self):
        (length,) = struct.unpack("<H", self.exactly(2))
        return self.exactly(length)

    def exactly(self, length):
        found = b""
        while len(found) < length:
            more = self.client.recv(length - len(found))
            if not more:
                raise EOFError
            found += more
        return found
