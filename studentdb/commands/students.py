"""`studentdb students …`: the students, through the deployed API."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from studentdb.commands import nouns
from studentdb.commands.command import Json, Yes, command
from studentdb.commands.nouns import Columns, Limit, Output
from studentdb.context import Context
from studentdb.errors import StudentDBError

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
_COLUMNS: Columns = {
    "Number": lambda each: each.identifier,
    "Family name": lambda each: each.family_name,
    "Given name": lambda each: each.given_name,
    "Middle name": lambda each: each.middle_name or "",
    "E-mail": lambda each: each.email or "",
    "Grade": lambda each: ", ".join(each.grades),
    "Status": lambda each: each.status,
}


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
    from studentdb.contract.students import StudentCreate

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
    student = checked(StudentCreate, nouns.given(given))
    console = nouns.announced(context)
    nouns.show(context.students.create(student), as_json=as_json, console=console)


def list_(context: Context, *, limit: Limit = None, output: Output = "table", as_json: Json = False) -> None:
    """List the students, by name."""
    nouns.show_list(
        context.students.list(limit=limit),
        _COLUMNS,
        as_json=as_json,
        output=output,
        words=("student", "students"),
        nothing="There are no students yet: studentdb students add, or studentdb students import FILE.csv",
    )


def get(context: Context, student: Who, *, as_json: Json = False) -> None:
    """Show one student."""
    nouns.show(context.students.find(student), as_json=as_json)


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
    from studentdb.contract.students import StudentUpdate

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
    changes = nouns.given(given, clearable=_CLEARABLE)
    changed = nouns.change(
        context, lambda: context.students, lambda: context.students.find(student), StudentUpdate, changes
    )
    nouns.show(changed, as_json=as_json)


def delete(context: Context, student: Who, *, yes: Yes = False, as_json: Json = False) -> None:
    """Delete a student."""
    nouns.remove(
        context,
        lambda: context.students,
        lambda: context.students.find(student),
        lambda found: f"{found.given_name} {found.family_name}, number {found.identifier}",
        yes=yes,
        as_json=as_json,
    )


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
