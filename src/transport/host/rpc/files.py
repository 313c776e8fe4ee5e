# Files, through the administrative shares of their drives.

READ_DATA, READ_ATTRIBUTES, SYNCHRONIZE = 0x1, 0x80, 0x100000
OPEN_EXISTING, SHARE_ALL = 1, 7
NOT_A_DIRECTORY, DIRECTORY = 0x40, 0x1
FOLDER = 0x10
ALL_KINDS = 0x16
LARGEST_DIGEST = 256 * 1024 * 1024
BLOCK = 256 * 1024


def ask_file(session, question):
    path = question["path"]
    share, inside = path[0].upper() + "$", path[3:]
    want = set(question.get("want", []))
    try:
        connection = session.share(share)
        row = {"path": path}
        if not inside:
            row["kind"] = "folder"
            return [dict(row, **{part: no_file(path, part) for part in want})]
        entry = entry_of(connection, inside, path)
        folder = bool(entry["attrib"] & FOLDER)
        row["kind"] = "folder" if folder else "file"
        if "modified" in want:
            row["modified"] = moment(entry["mtime"])
        if "size" in want:
            row["size"] = no_file(path, "size") if folder else entry["size"]
        read = want & {"version", "product_version", "sha256"}
        if folder:
            row.update({part: no_file(path, part) for part in read})
        elif read:
            row.update(content(connection, inside, entry["size"], read))
        return [row]
    except NTSTATUSError as error:
        number, _ = status_of(error)
        if number == 0xC00000CC:
            raise unshared(session, share, path) from error
        if number in NOT_FOUND:
            raise Absent("not_found", "the host has no file %s" % path) from error
        raise absent_of_status(error, "reading %s" % path) from error


def unshared(session, share, path):
    """Without the share a file may well be there; without its drive it is not."""
    drive = path[:2].upper()
    try:
        if drive not in session.ask(FileServer, FileServer.drives):
            return Absent("not_found", "the host has no drive %s" % drive)
    except Absent:
        pass  # who may not list the drives knows no more than that the share is missing
    return Absent("unsupported", "the host has no share %s, over which %s is read" % (share, path))


def entry_of(connection, inside, path):
    """What the folder says of it; nothing is opened for that."""
    folder, _, name = inside.rpartition("\\")
    found = connection.list(folder, mask=name, attribs=ALL_KINDS)
    if len(found) != 1:
        raise Absent("not_found", "the host has no file %s" % path)
    return found[0]


def moment(seconds):
    if seconds <= 0:
        return Absent("unsupported", "the host does not say when the file was modified").shown()
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def no_file(path, part):
    return Absent("unsupported", "%s is a folder and has no %s" % (path, part.replace("_", " "))).shown()


def content(connection, inside, size, want):
    """What is read of the file itself; what cannot be read is told for those parts alone."""
    found = {}
    try:
        handle = connection.create(
            inside,
            DesiredAccess=READ_DATA | READ_ATTRIBUTES | SYNCHRONIZE,
            ShareAccess=SHARE_ALL,
            CreateDisposition=OPEN_EXISTING,
            CreateOptions=NOT_A_DIRECTORY,
        )
    except NTSTATUSError as error:
        absent = absent_of_status(error, "opening %s" % inside)
        return dict.fromkeys(want, absent.shown())
    try:
        pieces = Pieces(lambda start, length: connection.read(handle, start, length), size)
        if want & {"version", "product_version"}:
            found.update(versions(pieces))
        if "sha256" in want:
            found["sha256"] = digest(connection, handle, size)
    finally:
        connection.close(handle)
    return {part: found[part] for part in want}


def digest(connection, handle, size):
    if size > LARGEST_DIGEST:
        return Absent("truncated", "the file has %d bytes; no digest is made of more than %d" % (size, LARGEST_DIGEST)).shown()
    made = hashlib.sha256()
    place = 0
    # a read beyond the end is an error of its own, so the size is what counts
    while place < size:
        data = connection.read(handle, place, min(BLOCK, size - place))
        made.update(data)
        place += len(data)
    return made.hexdigest()
