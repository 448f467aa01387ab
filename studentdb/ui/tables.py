"""Tables that fit the terminal, and that programs can read when nobody looks."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Literal

from studentdb.ui.console import Console, plain

if TYPE_CHECKING:
    from studentdb.ui.console import To

_GAP = "  "
# Rows that decide the widths: what comes later is fitted into them, so that the first rows show at once.
_FIRST = 100
# A spreadsheet takes a cell that begins with one of these for a formula, and runs it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Column:
    """`least` is the width in cells below which the column says nothing any more."""

    title: str
    align: Literal["left", "right"] = "left"
    least: int = 8


def table(console: Console, columns: Sequence[Column], rows: Iterable[Sequence[str]], *, to: To = "out") -> None:
    """Show rows.

    On a terminal: aligned columns, too long cells cut with an ellipsis, and one cell per line where even that does not
    fit. Elsewhere: all of every cell, separated by tabs, under the titles. Rows are shown as they come, in batches; no
    more than one is in memory. Where there is an error in place of the first
    one, nothing is.
    """
    cells = ([plain(cell) for cell in row] for row in rows)
    titles = [column.title for column in columns]
    terminal = console.is_terminal(to)
    first = list(islice(cells, _FIRST if terminal else 1))
    if not terminal:
        for line in chain([titles], first, cells):
            _print(console, "\t".join(line), to)
        return
    widths = _widths(columns, first, console.rich(to).width)
    if widths is not None:
        _aligned(console, columns, chain([titles], first, cells), widths, to)
    else:
        _stacked(console, columns, chain(first, cells), to)


def csv_rows(console: Console, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
    """Write rows as CSV (RFC 4180, one record a line) to stdout.

    Meant for spreadsheets: a cell that one would take for a formula gets an apostrophe in front.
    """
    coming = iter(rows)
    # An error in place of the first row is all that is said; without rows there is still a head.
    first = list(islice(coming, 1))
    for row in chain([[column.title for column in columns]], first, coming):
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow([_no_formula(plain(cell)) for cell in row])
        console.data(line.getvalue())


def _no_formula(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _print(console: Console, line: str, to: To) -> None:
    if to == "out":
        console.data(line)
    else:
        console.say(line)


def _widths(columns: Sequence[Column], cells: list[list[str]], available: int) -> list[int] | None:
    """What each column gets, the widest giving way first; None where not even the least widths fit."""
    from rich.cells import cell_len

    titles = [cell_len(column.title) for column in columns]
    contents = [max((cell_len(row[index]) for row in cells), default=0) for index in range(len(columns))]
    widths = [max(title, content) for title, content in zip(titles, contents, strict=True)]
    least = [
        max(title, min(content, column.least)) for title, content, column in zip(titles, contents, columns, strict=True)
    ]
    excess = sum(widths) + len(_GAP) * (len(columns) - 1) - available
    while excess > 0:
        spare = [width if width > enough else 0 for width, enough in zip(widths, least, strict=True)]
        if not any(spare):
            return None
        widths[spare.index(max(spare))] -= 1
        excess -= 1
    return widths


def _aligned(
    console: Console, columns: Sequence[Column], cells: Iterator[list[str]], widths: Sequence[int], to: To
) -> None:
    """The titles are the first row."""
    from rich.text import Text

    for number, row in enumerate(cells):
        line = []
        for cell, column, width in zip(row, columns, widths, strict=True):
            text = Text(cell, "bold" if number == 0 else "")
            text.truncate(width, overflow="ellipsis")
            text.align(column.align, width)
            line.append(text)
        joined = Text(_GAP).join(line)
        joined.rstrip()
        console.rich(to).print(joined, soft_wrap=True)


def _stacked(console: Console, columns: Sequence[Column], cells: Iterator[list[str]], to: To) -> None:
    from rich.cells import cell_len

    title_width = max(cell_len(column.title) for column in columns)
    for number, row in enumerate(cells):
        if number:
            _print(console, "", to)
        for column, cell in zip(columns, row, strict=True):
            _print(console, f"{column.title}{' ' * (title_width - cell_len(column.title))}{_GAP}{cell}", to)
