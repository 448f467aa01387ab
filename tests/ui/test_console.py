"""Where words go, and what they may hold."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys

import pytest

from studentdb.errors import StudentDBError, UsageError
from studentdb.provision.engine import WalkError
from studentdb.ui import errors
from studentdb.ui.console import Console, plain
from tests.ui.terminal import in_pipe, on_terminal


def test_data_goes_to_stdout_and_words_to_stderr() -> None:
    console, out, err = in_pipe()
    console.data("S1001")
    console.say("1 student", style="bold red")
    assert (out.getvalue(), err.getvalue()) == ("S1001\n", "1 student\n")


def test_json_is_readable_and_complete() -> None:
    console, out, _ = in_pipe()
    console.json({"name": "Nguyễn Thị Ánh"})
    assert "Nguyễn Thị Ánh" in out.getvalue()
    assert json.loads(out.getvalue()) == {"name": "Nguyễn Thị Ánh"}


def test_a_stream_that_knows_few_letters_gets_valid_json_and_no_traceback() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="cp1252")
    console = Console(out, out, {})
    console.json({"name": "Nguyễn"})
    assert json.loads(raw.getvalue()) == {"name": "Nguyễn"}
    console.say("Nguyễn")
    assert raw.getvalue().endswith(b"Nguy?n\n")


def test_colours_follow_the_terminal_and_no_color() -> None:
    console, _, err = on_terminal()
    console.say("done", style="green")
    assert "\x1b[" in err.getvalue()
    console, _, err = on_terminal(NO_COLOR="1")
    console.say("done", style="green")
    assert err.getvalue() == "done\n"


def test_a_file_gets_colours_only_where_they_are_asked_for() -> None:
    console, _, err = in_pipe()
    console.say("done", style="green")
    assert err.getvalue() == "done\n"
    console, _, err = in_pipe(FORCE_COLOR="1")
    console.say("done", style="green")
    assert "\x1b[" in err.getvalue()


def test_words_into_a_file_need_no_rich() -> None:
    code = """if True:
        import sys
        from studentdb.ui.console import Console
        Console().say("done", style="green")
        print([name for name in sys.modules if name.partition(".")[0] == "rich"])
    """
    env = {**os.environ, "FORCE_COLOR": ""}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("[]\n", "done\n")


@pytest.mark.parametrize(("environ", "animated"), [({}, True), ({"TERM": "dumb"}, False), ({"CI": "true"}, False)])
def test_what_may_move(environ: dict[str, str], animated: bool) -> None:
    assert on_terminal(80, **environ)[0].animated is animated
    assert in_pipe(**environ)[0].animated is False


def test_long_lines_are_not_broken() -> None:
    console, _, err = on_terminal(width=20)
    console.say("x" * 90, style="red")
    assert err.text == "x" * 90 + "\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Nguyễn Thị Ánh", "Nguyễn Thị Ánh"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("abc\u202edcb", "abc\\u202edcb"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_plain(text: str, shown: str) -> None:
    assert plain(text) == shown


# What clears the screen, a control of eight bits that does the same, what deletes, rings and turns the direction.
HOSTILE = "\x1b[2J\x9b2J\x7f\x07\r\u202e\u2028\U000e0041"


@pytest.mark.parametrize("style", ["", "bold"])
def test_no_data_gives_the_terminal_an_order(style: str) -> None:
    console, out, err = on_terminal(NO_COLOR="1")
    shown = "\\x1b[2J\\x9b2J\\x7f\\x07\\r\\u202e\\u2028\\U000e0041"
    console.data(f"a\t{HOSTILE}\nb")
    assert out.getvalue() == f"a\t{shown}\nb\n"
    console.say(f"first\n  {HOSTILE}", style=style)
    assert shown in err.text
    assert not set(HOSTILE) - set("[2J\x1b") & set(err.getvalue())


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_json_gives_it_none_either_and_says_the_same(encoding: str) -> None:
    raw = io.BytesIO()
    value = {f"key {HOSTILE}": [f"{HOSTILE}\n\t", "Nguyễn می\u200cخواهم \xa0"]}
    out = io.TextIOWrapper(raw, encoding=encoding)
    Console(out, out, {}).json(value)
    text = raw.getvalue().decode(encoding)
    assert json.loads(text) == value
    assert not set(HOSTILE) - set("[2J") & set(text)
    assert ("Nguyễn می\u200cخواهم" in text) == (encoding == "utf-8")


def test_an_error_reads_what_why_hint() -> None:
    console, out, err = in_pipe()
    errors.show(console, UsageError("no such deployment", why="`x` is not known", hint="studentdb use NAME"))
    assert err.getvalue() == "error: no such deployment: `x` is not known\nhint: studentdb use NAME\n"
    assert out.getvalue() == ""


def test_an_error_without_reason_and_hint() -> None:
    console, _, err = in_pipe()
    errors.show(console, StudentDBError("it broke"))
    assert err.getvalue() == "error: it broke\n"


def test_several_failures_are_several_lines_and_a_hint_is_said_once() -> None:
    failures: dict[str, Exception] = {
        "bucket/site": StudentDBError("not ours", hint="choose another name"),
        "bucket/media": StudentDBError("not ours", hint="choose another name"),
        "table/users": ValueError("odd\x1b[2J"),
    }
    console, _, err = in_pipe()
    error = WalkError("the deploy is incomplete", failures, ())
    error.hint = "run it again"
    errors.show(console, error)
    assert err.getvalue().splitlines() == [
        "error: the deploy is incomplete",
        "  bucket/site: not ours",
        "  bucket/media: not ours",
        "  table/users: odd\\x1b[2J",
        "hint: choose another name",
        "hint: run it again",
    ]


def test_importing_it_loads_no_rich() -> None:
    modules = "studentdb.ui, studentdb.ui.console, studentdb.ui.errors, studentdb.ui.tables, studentdb.ui.progress"
    program = f"import sys, {modules}, studentdb.ui.plan_view; print('rich' in sys.modules, 'boto3' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["False", "False"]
