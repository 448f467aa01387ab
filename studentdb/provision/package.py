"""The functions' code as a zip that is the same, byte for byte, on every machine."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

# The oldest time that a zip can hold: the real one would make every checkout a new version.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o644 << 16


def package(source: Path) -> bytes:
    """Zip every .py and .json file below `source`.

    Sorted, without times, and stored, not deflated: zlib's output differs between its versions.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(source.rglob("*"), key=lambda p: p.relative_to(source).as_posix()):
            if path.suffix in {".py", ".json"} and path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(source).as_posix(), _EPOCH)
                entry.create_system = 3  # Unix, also when zipped on Windows
                entry.external_attr = _READABLE
                archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()
