"""Makes the pristine state of one host of the pair: accounts, groups, registry, services, drives.

usage: populate.py SRCMAIL|TGTMAIL ADDRESS

The accounts are the domain's, with their SIDs and passwords (settings.sh). Debian's own Python, because that is the one
that has Samba's modules.
"""

import json
import os
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from string import Template

import ldb
import samba.dckeytab  # noqa: F401  teaches Net to write keytabs
from samba.auth import system_session
from samba.credentials import Credentials
from samba.dcerpc import lsa, samr, security
from samba.ndr import ndr_unpack
from samba.net import Net
from samba.param import LoadParm
from samba.samba3 import param as s3param
from samba.samba3 import passdb
from samba.samdb import SamDB

SEED = Path(__file__).parent
HOME = Path(os.environ["STANDIN_LAB_HOME"])
DRIVES = "CDEL"
# Samba makes up the values of these keys of the registry. In a copy of its library the keys have other names, so that
# what it makes up appears elsewhere and the keys are like any other.
REGISTRY_LIBRARY = "libREG-FULL-samba4.so.0"
MADE_UP = {
    rb"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion": rb"HKLM\SOFTWARE\Microsoft\Windows NT\Made up: Samba",
    rb"HKLM\SYSTEM\CurrentControlSet\Control\ProductOptions": rb"HKLM\SYSTEM\CurrentControlSet\Control\Made up: Samba",
}
# Those who may log on to the hosts, and where their passwords stand.
ACCOUNTS = {"administrator": "ADMIN", "svcstandin": "READER", "svcdr": "DR", "svcservers": "HOST_ADMIN"}
# Windows' own groups by their SIDs: the Unix group that Samba keeps each in, its members.
BUILTIN = {
    "Administrators": ("S-1-5-32-544", 1002, ["Domain Admins", "svcservers"]),
    "Users": ("S-1-5-32-545", 1003, ["Domain Users"]),
}
DOMAIN_GROUPS = {"Domain Users": 1000, "Domain Admins": 1001}
LOCAL_GROUPS = {
    "Double-Take Admin": (1004, ["administrator", "svcdr"]),
    "Double-Take Monitors": (1005, ["svcstandin"]),
}


def main(name, address):
    state = HOME / name.lower()
    names = {"NAME": name, "address": address, "state": str(state)}
    for folder in ("private", "state", "cache", "lock", "ncalrpc", "log", *DRIVES):
        (state / folder).mkdir(parents=True)
    for file in ("smb.conf", "shares.conf", "users.map"):
        write(state / file, names)
    directory = open_directory()
    accounts(state, directory)
    keytab(state, name, directory)
    registry(state, names)
    services(state, target=name == "TGTMAIL")
    files(state)


def write(path, names):
    path.write_text(Template((SEED / path.name).read_text()).substitute(names))


def open_directory():
    lp = LoadParm()
    lp.load(os.environ["STANDIN_LAB_SMBCONF"])
    return SamDB(url=os.environ["STANDIN_LAB_SAM"], lp=lp, session_info=system_session())


def accounts(state, directory):
    """The domain as the host knows it, and the host's own groups."""
    conf = str(state / "smb.conf")
    domain_sid = str(directory.get_domain_sid())
    run("net", "-s", conf, "setlocalsid", domain_sid)
    run("net", "-s", conf, "setdomainsid", domain_sid)
    s3param.get_context().load(conf)
    passdb.set_secrets_dir(str(state / "private"))
    database = passdb.PDB(f"tdbsam:{state}/private/passdb.tdb")
    sids = {name: sid(directory, name) for name in (*ACCOUNTS, *DOMAIN_GROUPS)}
    for name, setting in ACCOUNTS.items():
        database.add_sam_account(user(name, os.environ[f"STANDIN_LAB_{setting}_PASSWORD"], sids[name], sids))
    for name, gid in DOMAIN_GROUPS.items():
        add_group(database, name, sids[name], gid, lsa.SID_NAME_DOM_GRP)
    groups = [(name, *what) for name, what in BUILTIN.items()]
    for number, (name, (gid, members)) in enumerate(LOCAL_GROUPS.items()):
        # Above all that the domain has given away.
        groups.append((name, f"{domain_sid}-{100001 + number}", gid, members))
    for name, group_sid, gid, members in groups:
        group_sid = security.dom_sid(group_sid)
        add_group(database, name, group_sid, gid, lsa.SID_NAME_ALIAS)
        for member in members:
            database.add_aliasmem(group_sid, sids[member])


