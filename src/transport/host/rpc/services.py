# Services, through [MS-SCMR]; a question opens nothing with a right to change it.

STATES = {
    1: "stopped", 2: "start_pending", 3: "stop_pending", 4: "running", 5: "continue_pending", 6: "pause_pending",
    7: "paused",
}  # fmt: skip
STARTS_AS = {0: "boot", 1: "system", 2: "automatic", 3: "manual", 4: "disabled"}
AUTOMATIC = 2
CONNECT_AND_LIST, READ_CONFIG, READ_CONFIG_AND_STATUS = 0x5, 0x1, 0x5
WIN32, ALL_STATES, DELAYED_INFO = 0x30, 3, 3
LARGEST_LIST, LARGEST_CONFIG = 0x40000, 8192
START, STOP, READ_STATUS, LIST_DEPENDENT, CHANGE_CONFIG = 0x10, 0x20, 0x4, 0x8, 0x2
ACTIVE, CONTROL_STOP, ALREADY_RUNNING, NOT_ACTIVE, UNCHANGED = 1, 1, 1056, 1062, 0xFFFFFFFF
TEXTS_OF_A_SERVICE = ("binary_path", "load_order_group", "service_start_name", "display_name")
# Seconds between two looks at a service that starts or stops.
LOOK_AGAIN = 0.2
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
        state = STATES.get(self.state(handle, name).state, "unknown")
        # the name in the host's own case is not told; asked in another one, it is the same service
        return dict(name=name, display=display or "", state=state, **config)

    def state(self, handle, name):
        request = svcctl.QueryServiceStatus()
        request.in_handle = handle
        self.pipe.call(request)
        check(request, "reading the state of the service %s" % name)
        return request.out_service_status

    def dependent(self, handle, name):
        """The names of the services that run and depend on it, in the order in which they are to be stopped."""
        request = svcctl.EnumDependentServicesW()
        request.in_service = handle
        request.in_state = ACTIVE
        request.in_offered = LARGEST_LIST
        self.pipe.call(request)
        check(request, "listing the services that depend on %s" % name)
        found = status_records(bytes(request.out_service_status), request.out_services_returned)
        return [row["name"] for row in found]

    def start(self, name, until):
        handle = self.opened(name, START | READ_STATUS)
        # one that is being stopped can be started only then
        if self.settle(handle, name, "stop_pending", until) == "running":
            return
        request = svcctl.StartServiceW()
        request.in_handle = handle
        request.in_NumArgs = 0
        request.in_Arguments = None
        change(self.session, self.pipe, request, "starting the service %s" % name, (ALREADY_RUNNING,))
        state = self.settle(handle, name, "start_pending", until)
        if state != "running":
            raise self.not_reached(handle, name, "started", state)

    def stop(self, name, until):
        handle = self.opened(name, STOP | READ_STATUS | LIST_DEPENDENT)
        if self.settle(handle, name, "start_pending", until) == "stopped":
            return
        for dependent in self.dependent(handle, name):
            self.end(self.opened(dependent, STOP | READ_STATUS), dependent, until)
        self.end(handle, name, until)

    def end(self, handle, name, until):
        """Stops this one and waits for it."""
        state = STATES.get(self.state(handle, name).state)
        if state not in ("stopped", "stop_pending"):
            request = svcctl.ControlService()
            request.in_handle = handle
            request.in_control = CONTROL_STOP
            change(self.session, self.pipe, request, "stopping the service %s" % name, (NOT_ACTIVE,))
        state = self.settle(handle, name, "stop_pending", until)
        if state != "stopped":
            raise self.not_reached(handle, name, "stopped", state)

    def set_start(self, name, start):
        handle = self.opened(name, CHANGE_CONFIG)
        request = svcctl.ChangeServiceConfigW()
        request.in_handle = handle
        request.in_type = request.in_error_control = UNCHANGED
        request.in_start_type = next(number for number, word in STARTS_AS.items() if word == start)
        for field in TEXTS_OF_A_SERVICE:
            setattr(request, "in_" + field, None)
        request.in_dependencies = request.in_password = None
        request.in_dwDependSize = request.in_dwPwSize = 0
        change(self.session, self.pipe, request, "setting how the service %s starts" % name)

    def opened(self, name, rights):
        handle = self.open(name, rights)
        self.session.afterwards.append(lambda: self.close(handle))
        return handle

    def settle(self, handle, name, passing, until):
        """The state once it is no longer the passing one, or when the time is over."""
        while True:
            state = STATES.get(self.state(handle, name).state, "unknown")
            if state != passing or time.monotonic() >= until:
                return state
            time.sleep(max(0.0, min(LOOK_AGAIN, until - time.monotonic())))

    def not_reached(self, handle, name, wanted, state):
        said = "the service %s is not %s, but %s" % (name, wanted, state.replace("_", " "))
        code = number_of(self.state(handle, name).win32_exit_code)
        if state == "stopped" and code:
            said += "; it ended with Windows error %d" % code
        return Absent("timeout" if state.endswith("_pending") else "unsupported", said)

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


def start_service(session, act):
    until = time.monotonic() + act["seconds"]
    session.ask(Manager, lambda manager: manager.start(act["name"], until))


def stop_service(session, act):
    until = time.monotonic() + act["seconds"]
    session.ask(Manager, lambda manager: manager.stop(act["name"], until))


def set_start(session, act):
    session.ask(Manager, lambda manager: manager.set_start(act["name"], act["start"]))
