#!/usr/bin/python3
"""A WinRM server of our own after [MS-WSMV], since there is none to be had. Not ours are its TLS, which is OpenSSL's,
and its NTLM, which is Samba's, with the accounts of the lab's directory. Its shells run the lab's stand-in for PowerShell
on one of the hosts.

usage: winrm.py ADDRESS PORT CERTIFICATE_AND_KEY HOST
"""

import base64
import os
import queue
import re
import ssl
import subprocess
import sys
import threading
import uuid
import xml.etree.ElementTree as xml
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from samba import NTSTATUSError, auth, credentials, gensec, param

HOME = Path(os.environ["STANDIN_LAB_HOME"])
PROGRAM = Path(__file__).resolve().parent.parent / "lab/hosts/bin/powershell"
SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
NO_OUTPUT_YET = 2150858793
NO_SUCH_SHELL = 2150858843
LARGEST_PIECE = 48 * 1024


class Shell:
    """A shell, and the command that runs in it."""

    def __init__(self):
        self.process = None
        self.output = queue.Queue()

    def start(self, words):
        host = sys.argv[4]
        unshare = (HOME / f"{host}.pid").read_text().strip()
        first = Path(f"/proc/{unshare}/task/{unshare}/children").read_text().strip()
        assert words[0] == "powershell", words
        seen = [f"STANDIN_LAB_STATE={HOME / host}", f"STANDIN_LAB_HOST={host}"]
        inside = ["nsenter", f"--target={first}", "--all", "env", *seen, str(PROGRAM), *words[1:]]
        self.process = subprocess.Popen(inside, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while piece := os.read(self.process.stdout.fileno(), LARGEST_PIECE):
            self.output.put(piece)
        self.output.put(None)

    def close(self):
        if self.process:
            self.process.kill()
            self.process.wait()


SHELLS = {}


class Connection(BaseHTTPRequestHandler):
    """One connection: who logs on does so for all that follows on it."""

    protocol_version = "HTTP/1.1"
    ntlm = None
    logged_on = False

    def handle(self):
        try:
            super().handle()
        except (ConnectionError, ssl.SSLError):
            pass  # whoever asked has gone

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not self.logged_on and not self.log_on():
            return
        envelope = xml.fromstring(body)
        named = lambda name: next((e for e in envelope.iter() if e.tag.endswith("}" + name)), None)
        action = named("Action").text.rpartition("/")[2]
        selector = named("Selector")
        if action != "Create" and (selector is None or selector.text not in SHELLS):
            return self.fault(NO_SUCH_SHELL, "there is no such shell")
        getattr(self, "on_" + action.lower())(selector.text if selector is not None else None, named, envelope)

    def log_on(self):
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme != "Negotiate":
            self.reply(401, b"", "Negotiate")
            return False
        if self.ntlm is None:
            self.ntlm = server_of_log_ons()
        try:
            done, answer = self.ntlm.update(base64.b64decode(token))
        except NTSTATUSError as error:
            print("refused", error, file=sys.stderr)
            self.ntlm = None
            self.reply(401, b"", "Negotiate")
            return False
        self.logged_on = done
        if not done:
            self.reply(401, b"", "Negotiate " + base64.b64encode(answer).decode())
        return done

    def on_create(self, *_):
        made = str(uuid.uuid4()).upper()
        SHELLS[made] = Shell()
        self.answer(f"<r:Shell><r:ShellId>{made}</r:ShellId></r:Shell>")

    def on_command(self, shell, named, envelope):
        arguments = [e.text for e in envelope.iter() if e.tag.endswith("}Arguments")]
        SHELLS[shell].start([named("Command").text, *arguments])
        self.answer(f"<r:CommandResponse><r:CommandId>{uuid.uuid4()}</r:CommandId></r:CommandResponse>")

    def on_send(self, shell, named, _):
        given = SHELLS[shell].process.stdin
        given.write(base64.b64decode(named("Stream").text))
        given.flush()
        self.answer("<r:SendResponse/>")

    def on_receive(self, shell, named, _):
        seconds = float(re.fullmatch(r"PT([0-9.]+)S", named("OperationTimeout").text)[1])
        try:
            piece = SHELLS[shell].output.get(timeout=seconds)
        except queue.Empty:
            return self.fault(NO_OUTPUT_YET, "nothing came out in time")
        if piece is None:
            return self.answer(f'<r:ReceiveResponse><r:CommandState State="{SHELL}/CommandState/Done"/></r:ReceiveResponse>')
        text = base64.b64encode(piece).decode()
        self.answer(f'<r:ReceiveResponse><r:Stream Name="stdout">{text}</r:Stream></r:ReceiveResponse>')

    def on_delete(self, shell, *_):
        SHELLS.pop(shell).close()
        self.answer("")

    def answer(self, body):
        self.envelope(200, body)

    def fault(self, number, text):
        detail = f'<f:WSManFault xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" Code="{number}"/>'
        reason = f"<s:Reason><s:Text>{text}</s:Text></s:Reason>"
        self.envelope(500, f"<s:Fault>{reason}<s:Detail>{detail}</s:Detail></s:Fault>")

    def envelope(self, status, body):
        text = f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:r="{SHELL}"><s:Body>{body}</s:Body></s:Envelope>'
        self.reply(status, text.encode())

    def reply(self, status, body, offer=None):
        self.send_response(status)
        if offer:
            self.send_header("WWW-Authenticate", offer)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_):
        pass


def server_of_log_ons():
    settings = param.LoadParm()
    settings.load(os.environ["STANDIN_LAB_SMBCONF"])
    machine = credentials.Credentials()
    machine.guess(settings)
    machine.set_machine_account(settings)
    made = gensec.Security.start_server({"lp_ctx": settings, "target_hostname": "dc1"}, auth.AuthContext(lp_ctx=settings))
    made.set_credentials(machine)
    made.start_mech_by_name("ntlmssp")
    return made


def main():
    address, port, certificate, _ = sys.argv[1:]
    server = ThreadingHTTPServer((address, int(port)), Connection)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    # a handshake that hangs must not keep the others
    server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    print("ready", flush=True)
    server.serve_forever()


main()
