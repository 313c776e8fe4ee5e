"""The database servers of one host of the pair: a default and a named instance, and the browser that tells of them.

usage: server.py source|target READY

The source also serves the addresses with certificates that must not be trusted. READY is a file that is made when all
of them listen. Statements that nothing here knows are errors and are written down in $STANDIN_LAB_SQL_UNKNOWN.
"""

import os
import socket
import sys
import threading
from pathlib import Path

import behind
import handler
import wire
from pysqlbridge.certificate import Certificate
from pysqlbridge.server import BridgeServer
from state import INSTANCES

USUAL_PORT = 1433
BROWSER_PORT = 1434
# Address, certificate
MISTRUSTED = [("UNKNOWN_CA_IP", "unknown-ca"), ("EXPIRED_IP", "expired"), ("WRONG_NAME_IP", "wrong-name"), ("OLD_TLS_IP", "old-tls")]


def setting(name):
    return os.environ[f"STANDIN_LAB_{name}"]


def certificate(name):
    folder = Path(setting("HOME")) / "tls"
    kind = wire.OldTls if name == "old-tls" else Certificate
    return kind((folder / f"{name}.pem").read_bytes(), (folder / f"{name}.key").read_bytes())


def listen(address, port, shown, instance):
    BridgeServer.request_queue_size = 128
    server = BridgeServer(address, port, certificate(shown), instance.answer)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()


def told(instance):
    """An instance as the browser tells it."""
    state = instance.state()
    words = ["ServerName", state["machine"], "InstanceName", state["instance"], "IsClustered", "No", "Version", state["version"]]
    if state.get("tcp", True):
        words += ["tcp", str(state["port"])]
    return ";".join(words) + ";;"


def browse(address, instances):
    """Answers for all instances (3) and for one (4); keeps silent about one that is not there or hides."""
    listener = socket.socket(type=socket.SOCK_DGRAM)
    listener.bind((address, BROWSER_PORT))

    def serve():
        while True:
            question, sender = listener.recvfrom(1024)
            shown = [instance for instance in instances if not instance.state().get("hidden")]
            if question[:1] == b"\x04":
                wanted = question[1:].rstrip(b"\0").decode("latin-1").lower()
                shown = [instance for instance in instances if instance.state()["instance"].lower() == wanted]
            elif question[:1] not in (b"\x02", b"\x03"):
                continue
            text = "".join(told(instance) for instance in shown).encode("latin-1")
            if text:
                listener.sendto(b"\x05" + len(text).to_bytes(2, "little") + text, sender)

    threading.Thread(target=serve, daemon=True).start()


def main(side, ready):
    wire.install()
    handler.functions()
    address = setting(f"{side.upper()}_IP")
    host = setting(side.upper()).split(".")[0]
    instances = [handler.Instance(name) for name in INSTANCES[side]]
    for instance in instances:
        listen(address, instance.state()["port"], host, instance)
        behind.listen(instance.name, instance)
    if side == "source":
        for name, shown in MISTRUSTED:
            listen(setting(name), USUAL_PORT, shown, instances[0])
    browse(address, instances)
    Path(ready).touch()
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
