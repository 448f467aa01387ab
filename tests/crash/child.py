"""A process that is made from a warm one, does one thing, and may be killed in the middle of it."""

from __future__ import annotations

import os
import pickle
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_PATIENCE = 300


@dataclass(frozen=True)
class Ended:
    """How a child ended: what it returned, or with which traceback it failed, or that SIGKILL took it."""

    value: Any = None
    failure: str = ""
    killed: bool = False

    def result(self) -> Any:
        """What it returned. Raises where it did not."""
        if self.killed or self.failure:
            raise RuntimeError(self.failure or "killed by SIGKILL")
        return self.value


def in_child(work: Callable[[], Any]) -> Ended:
    """Do `work` in a fork of this process, which must have neither threads nor open connections."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _serve(work, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        sent = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return Ended(killed=True)
    if not sent:
        return Ended(failure=f"the child ended with status {status} and said nothing")
    ended: Ended = pickle.loads(sent)  # noqa: S301 - from our own child
    return ended


def _serve(work: Callable[[], Any], writing: int) -> None:
    """Never returns: the parent's own work is not to be done twice."""
    # One that hangs is a failure like any other.
    signal.alarm(_PATIENCE)
    try:
        try:
            ended = Ended(value=work())
        except BaseException:  # whatever it is, the parent reports it
            ended = Ended(failure=traceback.format_exc())
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(ended, pipe)
    finally:
        os._exit(0)
