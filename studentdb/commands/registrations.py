"""`studentdb registrations …`: who has signed up, and what becomes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from studentdb.commands import nouns
from studentdb.commands.command import Json, Yes, command
from studentdb.commands.listing import Listing
from studentdb.commands.nouns import Columns
from studentdb.context import Context
from studentdb.errors import CancelledError

if TYPE_CHECKING:
    from studentdb.contract.registrations import Registration

Who = Annotated[str, typer.Argument(metavar="EMAIL", help="The e-mail address or id of who has signed up.")]


def register(registrations: typer.Typer) -> None:
    """Add the commands to their group."""
    command(registrations)(list_)
    command(registrations)(approve)
    command(registrations)(refuse)


def list_(
    context: Context,
    *,
    state: Annotated[
        str, typer.Option("--state", metavar="STATE", help="pending; or approved or refused, in the last 90 days.")
    ] = "pending",
    listing: Listing,
) -> None:
    """List who has signed up, the oldest first."""
    columns: Columns = {
        "E-mail": lambda each: each.email or "",
        "Given name": lambda each: each.given_name or "",
        "Family name": lambda each: each.family_name or "",
        "Role": lambda each: each.role or "",
        "Since": lambda each: each.requested_at,
        "Reason": lambda each: each.reason or "",
    }
    listing.show(
        context.registrations,
        columns,
        words=("registration", "registrations"),
        nothing=f"No registration is {state}.",
        state=state,
    )


def approve(
    context: Context,
    who: Who,
    *,
    role: Annotated[
        str | None, typer.Option("--role", metavar="ROLE", help="student or lecturer (default: as asked for).")
    ] = None,
    number: Annotated[
        str | None,
        typer.Option("--number", metavar="NUMBER", help="Whose account it is, or the number of a new person."),
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why; it stands in the audit.")] = None,
    as_json: Json = False,
) -> None:
    """Let somebody in.

    The account becomes that of whoever has its e-mail address or the number; where there is nobody, a person is made
    with the number and the names that were told. Again after an interruption: what was left undone is done.
    """
    from studentdb.api.problems import checked, parsed
    from studentdb.contract.registrations import RegistrationApprove
    from studentdb.contract.users import User

    body = checked(RegistrationApprove, nouns.given({"role": role, "identifier": number, "reason": reason}))
    console = nouns.announced(context)
    answer = context.api.call("approve_registration", path={"id": _found(context, who).id}, body=body)
    nouns.show(parsed(User, answer), as_json=as_json, console=console)


def refuse(
    context: Context,
    who: Who,
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why; other admins see it.")],
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Refuse somebody: the account is deleted, and the registration is kept for 90 days with the reason."""
    from studentdb.api.problems import checked, parsed
    from studentdb.commands.deployment import asked
    from studentdb.contract.registrations import Registration, RegistrationRefuse

    body = checked(RegistrationRefuse, {"reason": reason})
    console = nouns.announced(context)
    found = _found(context, who)
    if not yes and not asked(f"Refuse {found.email} and delete the account?"):
        raise CancelledError("nobody was refused")
    answer = context.api.call("refuse_registration", path={"id": found.id}, body=body)
    nouns.show(parsed(Registration, answer), as_json=as_json, console=console)


def _found(context: Context, who: str) -> Registration:
    """The registration that waits, by e-mail or id; its account may be gone. Raises NotFoundError."""
    from studentdb.api.problems import NotFoundError

    wanted = who.lower()
    found = (each for each in context.registrations.list(state="pending") if wanted in (each.email, each.id))
    registration = next(found, None)
    if registration is None:
        raise NotFoundError(f"no registration of {who} waits for a decision")
    return registration
