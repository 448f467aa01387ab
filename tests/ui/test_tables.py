"""Tables on terminals of every width, and in pipes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from studentdb.ui.tables import Column, table
from tests.ui.terminal import in_pipe, on_terminal

COLUMNS = (Column("Number"), Column("Name", least=12), Column("Grade", align="right", least=5))
ROWS = (
    ("S1001", "Nguyễn Thị Ánh", "9"),
    ("S1002", "王小明", "10"),
    ("S1003", "Nguye\u0302\u0303n", "11"),
    ("S1004", "Wolfeschlegelsteinhausenbergerdorff Hubert Blaine", "12"),
)


def shown(width: int, rows: Sequence[Sequence[str]] = ROWS) -> list[str]:
    console, out, _ = on_terminal(width)
    table(console, COLUMNS, rows)
    return [line.rstrip() for line in out.text.splitlines()]


def test_columns_line_up_whatever_the_letters() -> None:
    lines = shown(80)
    assert lines[0].split() == ["Number", "Name", "Grade"]
    assert len({cell_len(line) for line in lines}) == 1
    assert lines[2].startswith("S1002   王小明")


def test_too_long_cells_are_cut_visibly() -> None:
    lines = shown(40)
    assert "…" in lines[4]
    assert lines[4].endswith("12")
    assert all(cell_len(line) <= 40 for line in lines)


def test_a_very_narrow_terminal_gets_one_cell_per_line() -> None:
    lines = shown(20, ROWS[:2])
    assert lines == [
        "Number  S1001",
        "Name    Nguyễn Thị Ánh",
        "Grade   9",
        "",
        "Number  S1002",
        "Name    王小明",
        "Grade   10",
    ]


def test_a_pipe_gets_all_of_every_cell() -> None:
    console, out, _ = in_pipe()
    table(console, COLUMNS, [*ROWS, ("S1005", "a\tb\nc\x1b[2J", "1")])
    lines = out.getvalue().splitlines()
    assert lines[0] == "Number\tName\tGrade"
    assert [tuple(line.split("\t")) for line in lines[1:5]] == list(ROWS)
    assert lines[5] == "S1005\ta\\tb\\nc\\x1b[2J\t1"


def test_short_columns_are_never_cut_for_long_ones() -> None:
    lines = shown(40)
    assert [line.split()[0] for line in lines] == ["Number", "S1001", "S1002", "S1003", "S1004"]
    assert [line.split()[-1] for line in lines] == ["Grade", "9", "10", "11", "12"]


def test_no_rows_show_the_titles() -> None:
    assert shown(80, ()) == ["Number  Name  Grade"]


def test_words_in_brackets_are_no_markup() -> None:
    assert "[red]x" in "\n".join(shown(80, [("S1", "[red]x", "9")]))


@pytest.mark.parametrize("width", [27, 40, 79])
@given(name=st.text(min_size=1, max_size=60))
def test_no_line_is_wider_than_the_terminal(width: int, name: str) -> None:
    console, out, _ = on_terminal(width)
    table(console, COLUMNS, [("S1001", name, "9")])
    assert len(out.text.splitlines()) == 2
    assert all(cell_len(line.rstrip()) <= width for line in out.text.splitlines())
