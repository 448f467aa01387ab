"""What the commands of all nouns have in common: what they take, and how records are shown."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import typer

from studentdb.context import Context
from studentdb.errors import CancelledError, UsageError

if TYPE_CHECKING:
    from studentdb.api.records import Records
    from studentdb.contract.models import RequestModel, ResponseModel
    from studentdb.ui.console import Console

    T = TypeVar("T", bound=ResponseModel)

Output = Annotated[
    Literal["table", "json", "csv"],
    typer.Option("--output", help="How to print: a table, JSON, or CSV for a spreadsheet."),
]
_DAYS = re.compile(r"([1-9][0-9]{0,3})d")
# Title -> the cell of a record.
Columns = Mapping[str, Callable[[Any], str]]


def announced(context: Context) -> Console:
    """A console, after the target of a write was named on it."""
    from studentdb.ui.console import Console

    console = Console()
    console.say(f"At {context.known.label}")
    return console


def given(fields: Mapping[str, object], *, clearable: Iterable[str] = ()) -> dict[str, Any]:
    """The fields that were given. An empty text clears a field that may be empty."""
    may = set(clearable)
    return {name: None if value == "" and name in may else value for name, value in fields.items() if value is not None}


def show(record: ResponseModel, *, as_json: bool, console: Console | None = None) -> None:
    """All fields of one record that say something."""
    from studentdb.api.problems import word
    from studentdb.ui.console import Console, plain

    console = console or Console()
    if as_json:
        console.json(data(record))
        return
    fields = data(record)
    # The school's own fields stand among the others.
    shown = {word(name): each for name, each in (fields | fields.get("metadata", {})).items() if name != "metadata"}
    said = {name: each for name, each in shown.items() if each not in (None, [])}
    width = max(14, *map(len, said))
    for name, value in said.items():
        console.data(f"{name:<{width}} {plain(_text(value))}")


def show_list(
    found: Iterable[T],
    columns: Columns,
    *,
    as_json: bool,
    output: str,
    words: tuple[str, str],
    nothing: str | Callable[[], str],
) -> None:
    """Records as they come. `words` are the noun for one and for many, `nothing` what to say where there are none."""
    from studentdb.ui.console import Console
    from studentdb.ui.tables import Column, csv_rows, table

    console = Console()
    if as_json or output == "json":
        console.json_list(map(data, found))
        return
    seen = 0

    def rows() -> Iterable[Sequence[str]]:
        nonlocal seen
        for record in found:
            seen += 1
            yield [cell(record) for cell in columns.values()]

    (csv_rows if output == "csv" else table)(console, [Column(title) for title in columns], rows())
    if seen:
        console.say(f"{seen} {words[0] if seen == 1 else words[1]}")
    else:
        console.say(nothing if isinstance(nothing, str) else nothing())


def change(
    context: Context,
    records: Callable[[], Records[T]],
    found: Callable[[], T],
    model: type[RequestModel],
    changes: dict[str, Any],
) -> T:
    """Update the record that `found` gives; what a person typed is checked before the network is asked for anything."""
    from studentdb.api.problems import checked

    if not changes:
        raise UsageError("nothing to change was given", hint="--help lists what can be changed")
    checked(model, {"version": 1, **changes})
    announced(context)
    current: Any = found()
    return records().update(current.id, checked(model, {"version": current.version, **changes}))


def remove(
    context: Context,
    records: Callable[[], Records[T]],
    found: Callable[[], T],
    name: Callable[[T], str],
    *,
    yes: bool,
    as_json: bool,
) -> None:
    """Delete the record that `found` gives, after a question."""
    from studentdb.commands.deployment import asked

    console = announced(context)
    current: Any = found()
    named = name(current)
    if not yes and not asked(f"Delete {named}?"):
        raise CancelledError("nothing was deleted")
    records().delete(current.id, version=current.version)
    if as_json:
        console.json({"deleted": current.id})
    else:
        console.say(f"Deleted {named}.")


def data(record: ResponseModel) -> dict[str, Any]:
    """A record as `--json` prints it: under the names of the wire."""
    return record.model_dump(mode="json", by_alias=True)


def end_of(text: str) -> str:
    """The moment after a day, or in some days. Raises UsageError."""
    if days := _DAYS.fullmatch(text):
        end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=int(days[1]))
        return end.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    try:
        day = datetime.date.fromisoformat(text)
        after = day + datetime.timedelta(days=1)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{text} is no end", hint="--expires takes a day such as 2027-01-31, or days such as 7d"
        ) from None
    return f"{after.isoformat()}T00:00:00.000Z"


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    if isinstance(value, dict):
        return " ".join(_text(each) for each in value.values() if each is not None)
    return str(value)
