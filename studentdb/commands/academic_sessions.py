"""`studentdb sessions …`: school years and terms (OneRoster academicSessions), through the deployed API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from studentdb.commands import nouns
from studentdb.commands.command import Json, Yes, command
from studentdb.commands.listing import Listing
from studentdb.context import Context

if TYPE_CHECKING:
    from studentdb.contract.academic_sessions import AcademicSession

Which = Annotated[str, typer.Argument(metavar="SESSION", help="The session's title or id.")]
Title = Annotated[str | None, typer.Option("--title", help="Title, such as 'Autumn 2026'.")]
Type = Annotated[str | None, typer.Option("--type", metavar="schoolYear|semester|term|gradingPeriod", help="Kind.")]
Start = Annotated[str | None, typer.Option("--start", metavar="YYYY-MM-DD", help="First day.")]
End = Annotated[str | None, typer.Option("--end", metavar="YYYY-MM-DD", help="First day that is not part of it.")]
SchoolYear = Annotated[
    str | None, typer.Option("--school-year", metavar="YYYY", help="The year in which its school year ends.")
]
Parent = Annotated[str | None, typer.Option("--parent", metavar="SESSION", help="The session that it lies in.")]
Status = Annotated[str | None, typer.Option("--status", metavar="active|inactive", help="Whether it is used.")]
SourcedId = Annotated[str | None, typer.Option("--sourced-id", help="Id at another system (OneRoster sourcedId).")]
Why = Annotated[str, typer.Option("--reason", help="Why; it stands in the audit.")]


def register(sessions: typer.Typer) -> None:
    """Add the commands to their group."""
    for each in (add, list_, get, update, lock, unlock, delete):
        command(sessions)(each)


def add(
    context: Context,
    *,
    title: Annotated[str, typer.Option("--title", help="Title, such as 'Autumn 2026'.")],
    type_: Annotated[str, typer.Option("--type", metavar="schoolYear|semester|term|gradingPeriod", help="Kind.")],
    start: Annotated[str, typer.Option("--start", metavar="YYYY-MM-DD", help="First day.")],
    end: Annotated[str, typer.Option("--end", metavar="YYYY-MM-DD", help="First day that is not part of it.")],
    school_year: Annotated[
        str, typer.Option("--school-year", metavar="YYYY", help="The year in which its school year ends.")
    ],
    parent: Parent = None,
    sourced_id: SourcedId = None,
    status: Status = None,
    as_json: Json = False,
) -> None:
    """Add a school year or a term."""
    from studentdb.api.problems import checked
    from studentdb.contract.academic_sessions import AcademicSessionCreate

    fields = {"title": title, "type": type_, "start_date": start, "end_date": end, "school_year": school_year}
    more = nouns.given({"sourced_id": sourced_id, "status": status})
    checked(AcademicSessionCreate, {**fields, **more})
    console = nouns.announced(context)
    if parent:
        more["parent_id"] = find(context, parent).id
    session = checked(AcademicSessionCreate, {**fields, **more})
    nouns.show(context.academic_sessions.create(session), as_json=as_json, console=console)


def list_(context: Context, *, listing: Listing) -> None:
    """List the school years and terms, the latest first."""
    listing.show(
        context.academic_sessions,
        {
            "Title": lambda each: each.title,
            "Type": lambda each: each.type,
            "From": lambda each: each.start_date,
            "Until before": lambda each: each.end_date,
            "School year": lambda each: each.school_year,
            "Scores": lambda each: "locked" if each.locked else "open",
            "Status": lambda each: each.status,
        },
        words=("session", "sessions"),
        nothing="There are no school years or terms yet: studentdb sessions add",
    )


def get(context: Context, session: Which, *, as_json: Json = False) -> None:
    """Show one school year or term."""
    nouns.show(find(context, session), as_json=as_json)


def update(
    context: Context,
    session: Which,
    *,
    title: Title = None,
    type_: Type = None,
    start: Start = None,
    end: End = None,
    school_year: SchoolYear = None,
    parent: Parent = None,
    sourced_id: SourcedId = None,
    status: Status = None,
    as_json: Json = False,
) -> None:
    """Change a school year or term. An empty value (--parent "") clears a field that may be empty."""
    from studentdb.contract.academic_sessions import AcademicSessionUpdate

    fields = {
        "title": title,
        "type": type_,
        "start_date": start,
        "end_date": end,
        "school_year": school_year,
        "parent_id": find(context, parent).id if parent else parent,
        "sourced_id": sourced_id,
        "status": status,
    }
    changes = nouns.given(fields, clearable=("parent_id", "sourced_id"))
    changed = nouns.change(
        context, lambda: context.academic_sessions, lambda: find(context, session), AcademicSessionUpdate, changes
    )
    nouns.show(changed, as_json=as_json)


def lock(context: Context, session: Which, *, reason: Why, as_json: Json = False) -> None:
    """Close a term for scores."""
    _set_locked(context, session, reason, locked=True, as_json=as_json)


def unlock(context: Context, session: Which, *, reason: Why, as_json: Json = False) -> None:
    """Open a term for scores again."""
    _set_locked(context, session, reason, locked=False, as_json=as_json)


def delete(context: Context, session: Which, *, yes: Yes = False, as_json: Json = False) -> None:
    """Delete a school year or term that nothing lies in."""
    nouns.remove(
        context,
        lambda: context.academic_sessions,
        lambda: find(context, session),
        lambda found: f"{found.title} ({found.start_date} to {found.end_date})",
        yes=yes,
        as_json=as_json,
    )


def find(context: Context, text: str) -> AcademicSession:
    """The session with this id, or the only one with this title. Raises NotFoundError, UsageError for several."""
    from studentdb.api.problems import NotFoundError
    from studentdb.contract.unique import same_value
    from studentdb.errors import UsageError

    # Few enough to look through: a school has some ten of them a year.
    named = [each for each in context.academic_sessions.list() if same_value(each.title) == same_value(text)]
    if len(named) > 1:
        ids = ", ".join(f"{each.id} ({each.school_year})" for each in named)
        raise UsageError(f"{len(named)} sessions have the title {text}", why=ids, hint="name the one by its id")
    if named:
        return named[0]
    try:
        return context.academic_sessions.find(text)
    except NotFoundError:
        raise NotFoundError(f"there is no session {text}") from None


def _set_locked(context: Context, session: str, reason: str, *, locked: bool, as_json: bool) -> None:
    from studentdb.api.problems import checked, parsed
    from studentdb.contract.academic_sessions import AcademicSession, Locking

    checked(Locking, {"version": 1, "locked": locked, "reason": reason})
    console = nouns.announced(context)
    current = find(context, session)
    body = checked(Locking, {"version": current.version, "locked": locked, "reason": reason})
    answer = context.api.call("lock_academic_session", path={"id": current.id}, body=body)
    nouns.show(parsed(AcademicSession, answer), as_json=as_json, console=console)
