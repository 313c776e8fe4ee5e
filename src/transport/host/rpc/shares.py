# Shares and drives, through [MS-SRVS] and by trying.

SHARE_KINDS = {0: "disk", 1: "printer", 2: "device", 3: "ipc"}
SPECIAL = 0x80000000
LIST_FOLDER, ADD_FILE_AND_FOLDER = 0x1, 0x6
EVERYTHING = 0xFFFFFFFF


def ask_share(session, question):
    if question.get("name") is not None:
        return [one_share(session, question["name"])]
    return [
        {"name": name, "kind": SHARE_KINDS.get(kind & 0xFF, "unknown"), "comment": comment or ""}
        for name, kind, comment in session.ask(FileServer, FileServer.shares)
    ]


class FileServer:
    """A pipe to what knows the shares."""

    def __init__(self, session):
        self.session = session
        self.pipe = session.pipe("srvsvc", srvsvc)

    def shares(self):
        """Name, type and comment of each share."""
        request = srvsvc.NetShareEnumAll()
        request.in_server_unc = self.session.server
        request.in_info_ctr = srvsvc.NetShareInfoCtr()
        request.in_info_ctr.level = 1
        request.in_info_ctr.ctr = srvsvc.NetShareCtr1()
        request.in_max_buffer = EVERYTHING
        request.in_resume_handle = 0
        self.pipe.call(request)
        check(request, "listing the shares")
        found = request.out_info_ctr.ctr.array or []
        if len(found) > self.session.rows:
            raise Absent("truncated", "the host has more than %d shares" % self.session.rows)
        return [(share.name, share.type, share.comment) for share in found]

    def drives(self):
        request = srvsvc.NetDiskEnum()
        request.in_server_unc = self.session.server
        request.in_level = 0
        request.in_info = srvsvc.NetDiskInfo()
        request.in_maxlen = EVERYTHING
        request.in_resume_handle = 0
        self.pipe.call(request)
        check(request, "listing the drives")
        return [entry.disk[:2].upper() for entry in request.out_info.disks or [] if entry.disk]


def one_share(session, name):
    """Opens the share's folder, to read and to write; nothing is read or written."""
    doing = "opening the share %s" % name
    if name.upper() == "IPC$":
        raise Absent("unsupported", "IPC$ is no share of files")
    try:
        connection = session.share(name)
    except NTSTATUSError as error:
        if status_of(error)[0] == 0xC00000CC:
            raise Absent("not_found", "the host has no share %s" % name) from error
        raise absent_of_status(error, doing) from error
    return {
        "name": name,
        "readable": may(connection, LIST_FOLDER, doing),
        "writable": may(connection, ADD_FILE_AND_FOLDER, doing),
    }


def may(connection, rights, doing):
    try:
        handle = connection.create(
            "",
            DesiredAccess=rights,
            ShareAccess=SHARE_ALL,
            CreateDisposition=OPEN_EXISTING,
            CreateOptions=DIRECTORY,
        )
    except NTSTATUSError as error:
        if status_of(error)[0] in DENIED:
            return False
        return absent_of_status(error, doing).shown()
    connection.close(handle)
    return True


def ask_disk(session, _):
    drives = session.ask(FileServer, FileServer.drives)
    shares = session.ask(FileServer, FileServer.shares)
    # Windows shares its fixed drives for administrators, and no others
    fixed = {name.upper() for name, kind, _ in shares if kind & SPECIAL}
    not_told = Absent("unsupported", "MS-RPC does not tell it; ask the host over winrm or ssh").shown()
    return [
        {
            "drive": drive,
            "kind": "fixed" if drive[0] + "$" in fixed else "unknown",
            "size": not_told,
            "free": not_told,
            "label": not_told,
        }
        for drive in drives
    ]
