"""Processes and locks of this machine, in the few ways in which its systems differ."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from studentdb.errors import StudentDBError
from studentdb.machine import started_at


def end(pid: int, started: str, *, patience: float) -> None:
    """Ask a process to end, wait `patience` seconds, then kill it. Another process of the same pid is left alone."""
    _signal(pid, started, signal.SIGTERM)
    deadline = time.monotonic() + patience
    while started_at(pid) == started:
        if time.monotonic() > deadline:
            # Windows has no SIGKILL: there SIGTERM has already killed it.
            _signal(pid, started, getattr(signal, "SIGKILL", signal.SIGTERM))
            deadline = time.monotonic() + patience
        time.sleep(0.02)


def _signal(pid: int, started: str, number: int) -> None:
    if started_at(pid) == started:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def detached() -> dict[str, object]:
    """Arguments for Popen: the child outlives us and does not get our terminal's Ctrl-C."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


@contextmanager
def locked(path: Path, *, what: str, patience: float) -> Iterator[None]:
    """Hold a lock file; the system frees it when its holder dies. Raises StudentDBError after `patience` seconds."""
    deadline = time.monotonic() + patience
    with path.open("a+") as file:
        while not _try_lock(file):
            if time.monotonic() > deadline:
                raise StudentDBError(what, why=f"another process has held {path} for {patience:.0f} s")
            time.sleep(0.05)
        yield


def _try_lock(file: IO[str]) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
