"""`studentdb scores …`: scores, their history, the score sheet of a class and its statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from studentdb.commands import audit, line_items, nouns, score_import
from studentdb.commands.command import Json, Yes, command
from studentdb.commands.enrollments import Which
from studentdb.commands.line_items import WhichItem
from studentdb.commands.listing import Listing
from studentdb.commands.nouns import Output
from studentdb.context import Context
from studentdb.errors import CancelledError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from studentdb.contract.line_items import LineItem
    from studentdb.contract.results import Result, SheetResult
    from studentdb.contract.score_sheets import Figures

Who = Annotated[str, typer.Argument(metavar="STUDENT", help="The student's number or id.")]


def register(scores: typer.Typer) -> None:
    """Add the commands to their group."""
    line_items.register(scores)
    for each in (set_, clear, score_import.import_, history, sheet, stats):
        command(scores)(each)


def set_(
    context: Context,
    class_: Which,
    item: WhichItem,
    student: Who,
    score: Annotated[
        str, typer.Argument(metavar="SCORE", help="Points such as 87.5; or exempt, submitted, not-submitted.")
    ],
    *,
    partial: Annotated[bool, typer.Option("--partial", help="Not all of it is graded yet.")] = False,
    late: Annotated[bool | None, typer.Option("--late/--not-late", help="It came too late.")] = None,
    missing: Annotated[bool | None, typer.Option("--missing/--not-missing", help="It never came.")] = None,
    incomplete: Annotated[bool | None, typer.Option("--incomplete/--complete", help="Something is lacking.")] = None,
    in_progress: Annotated[bool | None, typer.Option("--in-progress/--done", help="It is being worked on.")] = None,
    date: Annotated[
        str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="Day of the score (default: today).")
    ] = None,
    comment: Annotated[str | None, typer.Option("--comment", help="For the student; an empty one clears it.")] = None,
    as_json: Json = False,
) -> None:
    """Give or correct a score. What is not said stays as it is; saying the same again changes nothing."""
    from studentdb.api.problems import checked
    from studentdb.contract.results import ResultPut

    fields = {"late": late, "missing": missing, "incomplete": incomplete, "in_progress": in_progress}
    more = nouns.given({**fields, "score_date": date, "comment": comment}, clearable=("comment",))
    given = {**score_import.said(score, partial=partial), **more}
    checked(ResultPut, given)
    console = nouns.announced(context)
    class_id, found, student_id = _place(context, class_, item, student)
    before = _result(context, class_id, found.id, student_id)
    if before is not None:
        kept = {name: getattr(before, name) for name in (*fields, "comment")}
        given = {**kept, **given, "version": before.version}
    result = context.scores(class_id).set(found.id, student_id, checked(ResultPut, given))
    nouns.show(result, as_json=as_json, console=console)
    if before == result:
        console.say("It was there as you said it: nothing was changed.")


def clear(
    context: Context,
    class_: Which,
    item: WhichItem,
    student: Who,
    *,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Remove a score, as if none had been given. Its history stays."""
    from studentdb.api.problems import NotFoundError
    from studentdb.commands.deployment import asked

    console = nouns.announced(context)
    class_id, found, student_id = _place(context, class_, item, student)
    result = _result(context, class_id, found.id, student_id)
    if result is None:
        raise NotFoundError(f"{student} has no score in {found.title}")
    if not yes and not asked(f"Remove the score of {student} in {found.title}, {_cell(result)}?"):
        raise CancelledError("nothing was removed")
    context.results(class_id, found.id).delete(student_id, version=result.version)
    if as_json:
        console.json({"deleted": {"lineItemId": found.id, "studentId": result.student_id}})
    else:
        console.say(f"Removed the score of {student} in {found.title}.")


def history(
    context: Context,
    class_: Which,
    item: WhichItem,
    student: Who,
    *,
    listing: Listing,
) -> None:
    """Show every change of a score: when, by which account, and what, the newest first."""
    class_id, found, student_id = _place(context, class_, item, student)
    listing.show(
        context.result_history(class_id, found.id, student_id),
        {
            "Time": lambda each: each.at,
            "Who": lambda each: each.actor,
            "What": lambda each: each.operation,
            "Changes": audit.changes,
        },
        words=("change", "changes"),
        nothing="No score was ever given here.",
    )


