# Versions out of a program file's own bytes, read in pieces: the version resource is a few hundred bytes of many.

VERSION_RESOURCE = 16
FIXED_INFO = struct.pack("<I", 0xFEEF04BD)
LONGEST_RESOURCE = 64 * 1024


class Pieces:
    """A file of which only what is asked for is fetched, a block at a time."""

    BLOCK = 4096
    MOST = 256

    def __init__(self, fetch, size):
        self.fetch = fetch
        self.size = size
        self.blocks = {}

    def at(self, start, length):
        """Exactly these bytes."""
        if start < 0 or length < 0 or start + length > self.size:
            raise ValueError("beyond the end")
        first, last = start // self.BLOCK, (start + max(length, 1) - 1) // self.BLOCK
        data = b"".join(self.block(number) for number in range(first, last + 1))
        begin = start - first * self.BLOCK
        if len(data) < begin + length:
            raise ValueError("shorter than its folder says")
        return data[begin : begin + length]

    def block(self, number):
        if number not in self.blocks:
            if len(self.blocks) >= self.MOST:
                raise ValueError("too many pieces")
            self.blocks[number] = self.fetch(number * self.BLOCK, self.BLOCK)
        return self.blocks[number]

    def numbers(self, form, start):
        return struct.unpack(form, self.at(start, struct.calcsize(form)))


def versions(pieces):
    """The two versions of the file, or why it has none."""
    try:
        resource = version_resource(pieces)
    except (ValueError, struct.error):
        resource = None
    place = resource.find(FIXED_INFO) if resource else -1
    if place < 0 or place + 24 > len(resource):
        absent = Absent("unsupported", "the file has no version resource").shown()
        return {"version": absent, "product_version": absent}
    file_high, file_low, product_high, product_low = struct.unpack_from("<4I", resource, place + 8)
    return {"version": dotted(file_high, file_low), "product_version": dotted(product_high, product_low)}


def dotted(high, low):
    return "%d.%d.%d.%d" % (high >> 16, high & 0xFFFF, low >> 16, low & 0xFFFF)


def version_resource(pieces):
    """The bytes of the first version resource; ValueError when the file is no program or has none."""
    if pieces.at(0, 2) != b"MZ":
        raise ValueError("no program")
    (header,) = pieces.numbers("<I", 0x3C)
    if pieces.at(header, 4) != b"PE\0\0":
        raise ValueError("no program of this kind")
    _, count, _, _, _, optional_size, _ = pieces.numbers("<HHIIIHH", header + 4)
    optional = header + 24
    (magic,) = pieces.numbers("<H", optional)
    directories = optional + (112 if magic == 0x20B else 96)
    address, _ = pieces.numbers("<II", directories + 2 * 8)
    if not address:
        raise ValueError("no resources")
    sections = [
        pieces.numbers("<8x4I16x", optional + optional_size + 40 * number) for number in range(min(count, 96))
    ]
    root = in_file(sections, address)
    entry = entry_in(pieces, root, root, VERSION_RESOURCE)
    # below the type come name and language; any will do
    for _ in range(2):
        if entry & 0x80000000:
            entry = entry_in(pieces, root, root + (entry & 0x7FFFFFFF), None)
    if entry & 0x80000000:
        raise ValueError("too deep")
    data, size = pieces.numbers("<II", root + entry)
    return pieces.at(in_file(sections, data), min(size, LONGEST_RESOURCE))


def in_file(sections, address):
    """Where in the file stands what is at this address in memory."""
    for memory_size, memory, file_size, place in sections:
        if memory <= address < memory + max(memory_size, file_size):
            return address - memory + place
    raise ValueError("an address outside of all sections")


def entry_in(pieces, root, directory, wanted):
    """What a directory of resources has under this number, or first."""
    named, numbered = pieces.numbers("<12xHH", directory)
    for number in range(min(named + numbered, 4096)):
        key, to = pieces.numbers("<II", directory + 16 + 8 * number)
        if wanted is None or key == wanted:
            return to
    raise ValueError("nothing of this kind")
