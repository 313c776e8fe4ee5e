"""What a host does when Standin tells it to, in place of the program that Standin sends along."""

import hashlib
import subprocess
import time
from base64 import b64decode

from places import place
from registry import KINDS, Registry, import_file
from services import STARTS, Failure, Services, all_dependents, find, start, stop


class Absent(Exception):
    def __init__(self, cause, detail, begun=False):
        super().__init__(detail)
        self.shown = {"absent": cause, "detail": detail}
        self.begun = begun


def known_as(state, name):
    found = find(Services(state).load()["services"], name)
    if found is None:
        raise Absent("not_found", f"the host has no service {name}")
    return found


def start_service(state, _, act):
    name, services = known_as(state, act["name"]), Services(state)
    until = time.time() + act["seconds"]
    if settled(services, name, "stop_pending", until) == "running":
        return
    call(services, lambda known: start(known, name), f"starting the service {name}")
    reach(services, name, "running", until)


def stop_service(state, _, act):
    name, services = known_as(state, act["name"]), Services(state)
    until = time.time() + act["seconds"]
    if settled(services, name, "start_pending", until) == "stopped":
        return
    begun = False
    for one in [*all_dependents(services.load()["services"], name), name]:
        call(services, lambda known, one=one: stop(known, one), f"stopping the service {one}", begun)
        begun = True
        reach(services, one, "stopped", until)


def call(services, work, doing, begun=False):
    try:
        with services.change() as known:
            work(known["services"])
    except Failure as failure:
        raise Absent("unsupported", f"{doing}: Windows error {failure.code}", begun) from failure


def settled(services, name, passing, until):
    while (state := services.load()["services"][name]["state"]) == passing and time.time() < until:
        time.sleep(0.05)
    return state


def reach(services, name, wanted, until):
    passing = {"running": "start_pending", "stopped": "stop_pending"}[wanted]
    state = settled(services, name, passing, until)
    if state != wanted:
        cause = "timeout" if state == passing else "unsupported"
        raise Absent(cause, f"the service {name} is not as it should be, but {state}", True)


def set_start(state, _, act):
    name = known_as(state, act["name"])
    with Services(state).change() as known:
        known["services"][name]["start"] = STARTS[STARTS.index(act["start"])]


def set_value(state, _, act):
    number = next(number for number, word in KINDS.items() if word == act["kind"])
    write_value(state, act, (number, b64decode(act["base64"])))


def delete_value(state, _, act):
    there = [value["name"].lower() for value in Registry(state).values(act["key"])]
    if known_key(state, act) and act["value"].lower() in there:
        write_value(state, act, None)


def known_key(state, act):
    if Registry(state).keys(act["key"]) is None:
        raise Absent("not_found", f"the host has no key {act['key']}")
    return True


def write_value(state, act, value):
    known_key(state, act)
    with import_file(state, act["key"], act["value"], value) as file:
        net = ["/usr/bin/net", f"--configfile={state}/smb.conf", "registry", "import", file]
        done = subprocess.run(net, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Absent("malformed", done.stderr, True)


def write_piece(state, _, act):
    file = place(state, act["path"])
    if not file.parent.is_dir():
        raise Absent("not_found", f"the host has no folder for {act['path']}")
    with file.open("r+b" if act["at"] else "xb") as opened:
        opened.seek(act["at"])
        opened.write(b64decode(act["base64"]))


def place_file(state, _, act):
    file, new = place(state, act["path"]), place(state, act["temporary"])
    keep = act["keep"] and place(state, act["keep"])
    if keep and keep.exists() and not (file.exists() and keep.read_bytes() == file.read_bytes()):
        new.unlink()
        raise Absent("unsupported", f"{act['keep']} is there already; look at it and move it away: it would be lost")
    if hashlib.sha256(new.read_bytes()).hexdigest() != act["sha256"]:
        new.unlink()
        raise Absent("malformed", f"what arrived for {act['path']} is not what was sent")
    if file.is_dir():
        new.unlink()
        raise Absent("malformed", f"{act['path']} is a folder")
    if keep and file.exists():
        file.rename(keep)
    new.rename(file)


def remove_file(state, _, act):
    file, restore = place(state, act["path"]), act["restore"] and place(state, act["restore"])
    if restore and restore.exists():
        restore.rename(file)
    elif file.is_dir():
        raise Absent("malformed", f"{act['path']} is a folder")
    else:
        file.unlink(missing_ok=True)


def make_folder(state, _, act):
    folder = place(state, act["path"])
    if folder.is_file():
        raise Absent("malformed", f"{act['path']} is a file")
    if not folder.parent.is_dir():
        raise Absent("not_found", f"the host has no folder for {act['path']}")
    folder.mkdir(exist_ok=True)


def remove_folder(state, _, act):
    folder = place(state, act["path"])
    if folder.is_file():
        raise Absent("malformed", f"{act['path']} is a file")
    if folder.is_dir():
        if any(folder.iterdir()):
            raise Absent("unsupported", f"the folder {act['path']} is not empty")
        folder.rmdir()


ACTS = {
    ("service", "start"): start_service,
    ("service", "stop"): stop_service,
    ("service", "set_start"): set_start,
    ("registry", "set"): set_value,
    ("registry", "delete"): delete_value,
    ("file", "write"): write_piece,
    ("file", "copy"): place_file,
    ("file", "remove"): remove_file,
    ("file", "make_folder"): make_folder,
    ("file", "remove_folder"): remove_folder,
}
