"""Where words go: stdout is data, stderr is everything else."""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TextIO

if TYPE_CHECKING:
    from rich.console import Console as RichConsole

To = Literal["out", "err"]


class Console:
    """The two streams of a command. Colours follow NO_COLOR and TERM; widths follow the terminal or COLUMNS."""

    def __init__(
        self, out: TextIO | None = None, err: TextIO | None = None, environ: Mapping[str, str] | None = None
    ) -> None:
        self._out = out if out is not None else sys.stdout
        self._err = err if err is not None else sys.stderr
        self._environ = os.environ if environ is None else environ
        for stream in (self._out, self._err):
            _forgive(stream)

    def data(self, text: str) -> None:
        """A line of data."""
        self._out.write(f"{text}\n")
        self._out.flush()

    def json(self, value: object) -> None:
        """One JSON document as data; readable, and in ASCII only where the stream cannot hold more."""
        ascii_only = (self._out.encoding or "utf-8").lower().replace("-", "") not in ("utf8", "utf16", "utf32")
        self.data(json.dumps(value, indent=2, ensure_ascii=ascii_only))

    def say(self, text: str, *, style: str = "") -> None:
        """A line for the person. `style` is a colour or weight that rich knows; never the only signal."""
        if not style:
            self._err.write(f"{text}\n")
            self._err.flush()
            return
        from rich.text import Text

        self.rich("err").print(Text(text, style), soft_wrap=True)

    @property
    def animated(self) -> bool:
        """Whether something may move: stderr is a terminal that can."""
        # A CI's log is no terminal even where it says it is.
        return self._err.isatty() and self._environ.get("TERM") != "dumb" and not self._environ.get("CI")

    def is_terminal(self, to: To) -> bool:
        """Whether a person looks at this stream, rather than a file or another program."""
        return (self._out if to == "out" else self._err).isatty()

    def rich(self, to: To) -> RichConsole:
        """Rich's console of a stream, for this package's own use."""
        return self._rich_out if to == "out" else self._rich_err

    @cached_property
    def _rich_out(self) -> RichConsole:
        return self._make(self._out)

    @cached_property
    def _rich_err(self) -> RichConsole:
        return self._make(self._err)

    def _make(self, stream: TextIO) -> RichConsole:
        from rich.console import Console as RichConsole

        return RichConsole(file=stream, highlight=False, markup=False, emoji=False, _environ=self._environ)


def plain(text: str) -> str:
    """`text` on one line and harmless: what would move a cursor or turn the writing direction shows as its code."""
    return "".join(
        character if unicodedata.category(character) not in ("Cc", "Cf", "Zl", "Zp") else _code(character)
        for character in text
    )


def _code(character: str) -> str:
    # Zero width (non-)joiners are part of how Persian and Indic names are written, and harmless.
    if character in "\u200c\u200d":
        return character
    return repr(character)[1:-1]


def _forgive(stream: TextIO) -> None:
    """A terminal that knows only some letters gets a substitute for the others, not a traceback."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")
