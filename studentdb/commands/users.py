"""`studentdb users …`: who can sign in, through the deployed API."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from studentdb.commands import nouns
from studentdb.commands.command import Json, Yes, command
from studentdb.commands.listing import Listing
from studentdb.commands.mail import finished
from studentdb.commands.nouns import Columns, Output
from studentdb.context import Context
from studentdb.errors import CancelledError, UsageError

if TYPE_CHECKING:
    from studentdb.contract.models import RequestModel
    from studentdb.contract.users import User
    from studentdb.ui.console import Console

Who = Annotated[str, typer.Argument(metavar="EMAIL", help="The account's e-mail address or id.")]
Role = Annotated[str, typer.Option("--role", metavar="ROLE", help="admin, lecturer or student.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Why; it stands in the audit.")]


def register(users: typer.Typer) -> None:
    """Add the commands to their group."""
    command(users)(list_)
    command(users)(get)
    command(users)(invite)
    command(users)(disable)
    command(users)(enable)
    command(users)(set_role)
    command(users)(reset_password)
    command(users)(reset_mfa)
    command(users)(invitations)
    command(users)(withdraw)
    command(users)(check)


def list_(
    context: Context,
    *,
    role: Annotated[str | None, typer.Option("--role", metavar="ROLE", help="Only admin, lecturer or student.")] = None,
    listing: Listing,
) -> None:
    """List the accounts, role by role. An account without a role is found by: studentdb users check."""
    listing.show(
        context.users,
        _COLUMNS,
        words=("account", "accounts"),
        nothing="Nobody has an account in this role: studentdb users invite EMAIL --role ROLE",
        role=role,
    )


def get(context: Context, who: Who, *, as_json: Json = False) -> None:
    """Show one account."""
    _show(_found(context, who), as_json=as_json)


def invite(
    context: Context,
    email: Annotated[
        str | None, typer.Argument(metavar="EMAIL", help="Where the invitation goes, and the name to sign in.")
    ] = None,
    *,
    role: Annotated[str | None, typer.Option("--role", metavar="ROLE", help="admin, lecturer or student.")] = None,
    person: Annotated[
        str | None,
        typer.Option("--person", metavar="NUMBER", help="Whose account it is (default: whoever has the e-mail)."),
    ] = None,
    mail: Annotated[bool, typer.Option("--mail/--no-mail", help="Send a mail, or print a one-time password.")] = True,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE.csv", help="Many: columns E-mail, Role and Number.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make an account, and send its one-time password by e-mail; or many, from a file.

    Again for the same person: what was left undone is done, and another invitation goes out if none was followed yet.
    Those of a file are queued first. Where the sending ends early (Ctrl-C, the day's limit of mails), it goes on with:
    studentdb users invitations --send
    """
    from studentdb.api.problems import checked, parsed
    from studentdb.contract.users import UserInvite, UserWithPassword
    from studentdb.errors import UsageError

    if (email is None) == (file is None):
        raise UsageError("whom to invite?", hint="studentdb users invite EMAIL --role ROLE, or: --file FILE.csv")
    if file is not None:
        if person is not None or not mail:
            raise UsageError("--person and --no-mail go with one EMAIL", hint="the file has a column Number")
        _invite_all(context, file, role, as_json=as_json)
        return
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


def reset_mfa(context: Context, who: Who, *, reason: Reason = None, yes: Yes = False, as_json: Json = False) -> None:
    """Remove the second factor of somebody whose authenticator app is lost; sessions that are open end."""
    from studentdb.api.problems import parsed
    from studentdb.commands.deployment import asked
    from studentdb.contract.users import User, UserReason

    body = _checked(UserReason, {"reason": reason})
    console = nouns.announced(context)
    current = _found(context, who)
    if not yes and not asked(f"Remove the second factor of {current.email}? The password alone signs in then."):
        raise CancelledError("no second factor was removed")
    answer = context.api.call("reset_user_mfa", path={"id": current.id}, body=body)
    _show(parsed(User, answer), as_json=as_json, console=console)


