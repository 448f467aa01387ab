"""`studentdb audit list`: who did what, when, to which record; through the deployed API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from studentdb.commands import academic_sessions, nouns
from studentdb.commands.command import command
from studentdb.commands.listing import Listing
from studentdb.context import Context
from studentdb.errors import UsageError

if TYPE_CHECKING:
    from studentdb.contract.audit import Act

# Word for people -> the kind as the audit has it, and the id of the record that they name.
_KINDS: Mapping[str, tuple[str, Callable[[Context, str], str]]] = {
    "student": ("student", lambda context, text: context.students.find(text).id),
    "subject": ("subject", lambda context, text: context.subjects.find(text).id),
    "lecturer": ("lecturer", lambda context, text: context.lecturers.find(text).id),
    "administrator": ("admin", lambda context, text: context.admins.find(text).id),
    "class": ("class", lambda context, text: context.classes.find(text).id),
    "user": ("user", lambda context, text: context.users.find(text).id),
    "session": ("academic session", lambda context, text: academic_sessions.find(context, text).id),
}


def register(audit: typer.Typer) -> None:
    """Add the commands to their group."""
    command(audit)(list_)


def list_(
    context: Context,
    *,
    entity: Annotated[
        str | None,
        typer.Option(
            "--entity",
            metavar="KIND:NAME|KIND#ID",
            help="What was done to one record: student:S1001, subject:MATH-1, or student#ID, also of a deleted one.",
        ),
    ] = None,
    actor: Annotated[
        str | None,
        typer.Option("--actor", metavar="EMAIL|SUB", help="What one account did: its e-mail address or id, or 'me'."),
    ] = None,
    day: Annotated[str | None, typer.Option("--day", metavar="YYYY-MM-DD", help="What was done on one day (UTC).")] = (
        None
    ),
    listing: Listing,
) -> None:
    """List what was done, the newest first: to one record, by one account, or on one day.

    Writes are listed with the fields that they changed, before and after; full records, transcripts and exports also
    when they were only looked at. Looking at the audit is such an act itself.
    """
    from studentdb.api.problems import checked
    from studentdb.contract.audit import AuditQuery

    if sum(each is not None for each in (entity, actor, day)) != 1:
        raise UsageError("exactly one of --entity, --actor and --day is needed", hint="studentdb audit list --day DATE")
    if day is not None:
        checked(AuditQuery, {"day": day})
    filters = nouns.given(
        {
            "entity": entity and _entity(context, entity),
            "actor": actor and _actor(context, actor),
            "day": day,
        }
    )
    listing.show(
        context.audit,
        {
            "Time": lambda each: each.at,
            "Who": lambda each: each.actor,
            "What": lambda each: each.operation,
            "Record": lambda each: each.entity,
            "Changes": changes,
            "Reason": lambda each: each.reason or "",
        },
        words=("act", "acts"),
        nothing="The audit has nothing about that.",
        **filters,
    )


def changes(act: Act) -> str:
    """`e-mail: none -> ada@x.edu; status: active -> inactive`."""
    from studentdb.api.problems import word

    return "; ".join(f"{word(each.field)}: {_value(each.before)} -> {_value(each.after)}" for each in act.changes)


def _value(value: Any) -> str:
    if value in (None, "", [], {}):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_value, value))
    if isinstance(value, dict):
        return " ".join(_value(each) for each in value.values())
    return str(value)


def _entity(context: Context, text: str) -> str:
    """`student#ID` of `student:S1001`. Raises UsageError for a kind that is unknown, and as `find` does."""
    from studentdb.api.problems import NotFoundError, checked
    from studentdb.contract.audit import AuditQuery

    kind, separator, name = text.partition(":")
    if "#" in kind or not separator:
        kind, separator, name = text.partition("#")
        stored = _KINDS[kind][0] if kind in _KINDS else kind
        checked(AuditQuery, {"entity": f"{stored}{separator}{name}"})
        return f"{stored}{separator}{name}"
    if kind not in _KINDS:
        raise UsageError(f"there is no kind of record {kind}", hint=f"the kinds are {', '.join(_KINDS)}")
    stored, find = _KINDS[kind]
    try:
        return f"{stored}#{find(context, name)}"
    except NotFoundError as error:
        error.hint = f"a deleted one is found by its id: studentdb audit list --entity '{kind}#ID'"
        raise


def _actor(context: Context, text: str) -> str:
    """The account's id, of its e-mail address as well. Raises NotFoundError."""
    from studentdb.api.problems import checked
    from studentdb.contract.audit import AuditQuery

    if text == "me" or text.lower() == context.session.whoami().email.lower():
        return context.api.me().sub
    if "@" in text:
        return context.users.find(text).id
    checked(AuditQuery, {"actor": text})
    return text
