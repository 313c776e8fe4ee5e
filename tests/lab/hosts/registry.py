"""The registry of one host, read from Samba's own database; changed by Samba's own program."""

import struct
import tempfile
from base64 import b64encode
from contextlib import contextmanager

import tdb

KINDS = {
    0: "REG_NONE",
    1: "REG_SZ",
    2: "REG_EXPAND_SZ",
    3: "REG_BINARY",
    4: "REG_DWORD",
    7: "REG_MULTI_SZ",
    11: "REG_QWORD",
}


class Registry:
    def __init__(self, state):
        self.records = tdb.Tdb(f"{state}/state/registry.tdb")

    def keys(self, key):
        """The names of the keys below; None where there is no such key."""
        record = self.records.get(key.upper().encode() + b"\0")
        if record is None:
            return None
        return [name.decode() for name in record[4:].split(b"\0")[:-1]]

    def values(self, key):
        """Name, value and kind of each."""
        record = self.records.get(f"SAMBA_REGVAL\\{key.upper()}".encode() + b"\0") or bytes(4)
        (count,) = struct.unpack_from("<I", record)
        place = 4
        for _ in range(count):
            end = record.index(b"\0", place)
            kind, length = struct.unpack_from("<II", record, end + 1)
            data = record[end + 9 : end + 9 + length]
            yield {"name": record[place:end].decode(), **value(kind, data)}
            place = end + 9 + length


def value(kind, data):
    name = KINDS.get(kind, "other")
    try:
        text = data.decode("utf-16-le").rstrip("\0")
    except UnicodeDecodeError:
        if name in ("REG_SZ", "REG_EXPAND_SZ", "REG_MULTI_SZ"):
            return {"value": {"absent": "malformed", "detail": "the text has characters that are none"}, "kind": name}
    if name in ("REG_SZ", "REG_EXPAND_SZ"):
        shown = text
    elif name == "REG_MULTI_SZ":
        shown = text.split("\0") if text else []
    elif (name, len(data)) in (("REG_DWORD", 4), ("REG_QWORD", 8)):
        shown = int.from_bytes(data, "little")
    else:
        shown = {"base64": b64encode(data).decode()}
    return {"value": shown, "kind": name}


@contextmanager
def import_file(state, key, name, value):
    """A file as regedit exports it, with one value: its kind's number and its bytes, or None to delete it."""
    shown = "@" if not name else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    data = "-" if value is None else f"hex({value[0]:x}):" + ",".join(f"{byte:02x}" for byte in value[1])
    below = key.removeprefix("HKLM\\")
    text = f"Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\{below}]\r\n{shown}={data}\r\n\r\n"
    with tempfile.NamedTemporaryFile("w", encoding="utf-16", newline="", dir=state) as file:
        file.write(text)
        file.flush()
        yield file.name
