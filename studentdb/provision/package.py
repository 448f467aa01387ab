"""Code as a zip that is the same, byte for byte, each time that it is made."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

# The oldest time that a zip can hold: the real one would make every checkout a new version.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o644 << 16
_UNIX = 3 << 8
# The oldest day, as a zip has it.
_FIRST_DAY = 0x21
# APPNOTE 4.3.7, 4.3.12 and 4.3.16: an entry's own head, its line in the list, and the list's end.
_ENTRY = struct.Struct("<4s5H3L2H")
_LISTED = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_VERSION, _UTF8 = 20, 0x800


def package(source: Path) -> bytes:
    """Zip every .py and .json file below `source`.

    Stored, not deflated: zlib's output differs between its versions, and this one is compared by its bytes.
    """
    paths = [path for path in source.rglob("*") if path.suffix in {".py", ".json"} and path.is_file()]
    return zipped((path.relative_to(source).as_posix(), path.read_bytes()) for path in paths)


def zipped(files: Iterable[tuple[str, bytes]]) -> bytes:
    """A zip of names with their content: sorted, without times, not compressed (docs/decisions/0006)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3  # Unix, also when zipped on Windows
            entry.external_attr = _READABLE
            archive.writestr(entry, content)
    return buffer.getvalue()


def renamed(archive: bytes, name_of: Callable[[str], str | None]) -> bytes:
    """The files of a zip under other names, without those that get none: sorted, without times, compressed as they are.

    Their compressed bytes are taken over, so that no zlib has a say in what comes out.
    """
    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        taken = {text: each for each in source.infolist() if (text := name_of(each.filename)) is not None}
    entries, listed = bytearray(), bytearray()
    for new, each in sorted(taken.items()):
        # The lengths of name and extra field stand in the entry's own head, and may be others than in the list.
        start = each.header_offset + _ENTRY.size + sum(struct.unpack_from("<2H", archive, each.header_offset + 26))
        name, sizes = new.encode(), (each.CRC, each.compress_size, each.file_size)
        head = (_VERSION, _UTF8, each.compress_type, 0, _FIRST_DAY, *sizes, len(name), 0)
        listed += _LISTED.pack(b"PK\1\2", _UNIX | _VERSION, *head, 0, 0, 0, _READABLE, len(entries)) + name
        entries += _ENTRY.pack(b"PK\3\4", *head) + name + archive[start : start + each.compress_size]
    end = _END.pack(b"PK\5\6", 0, 0, len(taken), len(taken), len(listed), len(entries), 0)
    return bytes(entries + listed + end)
