"""A walk while it happens, on a terminal and elsewhere."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from studentdb.provision.events import Event, Phase, Verb
from studentdb.ui.progress import Count, Progress
from tests.ui.terminal import in_pipe, on_terminal


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def event(phase: Phase, action: Verb, name: str = "a", seconds: float = 0.0, detail: str = "") -> Event:
    return Event(f"table/{name}", "table", name, phase, action, seconds, detail)


def test_plain_lines_elsewhere() -> None:
    console, out, err = in_pipe()
    clock = Clock()
    with Progress(console, clock=clock) as progress:
        for name in "abc":
            progress(event("start", "read", name))
            progress(event("done", "read", name, 0.1))
        for name, action in (("a", "create"), ("b", "update")):
            progress(event("start", action, name))  # type: ignore[arg-type]
            progress(event("done", action, name, 1.25))  # type: ignore[arg-type]
        progress(event("start", "delete", "c"))
        progress(event("failed", "delete", "c", 0.5, "denied\nfor good\x1b[2J"))
        progress(event("skipped", "create", "d"))
        clock.now += 12
    assert out.getvalue() == ""
    assert err.getvalue().splitlines() == [
        "+ created table a (1.2 s)",
        "~ updated table b (1.2 s)",
        "x failed deleting table c (0.5 s): denied\\nfor good\\x1b[2J",
        "x skipped creating table d: what it needs failed",
        "1 created, 1 updated, 1 failed, 1 skipped in 12.0 s",
    ]


def test_only_reading_is_one_line() -> None:
    console, _, err = in_pipe()
    with Progress(console) as progress:
        for name in "abca":
            progress(event("start", "read", name))
            progress(event("done", "read", name))
    assert err.getvalue() == "looked at 3 resources in 0.0 s\n"


def test_nothing_at_all_says_nothing() -> None:
    console, _, err = in_pipe()
    with Progress(console):
        pass
    assert err.getvalue() == ""


def test_a_long_silence_is_broken_elsewhere() -> None:
    console, _, err = in_pipe()
    clock = Clock()
    with Progress(console, clock=clock) as progress:
        progress(event("start", "delete", "slow"))
        clock.now += 31
        deadline = time.monotonic() + 10
        while "still" not in err.getvalue() and time.monotonic() < deadline:
            time.sleep(0.05)
    assert err.getvalue() == "... still deleting table slow, 31 s\n"


def test_a_live_view_on_a_terminal_leaves_the_lines() -> None:
    console, out, err = on_terminal()
    clock = Clock()
    with Progress(console, clock=clock) as progress:
        progress.expect(2)
        progress(event("start", "create", "slow"))
        progress(event("start", "create", "quick"))
        progress(event("done", "create", "quick", 0.2))
        deadline = time.monotonic() + 10
        while "1 of 2 done" not in err.text and time.monotonic() < deadline:
            time.sleep(0.05)
        clock.now += 0.5
        progress(event("done", "create", "slow", 0.5))
    assert out.getvalue() == ""
    assert "1 of 2 done, 0 s" in err.text
    assert "creating table slow" in err.text
    assert err.getvalue().count("\x1b[?25l") == err.getvalue().count("\x1b[?25h") == 1
    assert err.text.splitlines()[-1].startswith("2 created in 0.")


def test_colours_and_moves_are_off_where_they_are_not_wanted() -> None:
    console, _, err = on_terminal(NO_COLOR="1", TERM="dumb")
    with Progress(console) as progress:
        progress(event("start", "create"))
        progress(event("done", "create", seconds=1))
    assert "\x1b" not in err.getvalue()


def test_nothing_moves_during_a_question() -> None:
    console, _, err = on_terminal()
    clock = Clock()
    with Progress(console, clock=clock) as progress:
        with progress.paused():
            before = err.getvalue()
            assert before.endswith("\x1b[?25h") or "\x1b[?25h" in before
            time.sleep(0.3)
            assert err.getvalue() == before
            clock.now += 60
        progress(event("start", "create"))
        progress(event("done", "create"))
    assert "1 created in 0.0 s" in err.text


def test_a_crash_gives_the_terminal_back() -> None:
    console, _, err = on_terminal()
    with pytest.raises(KeyboardInterrupt), Progress(console) as progress:
        progress(event("start", "create"))
        raise KeyboardInterrupt
    assert err.getvalue().count("\x1b[?25h") == 1


def test_many_threads() -> None:
    console, _, err = on_terminal(height="10")
    with Progress(console) as progress, ThreadPoolExecutor(16) as pool:

        def walk(number: int) -> None:
            progress(event("start", "create", str(number)))
            progress(event("done", "create", str(number)))

        list(pool.map(walk, range(300)))
    assert "300 created in" in err.text


def test_tokens_in_names_are_not_shown() -> None:
    console, _, err = in_pipe()
    with Progress(console) as progress:
        progress(event("failed", "create", "⟦bucket/site#name⟧"))
    assert "failed creating table (known after apply)" in err.getvalue()


def test_a_count_says_how_fast_and_how_long_still() -> None:
    console, _, err = in_pipe()
    clock = Clock()
    with Count(console, "students", 86, clock=clock) as count:
        assert count.line() == "0 of 86 students"
        clock.now += 4
        count.advance(40)
        assert count.line() == "40 of 86 students, 10 a second, 5 s left"
        assert err.getvalue() == ""
        clock.now += 30
        count.advance()
    assert err.getvalue() == "41 of 86 students, 1 a second, 37 s left\n"


def test_a_count_on_a_terminal_leaves_nothing() -> None:
    console, out, err = on_terminal()
    with Count(console, "students", 86) as count:
        count.advance(86)
    assert out.getvalue() == ""
    assert "86 of 86 students" in err.text
