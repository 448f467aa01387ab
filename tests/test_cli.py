"""The command line as a whole: what it loads, what it says of itself, and how errors end."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from botocore.exceptions import ClientError, NoCredentialsError

from studentdb import __version__, cli
from studentdb.errors import (
    CancelledError,
    IncompleteError,
    LockedError,
    NotAllowedError,
    NotSignedInError,
    StudentDBError,
    UnavailableError,
    UsageError,
)
from tests.command_line import CommandLine

HEAVY = {"boto3", "botocore", "pydantic", "rich", "httpx", "keyring", "ministack"}


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        (("--help",), set()),
        (("--version",), set()),
        # Typer itself imports pydantic, where it is installed, as soon as a command has parameters.
        (("students", "--help"), {"pydantic"}),
        (("deploy", "--help"), {"pydantic"}),
    ],
)
def test_looking_loads_nothing_heavy(arguments: tuple[str, ...], allowed: set[str]) -> None:
    program = (
        "import sys; from studentdb.cli import run; code = run(sys.argv[1:]); "
        "print(code, *sys.modules, file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
    code, *modules = ended.stderr.split()
    assert code == "0"
    assert ended.stdout
    assert HEAVY.intersection(modules) <= allowed


def test_no_other_group_is_loaded() -> None:
    program = "import sys; from studentdb.cli import run; run(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    ended = subprocess.run(
        [sys.executable, "-c", program, "audit", "--help"], capture_output=True, text=True, check=True
    )
    assert "studentdb.commands.audit" in ended.stderr.split()
    assert "studentdb.commands.scores" not in ended.stderr.split()


def test_a_shell_completes_the_commands_of_a_group(tmp_path: Path) -> None:
    asked = {"_STUDENTDB_COMPLETE": "complete_bash", "COMP_WORDS": "studentdb media ", "COMP_CWORD": "2"}
    assert "upload" in CommandLine(tmp_path, asked).ok().split()


def test_version(tmp_path: Path) -> None:
    assert CommandLine(tmp_path / "machine").ok("--version") == f"studentdb {__version__}\n"
    assert list((tmp_path / "machine").iterdir()) == []


def commands(group: object, *before: str) -> list[tuple[str, ...]]:
    """Every command and group, by its words."""
    found = [before]
    for name, command in getattr(group, "commands", {}).items():
        found += commands(command, *before, name)
    return found


COMMANDS = commands(typer.main.get_command(cli.application()))


def test_the_commands_are_those_of_the_documents() -> None:
    words = {" ".join(command) for command in COMMANDS}
    assert {
        *("deploy", "plan", "status", "teardown", "demo", "admin create", "login", "logout", "whoami", "use"),
        *("local up", "local down", "local status", "local reset"),
        *(f"students {verb}" for verb in ("add", "list", "get", "update", "delete", "import")),
    } <= words


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([*command, "--help"]) == 0
    shown, complaints = capsys.readouterr()
    assert complaints == ""
    usage, _, explanation = shown.partition("\n\n")
    assert usage.startswith("Usage: studentdb")
    assert explanation.strip()
    for flag in ("--delete-data", "--password-stdin", "--json", "--yes"):
        if flag in shown:
            assert [line for line in shown.splitlines() if flag in line]


def test_every_list_is_filtered_and_sorted(capsys: pytest.CaptureFixture[str]) -> None:
    """Every list of records: what has a limit."""
    lists = []
    for command in COMMANDS:
        cli.run([*command, "--help"])
        shown = capsys.readouterr().out
        if "--limit" in shown:
            lists.append(" ".join(command))
            assert [flag for flag in ("--filter", "--sort", "--order", "--output", "--json") if flag not in shown] == []
    assert {" ".join(command) for command in COMMANDS if command[-1:] == ("list",)} <= set(lists)


@pytest.mark.parametrize("arguments", [["nothing"], ["students", "nothing"], ["deploy", "extra"], ["login"]])
def test_usage_errors(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(arguments) == 2
    shown, complaints = capsys.readouterr()
    assert shown == ""
    assert "Usage: studentdb" in complaints


@pytest.fixture
def failing(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Runs a command that raises; returns the exit code and what was said."""

    def run(error: BaseException) -> tuple[int, str]:
        def fail() -> None:
            raise error

        app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
        app.command()(fail)
        code = cli.run([], lambda _: app)
        shown, said = capsys.readouterr()
        assert shown == ""
        return code, said

    return run


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (StudentDBError, 1),
        (UsageError, 2),
        (NotSignedInError, 4),
        (NotAllowedError, 4),
        (UnavailableError, 5),
        (IncompleteError, 6),
        (LockedError, 7),
        (CancelledError, 130),
    ],
)
def test_errors_end_in_words_and_a_code(
    kind: type[StudentDBError], code: int, failing: Callable[..., tuple[int, str]]
) -> None:
    error = kind("what", why="why", hint="a command")
    assert failing(error) == (code, "error: what: why\nhint: a command\n")


def test_ctrl_c(failing: Callable[..., tuple[int, str]]) -> None:
    for error in (KeyboardInterrupt(), typer.Abort()):
        assert failing(error) == (130, "error: interrupted\n")


def test_what_boto3_raises(failing: Callable[..., tuple[int, str]]) -> None:
    code, said = failing(NoCredentialsError())
    assert (code, said.splitlines()[0]) == (4, "error: no AWS credentials: Unable to locate credentials")
    code, said = failing(ClientError({"Error": {"Code": "Odd", "Message": "very"}}, "CreateTable"))
    assert (code, said) == (1, "error: AWS refused CreateTable: Odd: very\n")


def test_a_bug_shows_its_place_and_no_value(failing: Callable[..., tuple[int, str]]) -> None:
    code, said = failing(KeyError("somebody@example.edu"))
    assert code == 1
    assert said.startswith(f"error: this is a bug in studentdb: KeyError at {__file__}:")
    assert "somebody" not in said
    assert "Traceback" not in said


def test_a_reader_who_has_seen_enough(tmp_path: Path) -> None:
    """`studentdb … | head -1`: no complaint about the pipe."""
    with CommandLine(tmp_path / "machine").start("--help") as started:
        assert started.stdout is not None
        assert started.stderr is not None
        started.stdout.close()
        complaints = started.stderr.read()
    assert (started.returncode, complaints) == (0, "")


@pytest.mark.parametrize(
    ("hint", "arguments", "expected"),
    [
        ("studentdb deploy", ["status", "--env", "int", "--local"], "studentdb deploy --env int --local"),
        ("studentdb login EMAIL", ["students", "list", "--env=two"], "studentdb login EMAIL --env two"),
        (
            "studentdb teardown  (it goes on from here)",
            ["teardown", "--profile", "school"],
            "studentdb teardown --profile school  (it goes on from here)",
        ),
        ("studentdb deploy", ["status"], "studentdb deploy"),
        ("studentdb use prod@local", ["students", "list", "--env", "x"], "studentdb use prod@local"),
        ("add --env a or --env b", ["plan", "--local"], "add --env a or --env b"),
        ("correct the file, then import it", ["students", "import", "--local"], "correct the file, then import it"),
    ],
)
def test_a_hint_means_the_deployment_that_the_command_meant(hint: str, arguments: list[str], expected: str) -> None:
    assert cli._in_same_place(hint, arguments) == expected
