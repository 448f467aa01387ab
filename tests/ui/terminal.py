"""Streams that say they are terminals, and what is left on them when the escape sequences are taken out."""

from __future__ import annotations

import io
import re

from studentdb.ui.console import Console

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Screen(io.StringIO):
    """A terminal that remembers everything written to it."""

    def isatty(self) -> bool:
        return True

    @property
    def text(self) -> str:
        """Everything that was written, without colours and cursor movements."""
        return _ESCAPES.sub("", self.getvalue())


def on_terminal(width: int = 80, **environ: str) -> tuple[Console, Screen, Screen]:
    """A console whose both streams are terminals of `width` cells."""
    out, err = Screen(), Screen()
    return Console(out, err, {"TERM": "xterm-256color", "COLUMNS": str(width), "LINES": "30", **environ}), out, err


def in_pipe(**environ: str) -> tuple[Console, io.StringIO, io.StringIO]:
    """A console whose both streams are pipes."""
    out, err = io.StringIO(), io.StringIO()
    return Console(out, err, {"TERM": "xterm-256color", **environ}), out, err
