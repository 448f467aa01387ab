"""Codes of a second factor come from a prompt or from stdin, never from the command line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from studentdb.errors import StudentDBError, UsageError

if TYPE_CHECKING:
    from studentdb.api.cognito import EnterCode
    from studentdb.ui.console import Console

CodeStdin = Annotated[bool, typer.Option("--code-stdin", help="Read the code of the second factor from stdin.")]

# Wrong codes, of which somebody at a prompt may have typed the first two without meaning to.
_MOST_WRONG = 3


def entering(console: Console, *, stdin: bool) -> EnterCode:
    """Asks for a code: of stdin once, of a person again where one was wrong.

    What it gives raises the last refusal where it is enough, and UsageError where nobody is there to type.
    """
    wrong = 0

    def enter(refused: StudentDBError | None) -> str:
        nonlocal wrong
        if refused is not None:
            wrong += 1
            if stdin or wrong == _MOST_WRONG:
                raise refused
            console.say(str(refused))
        return _from_stdin() if stdin else _from_prompt()

    return enter


def _from_stdin() -> str:
    code = _digits(sys.stdin.readline())
    if not code:
        raise UsageError("no code came from stdin", hint="a line with the code, after the password's if there is one")
    return code


def _from_prompt() -> str:
    refuse_without_anybody(stdin=False)
    return _digits(str(typer.prompt("Code of your authenticator app", err=True)))


def refuse_without_anybody(*, stdin: bool) -> None:
    """Raises UsageError where nobody could enter a code."""
    if not stdin and not sys.stdin.isatty():
        raise UsageError(
            "nobody is there to type the code of the second factor", hint="add --code-stdin and pipe it in"
        )


def _digits(text: str) -> str:
    """Apps show `123 456`."""
    return "".join(text.split())
