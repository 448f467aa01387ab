"""Passwords come from a prompt or from stdin, never from the command line, where other users could read them."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from studentdb.errors import UsageError

PasswordStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from stdin (its first line).")]


def from_stdin(what: str = "password") -> str:
    """The next line of stdin. `what` it is has an option of this name. Raises UsageError where it is empty."""
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        hint = f"printf '%s' \"${what.upper()}\" | studentdb … --{what}-stdin"
        raise UsageError(f"no {what} came from stdin", hint=hint)
    return line


def from_prompt(question: str = "Password", *, twice: bool = False) -> str:
    """What a person types, unseen. Raises UsageError where nobody is there to type."""
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to type a password", hint="add --password-stdin and pipe it in")
    return str(typer.prompt(question, hide_input=True, confirmation_prompt=twice, err=True))
