"""`studentdb students transcript`: a student's final grades, through the deployed API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from studentdb.commands import nouns
from studentdb.commands.command import Json
from studentdb.commands.nouns import Output
from studentdb.context import Context

if TYPE_CHECKING:
    from studentdb.contract.score_sheets import FinalGrade, Transcript

Whose = Annotated[
    str | None, typer.Argument(metavar="STUDENT", help="The student's number or id; your own where nothing is said.")
]


def transcript(context: Context, student: Whose = None, *, output: Output = "table", as_json: Json = False) -> None:
    """Show a transcript: by term and class the final grade, and the means by credits.

    A subject without credits weighs as much as one with a single credit. Lecturers see the classes that they teach.
    """
    from studentdb.api import scores
    from studentdb.ui.console import Console
    from studentdb.ui.tables import Column, csv_rows, table

    found = scores.transcript(context.api, _student_id(context, student))
    console = Console()
    if as_json or output == "json":
        console.json(nouns.data(found))
        return
    titles = ["Term", "Subject", "Class", "Credits", "Percent", "Grade"]
    columns = [Column(title, align="right" if title in ("Credits", "Percent") else "left") for title in titles]
    if output == "csv":
        csv_rows(console, columns, _rows(found, means=False))
        return
    name = " ".join(filter(None, (found.given_name, found.family_name)))
    console.say(f"{name}, number {found.identifier}" if found.identifier else name)
    if not found.terms:
        console.say("No classes so far.")
        return
    table(console, columns, _rows(found, means=True))


def _rows(found: Transcript, *, means: bool) -> list[list[str]]:
    rows: list[list[str]] = []
    for term in found.terms:
        for each in term.classes:
            subject = " ".join(filter(None, (each.subject_code, each.subject_title)))
            rows.append([term.title, subject, each.title, each.credits or "", *_cells(each.final)])
        if means:
            note = "" if term.locked else " (may still change)"
            rows.append([term.title, f"Mean{note}", "", "", *_cells(term.mean)])
    if means:
        rows.append(["All terms", "Mean", "", "", *_cells(found.mean)])
    return rows


def _cells(final: FinalGrade) -> tuple[str, str]:
    return final.percent or "", final.grade or ""


def _student_id(context: Context, text: str | None) -> str:
    """Raises NotFoundError for a number that nobody has, UsageError where one's own is meant and there is none."""
    from studentdb.api.records import is_id
    from studentdb.errors import UsageError

    if text is not None:
        return text if is_id(text) else context.students.find(text).id
    person = context.api.me().person
    if person is None or person.role != "student":
        raise UsageError("you are not a student yourself", hint="studentdb students transcript STUDENT")
    return person.id
