"""`studentdb admin create`: the first admin, made with AWS credentials."""

from __future__ import annotations

from typing import Annotated

import typer

from studentdb.commands.command import Json, command
from studentdb.commands.deployment import announce
from studentdb.commands.passwords import PasswordStdin, from_stdin
from studentdb.context import Context
from studentdb.errors import StudentDBError


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    admin = typer.Typer(help="Administrators.", rich_markup_mode=None, no_args_is_help=True)
    command(admin)(create)
    app.add_typer(admin, name="admin")


def create(
    context: Context,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The admin's e-mail address.")],
    *,
    password_stdin: PasswordStdin = False,
    as_json: Json = False,
) -> None:
    """Create an administrator, with your AWS credentials.

    Prints a one-time password that the first sign-in changes; with --password-stdin a lasting one is read instead.
    """
    from studentdb.api.problems import checked
    from studentdb.contract.models import Account
    from studentdb.ui.console import Console

    console = Console()
    # Before AWS is asked for anything.
    email = checked(Account, {"email": email}).email
    password = from_stdin() if password_stdin else None
    announce(context, console, "Creating an administrator of")
    one_time = create_administrator(context, email, password)
    if as_json:
        console.json({"email": email, **({"one_time_password": one_time} if one_time else {})})
    elif one_time:
        console.data(one_time)
        console.say(f"This is {email}'s one-time password; it is shown only now. Next: studentdb login {email}")
    else:
        console.say(f"Done. Next: studentdb login {email}")


def create_administrator(context: Context, email: str, password: str | None) -> str | None:
    """Make the account; returns its one-time password, None where `password` is a lasting one."""
    from studentdb.provision import events
    from studentdb.provision.administrators import create_administrator as create_in_pool

    user_pool_id = context.deployer(events.silent).user_pool_id()
    if user_pool_id is None:
        raise StudentDBError(f"{context.target.label} is not deployed", hint="studentdb deploy")
    return create_in_pool(context.aws, user_pool_id, email, password).one_time_password
