# Services, through [MS-SCMR]; nothing is opened with a right to change it.

STATES = {
    1: "stopped", 2: "start_pending", 3: "stop_pending", 4: "running", 5: "continue_pending", 6: "pause_pending",
    7: "paused",
}  # fmt: skip
STARTS_AS = {0: "boot", 1: "system", 2: "automatic", 3: "manual", 4: "disabled"}
AUTOMATIC = 2
CONNECT_AND_LIST, READ_CONFIG, READ_CONFIG_AND_STATUS = 0x5, 0x1, 0x5
WIN32, ALL_STATES, DELAYED_INFO = 0x30, 3, 3
LARGEST_LIST, LARGEST_CONFIG = 0x40000, 8192
# One call after the other is slow where the host is far away, so there more pipes share the work.
PIPES_NEAR, SERVICES_A_PIPE_NEAR = 4, 24
PIPES_FAR, SERVICES_A_PIPE_FAR = 32, 2


class Manager:
    """One pipe to the service control manager."""

    def __init__(self, session):
        self.session = session
        self.pipe = session.pipe("svcctl", svcctl)
        request = svcctl.OpenSCManagerW()
        request.in_MachineName = None
        request.in_DatabaseName = None
        request.in_access_mask = CONNECT_AND_LIST
        self.pipe.call(request)
        check(request, "opening the service control manager")
        self.handle = request.out_handle

    def list(self, rows):
        """Name, display name and state of every service."""
        found = []
        offered, resume = 0, 0
        while True:
            request = svcctl.EnumServicesStatusW()
            request.in_handle = self.handle
            request.in_type = WIN32
            request.in_state = ALL_STATES
            request.in_offered = offered
            request.in_resume_handle = resume
            self.pipe.call(request)
            number = number_of(request.result)
            if number not in (0, 234):
                raise absent_of_werr(number, "listing the services")
            found += status_records(bytes(request.out_service), request.out_services_returned)
            if len(found) > rows:
                raise Absent("truncated", "the host has more than %d services" % rows)
            if number == 0:
                return found
            if request.out_services_returned == 0 and offered == LARGEST_LIST:
                raise Absent("malformed", "the host lists services without an end")
            # a list that fills what was offered goes on from there
            resume = request.out_resume_handle or 0
            offered = min(max(request.out_needed, 1024), LARGEST_LIST)

    def close(self, handle):
        request = svcctl.CloseServiceHandle()
        request.in_handle = handle
        self.pipe.call(request)

    def open(self, name, rights):
        request = svcctl.OpenServiceW()
        request.in_scmanager_handle = self.handle
        request.in_ServiceName = name
        request.in_access_mask = rights
        self.pipe.call(request)
        if number_of(request.result) in (1060, 123):
            raise Absent("not_found", "the host has no service %s" % name)
        check(request, "opening the service %s" % name)
        return request.out_handle

    def config(self, name, rights=READ_CONFIG):
        """What does not change while it runs; the handle goes with the pipe."""
        handle = self.open(name, rights)
        request = svcctl.QueryServiceConfigW()
        request.in_handle = handle
        request.in_offered = LARGEST_CONFIG
        self.pipe.call(request)
        check(request, "reading the service %s" % name)
        read = request.out_query
        return handle, read.displayname, {
            "start": STARTS_AS.get(read.start_type, "unknown"),
            "delayed": read.start_type == AUTOMATIC and self.delayed(handle),
            "account": read.startname or None,
            "command": read.executablepath or None,
            # on the wire a slash stands between them, and behind the last
            "depends_on": [name for name in re.split("[/\0]", read.dependencies or "") if name],
        }

    def delayed(self, handle):
        request = svcctl.QueryServiceConfig2W()
        request.in_handle = handle
        request.in_info_level = DELAYED_INFO
        request.in_offered = 4
        try:
            self.pipe.call(request)
        except Absent as absent:
            # before 2008 there was no such thing
            return False if absent.cause == "unsupported" else absent.shown()
        number = number_of(request.result)
        if number in (120, 124):
            return False
        if number:
            return absent_of_werr(number, "reading how late the service starts").shown()
        return any(bytes(request.out_buffer)[:4])

    def one(self, name):
        handle, display, config = self.config(name, READ_CONFIG_AND_STATUS)
        self.session.afterwards.append(lambda: self.close(handle))
        request = svcctl.QueryServiceStatus()
        request.in_handle = handle
        self.pipe.call(request)
        check(request, "reading the state of the service %s" % name)
        state = STATES.get(request.out_service_status.state, "unknown")
        # the name in the host's own case is not told; asked in another one, it is the same service
        return dict(name=name, display=display or "", state=state, **config)

    def fill(self, rows):
        for row in rows:
            try:
                row.update(self.config(row["name"])[2])
            except Absent as absent:
                row.update(dict.fromkeys(("start", "delayed", "account", "command", "depends_on"), absent.shown()))


def check(request, doing):
    number = number_of(request.result)
    if number:
        raise absent_of_werr(number, doing)


def status_records(data, count):
    """Takes a list of ENUM_SERVICE_STATUSW apart: nine numbers each, the first two say where its names stand."""
    if count * 36 > len(data):
        raise Absent("malformed", "the host's list of services makes no sense")
    rows = []
    for place in range(0, count * 36, 36):
        name, display, _, state = struct.unpack_from("<4I", data, place)
        rows.append({"name": wide(data, name), "display": wide(data, display), "state": STATES.get(state, "unknown")})
    return rows


def wide(data, start):
    """The text at `start`, up to its end."""
    end = start
    while True:
        end = data.find(b"\0\0", end)
        if end < 0:
            raise Absent("malformed", "a name in the host's answer has no end")
        if (end - start) % 2 == 0:
            return data[start:end].decode("utf-16-le", "replace")
        end += 1


def ask_service(session, question):
    name = question.get("name")
    if name is not None:
        return [session.ask(Manager, lambda manager: manager.one(name))]
    rows = session.ask(Manager, lambda manager: manager.list(session.rows))
    most, each = (PIPES_FAR, SERVICES_A_PIPE_FAR) if session.far() else (PIPES_NEAR, SERVICES_A_PIPE_NEAR)
    pipes = max(1, min(most, len(rows) // each))
    with ThreadPoolExecutor(pipes) as pool:
        waits = [pool.submit(fill, session, rows[part::pipes]) for part in range(pipes)]
        for wait in waits:
            wait.result()
    return rows


def fill(session, rows):
    """Adds what the list does not tell, over a pipe of its own: the handles go with it."""
    manager = Manager(session)
    try:
        manager.fill(rows)
    finally:
        manager.pipe.close()
