"""Processes that begin with `studentdb` imported: the tests start hundreds, and the imports take longer than the rest.

A process of this file loads everything once and then forks: what runs is a process of its own, with its own folder,
environment and streams. `CommandLine.start` begins from nothing, and so does the wheel's test.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import studentdb

_NOT_LOADED = ("studentdb.__main__", "studentdb.local.serve")


class TooLongError(AssertionError):
    """A command did not end."""


def run(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], stdin: str, patience: float
) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command. Raises TooLongError after `patience` seconds."""
    with contextlib.ExitStack() as opened:
        asked = {"arguments": list(arguments), "folder": str(folder), "environment": dict(environment)}
        files = [opened.enter_context(tempfile.TemporaryFile()) for _ in range(4)]
        for file, content in zip(files, (json.dumps(asked), stdin), strict=False):
            file.write(content.encode())
            file.seek(0)
        told, tell = os.pipe()
        ended = opened.enter_context(os.fdopen(told, "rb", buffering=0))
        try:
            # One byte, which several threads cannot mix up; what is asked for lies in a file.
            socket.send_fds(_ready(), [b"."], [*(each.fileno() for each in files), tell])
        finally:
            os.close(tell)
        process = int(ended.readline())
        waiting = select.poll()
        waiting.register(ended, select.POLLIN)
        if not waiting.poll(patience * 1000):
            os.kill(process, signal.SIGKILL)
            raise TooLongError(f"studentdb {' '.join(arguments)} did not end in {patience:g} s")
        code = int(ended.readline())
        for file in files[2:]:
            file.seek(0)
        out, err = (file.read().decode() for file in files[2:])
        return code, out, err


@cache
def _ready() -> socket.socket:
    """The connection to the process that forks; it ends when this one does."""
    ours, theirs = socket.socketpair()
    with theirs:
        subprocess.Popen(
            [sys.executable, "-m", "tests.ready", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "LANG": "C.UTF-8"},
            # Ctrl-C of a test run is not for it: it ends with its connection.
            start_new_session=True,
        )
    return ours


def _load() -> None:
    for module in pkgutil.walk_packages(studentdb.__path__, "studentdb."):
        if module.name not in _NOT_LOADED:
            importlib.import_module(module.name)
    gc.collect()
    gc.freeze()


def _serve(connection: socket.socket) -> None:
    """Returns in each forked process, which is then to run its command."""
    # A child that has ended is nobody's business here.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        message, received, _, _ = socket.recv_fds(connection, 1, 5)
        if not message:
            os._exit(0)
        if os.fork() == 0:
            break
        for each in received:
            os.close(each)
    connection.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    request, *streams, tell = received
    if process := os.fork():
        # Of the two, this one waits and tells.
        os.write(tell, f"{process}\n".encode())
        os.write(tell, f"{os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])}\n".encode())
        os._exit(0)
    os.close(tell)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with os.fdopen(request, encoding="utf-8") as file:
        asked = json.load(file)
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    sys.argv = ["studentdb", *asked["arguments"]]


if __name__ == "__main__":
    _load()
    with socket.socket(fileno=int(sys.argv[1])) as waiting:
        _serve(waiting)
    from studentdb.cli import main

    main()
