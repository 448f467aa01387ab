"""Passwords come from a prompt or from stdin, never from the command line, where other users could read them."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from studentdb.errors import UsageError

PasswordStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from stdin (its first line).")]


def from_stdin() -> str:
    """The first line of stdin. Raises UsageError where it is empty."""
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise UsageError("no password came from stdin", hint="printf '%s' \"$PASSWORD\" | studentdb … --password-stdin")
    return password


def from_prompt(question: str = "Password", *, twice: bool = False) -> str:
    """What a person types, unseen. Raises UsageError where nobody is there to type."""
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to type a password", hint="add --password-stdin and pipe it in")
    return str(typer.prompt(question, hide_input=True, confirmation_prompt=twice, err=True))
