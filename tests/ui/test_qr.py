"""QR codes are drawn module by module, dark on light, where there is room and somebody looks on."""

from __future__ import annotations

import segno

from studentdb.ui import qr
from tests.ui.terminal import in_pipe, on_terminal

TEXT = "otpauth://totp/studentdb%20prod:head%40example.edu?secret=ABCDEFGHIJKLMNOPQRSTUVWXYZ234567&issuer=x"
_MODULES = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}


def test_the_modules_are_those_of_the_code_with_its_border() -> None:
    drawn = qr.lines(TEXT)
    rows = [[_MODULES[character][half] for character in line] for line in drawn for half in (0, 1)]
    expected = [list(map(int, row)) for row in segno.make(TEXT, micro=False, error="l").matrix_iter(border=4)]
    assert rows[: len(expected)] == expected
    assert len({len(line) for line in drawn}) == 1
    assert not any(map(any, rows[len(expected) :]))


def test_on_a_terminal() -> None:
    console, out, err = on_terminal(80)
    qr.show(console, TEXT)
    assert [line for line in err.text.split("\n") if line] == list(qr.lines(TEXT))
    assert "\x1b[30;107m" in err.getvalue()
    assert not out.getvalue()


def test_without_colours() -> None:
    console, _, err = on_terminal(80, NO_COLOR="1")
    qr.show(console, TEXT)
    assert "\x1b[30" not in err.getvalue()
    assert [line for line in err.text.split("\n") if line] == list(qr.lines(TEXT))


def test_too_narrow_and_no_terminal() -> None:
    console, _, err = on_terminal(40)
    qr.show(console, TEXT)
    assert "too narrow" in err.text
    piped, _, stream = in_pipe()
    qr.show(piped, TEXT)
    assert "only drawn on a terminal" in stream.getvalue()
    assert "█" not in err.text + stream.getvalue()
