"""`studentdb scores items` and the like: what is graded in a class, through the deployed API."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated

import typer

from studentdb.commands import nouns
from studentdb.commands.command import Json, Yes, command
from studentdb.commands.enrollments import Which
from studentdb.commands.listing import Listing
from studentdb.context import Context
from studentdb.errors import UsageError

if TYPE_CHECKING:
    from studentdb.api.records import Records
    from studentdb.contract.line_items import LineItem

WhichItem = Annotated[str, typer.Argument(metavar="ITEM", help="The line item's title or id.")]
Title = Annotated[str | None, typer.Option("--title", help="Title, such as 'Midterm exam'.")]
Due = Annotated[str | None, typer.Option("--due", metavar="YYYY-MM-DD", help="The last day on which it is in time.")]
Kind = Annotated[str | None, typer.Option("--kind", help="Kind, such as exam or homework (OneRoster category).")]
Weight = Annotated[
    str | None, typer.Option("--weight", metavar="NUMBER", help="What it counts for beside the others, such as 30.")
]
Least = Annotated[str | None, typer.Option("--min", metavar="POINTS", help="The least score that can be given.")]
Most = Annotated[str | None, typer.Option("--max", metavar="POINTS", help="The highest score that can be given.")]
Assigned = Annotated[
    str | None, typer.Option("--assigned", metavar="YYYY-MM-DD", help="When the class got to know it.")
]
Description = Annotated[str | None, typer.Option("--description", help="What it is about.")]
Status = Annotated[
    str | None, typer.Option("--status", metavar="active|inactive", help="An inactive one does not count.")
]


def register(scores: typer.Typer) -> None:
    """Add the commands to those of scores."""
    for each in (items, add_item, update_item, delete_item):
        command(scores)(each)


def items(context: Context, class_: Which, *, listing: Listing) -> None:
    """List what is graded in a class, by due date."""
    listing.show(
        of_class(context, class_),
        {
            "Title": lambda each: each.title,
            "Kind": lambda each: each.category or "",
            "Weight": lambda each: each.weight,
            "Range": lambda each: f"{each.result_value_min} to {each.result_value_max}",
            "Assigned": lambda each: each.assign_date,
            "Due": lambda each: each.due_date,
            "Status": lambda each: each.status,
        },
        words=("line item", "line items"),
        nothing="Nothing is graded in this class yet: studentdb scores add-item",
    )


def add_item(
    context: Context,
    class_: Which,
    *,
    title: Annotated[str, typer.Option("--title", help="Title, such as 'Midterm exam'.")],
    due: Annotated[str, typer.Option("--due", metavar="YYYY-MM-DD", help="The last day on which it is in time.")],
    kind: Kind = None,
    weight: Weight = None,
    least: Least = None,
    most: Most = None,
    assigned: Assigned = None,
    description: Description = None,
    status: Status = None,
    as_json: Json = False,
) -> None:
    """Add something that is graded in a class: by default it counts 1, with 0 to 100 points."""
    from studentdb.api.problems import checked
    from studentdb.contract.line_items import LineItemCreate

    fields = _fields(title, due, kind, weight, least, most, assigned, description, status)
    new = checked(LineItemCreate, nouns.given(fields))
    console = nouns.announced(context)
    nouns.show(of_class(context, class_).create(new), as_json=as_json, console=console)


def update_item(
    context: Context,
    class_: Which,
    item: WhichItem,
    *,
    title: Title = None,
    due: Due = None,
    kind: Kind = None,
    weight: Weight = None,
    least: Least = None,
    most: Most = None,
    assigned: Assigned = None,
    description: Description = None,
    status: Status = None,
    as_json: Json = False,
) -> None:
    """Change a line item. An empty value (--kind "") clears a field that may be empty.

    Its range stays as it is once there are scores.
    """
    from studentdb.contract.line_items import LineItemUpdate

    fields = _fields(title, due, kind, weight, least, most, assigned, description, status)
    changes = nouns.given(fields, clearable=("category", "description"))
    items = cache(lambda: of_class(context, class_))
    changed = nouns.change(context, items, lambda: find(items(), item), LineItemUpdate, changes)
    nouns.show(changed, as_json=as_json)


def delete_item(context: Context, class_: Which, item: WhichItem, *, yes: Yes = False, as_json: Json = False) -> None:
    """Delete a line item that has no scores."""
    items = cache(lambda: of_class(context, class_))
    nouns.remove(
        context,
        items,
        lambda: find(items(), item),
        lambda found: f"{found.title}, due {found.due_date}",
        yes=yes,
        as_json=as_json,
    )


def of_class(context: Context, text: str) -> Records[LineItem]:
    """The line items of the class with this code or id. Raises NotFoundError."""
    return context.line_items(context.classes.find(text).id)


def find(items: Records[LineItem], text: str) -> LineItem:
    """The line item with this id, or the only one with this title. Raises NotFoundError, UsageError for several."""
    from studentdb.api.problems import NotFoundError
    from studentdb.contract.unique import same_value

    there = list(items.list())
    named = [each for each in there if text == each.id] or [
        each for each in there if same_value(each.title) == same_value(text)
    ]
    if not named:
        titles = ", ".join(each.title for each in there) or "nothing yet"
        raise NotFoundError(f"there is no line item {text} in this class", why=f"it has {titles}")
    if len(named) > 1:
        ids = ", ".join(f"{each.id} (due {each.due_date})" for each in named)
        raise UsageError(f"{len(named)} line items have the title {text}", why=ids, hint="name the one by its id")
    return named[0]


def _fields(
    title: str | None,
    due: str | None,
    kind: str | None,
    weight: str | None,
    least: str | None,
    most: str | None,
    assigned: str | None,
    description: str | None,
    status: str | None,
) -> dict[str, str | None]:
    return {
        "title": title,
        "due_date": due,
        "category": kind,
        "weight": weight,
        "result_value_min": least,
        "result_value_max": most,
        "assign_date": assigned,
        "description": description,
        "status": status,
    }
