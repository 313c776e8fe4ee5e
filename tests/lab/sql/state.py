"""What a database server of the lab is like: one JSON file an instance, which the running server reads anew whenever it
has changed. The pristine state is written in TOML: common.toml for all, and a file for each instance.
"""

import json
import os
import sys
import tempfile
import tomllib
from pathlib import Path

PRISTINE = Path(__file__).resolve().parent / "pristine"
FOLDER = Path(os.environ.get("STANDIN_LAB_HOME", "/nowhere")) / "sql"
# Without a name it is the default instance.
INSTANCES = {"source": ("source", "source-payroll"), "target": ("target", "target-payroll")}


def merged(below, above):
    """Tables are merged key by key, anything else is replaced."""
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    return below | {key: merged(below.get(key), value) for key, value in above.items()}


def read_toml(name):
    return tomllib.loads((PRISTINE / f"{name}.toml").read_text())


def write(name, state):
    """At once, so that nobody reads half of it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=FOLDER, delete=False) as file:
        json.dump(state, file, indent=1)
    os.replace(file.name, FOLDER / f"{name}.json")


def read(name):
    return json.loads((FOLDER / f"{name}.json").read_text())


def restore():
    common = read_toml("common")
    for names in INSTANCES.values():
        for name in names:
            write(name, merged(common, read_toml(name)))


class Watched:
    """A state that is read anew when its file has changed."""

    def __init__(self, name):
        self.path = FOLDER / f"{name}.json"
        self.seen = None
        self.state = None

    def now(self):
        status = self.path.stat()
        seen = (status.st_ino, status.st_mtime_ns)
        if seen != self.seen:
            self.state, self.seen = json.loads(self.path.read_text()), seen
        return self.state


if __name__ == "__main__" and sys.argv[1:] == ["restore"]:
    restore()
