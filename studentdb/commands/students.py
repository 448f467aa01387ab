"""`studentdb students …`: the students, through the deployed API."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from studentdb.commands import avatars, enrollments, mail, nouns, people, transcripts
from studentdb.commands.command import Json, command
from studentdb.context import Context
from studentdb.errors import StudentDBError

if TYPE_CHECKING:
    from studentdb.contract.models import RequestModel

_GRADES = Annotated[list[str] | None, typer.Option("--grade", help="Grade, a CEDS code such as 09; may be repeated.")]


def register(group: typer.Typer) -> None:
    """Add the commands to their group."""
    students = people.People(
        one="student",
        many="students",
        records=lambda context: context.students,
        models=_models,
        options={"grades": _GRADES},
        columns={**people.COLUMNS, "Grade": lambda each: ", ".join(each.grades)},
    )
    people.register(group, students)
    command(group)(people.of(students, enrollments.classes))
    command(group)(transcripts.transcript)
    command(group)(avatars.avatar)
    command(group)(import_)


def _models() -> tuple[type[RequestModel], type[RequestModel]]:
    from studentdb.contract.students import StudentCreate, StudentUpdate

    return StudentCreate, StudentUpdate


def import_(
    context: Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="A roster: School Data Sync, OneRoster or plain.")],
    *,
    as_json: Json = False,
) -> None:
    """Add or change students from a CSV file.

    The student number says who is who. An empty cell leaves a field as it is, and nobody is deleted. A wrong cell
    anywhere, and nothing is imported.

    Columns: Student Number (or Number, Identifier), First Name (Given Name) and Last Name (Family Name, Surname) are
    needed; Middle Name, Preferred Given Name, Preferred Middle Name and Preferred Family Name, Email (Secondary Email),
    Username, Phone, Birthdate (Date of Birth), Grade, Status and SIS ID (sourcedId) are read where they are there; all
    others are not. Who has one name only has it as First Name. Dates are 2010-05-31, 31.5.2010, or with slashes
    and the month first: 5/31/2010.
    """
    from studentdb import roster
    from studentdb.api.problems import InvalidInputError, checked
    from studentdb.api.student_import import import_students
    from studentdb.contract.students import StudentCreate
    from studentdb.ui.console import plain
    from studentdb.ui.progress import Count

    found = roster.read(file)
    wanted: dict[int, StudentCreate] = {}
    errors: list[roster.CellError] = []
    for row in found.rows:
        try:
            wanted[row.line] = checked(StudentCreate, row.fields)
        except InvalidInputError as error:
            errors += [found.error(row.line, each.field, each.message) for each in error.fields]
    roster.refuse(file, errors)
    console = nouns.announced(context)
    if found.ignored:
        console.say(f"Columns that are not read, stored or sent: {', '.join(map(plain, found.ignored))}")
    if found.month_first:
        console.say("Dates with slashes are read with the month first.")
    with Count(console, "students", len(wanted)) as count:
        result = import_students(context.students, wanted, count.advance)
    summary = {"added": result.added, "changed": result.changed, "unchanged": result.unchanged}
    if result.added or result.changed or result.refused:
        mail.finished(context, console, "students", {**summary, "refused": len(result.refused)})
    if as_json:
        console.json({**summary, "refused": {str(line): str(error) for line, error in result.refused.items()}})
    elif not result.added and not result.changed and not result.refused:
        console.say(f"Nothing to change: everybody in {file.name} ({result.unchanged}) is there as it says.")
    else:
        console.say(", ".join(f"{number} {word}" for word, number in summary.items()))
    if result.refused:
        lines = "\n".join(f"line {line}: {error}" for line, error in sorted(result.refused.items()))
        raise StudentDBError(
            f"{len(result.refused)} students were refused", why=lines, hint="correct these and import again"
        )
