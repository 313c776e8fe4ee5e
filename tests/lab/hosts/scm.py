"""The service control manager of one host ([MS-SCMR]), behind smbd's pipe svcctl.

usage: scm.py STATE_FOLDER

Samba lists services but refuses to show, start or stop them; here they live in a file (services.py). Administrators may
do everything; others may look, or not even that.
"""

import struct
import sys
import uuid

from pipe import serve
from samba.dcerpc import misc, svcctl
from samba.ndr import ndr_pack, ndr_pack_out, ndr_unpack_in
from services import NOT_ACTIVE, STARTS, STATES, Failure, Services, all_dependents, find, start, stop

OK = 0
ACCESS_DENIED = 5
INVALID_HANDLE = 6
INSUFFICIENT_BUFFER = 122
INVALID_LEVEL = 124
MORE_DATA = 234
INVALID_CONTROL = 1052
DOES_NOT_EXIST = 1060
FAILED = 1066  # how a service ends that fails

# Rights of a handle. Those of the manager and of a service that everybody may have, where everybody may look.
LIST = 0x4
CONFIG, CHANGE, STATUS, DEPENDENT, START, STOP, PAUSE, ASK = 0x1, 0x2, 0x4, 0x8, 0x10, 0x20, 0x40, 0x80
LOOK_AT_MANAGER = 0x20000 | 0x1 | LIST | 0x10
LOOK_AT_SERVICE = 0x20000 | CONFIG | STATUS | DEPENDENT | ASK | 0x100
MAXIMUM_ALLOWED, GENERIC_READ = 0x02000000, 0x80000000
EVERYTHING = 0xF01FF

WIN32, DRIVER = 0x20, 0x1
TYPES = {"service": WIN32, "driver": DRIVER}
STOPPABLE = 0x5  # takes stop and shutdown
CONTROL_STOP, CONTROL_PAUSE, CONTROL_CONTINUE, CONTROL_INTERROGATE = 1, 2, 3, 4
UNCHANGED = 0xFFFFFFFF
LONGEST_LIST = 0x40000


