# One SMB session with one log-on carries all pipes; DCE/RPC on top of it, as [MS-RPCE] has it.

REQUEST, RESPONSE, FAULT, BIND, BIND_ACK = 0, 2, 3, 11, 12
FIRST, LAST = 1, 2
FRAGMENT = 4280
NDR = bytes.fromhex("045d888aeb1cc9119fe808002b104860") + struct.pack("<I", 2)
FAULTS_DENIED = {5, 0x1C00001B}
PIPE_MISSING = {0xC0000034, 0xC00000AC, 0xC00000AE, 0xC00000AB, 0xC0000120}
PIPE_GONE = {0xC00000B0, 0xC00000B1, 0xC000014B, 0xC00000AD, 0xC0000008, 0xC0000128}
NAMES = {
    "svcctl": "service control",
    "winreg": "the remote registry",
    "srvsvc": "the file server",
    "samr": "the account database",
    "lsarpc": "the security authority",
}
STARTS = {"winreg": "start the service RemoteRegistry on the host, or set its start type to automatic"}


class Session:
    """Connections to one host with one credential: one for all pipes, and one for each share that is asked."""

    def __init__(self, hello):
        self.server = hello["server"]
        self.rows = hello["rows"]
        self.bytes = hello["bytes"]
        self.settings = s3param.get_context()
        # nobody's smb.conf; all that matters is said here
        self.settings.load("/dev/null")
        self.settings.set("name resolve order", "host")
        self.credentials = credential(hello)
        self.shares = {}
        self.kept = {}
        # Whether something may have been changed for whoever waits for the answer.
        self.begun = False
        # What is done once the answer is out: nobody waits for it.
        self.afterwards = []
        # How long the host takes for the smallest thing; the best of all times tells of the way to it.
        self.latency = 10.0
        self.ipc = self.connect("IPC$", threads=True)

    def connect(self, share, threads=False):
        return libsmb.Conn(
            self.server, share, lp=self.settings, creds=self.credentials, multi_threaded=threads
        )

    def share(self, name):
        """The connection to a share; opening one is a log-on."""
        if name.lower() not in self.shares:
            self.shares[name.lower()] = self.connect(name)
        return self.shares[name.lower()]

    def ask(self, kind, work):
        """Does the work with the kept client of this kind; a pipe that was closed meanwhile is opened once more."""
        kept = self.kept.get(kind)
        # one that stopped in the middle of an answer would take the rest for the next one
        if kept is not None and kept.pipe.sound:
            try:
                return work(kept)
            except NTSTATUSError as error:
                # what may have been changed is not done again
                if self.begun or status_of(error)[0] not in PIPE_GONE:
                    raise
        self.kept[kind] = kind(self)
        return work(self.kept[kind])

    @contextmanager
    def changing(self):
        """Around the one call that changes something: what the host refuses has changed nothing."""
        before, self.begun = self.begun, True
        try:
            yield
        except Refused:
            self.begun = before
            raise
        except NTSTATUSError as error:
            if status_of(error)[0] not in BROKEN | UNREACHABLE | PIPE_GONE:
                self.begun = before
            raise

    def far(self):
        return self.latency > FAR

    def tidy(self):
        """Does what was left for afterwards; what fails then harms nobody."""
        while self.afterwards:
            try:
                self.afterwards.pop()()
            except (NTSTATUSError, Absent, Lost):
                pass

    def pipe(self, name, interface, tries=3):
        """Opens a pipe; one whose service starts when it is asked needs a moment."""
        for left in reversed(range(tries)):
            try:
                return Pipe(self, name, interface)
            except NTSTATUSError as error:
                number, _ = status_of(error)
                if number not in PIPE_MISSING:
                    raise absent_of_status(error, "opening %s" % NAMES[name])
                if not left:
                    what = STARTS.get(name, "check that its service runs on the host")
                    raise Absent("unreachable", "%s of the host does not answer; %s" % (NAMES[name], what))
            time.sleep(0.4)


def credential(hello):
    found = credentials.Credentials()
    found.set_workstation("STANDIN")
    # a wrong password must cost one try, not one for each way to log on
    if hello["kerberos"]:
        loadparm = param.LoadParm()
        found.guess(loadparm)
        found.set_kerberos_state(credentials.MUST_USE_KERBEROS)
    else:
        domain, _, user = hello["user"].rpartition("\\")
        found.set_domain(domain)
        found.set_username(user)
        found.set_password(hello["password"])
        found.set_kerberos_state(credentials.DONT_USE_KERBEROS)
    # a log-on that is not signed proves nothing about who answers
    found.set_smb_signing(credentials.SMB_SIGNING_REQUIRED)
    found.set_smb_ipc_signing(credentials.SMB_SIGNING_REQUIRED)
    found.set_smb_encryption(credentials.SMB_ENCRYPTION_DESIRED)
    return found


