"""The folder that holds everything the tool keeps on disk, readable by its user only."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

from studentdb.errors import StudentDBError

VARIABLE = "STUDENTDB_HOME"


def locate(environ: Mapping[str, str]) -> Path:
    """STUDENTDB_HOME where it is set, else the platform's folder for a user's data. Creates nothing."""
    if chosen := environ.get(VARIABLE):
        return Path(chosen).expanduser().absolute()
    from platformdirs import user_data_path

    return user_data_path("studentdb", appauthor=False, roaming=False)


def make_private_folder(folder: Path) -> Path:
    """Create `folder` (and its parents) for this user only, 0700; an existing one stays as it is.

    Raises StudentDBError where it cannot be created.
    """
    try:
        # One by one: `parents=True` would leave the parents open to others.
        for missing in reversed([each for each in (folder, *folder.parents) if not each.exists()]):
            missing.mkdir(mode=0o700, exist_ok=True)
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise StudentDBError(
            f"the folder {folder} cannot be created",
            why=error.strerror or str(error),
            hint=f"set {VARIABLE} to a folder that you may write to",
        ) from error
    return folder


def write_private(file: Path, text: str) -> None:
    """Replace `file` at once with `text`, readable by this user only (0600).

    A reader sees the old content or the new, never half of it. Raises StudentDBError where it cannot be written.
    """
    make_private_folder(file.parent)
    temporary: Path | None = None
    try:
        # mkstemp creates with 0600, so the content is private from the first byte on.
        descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
        temporary = Path(name)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(file)
    except OSError as error:
        raise StudentDBError(f"{file} cannot be written", why=error.strerror or str(error)) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def refuse_if_shared(path: Path) -> None:
    """Raise StudentDBError where others may read `path` or own it, or where it is a symbolic link.

    Windows keeps a user's folder private by its own means; there is nothing to check in the mode bits there.
    """
    if os.name != "posix":
        return
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode):
        raise StudentDBError(f"{path} is refused", why="it is a symbolic link", hint=f"remove it: rm {path}")
    if found.st_uid != os.getuid():
        raise StudentDBError(
            f"{path} is refused", why="it belongs to another user", hint=f"set {VARIABLE} to a folder of yours"
        )
    if found.st_mode & 0o077:
        wanted = "700" if stat.S_ISDIR(found.st_mode) else "600"
        raise StudentDBError(
            f"{path} is refused",
            why=f"others may read it (mode {stat.S_IMODE(found.st_mode):o})",
            hint=f"if you trust its content: chmod {wanted} {path}",
        )