class Client:
    """The calls of one client."""

    def __init__(self, services, administrator):
        self.services = services
        self.administrator = administrator
        self.handles = {}

    def __call__(self, operation, stub):
        if operation == svcctl.EnumDependentServicesW.opnum():
            return self.dependents(stub)
        if operation in LISTS:
            return self.list(*LISTS[operation], stub)
        if operation not in CALLS:
            return None
        form, method = CALLS[operation]
        request = form()
        ndr_unpack_in(request, stub, allow_remaining=True)
        try:
            request.result = method(self, request) or OK
        except Failure as failure:
            request.result = failure.code
        return ndr_pack_out(request)

    # handles

    def open(self, wanted, allowed, name=None):
        """A handle with the rights that are asked for, if they may be had."""
        if self.administrator:
            allowed = EVERYTHING
        if wanted & MAXIMUM_ALLOWED:
            wanted = allowed
        if wanted & GENERIC_READ:
            wanted = wanted & ~GENERIC_READ | allowed & (LOOK_AT_SERVICE if name else LOOK_AT_MANAGER)
        if wanted & ~allowed:
            raise Failure(ACCESS_DENIED)
        handle = misc.policy_handle()
        handle.uuid = misc.GUID(str(uuid.uuid4()))
        self.handles[str(handle.uuid)] = name, wanted
        return handle

    def opened(self, handle, right):
        """The name that the handle stands for; none for the manager's."""
        if str(handle.uuid) not in self.handles:
            raise Failure(INVALID_HANDLE)
        name, rights = self.handles[str(handle.uuid)]
        if not rights & right:
            raise Failure(ACCESS_DENIED)
        return name

    def service(self, handle, right):
        name = self.opened(handle, right)
        known = self.services.load()["services"]
        if name not in known:
            raise Failure(DOES_NOT_EXIST)
        return name, known[name]

    def close(self, call):
        call.out_handle = misc.policy_handle()
        if self.handles.pop(str(call.in_handle.uuid), None) is None:
            return INVALID_HANDLE

    def open_manager(self, call):
        call.out_handle = misc.policy_handle()
        everyone = self.services.load()["enumerate"] == "everyone"
        call.out_handle = self.open(call.in_access_mask, LOOK_AT_MANAGER if everyone else 0)

    def open_service(self, call):
        call.out_handle = misc.policy_handle()
        self.opened(call.in_scmanager_handle, UNCHANGED)
        name = find(self.services.load()["services"], call.in_ServiceName)
        if name is None:
            return DOES_NOT_EXIST
        call.out_handle = self.open(call.in_access_mask, LOOK_AT_SERVICE, name)

    # to look

    def list(self, form, record, stub):
        """EnumServicesStatus(Ex)W: records of one size, then the texts that they point to."""
        request = form()
        ndr_unpack_in(request, stub, allow_remaining=True)
        resume = request.in_resume_handle
        try:
            self.opened(getattr(request, "in_handle", None) or request.in_scmanager, LIST)
            data, needed, count, next_one = fill(self.matching(request), record, request.in_offered, resume or 0)
            result = MORE_DATA if needed else OK
        except Failure as failure:
            data, needed, count, next_one, result = b"", 0, 0, 0, failure.code
        answer = listed(data, request.in_offered, needed, count)
        answer += struct.pack("<I", 0) if resume is None else struct.pack("<II", 0x20000, next_one)
        return answer + struct.pack("<I", result)

    def dependents(self, stub):
        """EnumDependentServicesW: those that are to be stopped first come first."""
        request = svcctl.EnumDependentServicesW()
        ndr_unpack_in(request, stub, allow_remaining=True)
        try:
            name, _ = self.service(request.in_service, DEPENDENT)
            known = self.services.load()["services"]
            found = [(other, known[other]) for other in all_dependents(known, name)]
            data, needed, count, _ = fill(found, numbers, request.in_offered, 0)
            result = MORE_DATA if needed else OK
        except Failure as failure:
            data, needed, count, result = b"", 0, 0, failure.code
        return listed(data, request.in_offered, needed, count) + struct.pack("<I", result)

    def matching(self, request):
        """Active and inactive are 1 and 2."""
        for name, service in sorted(self.services.load()["services"].items(), key=lambda item: item[0].lower()):
            state = 2 if service["state"] == "stopped" else 1
            if TYPES[service["type"]] & request.in_type and state & request.in_state:
                yield name, service

    def status(self, call):
        call.out_service_status = svcctl.SERVICE_STATUS()
        _, service = self.service(call.in_handle, STATUS)
        call.out_service_status = status_of(service)

    def status_ex(self, call):
        nothing(call)
        _, service = self.service(call.in_handle, STATUS)
        if call.in_info_level:
            return INVALID_LEVEL
        return buffer(call, struct.pack("<9I", *numbers(service), 0, 0))

    def config(self, call):
        call.out_query = svcctl.QUERY_SERVICE_CONFIG()
        for text in ("executablepath", "loadordergroup", "dependencies", "startname", "displayname"):
            setattr(call.out_query, text, "")
        call.out_needed = 0
        _, service = self.service(call.in_handle, CONFIG)
        # Windows' form of a list of names in one text.
        depends_on = "".join(f"{name}/" for name in service["depends_on"])
        texts = (service["command"], "", depends_on, service["account"], service["display"])
        call.out_needed = 36 + sum(2 * len(text) + 2 for text in texts)
        if call.in_offered < call.out_needed:
            return INSUFFICIENT_BUFFER
        query = call.out_query
        query.service_type, query.start_type, query.error_control = (
            TYPES[service["type"]],
            STARTS.index(service["start"]),
            1,
        )
        query.executablepath, query.loadordergroup, query.dependencies, query.startname, query.displayname = texts

    def config_2(self, call):
        nothing(call)
        _, service = self.service(call.in_handle, CONFIG)
        if call.in_info_level == 1:
            # No description.
            return buffer(call, struct.pack("<I", 0))
        if call.in_info_level == 3:
            return buffer(call, struct.pack("<I", service["delayed"]))
        return INVALID_LEVEL

    # to change

    def start(self, call):
        name, _ = self.service(call.in_handle, START)
        with self.services.change() as known:
            start(known["services"], name)

    def control(self, call):
        call.out_service_status = svcctl.SERVICE_STATUS()
        needs = {CONTROL_STOP: STOP, CONTROL_PAUSE: PAUSE, CONTROL_CONTINUE: PAUSE, CONTROL_INTERROGATE: ASK}
        if call.in_control not in needs:
            return INVALID_CONTROL
        name, _ = self.service(call.in_handle, needs[call.in_control])
        with self.services.change() as known:
            service = known["services"][name]
            call.out_service_status = status_of(service)
            if service["state"] == "stopped":
                return NOT_ACTIVE
            if call.in_control == CONTROL_STOP:
                stop(known["services"], name)
            elif call.in_control in (CONTROL_PAUSE, CONTROL_CONTINUE):
                service["state"] = "paused" if call.in_control == CONTROL_PAUSE else "running"
            call.out_service_status = status_of(service)

    def change_config(self, call):
        call.out_tag_id = call.in_tag_id
        name, _ = self.service(call.in_handle, CHANGE)
        with self.services.change() as known:
            service = known["services"][name]
            if call.in_start_type != UNCHANGED:
                service["start"] = STARTS[call.in_start_type]
            texts = (
                ("command", call.in_binary_path),
                ("account", call.in_service_start_name),
                ("display", call.in_display_name),
            )
            service.update({field: text for field, text in texts if text is not None})


