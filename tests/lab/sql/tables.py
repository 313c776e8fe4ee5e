"""Tables of the lab's own, in the schema `lab` of every database: for tests of what travels."""

from pysqlbridge.source import Table
from pysqlbridge.tds.result import Bit, Column, DateTime, Float, Integer, NVarChar, UniqueIdentifier, VarBinary

from wire import JAPANESE_COLLATION, UTF8_COLLATION, DateTime2, Money, Numeric, VarChar, Variant

LONG_TEXT = "long " * 4000


def table(name, columns, rows):
    return Table(name, [Column(name, kind) for name, kind in columns], rows)


def types():
    """A value and a NULL of every type that the wire of the lab can carry."""
    columns = {
        "tiny": (Integer(1), 255),
        "int": (Integer(4), -2147483648),
        "big": (Integer(8), 9223372036854775807),
        "bit": (Bit(), True),
        "float": (Float(8), 0.1),
        "numeric": (Numeric(25, 0), "35000000021700001"),
        "decimal": (Numeric(19, 4), "-0.0500"),
        "money": (Money(), "1234.5"),
        "rich": (Money(), "922337203685477.5807"),
        "text": (NVarChar(100), "Straße \N{GRINNING FACE}"),
        "long": (NVarChar(None), LONG_TEXT),
        "empty": (NVarChar(10), ""),
        "torn": (NVarChar(10), "half \ud800"),
        "plain": (VarChar(), b"Strasse"),
        "latin": (VarChar(), "Straße".encode("cp1252")),
        "utf8": (VarChar(UTF8_COLLATION), "Straße".encode()),
        "bytes": (VarBinary(), bytes(range(8))),
        "guid": (UniqueIdentifier(), "6F9619FF-8B86-D011-B42D-00C04FC964FF"),
        "time": (DateTime(), "2024-03-01T10:20:30"),
        "precise": (DateTime2(), (738945, 372300000001)),
        "variant": (Variant(), 7),
        "rough": (Variant(), 1.5),
    }
    names = [(name, kind) for name, (kind, _) in columns.items()]
    return table("types", names, [[value for _, value in columns.values()], [None] * len(columns)])


def broken():
    """Bytes that are no text in the column's character set."""
    return table("broken", [("text", VarChar(JAPANESE_COLLATION))], [[b"ab\xff\xfe"]])


def many(number=50_000):
    return table("many", [("n", Integer(4)), ("name", NVarChar(40))], [[n, f"row {n}"] for n in range(number)])


def big():
    """An answer of 40 MB."""
    return table("big", [("n", Integer(4)), ("text", NVarChar(None))], [[n, "x" * 20_000] for n in range(1000)])


TABLES = {"types": types, "broken": broken, "many": many, "big": big}