class Pipe:
    """One pipe, bound to one interface; used by one thread at a time."""

    def __init__(self, session, name, interface):
        self.session = session
        self.connection = connection = session.ipc
        self.name = name
        self.early = None
        self.calls = 0
        self.sound = True
        self.handle = connection.create(name, DesiredAccess=0x12019F, ShareAccess=3, CreateDisposition=1)
        self.bind(interface)

    def close(self):
        self.connection.close(self.handle)

    def bind(self, interface):
        syntax = ndr_pack(interface.abstract_syntax()) if callable(interface.abstract_syntax) else None
        syntax = syntax or ndr_pack(interface.abstract_syntax)
        # no association yet; one context with one transfer syntax
        head = struct.pack("<HHIBBHHBB", FRAGMENT, FRAGMENT, 0, 1, 0, 0, 0, 1, 0)
        self.send(BIND, head + syntax + NDR)
        kind, body = self.fragment()
        if kind != BIND_ACK:
            raise Absent("unsupported", "%s of the host refuses to be asked" % NAMES[self.name])
        secondary = struct.unpack_from("<H", body, 24)[0]
        results = 26 + secondary
        results += -results % 4
        if struct.unpack_from("<BBHH", body, results)[3] != 0:
            raise Absent("unsupported", "%s of the host does not speak the usual protocol" % NAMES[self.name])

    def send(self, kind, body, start=b""):
        """Says it in as many pieces as it needs, each with the same start."""
        self.calls += 1
        room = FRAGMENT - 16 - len(start)
        pieces = [body[place : place + room] for place in range(0, max(len(body), 1), room)]
        if self.session.far():
            # the wish for the answer goes along with the question, which halves the waiting
            self.early = READERS.submit(self.connection.read, self.handle, 0, 65535)
        for place, piece in enumerate(pieces):
            flags = (FIRST if place == 0 else 0) | (LAST if place == len(pieces) - 1 else 0)
            size = 16 + len(start) + len(piece)
            head = struct.pack("<BBBBIHHI", 5, 0, kind, flags, 0x10, size, 0, self.calls)
            started = time.monotonic()
            self.connection.write(self.handle, head + start + piece, 0)
            self.session.latency = min(self.session.latency, time.monotonic() - started)

    def fragment(self):
        """The kind of the next piece and all of it."""
        early, self.early = self.early, None
        data = early.result() if early else self.connection.read(self.handle, 0, 65535)
        while len(data) < 16 or len(data) < struct.unpack_from("<H", data, 8)[0]:
            more = self.connection.read(self.handle, 0, 65535)
            if not more:
                raise Absent("malformed", "%s of the host broke off its answer" % NAMES[self.name])
            data += more
        version, _, kind, self.flags = struct.unpack_from("<4B", data)
        size, _, call = struct.unpack_from("<HHI", data, 8)
        if version != 5 or call != self.calls or len(data) != size:
            raise Absent("malformed", "%s of the host answers something else" % NAMES[self.name])
        return kind, data

    def call(self, request):
        """Asks and gives the request with its answer filled in."""
        stub = ndr_pack_in(request)
        self.sound = False
        self.send(REQUEST, stub, struct.pack("<IHH", len(stub), 0, request.opnum()))
        answer = []
        size = 0
        while True:
            kind, data = self.fragment()
            if kind == FAULT:
                self.sound = True
                number = struct.unpack_from("<I", data, 24)[0]
                cause = "denied" if number in FAULTS_DENIED else "unsupported"
                raise Absent(cause, "%s of the host refuses the question (0x%08X)" % (NAMES[self.name], number))
            if kind != RESPONSE:
                raise Absent("malformed", "%s of the host answers something else" % NAMES[self.name])
            answer.append(data[24:])
            size += len(data)
            if size > MOST_BYTES:
                raise Absent("truncated", "an answer of %s is longer than %d bytes" % (NAMES[self.name], MOST_BYTES))
            if self.flags & LAST:
                break
        self.sound = True
        try:
            ndr_unpack_out(request, b"".join(answer))
        except (RuntimeError, NTSTATUSError) as error:
            raise Absent("malformed", "an answer of %s makes no sense" % NAMES[self.name]) from error
        return request


def change(session, pipe, request, doing, fine=()):
    """Makes the one call that changes something; what is refused finely was so already."""
    number = 0
    try:
        with session.changing():
            pipe.call(request)
            number = number_of(request.result)
            if number:
                raise not_changed(number, doing)
    except Refused:
        if number not in fine:
            raise


def ask_there(session, _):
    """Whether the host still answers, on every connection."""
    for connection in (session.ipc, *session.shares.values()):
        connection.echo()


MOST_BYTES = 64 * 1024 * 1024
# Seconds from which on a host is far away, and waiting is what costs.
FAR = 0.01
READERS = ThreadPoolExecutor(64)


def number_of(result):
    """The number of a WERROR or NTSTATUS, whichever form the library gives it."""
    return (result[0] if isinstance(result, tuple) else result) & 0xFFFFFFFF
