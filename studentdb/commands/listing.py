"""What every list of records takes: which of them, in which order, how many, and how they are printed.

The words are OneRoster 1.2's for its lists: `filter` with its predicates, `sort` and `orderBy`. The API finds by
what it has an index of; by what else a list is filtered and sorted is done here, where its records come by anyway.
"""

from __future__ import annotations

import operator
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import typer

from studentdb.commands import nouns
from studentdb.commands.command import Json
from studentdb.commands.nouns import Columns, Output
from studentdb.errors import UsageError

if TYPE_CHECKING:
    from studentdb.api.records import Records
    from studentdb.contract.models import ResponseModel

    T = TypeVar("T", bound=ResponseModel)

# What a record says under one name: nothing, one thing, or several.
Say = Callable[[Any], Sequence[str]]
# One of the school's own fields: which of them there are only the records know.
_OWN = "metadata"
_FILTER = re.compile(r"(?P<name>[^=!<>~]+)(?P<predicate>!=|<=|>=|[=<>~])(?P<value>.*)", re.DOTALL)
_ORDERED = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
# Letters that Unicode does not decompose, as the API folds them (lambda_src/studentdb_api/names.py).
_LETTERS = str.maketrans(
    dict(zip("đðøłıħŧŋĸəǝɛɔƒɓɖɗƙƴƈɠɣɩɨɲƥƭʉʊʋǥʒƀȷƶ", "ddolihtnqaeeofbddkycggiinptuuvgzbjz", strict=True))
    | {"þ": "th", "æ": "ae", "œ": "oe"}
)
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True)
class Listing:
    """The flags of a list; a parameter of this type stands for all of them in a command."""

    filters: Annotated[
        list[str] | None,
        typer.Option(
            "--filter",
            metavar="COLUMN=TEXT",
            help="Only where a column or field is so: 'status=active', 'grade>=9', 'title~algebra'; may be repeated.",
        ),
    ] = None
    sort: Annotated[
        str | None, typer.Option("--sort", metavar="COLUMN", help="By a column or field, such as 'family name'.")
    ] = None
    order: Annotated[
        Literal["asc", "desc"] | None, typer.Option("--order", help="Of --sort: up (the default), or down.")
    ] = None
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Only the first N.")] = None
    output: Output = "table"
    as_json: Json = False

    def show(
        self, records: Records[T], columns: Columns, *, words: tuple[str, str], nothing: str, **query: Any
    ) -> None:
        """The records that the API has for `query`, as `nouns.show_list` shows them. Raises UsageError."""
        nouns.show_list(
            self._found(records, columns, words[1], query),
            columns,
            as_json=self.as_json,
            output=self.output,
            words=words,
            nothing=f"No {words[0]} has {' and '.join(self.filters)}." if self.filters else nothing,
        )

    def _found(self, records: Records[T], columns: Columns, many: str, query: Mapping[str, Any]) -> Iterable[T]:
        if self.order and not self.sort:
            raise UsageError("--order says how to sort", hint="--sort COLUMN --order desc")
        names = _Names(records.model, columns, many)
        tests = [_test(text, names) for text in self.filters or ()]
        key = names.say(self.sort, "--sort") if self.sort is not None else None
        if key is None and not tests:
            return records.list(limit=self.limit, **query)
        found: Iterable[T] = records.list(**query)
        if names.unsure:
            found = names.checked(list(found))
        chosen: Iterable[T] = (record for record in found if all(test(record) for test in tests))
        if key is not None:
            chosen = _sorted(chosen, key, down=self.order == "desc")
        return islice(chosen, self.limit)