def sheet(context: Context, class_: Which, *, output: Output = "table", as_json: Json = False) -> None:
    """Show the score sheet of a class: students, line items by due date, and final grades.

    The final grade is the mean of what is graded, by weight, in percent of each range. What was not submitted counts
    as the least points once it is overdue; what is exempt, or waits for its score, does not count.
    """
    from studentdb.ui.console import Console
    from studentdb.ui.tables import Column, csv_rows, table

    found = context.scores(context.classes.find(class_).id).sheet()
    console = Console()
    if as_json or output == "json":
        console.json(nouns.data(found))
        return
    columns = [Column("Number"), Column("Family name"), Column("Given name")]
    columns += [Column(each.title, align="right", least=5) for each in found.line_items]
    columns += [Column("Percent", align="right"), Column("Grade")]
    rows = []
    for row in found.rows:
        cells = {each.line_item_id: _cell(each) for each in row.results}
        person = [row.identifier or "", row.family_name or "", row.given_name]
        final = [row.final.percent or "", row.final.grade or ""]
        rows.append([*person, *(cells.get(each.id, "") for each in found.line_items), *final])
    (csv_rows if output == "csv" else table)(console, columns, rows)
    console.say(f"{len(rows)} students" if len(rows) != 1 else "1 student")


def stats(context: Context, class_: Which, *, output: Output = "table", as_json: Json = False) -> None:
    """Show a class's figures: of each line item in points, of the final grades in percent."""
    from studentdb.ui.console import Console
    from studentdb.ui.tables import Column, csv_rows, table

    found = context.scores(context.classes.find(class_).id).statistics()
    console = Console()
    if as_json or output == "json":
        console.json(nouns.data(found))
        return
    titles = ["Of", "Graded", "Mean", "Median", "Least", "Most", "Grades"]
    columns = [Column(title, align="left" if title in ("Of", "Grades") else "right") for title in titles]
    rows = [[each.title, *_figures(each)] for each in found.line_items]
    rows.append(["Final grade, percent", *_figures(found.final)])
    (csv_rows if output == "csv" else table)(console, columns, rows)
    if found.final.count and found.final.mean is None:
        console.say("Of fewer than five, figures are for who teaches the class only.")


def _place(context: Context, class_: str, item: str, student: str) -> tuple[str, LineItem, str]:
    """The ids of class and student, and the line item, by what people call them. Raises NotFoundError."""
    class_id = context.classes.find(class_).id
    return class_id, line_items.find(context.line_items(class_id), item), _student(context, class_id, student)


def _student(context: Context, class_id: str, text: str) -> str:
    from studentdb.api.problems import NotFoundError
    from studentdb.api.records import is_id
    from studentdb.contract.unique import same_value

    if is_id(text):
        return text
    # Lecturers cannot look through all students; those of the class are few.
    for each in context.roster(class_id).list(role="student", ended=True):
        if each.identifier and same_value(each.identifier) == same_value(text):
            return each.person_id
    person = context.api.me().person
    if person and same_value(person.identifier) == same_value(text):
        return person.id
    raise NotFoundError(f"there is no student with the number {text} in this class")


def _result(context: Context, class_id: str, item_id: str, student_id: str) -> Result | None:
    from studentdb.api.problems import NotFoundError

    try:
        return context.results(class_id, item_id).get(student_id)
    except NotFoundError:
        return None


def _cell(result: SheetResult) -> str:
    """`87.5`, `exempt`, `87.5 late`."""
    words = [result.score or result.score_status]
    words += [name for name in ("late", "missing", "incomplete") if getattr(result, name)]
    if result.in_progress:
        words.append("in progress")
    return " ".join(words)


def _figures(found: Figures) -> Iterable[str]:
    spread = ", ".join(f"{each.name} {each.count}" for each in found.distribution or () if each.count)
    return str(found.count), found.mean or "", found.median or "", found.least or "", found.most or "", spread
