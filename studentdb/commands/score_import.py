"""`studentdb scores import`: a column of scores from a CSV file, through the deployed API."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from studentdb.commands import line_items, mail, nouns
from studentdb.commands.command import Json
from studentdb.commands.enrollments import Which
from studentdb.commands.line_items import WhichItem
from studentdb.context import Context

if TYPE_CHECKING:
    from studentdb.contract.line_items import LineItem
    from studentdb.contract.results import ResultOfStudent, SheetResult
    from studentdb.contract.score_sheets import SheetRow

WORDS = ("exempt", "submitted", "not-submitted")
_FLAGS = ("late", "missing", "incomplete", "in_progress", "comment")


def import_(
    context: Context,
    class_: Which,
    item: WhichItem,
    file: Annotated[
        Path, typer.Argument(metavar="FILE.csv", help="The columns Number and Score; others are not read.")
    ],
    *,
    as_json: Json = False,
) -> None:
    """Give or correct the scores of one line item from a CSV file.

    Scores are as `scores set` takes them. An empty one leaves what is there, and a score that is there already is left
    alone. A wrong cell anywhere, and nothing is sent.
    """
    from studentdb import roster
    from studentdb.contract.unique import same_value

    rows = roster.columns(file, {"identifier": "Number", "score": "Score"})
    console = nouns.announced(context)
    class_id = context.classes.find(class_).id
    found = line_items.find(context.line_items(class_id), item)
    scores = context.scores(class_id)
    students = {same_value(each.identifier): each for each in scores.sheet().rows if each.identifier}
    errors: list[roster.CellError] = []
    wanted: dict[str, ResultOfStudent] = {}
    unchanged = 0
    for line, cells in rows:
        row = students.get(same_value(cells["identifier"]))
        if row is None:
            errors.append(roster.CellError(line, "Number", "is no student of this class"))
        elif row.student_id in wanted:
            errors.append(roster.CellError(line, "Number", "is there twice"))
        elif cells["score"]:
            before = next((each for each in row.results if each.line_item_id == found.id), None)
            new, wrong = _wanted(found, row, before, cells["score"])
            errors += [roster.CellError(line, "Score", each) for each in wrong]
            if new is None:
                unchanged += not wrong
            else:
                wanted[row.student_id] = new
    roster.refuse(file, errors)
    written = list(scores.set_many(found.id, list(wanted.values())))
    summary = {
        "added": sum(each.version == 1 for each in written),
        "changed": sum(each.version > 1 for each in written),
        "unchanged": unchanged,
    }
    if written:
        mail.finished(context, console, "scores", summary)
    if as_json:
        console.json(summary)
    else:
        console.say(", ".join(f"{number} {word}" for word, number in summary.items()))


def said(text: str, *, partial: bool = False) -> dict[str, Any]:
    """Score and status of what was typed."""
    if text.replace(" ", "-") in WORDS:
        return {"score_status": text.replace("-", " ")}
    return {"score": text, "score_status": "partially graded" if partial else "fully graded"}


def _wanted(
    item: LineItem, row: SheetRow, before: SheetResult | None, text: str
) -> tuple[ResultOfStudent | None, list[str]]:
    """The result to send, None where it is there already; and what is wrong with the cell."""
    from studentdb.api.problems import InvalidInputError, checked
    from studentdb.contract.results import ResultOfStudent

    fields: Mapping[str, Any] = said(text)
    kept: dict[str, Any] = {}
    if before is not None:
        kept = {"version": before.version, **{name: getattr(before, name) for name in _FLAGS}}
    try:
        new = checked(ResultOfStudent, {"student_id": row.student_id, **kept, **fields})
    except InvalidInputError as error:
        return None, [each.message for each in error.fields]
    if new.score is not None:
        least, most = item.result_value_min, item.result_value_max
        if not Decimal(least) <= Decimal(new.score) <= Decimal(most):
            return None, [f"must be from {least} to {most}"]
    if before is not None and (before.score_status, _number(before.score)) == (new.score_status, _number(new.score)):
        return None, []
    return new, []


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