CALLS = {
    form.opnum(): (form, method)
    for form, method in (
        (svcctl.CloseServiceHandle, Client.close),
        (svcctl.ControlService, Client.control),
        (svcctl.QueryServiceStatus, Client.status),
        (svcctl.ChangeServiceConfigW, Client.change_config),
        (svcctl.OpenSCManagerW, Client.open_manager),
        (svcctl.OpenServiceW, Client.open_service),
        (svcctl.QueryServiceConfigW, Client.config),
        (svcctl.StartServiceW, Client.start),
        (svcctl.QueryServiceConfig2W, Client.config_2),
        (svcctl.QueryServiceStatusEx, Client.status_ex),
    )
}
LISTS = {
    svcctl.EnumServicesStatusW.opnum(): (svcctl.EnumServicesStatusW, lambda service: numbers(service)),
    svcctl.EnumServicesStatusExW.opnum(): (svcctl.EnumServicesStatusExW, lambda service: (*numbers(service), 0, 0)),
}


def numbers(service):
    """SERVICE_STATUS: type, state, accepted controls, two exit codes, check point, wait hint."""
    runs = service["state"] == "running"
    code = FAILED if service.get("fails") and service["state"] == "stopped" else 0
    return TYPES[service["type"]], STATES.index(service["state"]) + 1, STOPPABLE if runs else 0, code, 0, 0, 0


def status_of(service):
    status = svcctl.SERVICE_STATUS()
    status.type, status.state, status.controls_accepted, *_ = numbers(service)
    return status


def fill(found, record, room, resume):
    """What fits into the room of the services from the one numbered `resume` on, how much the rest needs, how many fit,
    the number of the first that does not."""
    found = list(found)[resume:]
    room = min(room, LONGEST_LIST)
    sizes = []
    for name, service in found:
        texts = [(text + "\0").encode("utf-16-le") for text in (name, service["display"])]
        sizes.append((texts, record(service)))
    needs = [8 + 4 * len(rest) + len(texts[0]) + len(texts[1]) for texts, rest in sizes]
    count, used = 0, 0
    while count < len(needs) and used + needs[count] <= room:
        used += needs[count]
        count += 1
    place = sum(8 + 4 * len(rest) for _, rest in sizes[:count])
    records, strings = b"", b""
    for texts, rest in sizes[:count]:
        offsets = place + len(strings), place + len(strings) + len(texts[0])
        records += struct.pack(f"<{2 + len(rest)}I", *offsets, *rest)
        strings += texts[0] + texts[1]
    # No client offers more than that at once.
    needed = min(sum(needs[count:]), LONGEST_LIST)
    return records + strings, needed, count, resume + count if count < len(needs) else 0


def listed(data, room, needed, count):
    """The beginning of an answer with a list. Written by hand: as a list of numbers, a quarter of a megabyte takes Samba's
    library too long."""
    data = data.ljust(room, b"\0")
    return struct.pack("<I", len(data)) + data + bytes(-len(data) % 4) + struct.pack("<II", needed, count)


def nothing(call):
    call.out_buffer, call.out_needed = [0] * call.in_offered, 0


def buffer(call, data):
    call.out_needed = len(data)
    if call.in_offered < len(data):
        return INSUFFICIENT_BUFFER
    call.out_buffer = list(data.ljust(call.in_offered, b"\0"))
    return OK


if __name__ == "__main__":
    state = sys.argv[1]
    kept = Services(state)
    kept.keep_pipes(kept.load()["services"])
    serve(f"{state}/ncalrpc/np/svcctl", ndr_pack(svcctl.abstract_syntax()), lambda who: Client(kept, who))
