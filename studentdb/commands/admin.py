"""`studentdb admin create | reset-mfa | rebuild-search`: what needs AWS credentials beside deploying."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from studentdb.commands.command import Json, Yes, command
from studentdb.commands.deployment import announce, asked
from studentdb.commands.passwords import PasswordStdin, from_stdin
from studentdb.context import Context
from studentdb.errors import CancelledError, StudentDBError

if TYPE_CHECKING:
    from studentdb.provision.administrators import Administrator


def register(admin: typer.Typer) -> None:
    """Add the commands to their group."""
    command(admin)(create)
    command(admin)(reset_mfa)
    command(admin)(rebuild_search)


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
    made = create_administrator(context, email, password)
    one_time = made.one_time_password
    if as_json:
        shown = {"one_time_password": one_time} if one_time else {}
        console.json({"email": email, "promoted": made.promoted, **shown})
    elif one_time:
        console.data(one_time)
        console.say(f"This is {email}'s one-time password; it is shown only now. Next: studentdb login {email}")
    elif made.promoted:
        console.say(f"{email} had an account, and is an admin from the next sign-in on; its password is as it was.")
    else:
        console.say(f"Done. Next: studentdb login {email}")


def reset_mfa(
    context: Context,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The admin's e-mail address.")],
    *,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Remove an admin's second factor, with your AWS credentials; sessions that are open end.

    For an admin who lost the authenticator app where no other admin is left who could: studentdb users reset-mfa
    """
    from studentdb.api.problems import checked
    from studentdb.contract.models import Account
    from studentdb.provision.administrators import reset_mfa as reset_in_pool
    from studentdb.ui.console import Console

    console = Console()
    email = checked(Account, {"email": email}).email
    announce(context, console, "Removing a second factor at")
    if not yes and not asked(f"Remove the second factor of {email}? The password alone signs in then."):
        raise CancelledError("no second factor was removed")
    reset_in_pool(context.aws, _user_pool_id(context), email)
    if as_json:
        console.json({"email": email, "mfa": False})
    console.say(f"Done. Next: studentdb login {email}, then studentdb mfa enrol")


def rebuild_search(context: Context) -> None:
    """Write anew what everybody is found by, with your AWS credentials.

    Names are found at once and their parts (--contains) within seconds, by themselves. This is for when the search's
    function could not run for a day. A hundred people take a second or two, and nobody notices.
    """
    from studentdb.provision.migrations import find_people_by_words
    from studentdb.ui.console import Console

    console = Console()
    announce(context, console, "Rebuilding the search of")
    _user_pool_id(context)
    find_people_by_words(context.aws)
    console.say("Done: everybody is found by all words and their parts.")


def create_administrator(context: Context, email: str, password: str | None) -> Administrator:
    """Make the account in the pool of the deployment that is meant."""
    from studentdb.provision.administrators import create_administrator as create_in_pool

    return create_in_pool(context.aws, _user_pool_id(context), email, password)


def _user_pool_id(context: Context) -> str:
    from studentdb.provision import events

    user_pool_id = context.deployer(events.silent).user_pool_id()
    if user_pool_id is None:
        raise StudentDBError(f"{context.target.label} is not deployed", hint="studentdb deploy")
    return user_pool_id
