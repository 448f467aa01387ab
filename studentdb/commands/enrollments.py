"""Who is in a class (`studentdb classes roster|enroll|unenroll`), and in which classes somebody is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from studentdb.commands import nouns
from studentdb.commands.command import Json, Yes
from studentdb.commands.listing import Listing
from studentdb.commands.people import People
from studentdb.context import Context
from studentdb.errors import CancelledError, UsageError

Which = Annotated[str, typer.Argument(metavar="CLASS", help="The class's code or id.")]
Who = Annotated[str, typer.Argument(metavar="PERSON", help="The student's or lecturer's number or id.")]
Begin = Annotated[str | None, typer.Option("--begin", metavar="YYYY-MM-DD", help="First day (default: today).")]


def roster(
    context: Context,
    class_: Which,
    *,
    role: Annotated[str | None, typer.Option("--role", metavar="student|teacher", help="Only these.")] = None,
    ended: Annotated[bool, typer.Option("--ended", help="Also those who are in it no more.")] = False,
    listing: Listing,
) -> None:
    """List the people of a class, by name. Who attends it sees their names, who teaches it their dates as well."""
    found = context.classes.find(class_)
    filters: dict[str, Any] = nouns.given({"role": role, "ended": ended or None})
    listing.show(
        context.roster(found.id),
        {
            "Number": lambda each: each.identifier or "",
            "Family name": lambda each: each.family_name or "",
            "Given name": lambda each: each.given_name,
            "Role": lambda each: "primary teacher" if each.primary else each.role,
            "From": lambda each: each.begin_date or "",
            "Until before": lambda each: each.end_date or "",
            "Status": lambda each: each.status or "",
        },
        words=("person", "people"),
        nothing=f"Nobody is in {found.title}: studentdb classes enroll {found.class_code} NUMBER",
        **filters,
    )


def enroll(
    context: Context,
    class_: Which,
    person: Who,
    *,
    begin: Begin = None,
    end: Annotated[
        str | None, typer.Option("--end", metavar="YYYY-MM-DD", help="First day on which it is over.")
    ] = None,
    primary: Annotated[bool, typer.Option("--primary", help="The one teacher who answers for the class.")] = False,
    as_json: Json = False,
) -> None:
    """Put somebody into a class: a student to attend it, a lecturer to teach it."""
    from studentdb.api.problems import checked
    from studentdb.contract.enrollments import EnrollmentCreate

    fields = nouns.given({"begin_date": begin, "end_date": end, "primary": primary or None})
    checked(EnrollmentCreate, {"person_id": "00000000-0000-4000-8000-000000000000", "role": "student", **fields})
    console = nouns.announced(context)
    of, who = context.classes.find(class_), _person(context, person)
    role = "student" if who.role == "student" else "teacher"
    body = checked(EnrollmentCreate, {"person_id": who.id, "role": role, **fields})
    made = context.enrollments_in(of.id).create(body)
    nouns.show(made, as_json=as_json, console=console)
    if not as_json:
        console.say(f"{_name(who)} is in {of.title} as {role}.")


def unenroll(
    context: Context,
    class_: Which,
    person: Who,
    *,
    end: Annotated[
        str | None, typer.Option("--end", metavar="YYYY-MM-DD", help="First day on which it is over (default: today).")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="It was a mistake: as if it had never been.")] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """End somebody's time in a class, which keeps it in the history; or remove it."""
    from studentdb.api.problems import checked
    from studentdb.commands.deployment import asked
    from studentdb.contract.enrollments import EnrollmentUpdate

    if remove and end:
        raise UsageError("--end and --remove were given", hint="one of them: an end, or as if it had never been")
    # The API's day is UTC's, too.
    last = end or datetime.now(UTC).date().isoformat()
    checked(EnrollmentUpdate, {"version": 1, "end_date": last})
    console = nouns.announced(context)
    of, who = context.classes.find(class_), _person(context, person)
    enrollments = context.enrollments_in(of.id)
    current = enrollments.get(who.id)
    named = f"{_name(who)} in {of.title}"
    if remove:
        if not yes and not asked(f"Remove {named}, as if it had never been?"):
            raise CancelledError("nothing was removed")
        enrollments.delete(who.id, version=current.version)
        if as_json:
            console.json({"deleted": {"classId": of.id, "personId": who.id}})
        else:
            console.say(f"Removed {named}.")
        return
    body = checked(EnrollmentUpdate, {"version": current.version, "end_date": last})
    nouns.show(enrollments.update(who.id, body), as_json=as_json, console=console)


def classes(
    context: Context,
    people: People,
    person: str,
    *,
    listing: Listing,
) -> None:
    """List the classes of {an}, by title; those that are over as well."""
    who = people.records(context).find(person)
    listing.show(
        context.enrollments,
        {
            "Code": lambda each: each.class_code,
            "Title": lambda each: each.title,
            "Role": lambda each: "primary teacher" if each.primary else each.role,
            "From": lambda each: each.begin_date,
            "Until before": lambda each: each.end_date or "",
            "Status": lambda each: each.status,
        },
        words=("class", "classes"),
        nothing=f"{_name(who)} is in no class: studentdb classes enroll CLASS {who.identifier}",
        person_id=who.id,
    )


def _person(context: Context, text: str) -> Any:
    """The student or the lecturer with this number or id. Raises NotFoundError."""
    from studentdb.api.problems import NotFoundError

    try:
        return context.students.find(text)
    except NotFoundError:
        pass
    try:
        return context.lecturers.find(text)
    except NotFoundError:
        raise NotFoundError(f"there is no student or lecturer with the number or id {text}") from None


def _name(person: Any) -> str:
    return " ".join(filter(None, (person.given_name, person.family_name)))
