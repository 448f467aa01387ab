"""`studentdb subjects …`: what is taught, through the deployed API."""

from __future__ import annotations

from typing import Annotated

import typer

from studentdb.commands import nouns
from studentdb.commands.command import Json, Yes, command
from studentdb.commands.listing import Listing
from studentdb.context import Context

Which = Annotated[str, typer.Argument(metavar="SUBJECT", help="The subject's code or id.")]
Code = Annotated[str | None, typer.Option("--code", help="The subject's code (OneRoster courseCode).")]
Title = Annotated[str | None, typer.Option("--title", help="Title.")]
Description = Annotated[str | None, typer.Option("--description", help="What it is about.")]
Credits = Annotated[str | None, typer.Option("--credits", metavar="NUMBER", help="Credits, such as 3 or 7.5.")]
Status = Annotated[str | None, typer.Option("--status", metavar="active|inactive", help="Whether still taught.")]
SourcedId = Annotated[str | None, typer.Option("--sourced-id", help="Id at another system (OneRoster sourcedId).")]

_CLEARABLE = ("description", "credits", "sourced_id")


def register(subjects: typer.Typer) -> None:
    """Add the commands to their group."""
    for each in (add, list_, get, update, delete):
        command(subjects)(each)


def add(
    context: Context,
    *,
    code: Annotated[str, typer.Option("--code", help="The subject's code (OneRoster courseCode).")],
    title: Annotated[str, typer.Option("--title", help="Title.")],
    description: Description = None,
    credits_: Credits = None,
    sourced_id: SourcedId = None,
    status: Status = None,
    as_json: Json = False,
) -> None:
    """Add a subject."""
    from studentdb.api.problems import checked
    from studentdb.contract.subjects import SubjectCreate

    fields = _fields(code, title, description, credits_, sourced_id, status)
    subject = checked(SubjectCreate, nouns.given(fields))
    console = nouns.announced(context)
    nouns.show(context.subjects.create(subject), as_json=as_json, console=console)


def list_(context: Context, *, listing: Listing) -> None:
    """List the subjects, by code."""
    listing.show(
        context.subjects,
        {
            "Code": lambda each: each.code,
            "Title": lambda each: each.title,
            "Credits": lambda each: each.credits or "",
            "Status": lambda each: each.status,
        },
        words=("subject", "subjects"),
        nothing="There are no subjects yet: studentdb subjects add",
    )


def get(context: Context, subject: Which, *, as_json: Json = False) -> None:
    """Show one subject."""
    nouns.show(context.subjects.find(subject), as_json=as_json)


def update(
    context: Context,
    subject: Which,
    *,
    code: Code = None,
    title: Title = None,
    description: Description = None,
    credits_: Credits = None,
    sourced_id: SourcedId = None,
    status: Status = None,
    as_json: Json = False,
) -> None:
    """Change a subject. An empty value (--description "") clears a field that may be empty."""
    from studentdb.contract.subjects import SubjectUpdate

    fields = _fields(code, title, description, credits_, sourced_id, status)
    changes = nouns.given(fields, clearable=_CLEARABLE)
    changed = nouns.change(
        context, lambda: context.subjects, lambda: context.subjects.find(subject), SubjectUpdate, changes
    )
    nouns.show(changed, as_json=as_json)


def delete(context: Context, subject: Which, *, yes: Yes = False, as_json: Json = False) -> None:
    """Delete a subject that no class is of."""
    nouns.remove(
        context,
        lambda: context.subjects,
        lambda: context.subjects.find(subject),
        lambda found: f"{found.title}, code {found.code}",
        yes=yes,
        as_json=as_json,
    )


def _fields(
    code: str | None,
    title: str | None,
    description: str | None,
    credits_: str | None,
    sourced_id: str | None,
    status: str | None,
) -> dict[str, str | None]:
    return {
        "code": code,
        "title": title,
        "description": description,
        "credits": credits_,
        "sourced_id": sourced_id,
        "status": status,
    }
