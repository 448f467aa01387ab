"""`studentdb sign-up`: an account of one's own, where the school takes sign-ups."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from studentdb.commands import nouns
from studentdb.commands.account import meet
from studentdb.commands.command import command
from studentdb.commands.passwords import PasswordStdin, from_prompt, from_stdin
from studentdb.context import Context
from studentdb.errors import UsageError

if TYPE_CHECKING:
    from studentdb.contract.registrations import SignUp


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    command(app)(sign_up)


def sign_up(
    context: Context,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Your e-mail address.")],
    *,
    given_name: Annotated[
        str | None, typer.Option("--given-name", metavar="NAME", help="Your given name, or the only one that you have.")
    ] = None,
    family_name: Annotated[str | None, typer.Option("--family-name", metavar="NAME", help="Your family name.")] = None,
    role: Annotated[
        str | None, typer.Option("--role", metavar="ROLE", help="What you ask to be: student or lecturer.")
    ] = None,
    site: Annotated[
        str | None, typer.Option("--site", metavar="URL", help="Your school's site; needed once on each machine.")
    ] = None,
    confirm: Annotated[bool, typer.Option("--confirm", help="You have signed up, and have the code.")] = False,
    resend: Annotated[bool, typer.Option("--resend", help="You have signed up, and need another code.")] = False,
    password_stdin: PasswordStdin = False,
    code_stdin: Annotated[
        bool, typer.Option("--code-stdin", help="Read the code from stdin (its line after the password's).")
    ] = False,
) -> None:
    """Sign up, where your school allows it. An administrator has to approve it.

    A code comes by e-mail. Where nobody is there to type it, the command ends after asking for it; enter it later with
    --confirm. Say --role then as well: it is not kept until the code is entered.
    """
    from studentdb.api import sign_up as steps
    from studentdb.ui.console import Console

    if confirm and resend:
        raise UsageError("--confirm or --resend?", hint="--resend asks for another code, and then for what it is")
    if not given_name and not confirm and not resend:
        raise UsageError("what are you called?", hint="add --given-name NAME, and --family-name NAME if you have one")
    # With --confirm nobody's name is needed; what it must be like is said before a password is asked for.
    who = _checked(email, given_name or "-", family_name, role)
    console = Console()
    if site is not None:
        meet(context, site)
    console.say(f"Signing up at {context.known.label} at {context.known.site_url}")
    if not confirm:
        if resend:
            sent_to = steps.resend(context.cognito, who.email)
        else:
            password = from_stdin() if password_stdin else from_prompt(twice=True)
            sent_to = steps.begin(context.cognito, who, password)
        if site is not None:
            context.registry.remember(context.known)
        console.say(f"A code is on its way to {sent_to}.")
    if not code_stdin and not sys.stdin.isatty():
        if confirm:
            raise UsageError("nobody is there to type the code", hint="add --code-stdin and pipe it in")
        console.say(f"Once you have it: studentdb sign-up {who.email} --confirm --code-stdin")
        return
    code = from_stdin("code") if code_stdin else str(typer.prompt("Code", err=True))
    steps.confirm(context.cognito, who.email, code, who.role)
    if site is not None:
        context.registry.remember(context.known)
    console.say(
        f"{who.email} is confirmed, and waits for an administrator's approval. Then: studentdb login {who.email}"
    )


def _checked(email: str, given_name: str, family_name: str | None, role: str | None) -> SignUp:
    from studentdb.api.problems import checked
    from studentdb.contract.registrations import SignUp

    fields = {"email": email, "given_name": given_name, "family_name": family_name, "role": role}
    return checked(SignUp, nouns.given(fields))
