"""`studentdb students …`: the students, through the deployed API."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from studentdb.commands.command import Json, Yes, command
from studentdb.context import Context
from studentdb.errors import CancelledError, StudentDBError, UsageError

if TYPE_CHECKING:
    from studentdb.contract.models import Student
    from studentdb.ui.console import Console

Who = Annotated[str, typer.Argument(metavar="STUDENT", help="The student's number or id.")]
Given = Annotated[str | None, typer.Option("--given-name", help="Given name (OneRoster givenName).")]
Family = Annotated[str | None, typer.Option("--family-name", help="Family name (OneRoster familyName).")]
Number = Annotated[str | None, typer.Option("--number", help="The student number (OneRoster identifier).")]
Middle = Annotated[str | None, typer.Option("--middle-name", help="Middle name.")]
Email = Annotated[str | None, typer.Option("--email", help="E-mail address.")]
Username = Annotated[str | None, typer.Option("--username", help="Name at the school's other systems.")]
BirthDate = Annotated[str | None, typer.Option("--birth-date", metavar="YYYY-MM-DD", help="Date of birth.")]
Grade = Annotated[list[str] | None, typer.Option("--grade", help="Grade, a CEDS code such as 09; may be repeated.")]
Status = Annotated[str | None, typer.Option("--status", metavar="active|inactive", help="Whether still a student.")]

# Fields that an update may empty: `--email ""` does.
_CLEARABLE = {"middle_name", "email", "username", "birth_date"}
_COLUMNS = ("Number", "Family name", "Given name", "Middle name", "E-mail", "Grade", "Status")


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    students = typer.Typer(help="Students.", rich_markup_mode=None, no_args_is_help=True)
    command(students)(add)
    command(students)(list_)
    command(students)(get)
    command(students)(update)
    command(students)(delete)
    command(students)(import_)
    app.add_typer(students, name="students")


def add(
    context: Context,
    *,
    number: Annotated[str, typer.Option("--number", help="The student number (OneRoster identifier).")],
    given_name: Annotated[str, typer.Option("--given-name", help="Given name (OneRoster givenName).")],
    family_name: Annotated[str, typer.Option("--family-name", help="Family name (OneRoster familyName).")],
    middle_name: Middle = None,
    email: Email = None,
    username: Username = None,
    birth_date: BirthDate = None,
    grade: Grade = None,
    status: Status = None,
    as_json: Json = False,
) -> None:
    """Add a student."""
    from studentdb.api.problems import checked
    from studentdb.contract.models import StudentCreate

    given = {
        "identifier": number,
        "given_name": given_name,
        "family_name": family_name,
        "middle_name": middle_name,
        "email": email,
        "username": username,
        "birth_date": birth_date,
        "grades": grade,
        "status": status,
    }
    student = checked(StudentCreate, {name: value for name, value in given.items() if value is not None})
    console = _announced(context)
    _show(console, context.students.create(student), as_json=as_json)


def list_(
    context: Context,
    *,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Only the first N.")] = None,
    as_json: Json = False,
) -> None:
    """List the students, by name."""
    from studentdb.ui.console import Console
    from studentdb.ui.tables import Column, table

    console = Console()
    found = context.students.list(limit=limit)
    if as_json:
        console.json([_data(student) for student in found])
        return
    rows = [
        (
            student.identifier,
            student.family_name,
            student.given_name,
            student.middle_name or "",
            student.email or "",
            ", ".join(student.grades),
            student.status,
        )
        for student in found
    ]
    if rows:
        table(console, [Column(title) for title in _COLUMNS], rows)
        console.say(f"{len(rows)} students" if len(rows) != 1 else "1 student")
    else:
        console.say("There are no students yet: studentdb students add, or studentdb students import FILE.csv")


def get(context: Context, student: Who, *, as_json: Json = False) -> None:
    """Show one student."""
    from studentdb.ui.console import Console

    _show(Console(), context.students.find(student), as_json=as_json)


def update(
    context: Context,
    student: Who,
    *,
    number: Number = None,
    given_name: Given = None,
    family_name: Family = None,
    middle_name: Middle = None,
    email: Email = None,
    username: Username = None,
    birth_date: BirthDate = None,
    grade: Grade = None,
    status: Status = None,
    as_json: Json = False,
) -> None:
    """Change a student. An empty value (--email "") clears a field that may be empty."""
    from studentdb.api.problems import checked
    from studentdb.contract.models import StudentUpdate

    given: dict[str, Any] = {
        "identifier": number,
        "given_name": given_name,
        "family_name": family_name,
        "middle_name": middle_name,
        "email": email,
        "username": username,
        "birth_date": birth_date,
        "grades": grade,
        "status": status,
    }
    changes = {
        name: None if value == "" and name in _CLEARABLE else value
        for name, value in given.items()
        if value is not None
    }
    if not changes:
        raise UsageError("nothing to change was given", hint="studentdb students update --help")
    # What a person typed is checked before the network is asked for anything.
    checked(StudentUpdate, {"version": 1, **changes})
    console = _announced(context)
    current = context.students.find(student)
    wanted = checked(StudentUpdate, {"version": current.version, **changes})
    _show(console, context.students.update(current.id, wanted), as_json=as_json)


def delete(context: Context, student: Who, *, yes: Yes = False, as_json: Json = False) -> None:
    """Delete a student."""
    from studentdb.commands.deployment import asked

    console = _announced(context)
    found = context.students.find(student)
    name = f"{found.given_name} {found.family_name}, number {found.identifier}"
    if not yes and not asked(f"Delete {name}?"):
        raise CancelledError("nothing was deleted")
    context.students.delete(found.id, version=found.version)
    if as_json:
        console.json({"deleted": found.id})
    else:
        console.say(f"Deleted {name}.")


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
    needed; Middle Name, Email (Secondary Email), Username, Birthdate (Date of Birth), Grade, Status and SIS ID
    (sourcedId) are read where they are there; all others are not. Dates are 2010-05-31, 31.5.2010, or with slashes
    and the month first: 5/31/2010.
    """
    from studentdb import roster
    from studentdb.api.problems import InvalidInputError, checked
    from studentdb.api.student_import import import_students
    from studentdb.contract.models import StudentCreate
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
    console = _announced(context)
    if found.ignored:
        console.say(f"Columns that are not read, stored or sent: {', '.join(map(plain, found.ignored))}")
    if found.month_first:
        console.say("Dates with slashes are read with the month first.")
    with Count(console, "students", len(wanted)) as count:
        result = import_students(context.students, wanted, count.advance)
    summary = {"added": result.added, "changed": result.changed, "unchanged": result.unchanged}
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


def _announced(context: Context) -> Console:
    """A console, after the target of a write was named on it."""
    from studentdb.ui.console import Console

    console = Console()
    console.say(f"At {context.known.label}")
    return console


def _data(student: Student) -> dict[str, Any]:
    return student.model_dump(mode="json", by_alias=True)


def _show(console: Console, student: Student, *, as_json: bool) -> None:
    from studentdb.api.problems import word
    from studentdb.ui.console import plain

    if as_json:
        console.json(_data(student))
        return
    for field, value in _data(student).items():
        if value not in (None, []):
            text = ", ".join(value) if isinstance(value, list) else str(value)
            console.data(f"{word(field):<14} {plain(text)}")
