"""What a list is filtered and sorted by: the columns of its table, and the fields of its records.

Letters are compared by their kind, without case and accents, as the search does it; digits by the number that they
make, within text as well (room 9 comes before room 10), so that days and moments are in their order.
"""

from __future__ import annotations

import operator
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin

from studentdb.commands.nouns import Columns
from studentdb.errors import UsageError

if TYPE_CHECKING:
    from studentdb.api.records import Records
    from studentdb.contract.custom_fields import CustomField

T = TypeVar("T")
# Text and numbers in turn, beginning with text.
Key = Sequence[str | Decimal]

_OWN = "metadata"
_FILTER = re.compile(r"(?P<name>[^=!<>~]+)(?P<predicate>!=|<=|>=|[=<>~])(?P<value>(?![=<>~]).*)", re.DOTALL)
_ORDERED = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Where 9 and 09, 7.5 and 7.50 are the same. In a student's number zeros count.
_NUMBERS = frozenset({"grades", "credits", "weight", "result_value_min", "result_value_max", "score"})
# CEDS codes of what comes before grade 1.
_EARLY = {code: Decimal(place) for place, code in enumerate(("it", "pr", "pk", "tk", "kg"), -5)}
# Letters that Unicode does not decompose, as the API folds them (lambda_src/studentdb_api/names.py).
_LETTERS = str.maketrans(
    dict(zip("đðøłıħŧŋĸəǝɛɔƒɓɖɗƙƴƈɠɣɩɨɲƥƭʉʊʋǥʒƀȷƶ", "ddolihtnqaeeofbddkycggiinptuuvgzbjz", strict=True))
    | {"þ": "th", "æ": "ae", "œ": "oe"}
)


@dataclass(frozen=True)
class Meant:
    """What a name stands for: a field of the record, a column, both, or a field of the school's own."""

    field: str = ""
    cell: Callable[[Any], str] | None = None
    own: CustomField | None = None

    @property
    def is_number(self) -> bool:
        """Whether 9 and 09 are the same here."""
        return self.field in _NUMBERS or (self.own is not None and self.own.kind == "number")

    def said(self, record: Any) -> list[str]:
        """What a filter looks at: what the record has there, and what the table shows of it."""
        found = _texts(self._value(record))
        return [*found, text] if self.cell and (text := self.cell(record)) else found

    def keys(self, record: Any) -> list[Key]:
        """What to sort by; empty for a record that has nothing there."""
        value = self._value(record)
        # What has parts is shown in one form, and sorted by it: a person by name, not by id.
        if self.cell and (not self.field or _has_parts(value)):
            value = self.cell(record)
        return [self.key(text) for text in _texts(value)]

    def key(self, text: str) -> Key:
        """The place of a text in the order."""
        folded = _fold(text)
        if self.field == "grades" and folded in _EARLY:
            return ["", _EARLY[folded]]
        if _NUMBER.fullmatch(folded):
            return ["", Decimal(folded)]
        return [Decimal(part) if odd % 2 else part for odd, part in enumerate(re.split(r"([0-9]+)", folded))]

    def _value(self, record: Any) -> object:
        if self.own is not None:
            return (record.metadata or {}).get(self.own.name)
        if not self.field:
            return None
        return record.model_dump(mode="json", by_alias=False, include={self.field})[self.field]


