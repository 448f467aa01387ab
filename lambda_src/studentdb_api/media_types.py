"""What a file really is, by its content."""

from __future__ import annotations

import codecs
import zipfile
from typing import BinaryIO

_OFFICE = "application/vnd.openxmlformats-officedocument."
_FOLDERS = {
    f"{_OFFICE}wordprocessingml.document": "word/",
    f"{_OFFICE}spreadsheetml.sheet": "xl/",
    f"{_OFFICE}presentationml.presentation": "ppt/",
}
_MACROS = "vbaproject.bin"
_TEXTS = frozenset({"text/plain", "text/csv"})
_PIECE = 1024 * 1024
_CONTROL = frozenset(range(32)) - frozenset(b"\t\n\f\r")


def problem(file: BinaryIO, claimed: str) -> str:
    """Why the content is not of the `claimed` type, for the file's owner; "" when it is."""
    file.seek(0)
    head = file.read(64)
    if claimed in _TEXTS:
        return "" if _is_text(file) else f"it is said to be {claimed}, and holds what is no text in UTF-8"
    if claimed in _FOLDERS:
        return _office_problem(file, claimed)
    return "" if _begins_as(head, claimed) else f"it is said to be {claimed}, and does not begin like one"


def _begins_as(head: bytes, claimed: str) -> bool:
    if claimed == "image/webp":
        return head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    if claimed == "video/mp4":
        return head[4:8] == b"ftyp"
    if claimed == "audio/mpeg":
        # Tags in front, or the first frame: eleven bits that are set, and a layer.
        return head[:3] == b"ID3" or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[1] & 6 != 0)
    beginnings = {
        "application/pdf": (b"%PDF-",),
        "image/gif": (b"GIF87a", b"GIF89a"),
        "image/jpeg": (b"\xff\xd8\xff",),
        "image/png": (b"\x89PNG\r\n\x1a\n",),
    }
    return head.startswith(beginnings.get(claimed, ()))


def _is_text(file: BinaryIO) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece := file.read(_PIECE):
            if not _CONTROL.isdisjoint(piece):
                return False
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _office_problem(file: BinaryIO, claimed: str) -> str:
    file.seek(0)
    # A zip may follow anything, an executable for one: that is no document.
    if file.read(4) != b"PK\x03\x04":
        return f"it is said to be {claimed}, and does not begin like one"
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return f"it is said to be {claimed}, and cannot be opened as one"
    if "[Content_Types].xml" not in names or not any(name.startswith(_FOLDERS[claimed]) for name in names):
        return f"it is said to be {claimed}, and holds something else"
    return "it holds macros" if any(name.lower().endswith(_MACROS) for name in names) else ""
