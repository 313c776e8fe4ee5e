# Files, through the administrative shares of their drives. A rename never takes the place of a file that is there.

READ_DATA, WRITE_AND_DELETE, READ_ATTRIBUTES, SYNCHRONIZE = 0x1, 0x10002, 0x80, 0x100000
OPEN_EXISTING, CREATE_NEW, SHARE_ALL = 1, 2, 7
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


class Drive:
    """The drive of a path, over its share."""

    def __init__(self, session, path):
        self.session = session
        self.share = path[0].upper() + "$"
        self.path = path
        self.connection = session.share(self.share)

    def kind(self, path):
        """Whether it is a file or a folder; None without either."""
        try:
            return "folder" if entry_of(self.connection, path[3:], path)["attrib"] & FOLDER else "file"
        except Absent:
            return None
        except NTSTATUSError as error:
            if status_of(error)[0] in NOT_FOUND:
                return None
            raise

    def has(self, path):
        return self.kind(path) == "file"

    def change(self, work, doing):
        """Makes the one call that changes something."""
        try:
            with self.session.changing():
                work()
        except NTSTATUSError as error:
            raise absent_of_status(error, doing) from error

    def rename(self, old, new):
        self.change(lambda: self.connection.rename(old[3:], new[3:]), "giving %s the name %s" % (old, new))

    def delete(self, path):
        self.change(lambda: self.connection.unlink(path[3:]), "deleting %s" % path)

    def holds(self, folder):
        return any(entry["name"] not in (".", "..") for entry in self.connection.list(folder[3:], attribs=ALL_KINDS))

    def make_folder(self, path):
        self.change(lambda: self.connection.mkdir(path[3:]), "making the folder %s" % path)

    def delete_folder(self, path):
        self.change(lambda: self.connection.rmdir(path[3:]), "deleting the folder %s" % path)

    def discard(self, path):
        """Deletes what nobody misses."""
        try:
            self.connection.unlink(path[3:])
        except NTSTATUSError:
            pass

    def open(self, path, rights, disposition):
        return self.connection.create(
            path[3:],
            DesiredAccess=rights | READ_ATTRIBUTES | SYNCHRONIZE,
            ShareAccess=SHARE_ALL,
            CreateDisposition=disposition,
            CreateOptions=NOT_A_DIRECTORY,
        )

    def write(self, path, place, data):
        """Writes a piece; the first makes the file, which must not be there."""
        handle = self.open(path, WRITE_AND_DELETE, OPEN_EXISTING if place else CREATE_NEW)
        try:
            while data:
                written = self.connection.write(handle, data[:BLOCK], place)
                place += written
                data = data[written:]
        except NTSTATUSError:
            self.connection.delete_on_close(handle, True)
            raise
        finally:
            self.connection.close(handle)

    def digest(self, path):
        handle = self.open(path, READ_DATA, OPEN_EXISTING)
        try:
            return digest(self.connection, handle, entry_of(self.connection, path[3:], path)["size"])
        finally:
            self.connection.close(handle)

    def same(self, one, other):
        """Whether both are there and hold the same; of files that are too large for a digest nobody knows."""
        if not self.has(other):
            return False
        first, second = self.digest(one), self.digest(other)
        return isinstance(first, str) and first == second

    def swap(self, path, new, old):
        """Puts the new file in the place of the one that is there, which gets the old name; both or neither."""
        there = self.has(path)
        if there:
            self.rename(path, old)
        try:
            self.rename(new, path)
        except Absent:
            if there:
                self.rename(old, path)
                self.session.begun = False
            raise
        return there


@contextmanager
def drive_of(session, path):
    try:
        yield Drive(session, path)
    except NTSTATUSError as error:
        number, _ = status_of(error)
        if number == 0xC00000CC:
            raise unshared(session, path[0].upper() + "$", path) from error
        if number in NOT_FOUND:
            raise Absent("not_found", "the host has no folder for %s" % path) from error
        raise absent_of_status(error, "writing %s" % path) from error


def write_piece(session, act):
    with drive_of(session, act["path"]) as drive:
        drive.write(act["path"], act["at"], base64.b64decode(act["base64"]))


def place_file(session, act):
    path, new = act["path"], act["temporary"]
    old = act["keep"] or new + ".old"
    with drive_of(session, path) as drive:
        try:
            check_place(drive, act)
            there = drive.swap(path, new, old)
        except (Absent, NTSTATUSError):
            if not session.begun:
                drive.discard(new)
            raise
        if there and not act["keep"]:
            session.afterwards.append(lambda: drive.discard(old))


def check_place(drive, act):
    path, new, keep = act["path"], act["temporary"], act["keep"]
    if keep and drive.has(keep) and not drive.same(keep, path):
        raise Absent("unsupported", "%s is there already; look at it and move it away: it would be lost" % keep)
    if drive.digest(new) != act["sha256"]:
        raise Absent("malformed", "what arrived for %s is not what was sent" % path)
    if keep:
        drive.discard(keep)  # it is what is kept now


def remove_file(session, act):
    path, restore, old = act["path"], act["restore"], act["temporary"]
    with drive_of(session, path) as drive:
        if restore and drive.has(restore):
            if drive.swap(path, restore, old):
                session.afterwards.append(lambda: drive.discard(old))
        elif drive.has(path):
            drive.delete(path)


def make_folder(session, act):
    path = act["path"]
    with drive_of(session, path) as drive:
        there = drive.kind(path)
        if there == "file":
            raise Absent("malformed", "%s is a file" % path)
        if not there:
            drive.make_folder(path)


def remove_folder(session, act):
    path = act["path"]
    with drive_of(session, path) as drive:
        there = drive.kind(path)
        if there == "file":
            raise Absent("malformed", "%s is a file" % path)
        if there:
            if drive.holds(path):
                raise Absent("unsupported", "the folder %s is not empty" % path)
            drive.delete_folder(path)
