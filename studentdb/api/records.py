"""What all nouns of the API have in common: list, get, create, update, delete."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from studentdb.api.client import ApiClient
from studentdb.api.problems import NotFoundError, checked, parsed, word
from studentdb.api.transport import IDEMPOTENCY_KEY
from studentdb.contract.custom_fields import CustomField, CustomFieldList
from studentdb.contract.fields import LARGEST_PAGE
from studentdb.contract.models import DeleteQuery, RequestModel, ResponseModel
from studentdb.contract.operations import operation

T = TypeVar("T", bound=ResponseModel)

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def is_id(text: str) -> bool:
    """Whether it is an id as the API gives them, rather than what people call a record."""
    return _ID.fullmatch(text) is not None


@dataclass(frozen=True)
class Noun(Generic[T]):
    """`one` and `many` as operations call it: `get_subject`, `list_subjects`. `model` is a record of it.

    `key` is the filter of the list that lets through the one record that people mean by it: a student's number.
    `parameter` is the record's id in paths.
    """

    one: str
    many: str
    model: type[T]
    key: str = ""
    parameter: str = "id"

    @property
    def words(self) -> str:
        """For people."""
        return self.one.replace("_", " ")


class Records(Generic[T]):
    """The records of one noun; every call raises as `ApiClient.call` does.

    `within` are the parameters of a path that leads through another record: the class of an enrollment.
    """

    def __init__(self, client: ApiClient, noun: Noun[T], within: Mapping[str, str] | None = None) -> None:
        self.model = noun.model
        self._client = client
        self._noun = noun
        self._within = within or {}

    def create(self, new: RequestModel, *, idempotency_key: str = "") -> T:
        """Add a record. With one key the same record is added once, however often this is called."""
        # Without a caller's key one of its own: a lost answer may be asked for again, safely.
        headers = {IDEMPOTENCY_KEY: idempotency_key or str(uuid.uuid4())}
        call = self._client.call(f"create_{self._noun.one}", path=self._within, body=new, headers=headers)
        return parsed(self._noun.model, call)

    def get(self, record_id: str) -> T:
        """One record. Raises NotFoundError."""
        return parsed(self._noun.model, self._client.call(f"get_{self._noun.one}", path=self._path(record_id)))

    def list(self, *, limit: int | None = None, **filters: object) -> Iterator[T]:
        """All records that the filters let through, or the first `limit`, in the API's order; read page by page."""
        left = limit
        cursor: str | None = None
        while left is None or left > 0:
            size = LARGEST_PAGE if left is None else min(left, LARGEST_PAGE)
            page, cursor = self.page(limit=size, cursor=cursor, **filters)
            # A server that gives more than it was asked for must not make us show more.
            yield from page[:left]
            left = None if left is None else left - len(page)
            if cursor is None:
                return

    def page(self, *, limit: int, cursor: str | None = None, **filters: object) -> tuple[Sequence[T], str | None]:
        """One page of 1 to 100 records, and the cursor of the next one. `cursor` is that of the page before."""
        asked = operation(f"list_{self._noun.many}")
        given = {"limit": limit, "cursor": cursor, **filters}
        query = checked(asked.query, {name: value for name, value in given.items() if value is not None})
        answer = parsed(asked.response or ResponseModel, self._client.call(asked.name, path=self._within, query=query))
        found: Sequence[T] = getattr(answer, self._noun.many)
        return found, getattr(answer, "next_cursor", None)

    def find(self, text: str) -> T:
        """The record with this id, or with this value of the noun's key. Raises NotFoundError."""
        if is_id(text):
            return self.get(text)
        found = self.with_key(text)
        if found is None:
            raise NotFoundError(f"there is no {self._noun.words} with the {word(self._noun.key or 'id')} {text}")
        return found

    def with_key(self, text: str) -> T | None:
        """The record with this value of the noun's key, as of now: unlike `list` it does not lag behind a write."""
        found = self.page(limit=1, **{self._noun.key: text})[0] if self._noun.key else []
        return found[0] if found else None

    def custom_fields(self) -> Sequence[CustomField]:
        """The fields of people's `metadata` that the school has declared."""
        return parsed(CustomFieldList, self._client.call("list_custom_fields")).custom_fields

    def update(self, record_id: str, changes: RequestModel) -> T:
        """Change the fields that `changes` holds. Raises VersionConflictError where somebody was faster."""
        call = self._client.call(f"update_{self._noun.one}", path=self._path(record_id), body=changes)
        return parsed(self._noun.model, call)

    def delete(self, record_id: str, *, version: int | None = None) -> None:
        """Remove the record, with `version` only if it still is the record's. Raises NotFoundError, ReferredError."""
        query = DeleteQuery() if version is None else DeleteQuery(version=version)
        try:
            self._client.call(f"delete_{self._noun.one}", path=self._path(record_id), query=query)
        except NotFoundError as error:
            # The first attempt's answer was lost, and it had done it.
            if not error.repeated:
                raise

    def _path(self, record_id: str) -> dict[str, str]:
        return {**self._within, self._noun.parameter: record_id}
