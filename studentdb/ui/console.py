"""Where words go: stdout is data, stderr is everything else.

Nothing that comes from data reaches a terminal as an order to it, whichever method wrote it.
"""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping
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
        """A line of data, or several; harmless as `plain` makes them."""
        self._out.write(f"{_plain_lines(text)}\n")
        self._out.flush()

    def json(self, value: object) -> None:
        """One JSON document as data; readable, and in ASCII only where the stream cannot hold more."""
        self.data("\n".join(self._json_lines(value)))

    def json_list(self, values: Iterable[object]) -> None:
        """One JSON array as data, written as its elements come: however many there are, one is in memory."""
        begun = False
        for value in values:
            # The comma belongs to the element before, and only now is it known that there is another one.
            self._out.write(",\n" if begun else "[\n")
            self._out.write("\n".join(f"  {line}" for line in self._json_lines(value)))
            begun = True
        self.data("\n]" if begun else "[]")

    def _json_lines(self, value: object) -> list[str]:
        ascii_only = (self._out.encoding or "utf-8").lower().replace("-", "") not in ("utf8", "utf16", "utf32")
        lines = json.dumps(value, indent=2, ensure_ascii=ascii_only).split("\n")
        return [_written(line, _json_code) for line in lines]

    def say(self, text: str, *, style: str = "") -> None:
        """A line for the person, or several; harmless as `plain` makes them.

        `style` is a colour or weight that rich knows; never the only signal.
        """
        text = _plain_lines(text)
        # A file gets no colours, so that rich, which takes its time to load, has nothing to do.
        if not style or not (self._err.isatty() or self._environ.get("FORCE_COLOR")):
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
    return _written(text, lambda character: repr(character)[1:-1])


def _plain_lines(text: str) -> str:
    """`text` with its own line ends and the tabs between columns; all else as `plain` shows it."""
    return "\n".join("\t".join(map(plain, line.split("\t"))) for line in text.split("\n"))


def _written(text: str, code: Callable[[str], str]) -> str:
    if text.isprintable():
        return text
    return "".join(character if _is_harmless(character) else code(character) for character in text)


def _is_harmless(character: str) -> bool:
    # Zero width (non-)joiners are part of how Persian and Indic names are written.
    return character in "\u200c\u200d" or unicodedata.category(character) not in ("Cc", "Cf", "Zl", "Zp")


def _json_code(character: str) -> str:
    """What JSON allows and a terminal may obey (DEL, C1 controls, writing directions), as JSON's own escape."""
    return json.dumps(character)[1:-1] if character != "\x7f" else "\\u007f"


def _forgive(stream: TextIO) -> None:
    """A terminal that knows only some letters gets a substitute for the others, not a traceback."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")
