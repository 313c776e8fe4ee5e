"""The services of one host, which live in a file: services.json in the folder of its state.

The service control manager, the shell's stand-in and the `host` command all work on it. A change is seen by the next
question.
"""

import fcntl
import json
import os
import time
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

# Errors of Windows.
DEPENDENT_SERVICES_RUNNING = 1051
ALREADY_RUNNING = 1056
DISABLED = 1058
CANNOT_ACCEPT_CONTROL = 1061
NOT_ACTIVE = 1062
DEPENDENCY_FAIL = 1068


class Failure(Exception):
    def __init__(self, code):
        super().__init__(code)
        self.code = code


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
        settle(self.known["services"])
        return self.known

    @contextmanager
    def change(self):
        """What the file holds, to be changed; one process at a time."""
        with open(self.state / "services.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            known = json.loads(self.file.read_text())
            settle(known["services"])
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


def become(service, passing, wanted):
    """Goes into a state, through another one where the service is slow."""
    if service.get("slow"):
        service.update(state=passing, until=time.time() + service["slow"], then=wanted)
    else:
        service["state"] = wanted


def settle(services):
    """Ends what took its time."""
    for service in services.values():
        if service.get("until", float("inf")) < time.time():
            service["state"] = service.pop("then")
            del service["until"]


def find(services, name):
    """The name of a service in its own case, whichever case it is asked in."""
    for known in services:
        if known.lower() == name.lower():
            return known
    return None


def start(services, name):
    """Starts a service, those that it depends on before it."""
    service = services[name]
    if service["state"] != "stopped":
        raise Failure(ALREADY_RUNNING)
    if service["start"] == "disabled":
        raise Failure(DISABLED)
    for needed in service["depends_on"]:
        needed = find(services, needed)
        if needed and services[needed]["state"] == "stopped":
            try:
                start(services, needed)
            except Failure as failure:
                raise Failure(DEPENDENCY_FAIL) from failure
    become(service, "start_pending", "stopped" if service.get("fails") else "running")


def stop(services, name):
    """Stops a service that nobody needs any more."""
    service = services[name]
    if service["state"] == "stopped":
        raise Failure(NOT_ACTIVE)
    if service["state"].endswith("_pending"):
        raise Failure(CANNOT_ACCEPT_CONTROL)
    if any(depend(services, name)):
        raise Failure(DEPENDENT_SERVICES_RUNNING)
    become(service, "stop_pending", "running" if service.get("holds") else "stopped")


def all_dependents(services, name, found=()):
    """Those that run and need this one, directly or not; each before what it needs itself."""
    found = list(found)
    for other in depend(services, name):
        if other not in found:
            found = [*all_dependents(services, other, found), other]
    return found


def depend(services, name):
    """The services that run and need this one."""
    for other, service in services.items():
        if service["state"] != "stopped" and find(service["depends_on"], name):
            yield other
