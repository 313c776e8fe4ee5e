"""The services of one host, which live in a file: services.json in the folder of its state.

The service control manager, the shell's stand-in and the `host` command all work on it. A change is seen by the next
question.
"""

import fcntl
import json
import os
from contextlib import contextmanager
from pathlib import Path

STATES = (
    "stopped",
    "start_pending",
    "stop_pending",
    "running",
    "continue_pending",
    "pause_pending",
    "paused",
)  # as Windows counts them, from 1
STARTS = ("boot", "system", "automatic", "manual", "disabled")  # from 0
# What ordinary users may do: see and ask, or nothing at all.
ENUMERATE = ("everyone", "administrators")


class Services:
    def __init__(self, state):
        self.state = Path(state)
        self.file = self.state / "services.json"
        self.read = None
        self.known = None

    def load(self):
        """`enumerate` and `services` as they are now; read again only when the file is another one."""
        found = self.file.stat()
        read = (found.st_ino, found.st_mtime_ns, found.st_size)
        if read != self.read:
            self.known = json.loads(self.file.read_text())
            self.read = read
        return self.known

    @contextmanager
    def change(self):
        """What the file holds, to be changed; one process at a time."""
        with open(self.state / "services.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            known = json.loads(self.file.read_text())
            yield known
            new = self.file.with_suffix(".new")
            new.write_text(json.dumps(known, indent=1))
            os.rename(new, self.file)
            self.keep_pipes(known["services"])

    def keep_pipes(self, services):
        """The registry answers from afar only while its service runs."""
        pipe = self.state / "ncalrpc/np/winreg"
        hidden = pipe.with_suffix(".hidden")
        runs = services.get("RemoteRegistry", {}).get("state") == "running"
        there, away = (pipe, hidden) if runs else (hidden, pipe)
        if away.exists():
            os.rename(away, there)


def find(services, name):
    """The name of a service in its own case, whichever case it is asked in."""
    for known in services:
        if known.lower() == name.lower():
            return known
    return None
