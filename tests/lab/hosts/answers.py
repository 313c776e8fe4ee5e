"""What a host answers to Standin's questions, read from where the host's other daemons keep it."""

import hashlib
import json
import socket
import struct
import time
from pathlib import Path

from acts import ACTS, Absent
from places import place
from registry import Registry
from services import Services, find
from shares import Shares, comment, rights

THROUGH = Path(__file__).parents[3] / "src/transport/tds/through.ps1"
SCRIPTS = Path(__file__).parent.parent / "shell"
FIXED_INFO = struct.pack("<I", 0xFEEF04BD)


def answer(state, name, question):
    """The answer to a question, as it goes back; `name` is the host's."""
    ask = ASKS.get(question.get("ask")) or ACTS.get((question.get("do"), question.get("verb")))
    try:
        if ask is None:
            raise Absent("unsupported", "there is no such question")
        found = ask(Path(state), name, question) or []
        return {"id": question["id"], **(found if isinstance(found, dict) else {"rows": found})}
    except Absent as absent:
        return {"id": question["id"], **absent.shown, "begun": absent.begun}


def service(state, _, question):
    known = Services(state).load()["services"]
    shown = ("display", "state", "start", "delayed", "account", "command", "depends_on")
    wanted = question.get("name")
    if wanted is None:
        found = sorted((name for name in known if known[name]["type"] == "service"), key=str.lower)
        found = [(name, known[name]) for name in found]
    elif find(known, wanted):
        found = [(wanted, known[find(known, wanted)])]
    else:
        raise Absent("not_found", f"the host has no service {wanted}")
    return [{"name": name, **{field: service[field] for field in shown}} for name, service in found]


def registry(state, _, question):
    key = question["key"]
    found = Registry(state)
    below = found.keys(key)
    if below is None:
        raise Absent("not_found", f"the host has no key {key}")
    if question.get("keys"):
        return [{"name": name} for name in below]
    values = list(found.values(key))
    if question.get("values"):
        return values
    for value in values:
        if value.pop("name").lower() == question["value"].lower():
            return [value]
    raise Absent("not_found", f"the key {key} has no value {question['value'] or 'by default'}")


def file(state, _, question):
    path = question["path"]
    found = place(state, path)
    if found is None or not found.exists():
        raise Absent("not_found", f"the host has no file {path}")
    row = {"path": path, "kind": "folder" if found.is_dir() else "file"}
    for part in question.get("want", []):
        try:
            if found.is_dir() and (part != "modified" or found.parent == Path(state)):
                raise Absent("unsupported", f"{path} is a folder and has no {part.replace('_', ' ')}")
            row[part] = PARTS[part](found)
        except Absent as absent:
            row[part] = absent.shown
    return [row]


def size(found):
    return found.stat().st_size


def modified(found):
    # to the nearest second, as it comes over SMB
    seconds = (found.stat().st_mtime_ns + 499_999_999) // 1_000_000_000
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def version(found, start=8):
    data = found.read_bytes()
    begin = data.find(FIXED_INFO)
    if data[:2] != b"MZ" or begin < 0:
        raise Absent("unsupported", "the file has no version resource")
    high, low = struct.unpack_from("<2I", data, begin + start)
    return f"{high >> 16}.{high & 0xFFFF}.{low >> 16}.{low & 0xFFFF}"


def product_version(found):
    return version(found, 16)


def sha256(found):
    return hashlib.sha256(found.read_bytes()).hexdigest()


PARTS = {
    "size": size,
    "modified": modified,
    "version": version,
    "product_version": product_version,
    "sha256": sha256,
}


def share(state, _, question):
    known = Shares(state).load()
    wanted = question.get("name")
    if wanted == "IPC$":
        raise Absent("unsupported", "IPC$ is no share of files")
    if wanted is None:
        rows = [{"name": name, "kind": "disk", "comment": comment(text)} for name, text in known.items()]
        return [*rows, {"name": "IPC$", "kind": "ipc", "comment": "IPC Service (standin-lab)"}]
    name = find(known, wanted)
    if name is None:
        raise Absent("not_found", f"the host has no share {wanted}")
    may = rights(known[name])
    if may == "none":
        raise Absent("denied", f"the share {wanted} is not for this account")
    return [{"name": wanted, "readable": True, "writable": may == "all"}]


def disk(state, _, question):
    del question
    disks = json.loads((state / "disks.json").read_text())
    return [{"drive": f"{drive}:", **disk} for drive, disk in sorted(disks.items())]


def group(state, _, question):
    # Takes a moment to load, and is asked seldom.
    from accounts import members

    found = members(state, question["name"])
    if found is None:
        raise Absent("not_found", f"the host has no local group {question['name']}")
    return found


def shell(state, name, question):
    """What a script would print, for the few that are registered, and for the one that asks database servers."""
    text = question.get("powershell") or json.dumps(question["run"])
    if text == THROUGH.read_text():
        return {"printed": asked_through(Path(state), json.loads(question["input"]))}
    digest = hashlib.sha256(text.encode()).hexdigest()
    # What the host was told to print instead.
    own = Path(state) / "printed" / f"{digest}.json"
    if own.exists():
        return {"printed": own.read_text()}
    file = SCRIPTS / f"{digest}.json"
    if not file.exists():
        detail = f"the lab's stand-in for PowerShell knows no script {digest}; see tests/lab/shell"
        raise Absent("unsupported", detail)
    return {"printed": json.dumps(json.loads(file.read_text())[name])}


def asked_through(state, asked):
    """What the database server says that is meant by its port or the name of its instance."""
    side = {"srcmail": "source", "tgtmail": "target"}[state.name]
    named = asked["server"].lower().endswith(("\\payroll", ",51433"))
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(state.parent / "sql" / (side + ("-payroll" if named else "") + ".socket")))
        line.sendall(json.dumps(asked).encode() + b"\n")
        found = json.load(line.makefile())
    return json.dumps(found) if found else ""


ASKS = {
    "service": service,
    "registry": registry,
    "file": file,
    "share": share,
    "disk": disk,
    "group": group,
    "shell": shell,
    "there": lambda *_: [],
}
ACTS["shell", "run"] = shell
