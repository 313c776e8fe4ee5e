"""Of T-SQL as much as the batches of the shipped fixes are written in: words, names, texts, numbers, bytes, marks."""

import re
from dataclasses import dataclass

from pysqlbridge.tds.result import QueryError

TOKEN = re.compile(
    r"""\s+
    | \[(?P<name>(?:[^\]]|\]\])*)\]
    | N?'(?P<text>(?:[^']|'')*)'
    | (?P<bytes>0x[0-9A-Fa-f]*)
    | (?P<number>-?\d+)
    | (?P<param>@P\d+)
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<mark><>|[;,=.()])
    """,
    re.VERBOSE,
)


def incorrect(near):
    """What a server says of a batch that it cannot read; it does nothing of it then."""
    return QueryError(f"Incorrect syntax near '{near}'.", number=102, severity=15)


@dataclass(frozen=True)
class Token:
    kind: str
    value: object


class Reader:
    """The tokens of a batch, one behind the other; parameters are their values already."""

    def __init__(self, text, parameters):
        self.tokens = list(tokens(text, parameters))
        self.at = 0

    def ended(self):
        return self.at >= len(self.tokens)

    def peek(self):
        return Token("end", "") if self.ended() else self.tokens[self.at]

    def next(self):
        token = self.peek()
        self.at += 1
        return token

    def word(self):
        """The next word in upper case, when it is one."""
        token = self.peek()
        return token.value.upper() if token.kind == "word" else None

    def takes(self, *wanted):
        """Whether these words and marks come next, which are passed then."""
        start = self.at
        for one in wanted:
            token = self.next()
            found = token.value.upper() if token.kind == "word" else token.value
            if token.kind not in ("word", "mark") or found != one:
                self.at = start
                return False
        return True

    def wants(self, *wanted):
        if not self.takes(*wanted):
            raise incorrect(self.peek().value)

    def value(self, *kinds):
        token = self.next()
        if token.kind not in kinds:
            raise incorrect(token.value)
        return token.value

    def name(self):
        return self.value("name")

    def text(self):
        return self.value("text")


def tokens(text, parameters):
    at = 0
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None:
            raise incorrect(text[at : at + 20])
        at = found.end()
        kind = found.lastgroup
        value = found[kind] if kind else None
        match kind:
            case "name":
                yield Token("name", value.replace("]]", "]"))
            case "text":
                yield Token("text", value.replace("''", "'"))
            case "number":
                yield Token("number", int(value))
            case "param":
                yield parameter(parameters[value])
            case None:
                pass
            case _:
                yield Token(kind, value)


def parameter(value):
    if value is None:
        return Token("null", None)
    return Token("number" if isinstance(value, int) else "text", value)
