"""Tables that fit the terminal, and that programs can read when nobody looks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from studentdb.ui.console import Console, plain

if TYPE_CHECKING:
    from studentdb.ui.console import To

_GAP = "  "


@dataclass(frozen=True)
class Column:
    """`least` is the width in cells below which the column says nothing any more."""

    title: str
    align: Literal["left", "right"] = "left"
    least: int = 8


def table(console: Console, columns: Sequence[Column], rows: Iterable[Sequence[str]], *, to: To = "out") -> None:
    """Show rows.

    On a terminal: aligned columns, too long cells cut with an ellipsis, and one cell per line where even that does not
    fit. Elsewhere: all of every cell, separated by tabs, under the titles.
    """
    cells = [[plain(cell) for cell in row] for row in rows]
    if not console.is_terminal(to):
        for line in ([column.title for column in columns], *cells):
            _print(console, "\t".join(line), to)
        return
    widths = _widths(columns, cells, console.rich(to).width)
    if widths is not None:
        _aligned(console, columns, cells, widths, to)
    else:
        _stacked(console, columns, cells, to)


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
    console: Console, columns: Sequence[Column], cells: list[list[str]], widths: Sequence[int], to: To
) -> None:
    from rich.text import Text

    for number, row in enumerate(([column.title for column in columns], *cells)):
        line = []
        for cell, column, width in zip(row, columns, widths, strict=True):
            text = Text(cell, "bold" if number == 0 else "")
            text.truncate(width, overflow="ellipsis")
            text.align(column.align, width)
            line.append(text)
        joined = Text(_GAP).join(line)
        joined.rstrip()
        console.rich(to).print(joined, soft_wrap=True)


def _stacked(console: Console, columns: Sequence[Column], cells: list[list[str]], to: To) -> None:
    from rich.cells import cell_len

    title_width = max(cell_len(column.title) for column in columns)
    for number, row in enumerate(cells):
        if number:
            _print(console, "", to)
        for column, cell in zip(columns, row, strict=True):
            _print(console, f"{column.title}{' ' * (title_width - cell_len(column.title))}{_GAP}{cell}", to)
