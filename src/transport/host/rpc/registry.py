# The registry, through [MS-RRP].

HIVES = {"HKLM": "OpenHKLM", "HKU": "OpenHKU", "HKCR": "OpenHKCR"}
KINDS = {
    0: "REG_NONE", 1: "REG_SZ", 2: "REG_EXPAND_SZ", 3: "REG_BINARY", 4: "REG_DWORD", 7: "REG_MULTI_SZ", 11: "REG_QWORD",
}  # fmt: skip
READ_KEY, WRITE_VALUES, VIEW_64, VIEW_32 = 0x20019, 0x3, 0x100, 0x200
MISSING = 2
LARGEST_VALUE = 1024 * 1024
LONGEST_NAME = 16383


class Registry:
    """A pipe to the registry with the hives that were asked."""

    def __init__(self, session):
        self.session = session
        self.pipe = session.pipe("winreg", winreg)
        self.hives = {}

    def done(self, request, doing, missing=None):
        """Asks; the number of an answer that ends a list is left to the caller."""
        self.pipe.call(request)
        number = number_of(request.result)
        if number in (0, 259):
            return number
        if number in (2, 161) and missing:
            raise Absent("not_found", missing)
        raise absent_of_werr(number, doing)

    def hive(self, name, rights):
        if (name, rights) not in self.hives:
            request = getattr(winreg, HIVES[name])()
            request.in_system_name = None
            request.in_access_mask = rights
            self.done(request, "opening %s" % name)
            self.hives[name, rights] = request.out_handle
        return self.hives[name, rights]

    def key(self, shown, view, rights=READ_KEY):
        hive, _, below = shown.partition("\\")
        view = VIEW_32 if view == 32 else VIEW_64
        request = winreg.OpenKey()
        request.in_parent_handle = self.hive(hive, READ_KEY | view)
        request.in_keyname = registry_text(below)
        request.in_options = 0
        request.in_access_mask = rights | view
        self.done(request, "opening the key %s" % shown, "the host has no key %s" % shown)
        self.session.afterwards.append(lambda: self.close(request.out_handle))
        return Key(self, shown, request.out_handle)

    def close(self, handle):
        request = winreg.CloseKey()
        request.in_handle = handle
        self.pipe.call(request)


class Key:
    """An open key."""

    def __init__(self, registry, shown, handle):
        self.session = registry.session
        self.pipe = registry.pipe
        self.done = registry.done
        self.shown = shown
        self.handle = handle

    def value(self, name):
        request = winreg.QueryValue()
        request.in_handle = self.handle
        request.in_value_name = registry_text(name)
        request.in_type = 0
        request.in_data = []
        request.in_data_size = LARGEST_VALUE
        request.in_data_length = 0
        missing = "the key %s has no value %s" % (self.shown, name or "by default")
        if self.done(request, "reading %s of %s" % (name or "the default", self.shown), missing) == 259:
            raise Absent("malformed", "the host answers something else")
        data = bytes(request.out_data or [])[: request.out_data_length or 0]
        return registry_value(request.out_type, data)

    def set(self, name, kind, data):
        request = winreg.SetValue()
        request.in_handle = self.handle
        request.in_name = registry_text(name)
        request.in_type = next(number for number, word in KINDS.items() if word == kind)
        request.in_data = list(data)
        request.in_size = len(data)
        change(self.session, self.pipe, request, "writing %s of %s" % (name or "the default", self.shown))

    def delete(self, name):
        request = winreg.DeleteValue()
        request.in_handle = self.handle
        request.in_value = registry_text(name)
        change(self.session, self.pipe, request, "deleting %s of %s" % (name or "the default", self.shown), (MISSING,))

    def values(self, rows):
        found = []
        while True:
            request = winreg.EnumValue()
            request.in_handle = self.handle
            request.in_enum_index = len(found)
            request.in_name = name_buffer(winreg.ValNameBuf())
            request.in_type = 0
            request.in_value = []
            request.in_size = LARGEST_VALUE
            request.in_length = 0
            if self.done(request, "listing the values of %s" % self.shown) == 259:
                return found
            enough(found, rows, self.shown)
            data = bytes(request.out_value or [])[: request.out_length or 0]
            row = {"name": request.out_name.name or ""}
            row.update(registry_value(request.out_type, data))
            found.append(row)

    def keys(self, rows):
        found = []
        while True:
            request = winreg.EnumKey()
            request.in_handle = self.handle
            request.in_enum_index = len(found)
            request.in_name = name_buffer(winreg.StringBuf())
            request.in_keyclass = winreg.StringBuf()
            request.in_last_changed_time = None
            if self.done(request, "listing the keys below %s" % self.shown) == 259:
                return found
            enough(found, rows, self.shown)
            found.append({"name": request.out_name.name or ""})


def enough(found, rows, shown):
    if len(found) >= rows:
        raise Absent("truncated", "%s holds more than %d" % (shown, rows))


def registry_text(text):
    made = winreg.String()
    made.name = text
    return made


def name_buffer(buffer):
    """Room for a name; no name goes along."""
    buffer.name = ""
    buffer.length = 0
    buffer.size = 2 * (LONGEST_NAME + 1)
    return buffer


def registry_value(kind, data):
    """A value as the other side of the line reads it; a number of another size is told as its bytes."""
    name = KINDS.get(kind, "other")
    if name in ("REG_SZ", "REG_EXPAND_SZ"):
        value = text_of(data, str)
    elif name == "REG_MULTI_SZ":
        value = text_of(data, lambda text: text.split("\0") if text else [])
    elif name == "REG_DWORD" and len(data) == 4:
        value = int.from_bytes(data, "little")
    elif name == "REG_QWORD" and len(data) == 8:
        value = int.from_bytes(data, "little")
    else:
        value = {"base64": base64.b64encode(data).decode("ascii")}
    return {"value": value, "kind": name}


def text_of(data, shape):
    """What becomes of the text that these bytes are; two that are none must not look like the same text."""
    try:
        return shape(data.decode("utf-16-le").rstrip("\0"))
    except UnicodeDecodeError:
        return Absent("malformed", "the text has characters that are none").shown()


def ask_registry(session, question):
    def work(registry):
        key = registry.key(question["key"], question.get("view"))
        if question.get("values"):
            return key.values(session.rows)
        if question.get("keys"):
            return key.keys(session.rows)
        return [key.value(question["value"])]

    return session.ask(Registry, work)


def set_value(session, act):
    data = base64.b64decode(act["base64"])

    def work(registry):
        registry.key(act["key"], act["view"], WRITE_VALUES).set(act["value"], act["kind"], data)

    session.ask(Registry, work)


def delete_value(session, act):
    def work(registry):
        registry.key(act["key"], act["view"], WRITE_VALUES).delete(act["value"])

    session.ask(Registry, work)