def user(name, password, user_sid, sids):
    credentials = Credentials()
    credentials.set_password(password)
    account = passdb.Samu()
    account.username = account.nt_username = name
    account.domain = "CORP"
    account.user_sid = user_sid
    account.group_sid = sids["Domain Users"]
    account.acct_ctrl = samr.ACB_NORMAL | samr.ACB_PWNOEXP
    account.nt_passwd = credentials.get_nt_hash()
    account.pass_last_set_time = int(time.time())
    return account


def add_group(database, name, group_sid, gid, kind):
    group = passdb.Groupmap()
    group.nt_name, group.comment = name, ""
    group.sid, group.sid_name_use, group.gid = group_sid, kind, gid
    database.add_group_mapping_entry(group)


def sid(directory, name):
    [found] = directory.search(directory.domain_dn(), ldb.SCOPE_SUBTREE, f"(sAMAccountName={name})", ["objectSid"])
    return ndr_unpack(security.dom_sid, found["objectSid"][0])


def keytab(state, name, directory):
    """The computer's keys, with which it reads what the domain's clients say to it."""
    net = Net(None, directory.lp)
    net.export_keytab(keytab=str(state / "private/krb5.keytab"), principal=f"cifs/{name.lower()}.corp.example")


def registry(state, names):
    registry_library(state)
    seed = state / "registry.reg"
    write(seed, names)
    # UTF-16, as regedit writes it, is what Samba takes for certain.
    seed.write_text(seed.read_text(), "utf-16")
    net = ("net", "-s", str(state / "smb.conf"), "registry")
    run(*net, "import", str(seed))
    # As on Windows: from afar only administrators see the registry.
    run(*net, "setsd_sddl", "HKLM", "O:BAG:SYD:(A;;RPWPCCDCLCRCWOWDSDSW;;;BA)(A;;RPWPCCDCLCRCWOWDSDSW;;;SY)")


def registry_library(state):
    files = subprocess.check_output(["dpkg", "-L", "samba-libs"], text=True).split("\n")
    [library] = [Path(file) for file in files if file.endswith("/" + REGISTRY_LIBRARY)]
    code = library.read_bytes()
    for key, other in MADE_UP.items():
        if len(key) != len(other) or code.count(key + b"\0") != 1:
            sys.exit(f"{library} does not name {key.decode()} as it did")
        code = code.replace(key + b"\0", other + b"\0")
    (state / "lib").mkdir()
    (state / "lib" / REGISTRY_LIBRARY).write_bytes(code)


def services(state, target):
    found = {}
    for name, seed in tomllib.loads((SEED / "services.toml").read_text()).items():
        stopped = target and "of" in seed
        found[name] = {
            "display": seed["display"],
            "type": seed.get("type", "service"),
            "state": seed.get("state", "stopped" if stopped else "running"),
            "start": seed.get("start", "manual" if stopped else "automatic"),
            "delayed": False,
            "account": seed.get("account", "LocalSystem"),
            "command": seed["command"],
            "depends_on": seed.get("depends_on", []),
        }
    (state / "services.json").write_text(json.dumps({"enumerate": "everyone", "services": found}, indent=1))


def files(state):
    seed = tomllib.loads((SEED / "files.toml").read_text())
    for path, version in seed["programs"].items():
        run(SEED / "programs.sh", place(state, path), version)
    for path, content in seed["files"].items():
        place(state, path).write_bytes(content.encode())
    (state / "disks.json").write_text(json.dumps(seed["disks"]))


def place(state, path):
    """Where a path of the host lies, whose folder is made."""
    drive, *parts = path.replace(":", "").split("\\")
    found = state.joinpath(drive, *parts)
    found.parent.mkdir(parents=True, exist_ok=True)
    return found


def run(*command):
    subprocess.run(command, check=True)


main(*sys.argv[1:])
