"""Where the files of one host lie."""

import re
from pathlib import Path


def place(state, path):
    """The file that a path like C:\\folder\\file means, whichever case its parts are written in; None for no path."""
    match = re.fullmatch(r"([A-Za-z]):\\(.*)", path)
    if not match:
        return None
    found = Path(state) / match[1].upper()
    for part in filter(None, match[2].split("\\")):
        same = [there for there in found.iterdir() if there.name.lower() == part.lower()] if found.is_dir() else []
        found = same[0] if same else found / part
    return found