class _Names:
    """What may stand in --filter and --sort: the fields of a record, and the columns of its table.

    Where both have a name, the field is meant: a column of bytes may be rounded. `unsure` are names that only a field
    of the school's own can have.
    """

    def __init__(self, model: type[ResponseModel], columns: Columns, many: str) -> None:
        self.unsure: list[tuple[str, str]] = []
        self._fields = {_plain(name): name for name in model.model_fields if name not in (_OWN, "version")}
        self._columns = {_plain(title): cell for title, cell in columns.items()}
        self._has_own = _OWN in model.model_fields
        self._titles = columns
        self._many = many

    def say(self, name: str, flag: str) -> Say:
        """What a record says under this name. Raises UsageError where there is none."""
        wanted = _plain(name)
        # `grade` means each of the grades, not the cell that has them all.
        if field := self._fields.get(wanted) or self._fields.get(f"{wanted}s"):
            return lambda record: _texts(record.model_dump(mode="json", by_alias=False, include={field})[field])
        if cell := self._columns.get(wanted):
            return lambda record: [text] if (text := cell(record)) else []
        if not self._has_own:
            raise self._unknown(name, flag)
        self.unsure.append((name, flag))
        return lambda record: _texts(_own(record).get(wanted))

    def checked(self, found: Sequence[T]) -> Sequence[T]:
        """All of them, when one at least has each of the school's own fields. Raises UsageError."""
        for name, flag in self.unsure:
            if found and not any(_plain(name) in _own(record) for record in found):
                raise self._unknown(name, flag)
        return found

    def _unknown(self, name: str, flag: str) -> UsageError:
        others = sorted(self._fields.keys() - self._columns.keys())
        return UsageError(
            f"{flag} names no column or field of {self._many}: {name.strip()}",
            hint=f"columns: {', '.join(filter(None, self._titles))}; fields: "
            + ", ".join(_wire(self._fields[each]) for each in others),
        )


def _test(text: str, names: _Names) -> Callable[[Any], bool]:
    parts = _FILTER.fullmatch(text)
    if parts is None or not parts["name"].strip():
        raise UsageError(
            "--filter was not understood",
            why=f"{text!r} is not of the form COLUMN=TEXT",
            hint="'status=active'; also != < <= > >=, and ~ for a part of a text",
        )
    say, predicate, value = names.say(parts["name"], "--filter"), parts["predicate"], _fold(parts["value"])
    number = _NUMBER.fullmatch(value)
    if predicate == "~":
        return lambda record: any(value in _fold(each) for each in say(record))
    if compare := _ORDERED.get(predicate):
        return lambda record: any(compare(*_alike(each, value)) for each in say(record))

    def equal(record: Any) -> bool:
        said = [_fold(each) for each in say(record)]
        if not value:
            return not said
        # Grade 9 is 09 in OneRoster.
        return value in said or any(number and _NUMBER.fullmatch(each) and float(each) == float(value) for each in said)

    return equal if predicate == "=" else lambda record: not equal(record)


def _sorted(found: Iterable[T], say: Say, *, down: bool) -> Iterator[T]:
    """Those that say nothing come last, up and down; equals stay in the API's order."""
    keys = [(record, [_key(each) for each in say(record)]) for record in found]
    keys.sort(key=lambda pair: pair[1], reverse=down)
    for saying in (True, False):
        yield from (record for record, key in keys if bool(key) is saying)


def _alike(one: str, other: str) -> tuple[Any, Any]:
    """Both as numbers where both are, so that 2026 may be compared with a day of it."""
    if _NUMBER.fullmatch(one) and _NUMBER.fullmatch(other):
        return float(one), float(other)
    return _parts(one), _parts(other)


def _key(text: str) -> tuple[bool, Any]:
    """Numbers by size, and before text."""
    return (False, float(text)) if _NUMBER.fullmatch(text) else (True, _parts(text))


def _parts(text: str) -> list[str | int]:
    """Text and digits in turn: room 9 comes before room 10. Of letters their kind counts, not case or accents."""
    return [int(part) if odd % 2 else part for odd, part in enumerate(re.split(r"([0-9]+)", _fold(text)))]


def _texts(value: object) -> Sequence[str]:
    if isinstance(value, bool):
        # As the table has it, and as JSON has it.
        return ["yes", "true"] if value else ["no", "false"]
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    if isinstance(value, dict):
        return [text for each in value.values() for text in _texts(each)]
    return [] if value is None or value == "" else [str(value)]


def _own(record: Any) -> dict[str, object]:
    return {_plain(name): value for name, value in (record.metadata or {}).items()}


def _plain(name: str) -> str:
    """`Family name`, `familyName` and `family_name` are one."""
    return "".join(filter(str.isalnum, name.casefold()))


def _fold(text: str) -> str:
    """As the search does it: `dang` is Đặng."""
    decomposed = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
    return "".join(each for each in decomposed if not unicodedata.combining(each)).strip()


def _wire(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))
