"""Code as a zip that is the same, byte for byte, each time that it is made."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from pathlib import Path

# The oldest time that a zip can hold: the real one would make every checkout a new version.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o644 << 16


def package(source: Path) -> bytes:
    """Zip every .py and .json file below `source`.

    Stored, not deflated: zlib's output differs between its versions, and this one is compared by its bytes.
    """
    paths = [path for path in source.rglob("*") if path.suffix in {".py", ".json"} and path.is_file()]
    return zipped((path.relative_to(source).as_posix(), path.read_bytes()) for path in paths)


def zipped(files: Iterable[tuple[str, bytes]], *, compression: int = zipfile.ZIP_STORED) -> bytes:
    """A zip of names with their content: sorted, without times."""
    buffer = io.BytesIO()
    # Level 1: a tenth larger than by the default one, in a third of the time.
    with zipfile.ZipFile(buffer, "w", compression, compresslevel=1) as archive:
        for name, content in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3  # Unix, also when zipped on Windows
            entry.external_attr = _READABLE
            entry.compress_type = compression
            archive.writestr(entry, content)
    return buffer.getvalue()