class Names:
    """What may stand in --filter and --sort, of `records` and a table with `columns`. `many` is the noun."""

    def __init__(self, records: Records[Any], columns: Columns, many: str) -> None:
        self._records = records
        self._model = records.model
        self._fields = {_plain(name): name for name in self._model.model_fields if name not in (_OWN, "version")}
        self._titles = [title for title in columns if title]
        self._columns = {_plain(title): columns[title] for title in self._titles}
        self._many = many

    def meant(self, name: str, flag: str) -> Meant:
        """What a name stands for. Raises UsageError."""
        wanted = _plain(name)
        field, cell = self._fields.get(wanted, ""), self._columns.get(wanted)
        # `grade` means each of the grades, not the cell that has them all.
        if not field and (several := self._fields.get(f"{wanted}s")) and self._is_list(several):
            return Meant(several)
        if field or cell:
            return Meant(field, cell)
        if own := self._own.get(wanted):
            return Meant(own=own)
        fields = [_wire(self._fields[each]) for each in sorted(self._fields.keys() - self._columns.keys())]
        hint = f"columns: {', '.join(self._titles)}; fields: {', '.join(fields)}"
        if self._own:
            hint += f"; the school's own: {', '.join(dict.fromkeys(each.name for each in self._own.values()))}"
        raise UsageError(f"{flag} names no column or field of {self._many}: {name.strip()}", hint=hint)

    def _is_list(self, field: str) -> bool:
        annotation = self._model.model_fields[field].annotation
        return list in (get_origin(annotation), *map(get_origin, get_args(annotation)))

    @cached_property
    def _own(self) -> Mapping[str, CustomField]:
        """The deployment knows them. By label and by name."""
        found = self._records.custom_fields() if _OWN in self._model.model_fields else ()
        return {_plain(text): each for each in found for text in (each.label, each.name)}


def condition(text: str, names: Names) -> Callable[[Any], bool]:
    """Whether a record is as `text` says. Raises UsageError."""
    parts = _FILTER.fullmatch(text)
    value = _fold(parts["value"]) if parts else ""
    if parts is None or not parts["name"].strip() or not (value or parts["predicate"] in ("=", "!=")):
        raise UsageError(
            "--filter was not understood",
            why=f"{text!r} is not of the form COLUMN=TEXT",
            hint="'status=active'; also != < <= > >=, and ~ for a part of a text",
        )
    meant, predicate = names.meant(parts["name"], "--filter"), parts["predicate"]
    if predicate == "~":
        return lambda record: any(value in _fold(each) for each in meant.said(record))
    if predicate in _ORDERED:
        return _compared(meant, _ORDERED[predicate], value)
    equal = _equal(meant, value)
    return equal if predicate == "=" else lambda record: not equal(record)


def in_order(found: Iterable[T], meant: Meant, *, down: bool) -> Iterator[T]:
    """Those that have nothing there come last, up and down; equals stay in the API's order."""
    keys = [(record, meant.keys(record)) for record in found]
    keys.sort(key=lambda pair: pair[1], reverse=down)
    for saying in (True, False):
        yield from (record for record, key in keys if bool(key) is saying)


def _equal(meant: Meant, value: str) -> Callable[[Any], bool]:
    number = Decimal(value) if meant.is_number and _NUMBER.fullmatch(value) else None

    def equal(record: Any) -> bool:
        said = [_fold(each) for each in meant.said(record)]
        if not value:
            return not said
        if _DAY.fullmatch(value):
            # Of a moment the day.
            return any(each.partition("t")[0] == value for each in said)
        if value in said or number is None:
            return value in said
        return any(number == Decimal(each) for each in said if _NUMBER.fullmatch(each))

    return equal


def _compared(meant: Meant, compare: Callable[[Any, Any], bool], value: str) -> Callable[[Any], bool]:
    """As far as the value goes: all of a day's moments are on it, `10 of 24` is no more than 10."""
    wanted = list(meant.key(value))
    if len(wanted) > 1 and wanted[-1] == "":
        wanted.pop()

    def holds(key: Key) -> bool:
        # What does not begin with a number is neither above one nor below.
        return (key[0] == "") is (wanted[0] == "") and compare(list(key[: len(wanted)]), wanted)

    return lambda record: any(holds(meant.key(text)) for text in meant.said(record))


def _texts(value: object) -> list[str]:
    if isinstance(value, bool):
        # As the table has it, and as JSON has it.
        return ["yes", "true"] if value else ["no", "false"]
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    if isinstance(value, dict):
        return [text for each in value.values() for text in _texts(each)]
    return [] if value is None or value == "" else [str(value)]


def _has_parts(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(map(_has_parts, value)))


def _plain(name: str) -> str:
    """`Family name`, `familyName` and `family_name` are one."""
    return "".join(filter(str.isalnum, name.casefold()))


def _fold(text: str) -> str:
    """As the search does it: `dang` is Đặng."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(each for each in decomposed if unicodedata.category(each) != "Mn")
    # What a compatible form stands for may have a case of its own.
    return " ".join(bare.casefold().translate(_LETTERS).split())


def _wire(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))
