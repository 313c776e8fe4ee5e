"""The shares of one host, which Samba reads from shares.conf; what is added to one is told by `allow`."""

import re
from pathlib import Path

# Samba's own access lists would not bind administrators, who are root to it.
RIGHTS = {"all": "", "read": "    read only = yes\n    write list =\n", "none": "    valid users = nobody\n"}
RESTRICTED = "    # restricted\n"


class Shares:
    def __init__(self, state):
        self.file = Path(state) / "shares.conf"

    def load(self):
        """The text of each share, by name."""
        parts = re.split(r"^(?=\[)", self.file.read_text(), flags=re.MULTILINE)[1:]
        return {re.match(r"\[(.*)\]", part)[1]: part for part in parts}

    def save(self, shares):
        self.file.write_text("".join(shares.values()))


def allow(text, rights):
    return text.partition(RESTRICTED)[0] + RESTRICTED + RIGHTS[rights]


def rights(text):
    """What an administrator may do with the share of this text."""
    restriction = text.partition(RESTRICTED)[2]
    return next(name for name, added in RIGHTS.items() if added == restriction)


def comment(text):
    found = re.search(r"^ *comment = (.*)$", text, flags=re.MULTILINE)
    return found[1] if found else ""
