"""`studentdb classes …`: a subject in a term, through the deployed API. Who is in one: enrollments.py."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer

from studentdb.commands import academic_sessions, enrollments, nouns
from studentdb.commands.command import Json, Yes, command
from studentdb.commands.enrollments import Which
from studentdb.commands.listing import Listing
from studentdb.context import Context
from studentdb.errors import UsageError

Code = Annotated[str | None, typer.Option("--code", help="The class's code (OneRoster classCode).")]
Title = Annotated[str | None, typer.Option("--title", help="Title.")]
Type = Annotated[str | None, typer.Option("--type", metavar="scheduled|homeroom", help="Kind.")]
Subject = Annotated[str | None, typer.Option("--subject", metavar="SUBJECT", help="The subject's code or id.")]
Session = Annotated[str | None, typer.Option("--session", metavar="SESSION", help="The term's title or id.")]
Capacity = Annotated[str | None, typer.Option("--capacity", metavar="NUMBER", help="Places for students.")]
Location = Annotated[str | None, typer.Option("--room", help="Where it meets (OneRoster location).")]
Periods = Annotated[
    list[str] | None,
    typer.Option(
        "--period", metavar="'mon 09:00-10:30 Room 5'", help="When it meets, and where if elsewhere; may be repeated."
    ),
]
Status = Annotated[str | None, typer.Option("--status", metavar="active|inactive", help="Whether it is held.")]
SourcedId = Annotated[str | None, typer.Option("--sourced-id", help="Id at another system (OneRoster sourcedId).")]

_CLEARABLE = ("capacity", "location", "sourced_id")
_PERIOD = re.compile(r"(?P<weekday>\w+) +(?P<starts>[0-9:]+) *- *(?P<ends>[0-9:]+)(?: +(?P<location>.+))?")


def register(group: typer.Typer) -> None:
    """Add the commands to their group."""
    for each in (add, list_, get, update, delete, enrollments.roster, enrollments.enroll, enrollments.unenroll):
        command(group)(each)


def add(
    context: Context,
    *,
    code: Annotated[str, typer.Option("--code", help="The class's code (OneRoster classCode).")],
    title: Annotated[str, typer.Option("--title", help="Title.")],
    subject: Annotated[str, typer.Option("--subject", metavar="SUBJECT", help="The subject's code or id.")],
    session: Annotated[str, typer.Option("--session", metavar="SESSION", help="The term's title or id.")],
    type_: Type = None,
    capacity: Capacity = None,
    room: Location = None,
    period: Periods = None,
    status: Status = None,
    sourced_id: SourcedId = None,
    as_json: Json = False,
) -> None:
    """Add a class: a subject in a term."""
    from studentdb.api.problems import checked
    from studentdb.contract.classes import ClassCreate

    fields = nouns.given(_fields(code, title, type_, capacity, room, period, status, sourced_id))
    # What was typed is checked before the network is asked for anything.
    unknown = "00000000-0000-4000-8000-000000000000"
    checked(ClassCreate, {**fields, "subject_id": unknown, "academic_session_id": unknown})
    console = nouns.announced(context)
    refers = _refers(context, subject, session)
    made = context.classes.create(checked(ClassCreate, {**fields, **refers}))
    nouns.show(made, as_json=as_json, console=console)


def list_(
    context: Context,
    *,
    session: Session = None,
    subject: Subject = None,
    listing: Listing,
) -> None:
    """List the classes, by title: all, those of a term or those of a subject. Who is no admin sees their own."""
    if session and subject:
        raise UsageError("--session and --subject were given", hint="one of them: a term's classes, or a subject's")
    filters = _refers(context, subject, session)
    terms: dict[str, str] = {}

    def term(session_id: str) -> str:
        # A school has some ten of them a year.
        if not terms:
            terms.update({each.id: each.title for each in context.academic_sessions.list()})
        return terms.get(session_id, session_id)

    listing.show(
        context.classes,
        {
            "Code": lambda each: each.class_code,
            "Title": lambda each: each.title,
            "Term": lambda each: term(each.academic_session_id),
            "Students": lambda each: f"{each.enrolled} of {each.capacity}" if each.capacity else str(each.enrolled),
            "When": lambda each: ", ".join(map(_spelled, each.periods)),
            "Room": lambda each: each.location or "",
            "Status": lambda each: each.status,
        },
        words=("class", "classes"),
        nothing="There are no such classes: studentdb classes add",
        **filters,
    )


def get(context: Context, class_: Which, *, as_json: Json = False) -> None:
    """Show one class."""
    nouns.show(context.classes.find(class_), as_json=as_json)


def update(
    context: Context,
    class_: Which,
    *,
    code: Code = None,
    title: Title = None,
    subject: Subject = None,
    session: Session = None,
    type_: Type = None,
    capacity: Capacity = None,
    room: Location = None,
    period: Periods = None,
    status: Status = None,
    sourced_id: SourcedId = None,
    as_json: Json = False,
) -> None:
    """Change a class. An empty value (--capacity "", --period "") clears a field; periods are given all together."""
    from studentdb.contract.classes import ClassUpdate

    fields = _fields(code, title, type_, capacity, room, period, status, sourced_id)
    changes = nouns.given(fields, clearable=_CLEARABLE) | _refers(context, subject, session)
    changed = nouns.change(context, lambda: context.classes, lambda: context.classes.find(class_), ClassUpdate, changes)
    nouns.show(changed, as_json=as_json)


def delete(context: Context, class_: Which, *, yes: Yes = False, as_json: Json = False) -> None:
    """Delete a class that nobody is or was enrolled in."""
    nouns.remove(
        context,
        lambda: context.classes,
        lambda: context.classes.find(class_),
        lambda found: f"{found.title}, code {found.class_code}",
        yes=yes,
        as_json=as_json,
    )


def periods(texts: list[str]) -> list[dict[str, str]]:
    """Times of the week as they are typed: `mon 09:00-10:30 Room 5`. Raises UsageError."""
    found = []
    for text in filter(None, texts):
        match = _PERIOD.fullmatch(text.strip())
        if match is None:
            raise UsageError(f"{text!r} is no period", hint="a period is a day and a time: --period 'mon 09:00-10:30'")
        found.append({name: each for name, each in match.groupdict().items() if each is not None})
    return found


def _spelled(period: Any) -> str:
    return f"{period.weekday} {period.starts}-{period.ends}" + (f" {period.location}" if period.location else "")


def _refers(context: Context, subject: str | None, session: str | None) -> dict[str, str]:
    """What a class refers to, by what people call it."""
    found: dict[str, str] = {}
    if subject:
        found["subject_id"] = context.subjects.find(subject).id
    if session:
        found["academic_session_id"] = academic_sessions.find(context, session).id
    return found


def _fields(
    code: str | None,
    title: str | None,
    type_: str | None,
    capacity: str | None,
    room: str | None,
    period: list[str] | None,
    status: str | None,
    sourced_id: str | None,
) -> dict[str, Any]:
    return {
        "class_code": code,
        "title": title,
        "class_type": type_,
        "capacity": int(capacity) if capacity and capacity.isdecimal() else capacity,
        "location": room,
        "periods": None if period is None else periods(period),
        "status": status,
        "sourced_id": sourced_id,
    }
