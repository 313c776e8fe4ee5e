# Asks one Windows host over MS-RPC and SMB, and tells it what to do; see ../rpc.rs for how it is run and spoken to.
# The files of this folder are one program, put together in the order that rpc.rs gives.
import base64
import hashlib
import json
import os
import re
import struct
import sys
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager


class Absent(Exception):
    """The answer to a question, or the value of a field, is not known; says why."""

    def __init__(self, cause, detail):
        super().__init__(detail)
        self.cause = cause
        self.detail = detail

    def shown(self):
        return {"absent": self.cause, "detail": self.detail}


class Refused(Absent):
    """The host said no to what was to be changed."""


class Lost(Exception):
    """The session is over; another one may bring the answer."""


BAD_CREDENTIALS = {
    0xC0000064: "the host knows no such user",
    0xC000006A: "the password is wrong",
    0xC000006D: "the host refuses user or password",
    0xC000006E: "the account is restricted: an empty password, or a policy, forbids this log-on",
    0xC000006F: "the account may not log on at this hour",
    0xC0000070: "the account may not log on from this machine",
    0xC0000071: "the password has expired",
    0xC0000072: "the account is disabled",
    0xC000015B: "the account is not allowed to log on to this host over the network",
    0xC0000193: "the account has expired",
    0xC0000224: "the password must be changed first",
    0xC0000234: "the account is locked out",
    0xC0000413: "the host's authentication policy refuses the account",
}
DENIED = {
    0xC0000022: "access is denied",
    0xC0000043: "another program keeps it to itself",
    0xC0000061: "the account has not the privilege",
    0xC00000A2: "it is protected against writing",
    0xC00000CA: "access over the network is denied",
}
NOT_FOUND = {
    0xC000000F, 0xC0000033, 0xC0000034, 0xC000003A, 0xC0000039, 0xC00000CC, 0xC0000103, 0xC000014E, 0xC0000151,
    0xC0000073, 0xC00000BA,
}  # fmt: skip
# Nobody answers any more, or not as it was sent: what a new session may mend.
BROKEN = {
    0xC000020C, 0xC000020D, 0xC0000203, 0xC0000241, 0xC00000C9, 0xC000013B, 0xC000013C, 0xC000023F, 0xC00000B5,
    0xC000035C, 0xC000028B,
}  # fmt: skip
UNREACHABLE = {0xC0000236, 0xC000023C, 0xC000023D, 0xC00000BE, 0xC00000BF, 0xC000005E, 0xC0000189}


def status_of(error):
    """The number of an NTSTATUSError and its text."""
    number, text = (list(error.args) + ["", ""])[:2]
    number = number & 0xFFFFFFFF if isinstance(number, int) else 0
    return number, str(text)


def absent_of_status(error, doing):
    number, text = status_of(error)
    said = "%s: %s (0x%08X)" % (doing, text.strip().rstrip("."), number)
    if number in BAD_CREDENTIALS:
        return Absent("bad_credentials", BAD_CREDENTIALS[number])
    if number in DENIED:
        return Absent("denied", "%s: %s" % (doing, DENIED[number]))
    if number in NOT_FOUND:
        return Absent("not_found", said)
    if number in BROKEN:
        raise Lost(said) from error
    if number in UNREACHABLE:
        return Absent("unreachable", said)
    return Absent("malformed", said)


WERR_DENIED = {5: "access is denied", 65: "access over the network is denied", 1314: "the account has not the privilege"}
WERR_KNOWN = {
    1051: "services that depend on it run",
    1052: "the service does not take this now",
    1053: "the service did not answer in time",
    1055: "the service database is locked",
    1058: "the service is disabled, or has no device that is there",
    1061: "the service takes nothing in this state",
    1068: "a service that it depends on does not start",
    1069: "its account cannot log on",
    1072: "the service is marked to be deleted",
    1075: "a service that it depends on is not there",
}
WERR_NOT_FOUND = {2, 3, 53, 67, 123, 161, 1060, 1018, 1376, 2220, 2310}


def absent_of_werr(number, doing):
    said = "%s: Windows error %d" % (doing, number)
    if number in WERR_DENIED:
        return Absent("denied", "%s: %s" % (doing, WERR_DENIED[number]))
    if number in WERR_NOT_FOUND:
        return Absent("not_found", said)
    if number in WERR_KNOWN:
        return Absent("unsupported", "%s: %s (Windows error %d)" % (doing, WERR_KNOWN[number], number))
    return Absent("unsupported" if number in (50, 120, 124) else "malformed", said)


def not_changed(number, doing):
    """The host's refusal of a change; one that it did not see end may come yet."""
    absent = absent_of_werr(number, doing)
    return absent if number == 1053 else Refused(absent.cause, absent.detail)
