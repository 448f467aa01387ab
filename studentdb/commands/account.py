"""`studentdb login | logout | whoami | use`: who you are, and to which deployment."""

from __future__ import annotations

from typing import Annotated

import typer

from studentdb.commands import codes
from studentdb.commands.codes import CodeStdin
from studentdb.commands.command import Json, command
from studentdb.commands.passwords import PasswordStdin, from_prompt, from_stdin
from studentdb.context import Context
from studentdb.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    command(app)(login)
    command(app)(logout)
    command(app)(whoami)
    command(app)(use)


def login(
    context: Context,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Your e-mail address.")],
    *,
    site: Annotated[
        str | None, typer.Option("--site", metavar="URL", help="Your school's site; needed once on each machine.")
    ] = None,
    password_stdin: PasswordStdin = False,
    code_stdin: CodeStdin = False,
) -> None:
    """Sign in. No AWS credentials are needed.

    The first sign-in asks for a new password; with --password-stdin the second line of stdin is the new one. Who has a
    second factor (studentdb mfa) is asked for a code; with --code-stdin it is the line after the passwords.
    """
    from studentdb.ui.console import Console

    console = Console()
    if site is not None:
        meet(context, site)
    # The address, which a stranger's site cannot borrow as it can a name.
    console.say(f"Signing in to {context.known.label} at {context.known.site_url}")
    password = from_stdin() if password_stdin else from_prompt()

    def choose_password() -> str:
        if password_stdin:
            return from_stdin()
        console.say("This password was for one sign-in only. Choose one that only you know.")
        return from_prompt("New password", twice=True)

    person = context.session.sign_in(email, password, choose_password, codes.entering(console, stdin=code_stdin))
    if site is not None:
        context.registry.remember(context.known)
    groups = ", ".join(person.groups) or "no group"
    console.say(f"Signed in as {person.email} ({groups}).")
    if not person.groups:
        console.say("Who has signed up can do nothing until an administrator approves it; then sign in again.")


def meet(context: Context, site: str) -> None:
    """Mean the deployment of this site from here on; it is not remembered yet."""
    from studentdb.api.site import fetch_config
    from studentdb.targets import from_site

    context.known = context.registry.recognise(from_site(fetch_config(context.http, site)))


def logout(context: Context) -> None:
    """Sign out: end the session, here and at the service."""
    from studentdb.ui.console import Console

    console = Console()
    ended = context.session.sign_out()
    if ended.person is None:
        console.say(f"Nobody is signed in to {context.known.label}.")
        return
    console.say(f"Signed out of {context.known.label}.")
    if ended.not_revoked:
        console.say(
            f"The service could not be told ({ended.not_revoked}): "
            "the session is gone from this machine and ends there by itself."
        )


def whoami(context: Context, *, as_json: Json = False) -> None:
    """Say who is signed in, and where."""
    from studentdb.ui.console import Console

    console = Console()
    person = context.session.whoami()
    if as_json:
        console.json(
            {
                "email": person.email,
                "sub": person.sub,
                "groups": list(person.groups),
                "deployment": context.known.label,
                "site_url": context.known.site_url,
            }
        )
        return
    console.data(f"{person.email} ({', '.join(person.groups) or 'no group'}) at {context.known.label}")


def use(
    context: Context,
    deployment: Annotated[
        str | None, typer.Argument(metavar="DEPLOYMENT", help="Its label or site, as listed without an argument.")
    ] = None,
) -> None:
    """Choose the deployment that is meant by default.

    Without an argument, list the known ones; a star marks the default.
    """
    from studentdb.ui.console import Console

    console = Console()
    registry = context.registry
    if deployment is not None:
        known = registry.use(deployment)
        console.say(f"Using {known.label} ({known.site_url}).")
        return
    if not registry.all():
        raise UsageError("no deployment is known on this machine", hint="studentdb login EMAIL --site URL")
    for known in registry.all():
        console.data(f"{'*' if known == registry.default() else ' '} {known.label}  {known.site_url}")
