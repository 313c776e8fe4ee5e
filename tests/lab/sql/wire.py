"""What pysqlbridge's side of the wire lacks: column types, refused log-ons of other kinds, log-ons with tickets, old TLS,
who is asking.
"""

import os
import ssl
import struct
from dataclasses import dataclass
from decimal import Decimal as Exact

import gssapi
from pysqlbridge import server as listener
from pysqlbridge.auth import AuthResult
from pysqlbridge.certificate import Certificate, server_context
from pysqlbridge.tds import connection as session
from pysqlbridge.tds.login import deobfuscate_password
from pysqlbridge.tds.prelogin import Version
from pysqlbridge.tds.result import DEFAULT_COLLATION, ColumnType
from pysqlbridge.tds.token import error_response, sspi_token

# Collations whose code pages are UTF-8 and 932.
UTF8_COLLATION = bytes.fromhex("0904d00400")
JAPANESE_COLLATION = bytes.fromhex("1104d00000")


@dataclass(frozen=True)
class Numeric(ColumnType):
    precision: int = 38
    scale: int = 0

    def type_info(self):
        return bytes([0x6C, 17, self.precision, self.scale])

    def encode(self, value):
        if value is None:
            return b"\x00"
        number = int(Exact(value).scaleb(self.scale))
        return bytes([17, number >= 0]) + abs(number).to_bytes(16, "little")


@dataclass(frozen=True)
class Money(ColumnType):
    def type_info(self):
        return bytes([0x6E, 8])

    def encode(self, value):
        if value is None:
            return b"\x00"
        number = int(Exact(value).scaleb(4))
        return b"\x08" + struct.pack("<iI", number >> 32, number & 0xFFFFFFFF)


@dataclass(frozen=True)
class DateTime2(ColumnType):
    """With seven digits; values are (days since 0001-01-01, ten-millionths of a second)."""

    def type_info(self):
        return bytes([0x2A, 7])

    def encode(self, value):
        if value is None:
            return b"\x00"
        days, ticks = value
        return b"\x08" + ticks.to_bytes(5, "little") + days.to_bytes(3, "little")


@dataclass(frozen=True)
class VarChar(ColumnType):
    """Text in a code page; values are bytes."""

    collation: bytes = DEFAULT_COLLATION

    def type_info(self):
        return bytes([0xA7]) + struct.pack("<H", 8000) + self.collation

    def encode(self, value):
        if value is None:
            return b"\xff\xff"
        return struct.pack("<H", len(value)) + value


@dataclass(frozen=True)
class Variant(ColumnType):
    """Whole numbers of four bytes and floating point, each as what it is."""

    def type_info(self):
        return bytes([0x62]) + struct.pack("<I", 8009)

    def encode(self, value):
        if value is None:
            return struct.pack("<I", 0)
        packed = b"\x38\x00" + struct.pack("<i", value) if isinstance(value, int) else b"\x3e\x00" + struct.pack("<d", value)
        return struct.pack("<I", len(packed)) + packed


class OldTls(Certificate):
    """The certificate of a server that never learnt TLS 1.2."""


def context(certificate):
    made = server_context(certificate)
    if isinstance(certificate, OldTls):
        made.minimum_version = ssl.TLSVersion.TLSv1
        made.maximum_version = ssl.TLSVersion.TLSv1_1
        made.set_ciphers("ALL:@SECLEVEL=0")
    return made


# Why the server of an instance refuses a log-on, by what is written about the login.
REFUSALS = {
    "disabled": (18470, "Login failed for user '{}'. Reason: The account is disabled."),
    "locked": (18486, "Login failed for user '{}' because the account is currently locked out."),
    "expired": (18487, "Login failed for user '{}'.  Reason: The password of the account has expired."),
    "must_change": (18488, "Login failed for user '{}'.  Reason: The password of the account must be changed."),
}
WRONG = (18456, "Login failed for user '{}'.")


class Tickets:
    """The server's half of a log-on with a Kerberos ticket, by MIT's library."""

    def __init__(self):
        keys = gssapi.Credentials(usage="accept", store={"keytab": os.environ["STANDIN_LAB_SQL_KEYTAB"]})
        self.context = gssapi.SecurityContext(creds=keys, usage="accept")
        self.proof = b""

    def step(self, token):
        self.proof = self.context.step(token) or b""
        return AuthResult(b"", self.context.complete)

    @property
    def username(self):
        """As SQL Server writes it; this domain has one short name."""
        return "CORP\\" + str(self.context.initiator_name).split("@")[0]


class Session(session.Connection):
    """One connection: knows which login it belongs to."""

    user = None

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, acceptor_factory=Tickets, **options)

    def _finish_login(self, responses):
        """Sends the proof of who the server is before it lets in, and lets in only whom it knows."""
        if self._acceptor is not None:
            self._send(responses, sspi_token(self._acceptor.proof), packet_id=0)
            self.user = self._acceptor.username
            if self._instance.account(self.user) is None:
                return self._refuse(responses, self.user, WRONG)
        return super()._finish_login(responses)

    def _step_prelogin(self, responses):
        # asked anew for each connection: they may have been changed
        state = self._instance.state()
        self._version = Version(*[int(number) for number in state["version"].split(".")[:3]])
        self._server_name = state["machine"]
        return super()._step_prelogin(responses)

    @property
    def _instance(self):
        return self._query_handler.__self__

    def _answer_sql_login(self, responses):
        name = self._login.user_name
        refusal = self._instance.refuses(name, deobfuscate_password(self._login.password))
        if refusal is None:
            self.user = name
            self._finish_login(responses)
        else:
            self._refuse(responses, name, refusal)
        return True

    def _refuse(self, responses, name, refusal):
        number, text = refusal
        print(f"refused {name!r}: {number}", flush=True)
        self._send(
            responses,
            error_response(number, text.format(name), server=self._server_name, severity=14, tds_version=self._tds_version),
        )
        self._state = session.ConnectionState.FAILED

    def _about(self):
        return super()._about() | {"user": self.user}


def install():
    session.server_context = context
    listener.Connection = Session
