"""LDAP messages as a Windows domain controller would have them, made from those of Samba, which keeps no limits.

An unpaged search gives at most 1,000 entries and then result 4 (sizeLimitExceeded); `member` gives at most 1,500
values, as `member;range=0-1499`, until the client asks for the rest. Only for connections without signing or TLS.
"""

MAX_PAGE_SIZE = 1000
MAX_VAL_RANGE = 1500
PAGED_RESULTS = b"1.2.840.113556.1.4.319"

# BER tags of RFC 4511
INTEGER, OCTETS, ENUMERATED, SEQUENCE = 0x02, 0x04, 0x0A, 0x30
SEARCH_REQUEST, SEARCH_ENTRY, SEARCH_DONE, SEARCH_REFERENCE = 0x63, 0x64, 0x65, 0x73
SIZE_LIMIT_EXCEEDED = 4


class Limits:
    """The limits of one connection."""

    def __init__(self):
        self.entries = {}  # of unpaged searches, by message id

    def request(self, message):
        number, tag, content, controls = parse(message)
        if tag != SEARCH_REQUEST:
            return message
        if not any(PAGED_RESULTS in control for _, control in controls):
            self.entries[number] = 0
        search = elements(content)
        # Samba honours a range that it is asked for, so here the request is what changes.
        search[7] = SEQUENCE, encode((OCTETS, limit_range(name)) for _, name in elements(search[7][1]))
        return build(number, tag, encode(search), controls)

    def answer(self, message):
        number, tag, content, controls = parse(message)
        if number not in self.entries:
            return message
        if tag == SEARCH_ENTRY:
            self.entries[number] += 1
        exceeded = self.entries[number] > MAX_PAGE_SIZE
        if tag == SEARCH_DONE:
            del self.entries[number]
            if exceeded:
                result = elements(content)
                result[0] = ENUMERATED, bytes([SIZE_LIMIT_EXCEEDED])
                return build(number, tag, encode(result), controls)
        if exceeded and tag in (SEARCH_ENTRY, SEARCH_REFERENCE):
            return b""
        return message


def limit_range(attribute):
    name, _, wanted = attribute.decode().lower().partition(";range=")
    if name != "member":
        return attribute
    first, _, last = (wanted or "0-*").partition("-")
    most = int(first) + MAX_VAL_RANGE - 1
    last = most if last == "*" else min(int(last), most)
    return f"{name};range={first}-{last}".encode()


def parse(message):
    """Message id, tag and content of the operation, controls."""
    [(_, content)] = elements(message)
    (_, number), (tag, operation), *controls = elements(content)
    return int.from_bytes(number), tag, operation, controls


def build(number, tag, operation, controls):
    parts = [(INTEGER, number.to_bytes(4)), (tag, operation), *controls]
    return encode([(SEQUENCE, encode(parts))])


def elements(data):
    """The BER elements that stand one after another in data: tag and content."""
    found = []
    while data:
        tag, length, start = data[0], data[1], 2
        if length & 0x80:
            start += length & 0x7F
            length = int.from_bytes(data[2:start])
        found.append((tag, data[start : start + length]))
        data = data[start + length :]
    return found


def encode(parts):
    # Four octets hold any length; BER does not ask for the shortest form.
    return b"".join(bytes([tag, 0x84]) + len(content).to_bytes(4) + content for tag, content in parts)
