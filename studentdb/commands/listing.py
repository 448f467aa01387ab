"""What every list of records takes: which of them, in which order, how many, and how they are printed.

The words are OneRoster 1.2's for its lists: `filter` with its predicates, `sort` and `orderBy`. The API finds by
what it has an index of; by what else a list is filtered and sorted is done here, where its records come by anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import typer

from studentdb.commands import nouns
from studentdb.commands.command import Json
from studentdb.commands.filters import Names, condition, in_order
from studentdb.commands.nouns import Columns, Output
from studentdb.errors import UsageError

if TYPE_CHECKING:
    from studentdb.api.records import Records
    from studentdb.contract.models import ResponseModel

    T = TypeVar("T", bound=ResponseModel)


@dataclass(frozen=True)
class Listing:
    """The flags of a list; a parameter of this type stands for all of them in a command."""

    filters: Annotated[
        list[str] | None,
        typer.Option(
            "--filter",
            metavar="COLUMN=TEXT",
            help="Only where a column or field is so: 'status=active', 'grade>=9', 'title~algebra' (= != < <= > >= ~). "
            "May be repeated.",
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

    @property
    def chooses(self) -> bool:
        """Whether anything was said of which records, or how they are printed, but for --json."""
        return replace(self, as_json=False, filters=self.filters or None) != Listing()

    def show(
        self, records: Records[T], columns: Columns, *, words: tuple[str, str], nothing: str, **query: Any
    ) -> None:
        """The records that the API has for `query`, as `nouns.show_list` shows them. Raises UsageError."""
        seen = 0

        def counted(found: Iterable[T]) -> Iterator[T]:
            nonlocal seen
            for record in found:
                seen += 1
                yield record

        def none() -> str:
            if not seen:
                return nothing
            return f"Of {seen} {words[0] if seen == 1 else words[1]} none is so: {', '.join(self.filters or ())}"

        def read(limit: int | None) -> Iterator[T]:
            return counted(records.list(limit=limit, **query))

        nouns.show_list(
            self._chosen(records, columns, words[1], read),
            columns,
            as_json=self.as_json,
            output=self.output,
            words=words,
            nothing=none,
        )

    def _chosen(
        self, records: Records[T], columns: Columns, many: str, read: Callable[[int | None], Iterable[T]]
    ) -> Iterable[T]:
        if self.order and not self.sort:
            raise UsageError("--order says how to sort", hint="--sort COLUMN --order desc")
        names = Names(records, columns, many)
        conditions = [condition(text, names) for text in self.filters or ()]
        by = names.meant(self.sort, "--sort") if self.sort is not None else None
        if by is None and not conditions:
            return read(self.limit)
        chosen: Iterable[T] = (record for record in read(None) if all(holds(record) for holds in conditions))
        if by is not None:
            chosen = in_order(chosen, by, down=self.order == "desc")
        return islice(chosen, self.limit)
