"""The students of a deployment."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator

from studentdb.api.client import ApiClient
from studentdb.api.problems import NotFoundError, checked, parsed
from studentdb.api.transport import IDEMPOTENCY_KEY
from studentdb.contract.models import (
    LARGEST_PAGE,
    DeleteQuery,
    PageQuery,
    Student,
    StudentCreate,
    StudentList,
    StudentQuery,
    StudentUpdate,
)

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Students:
    """What can be done with students; every call raises as `ApiClient.call` does."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    def create(self, student: StudentCreate, *, idempotency_key: str = "") -> Student:
        """Add a student. With one key the same student is added once, however often this is called."""
        # Without a caller's key one of its own: a lost answer may be asked for again, safely.
        headers = {IDEMPOTENCY_KEY: idempotency_key or str(uuid.uuid4())}
        return parsed(Student, self._client.call("create_student", body=student, headers=headers))

    def get(self, student_id: str) -> Student:
        """One student. Raises NotFoundError."""
        return parsed(Student, self._client.call("get_student", path={"id": student_id}))

    def find(self, text: str) -> Student:
        """The student with this id or number. Raises NotFoundError."""
        if _ID.fullmatch(text):
            return self.get(text)
        found = self.with_number(text)
        if found is None:
            raise NotFoundError(f"there is no student with the number {text}")
        return found

    def with_number(self, number: str) -> Student | None:
        """The student with this number, as of now: unlike `list` it does not lag behind a write."""
        query = checked(StudentQuery, {"identifier": number})
        found = parsed(StudentList, self._client.call("list_students", query=query)).students
        return found[0] if found else None

    def list(self, *, limit: int | None = None) -> Iterator[Student]:
        """Students by family name, then given name: all of them, or the first `limit`; read page by page."""
        left = limit
        cursor = None
        while left is None or left > 0:
            size = LARGEST_PAGE if left is None else min(left, LARGEST_PAGE)
            page = self.page(limit=size, cursor=cursor)
            # A server that gives more than it was asked for must not make us show more.
            yield from page.students[:left]
            left = None if left is None else left - len(page.students)
            cursor = page.next_cursor
            if cursor is None:
                return

    def page(self, *, limit: int, cursor: str | None = None) -> StudentList:
        """One page of 1 to 100 students; `cursor` is the `next_cursor` of the page before."""
        query = PageQuery(limit=limit) if cursor is None else PageQuery(limit=limit, cursor=cursor)
        return parsed(StudentList, self._client.call("list_students", query=query))

    def update(self, student_id: str, changes: StudentUpdate) -> Student:
        """Change the fields that `changes` holds. Raises VersionConflictError where somebody was faster."""
        return parsed(Student, self._client.call("update_student", path={"id": student_id}, body=changes))

    def delete(self, student_id: str, *, version: int | None = None) -> None:
        """Remove the student, with `version` only if it still is the record's. Raises NotFoundError."""
        query = DeleteQuery() if version is None else DeleteQuery(version=version)
        try:
            self._client.call("delete_student", path={"id": student_id}, query=query)
        except NotFoundError as error:
            # The first attempt's answer was lost, and it had done it.
            if not error.repeated:
                raise
