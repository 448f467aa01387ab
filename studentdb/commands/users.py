"""`studentdb users …`: who can sign in, through the deployed API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from studentdb.commands import nouns
from studentdb.commands.command import Json, Yes, command
from studentdb.commands.nouns import Columns, Limit, Output
from studentdb.context import Context
from studentdb.errors import CancelledError

if TYPE_CHECKING:
    from studentdb.contract.models import RequestModel
    from studentdb.contract.users import User
    from studentdb.ui.console import Console

Who = Annotated[str, typer.Argument(metavar="EMAIL", help="The account's e-mail address or id.")]
Role = Annotated[str, typer.Option("--role", metavar="ROLE", help="admin, lecturer or student.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Why; it stands in the audit.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    users = typer.Typer(help="Accounts: who can sign in.", rich_markup_mode=None, no_args_is_help=True)
    command(users)(list_)
    command(users)(get)
    command(users)(invite)
    command(users)(disable)
    command(users)(enable)
    command(users)(set_role)
    command(users)(reset_password)
    app.add_typer(users, name="users")


def list_(
    context: Context,
    *,
    role: Annotated[str | None, typer.Option("--role", metavar="ROLE", help="Only admin, lecturer or student.")] = None,
    limit: Limit = None,
    output: Output = "table",
    as_json: Json = False,
) -> None:
    """List the accounts, role by role. An account without a role is found by: studentdb users check."""
    nouns.show_list(
        context.users.list(limit=limit, role=role),
        _COLUMNS,
        as_json=as_json,
        output=output,
        words=("account", "accounts"),
        nothing="Nobody has an account in this role: studentdb users invite EMAIL --role ROLE",
    )


def get(context: Context, who: Who, *, as_json: Json = False) -> None:
    """Show one account."""
    _show(_found(context, who), as_json=as_json)


def invite(
    context: Context,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Where the invitation goes, and the name to sign in.")],
    *,
    role: Role,
    person: Annotated[
        str | None,
        typer.Option("--person", metavar="NUMBER", help="Whose account it is (default: whoever has the e-mail)."),
    ] = None,
    mail: Annotated[bool, typer.Option("--mail/--no-mail", help="Send a mail, or print a one-time password.")] = True,
    as_json: Json = False,
) -> None:
    """Make an account, and send its one-time password by e-mail.

    Again for the same person: what was left undone is done, and another invitation goes out if none was followed yet.
    """
    from studentdb.api.problems import checked, parsed
    from studentdb.contract.users import UserInvite, UserWithPassword

    given = nouns.given({"email": email, "role": role, "identifier": person, "mail": mail})
    body = checked(UserInvite, given)
    console = nouns.announced(context)
    invited = parsed(UserWithPassword, context.api.call("invite_user", body=body))
    _show_password(invited, as_json=as_json, console=console)
    if not invited.one_time_password and invited.state == "invited":
        console.say(f"An invitation is on its way to {invited.email}; its one-time password is good for 7 days.")


def disable(context: Context, who: Who, *, reason: Reason = None, as_json: Json = False) -> None:
    """Lock somebody out at once, also from sessions that are open."""
    from studentdb.contract.users import UserReason

    _change(context, "disable_user", who, UserReason, {"reason": reason}, as_json=as_json)


def enable(context: Context, who: Who, *, reason: Reason = None, as_json: Json = False) -> None:
    """Let somebody in again."""
    from studentdb.contract.users import UserReason

    _change(context, "enable_user", who, UserReason, {"reason": reason}, as_json=as_json)


def set_role(context: Context, who: Who, *, role: Role, reason: Reason = None, as_json: Json = False) -> None:
    """Give an account another role, instead of the one that it has; it counts at once."""
    from studentdb.contract.users import UserRole

    _change(context, "set_user_role", who, UserRole, {"role": role, "reason": reason}, as_json=as_json)


def reset_password(
    context: Context, who: Who, *, reason: Reason = None, yes: Yes = False, as_json: Json = False
) -> None:
    """Print a one-time password for somebody who forgot theirs; sessions that are open end."""
    from studentdb.api.problems import parsed
    from studentdb.commands.deployment import asked
    from studentdb.contract.users import UserReason, UserWithPassword

    body = _checked(UserReason, {"reason": reason})
    console = nouns.announced(context)
    current = _found(context, who)
    if not yes and not asked(f"Reset the password of {current.email}?"):
        raise CancelledError("no password was reset")
    answer = context.api.call("reset_user_password", path={"id": current.id}, body=body)
    _show_password(parsed(UserWithPassword, answer), as_json=as_json, console=console)


def _change(
    context: Context, operation: str, who: str, model: type[RequestModel], fields: dict[str, Any], *, as_json: bool
) -> None:
    from studentdb.api.problems import parsed
    from studentdb.contract.users import User

    body = _checked(model, fields)
    console = nouns.announced(context)
    answer = context.api.call(operation, path={"id": _found(context, who).id}, body=body)
    _show(parsed(User, answer), as_json=as_json, console=console)


def _checked(model: type[RequestModel], fields: dict[str, Any]) -> RequestModel:
    from studentdb.api.problems import checked

    return checked(model, nouns.given(fields))


def _found(context: Context, who: str) -> User:
    """The account with this e-mail or id. Raises NotFoundError, InvalidInputError."""
    return context.users.find(who)


def _show(user: User, *, as_json: bool, console: Console | None = None) -> None:
    nouns.show(user, as_json=as_json, console=console)


def _show_password(user: Any, *, as_json: bool, console: Console) -> None:
    """The account; on stdout only what a script wants of it: the one-time password, where there is one."""
    if as_json or not user.one_time_password:
        _show(user, as_json=as_json, console=console)
        return
    console.data(user.one_time_password)
    console.say(f"This is {user.email}'s one-time password for the next sign-in; it is shown only now.")


def _person(user: User) -> str:
    person = user.person
    if person is None:
        return ""
    return f"{person.given_name or ''} {person.family_name or ''} {person.identifier or ''}".strip()


_COLUMNS: Columns = {
    "E-mail": lambda each: each.email or "",
    "Role": lambda each: each.role or "",
    "Status": lambda each: each.status,
    "State": lambda each: each.state,
    "Person": _person,
}