def invitations(
    context: Context,
    *,
    state: Annotated[
        str | None,
        typer.Option("--state", metavar="STATE", help="pending (the default), failed (with the reason) or sent."),
    ] = None,
    send: Annotated[bool, typer.Option("--send", help="Go on sending those that are pending.")] = False,
    listing: Listing,
) -> None:
    """List the invitations that were queued from files, or go on sending them, from any machine."""
    if send:
        if state or listing.chooses:
            raise UsageError(
                "--send sends all that are pending", hint="withdraw those that are not meant: studentdb users withdraw"
            )
        _send(context, nouns.announced(context), None, as_json=listing.as_json)
        return
    state = state or "pending"
    columns: Columns = {
        "E-mail": lambda each: each.email,
        "Role": lambda each: each.role,
        "Number": lambda each: each.identifier or "",
        "State": lambda each: each.state,
        "Reason": lambda each: each.reason or "",
    }
    listing.show(
        context.invitations,
        columns,
        words=("invitation", "invitations"),
        nothing=f"No invitation is {state}.",
        state=state,
    )


def withdraw(
    context: Context, emails: Annotated[list[str], typer.Argument(metavar="EMAIL...", help="Whose invitations.")]
) -> None:
    """Take invitations out of the queue that have not been sent."""
    from studentdb.api import user_upkeep
    from studentdb.api.problems import checked
    from studentdb.contract.models import Account

    wanted = [checked(Account, {"email": email}).email for email in emails]
    console = nouns.announced(context)
    user_upkeep.withdraw(context.api, wanted)
    console.say(f"None of these is sent from the queue now: {', '.join(wanted)}")


def check(
    context: Context,
    *,
    repair: Annotated[bool, typer.Option("--repair", help="Mend what can be mended.")] = False,
    output: Output = "table",
    as_json: Json = False,
) -> None:
    """Find accounts that are out of step: with their role, with the tables, with the person whose they are."""
    from studentdb.api import user_upkeep

    if repair:
        nouns.announced(context)
    columns: Columns = {
        "Account": lambda each: each.email or each.id,
        "Finding": lambda each: each.finding,
        "": lambda each: "repaired" if each.repaired else "",
    }
    nouns.show_list(
        user_upkeep.check(context.api, repair=repair),
        columns,
        as_json=as_json,
        output=output,
        words=("finding", "findings"),
        nothing="All accounts are in step.",
    )


def _invite_all(context: Context, file: Path, role: str | None, *, as_json: bool) -> None:
    """Everything in the file is checked before anything is queued."""
    from studentdb import invitation_file, roster
    from studentdb.api import user_upkeep
    from studentdb.api.problems import InvalidInputError, checked
    from studentdb.contract.user_upkeep import InvitationCreate

    rows: list[InvitationCreate] = []
    errors: list[roster.CellError] = []
    for line, fields in invitation_file.read(file, role).items():
        try:
            rows.append(checked(InvitationCreate, fields))
        except InvalidInputError as error:
            errors += [roster.CellError(line, each.field, each.message) for each in error.fields]
    roster.refuse(file, errors)
    console = nouns.announced(context)
    console.say(f"{user_upkeep.queue(context.api, rows)} invitations are queued.")
    _send(context, console, len(rows), as_json=as_json)


def _send(context: Context, console: Console, total: int | None, *, as_json: bool) -> None:
    from studentdb.api import user_upkeep
    from studentdb.ui.progress import Count

    sent = failed = 0
    stopped: str | None = None
    if total is None:
        total = sum(1 for _ in context.invitations.list(state="pending"))
    with Count(console, "invitations", total) as count:
        for part in user_upkeep.send(context.api):
            sent, failed, stopped = sent + part.sent, failed + part.failed, part.stopped
            count.advance(part.sent + part.failed)
    # What waits for tomorrow has not finished yet.
    if stopped == "done" and (sent or failed):
        finished(context, console, "invitations", {"added": sent, "refused": failed})
    if as_json:
        console.json({"sent": sent, "failed": failed, "stopped": stopped})
    else:
        console.say(f"{sent} sent, {failed} failed")
    if failed:
        console.say("Why: studentdb users invitations --state failed")
    if stopped == "mail-limit":
        console.say("No more mail goes out today; the rest waits. Tomorrow: studentdb users invitations --send")
    elif stopped != "done":
        console.say("The sign-in service is busy; the rest waits: studentdb users invitations --send")


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
