"""`studentdb mfa …`: your own second factor, an authenticator app."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from studentdb.commands import codes, nouns
from studentdb.commands.codes import CodeStdin
from studentdb.commands.command import Json, Yes, command
from studentdb.context import Context
from studentdb.errors import CancelledError

if TYPE_CHECKING:
    from studentdb.api.cognito import EnterCode


def register(mfa: typer.Typer) -> None:
    """Add the commands to their group."""
    command(mfa)(enrol)
    command(mfa)(off)
    command(mfa)(status)


def enrol(context: Context, *, code_stdin: CodeStdin = False, as_json: Json = False) -> None:
    """Set up an authenticator app: scan the QR code, then enter the code that the app shows.

    From then on every sign-in asks for a code, here and on the site. Until a code was accepted nothing changes; an app
    that was set up before is replaced then.
    """
    from studentdb.api.mfa import uri
    from studentdb.ui.qr import show

    # Before a new key takes the place of one that somebody is about to confirm.
    codes.refuse_without_anybody(stdin=code_stdin)
    console = nouns.announced(context)
    person, factor = context.session.whoami(), context.second_factor
    secret = factor.associate()
    console.say("Scan this with an authenticator app:")
    show(console, uri(secret, email=person.email, deployment=context.known.env))
    console.say(f"Or type this key into it (time-based, 6 digits): {secret}")
    _verified(context, codes.entering(console, stdin=code_stdin))
    if as_json:
        console.json({"email": person.email, "mfa": True})
    console.say(f"Done. {person.email} signs in with a password and a code. Keep the app: an admin can reset it.")


def off(context: Context, *, yes: Yes = False, as_json: Json = False) -> None:
    """Sign in with the password alone."""
    from studentdb.commands.deployment import asked

    console = nouns.announced(context)
    email = context.session.whoami().email
    if not yes and not asked(f"Turn off the second factor of {email}?"):
        raise CancelledError("the second factor stays on")
    context.second_factor.turn_off()
    if as_json:
        console.json({"email": email, "mfa": False})
    console.say(f"Done. {email} signs in with the password alone.")


def status(context: Context, *, as_json: Json = False) -> None:
    """Say whether a sign-in asks for a code."""
    from studentdb.ui.console import Console

    console = Console()
    email, on = context.session.whoami().email, context.second_factor.is_on()
    if as_json:
        console.json({"email": email, "mfa": on})
        return
    console.data(f"{email}: the second factor is {'on' if on else 'off'}")
    if not on:
        console.say("Set it up: studentdb mfa enrol")


def _verified(context: Context, enter: EnterCode) -> None:
    from studentdb.api.cognito_service import WrongCodeError

    refused: WrongCodeError | None = None
    while True:
        code = enter(refused)
        try:
            return context.second_factor.verify(code)
        except WrongCodeError as error:
            refused = error
