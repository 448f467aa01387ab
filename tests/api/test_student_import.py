"""Bringing students in: what is written, what is left alone, and what happens to the rest after a failure."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from studentdb.api.client import ApiClient
from studentdb.api.records import Noun, Records
from studentdb.api.session import Session
from studentdb.api.student_import import import_students
from studentdb.api.tokens import TokenStore
from studentdb.api.transport import Http
from studentdb.contract.students import Student, StudentCreate
from studentdb.errors import CancelledError, UnavailableError
from tests.api.fakes import BINDING, Door, MemoryKeyring, answer

TIMES = {"createdAt": "2025-01-01T00:00:00.000Z", "updatedAt": "2025-01-01T00:00:00.000Z"}


class School:
    """An API that keeps students in memory; `before` is asked first and may answer instead.

    `index` is what the list shows, where it lags behind what is stored: student id -> version, fields as stored.
    """

    def __init__(self, *there: Mapping[str, Any]) -> None:
        self.students = {str(number): dict(one) for number, one in enumerate(there)}
        self.writes: list[tuple[str, dict[str, Any]]] = []
        self.index: list[dict[str, Any]] | None = None
        self.before: Callable[[str, dict[str, Any]], httpx.Response | None] = lambda method, body: None
        self._lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            stored = [self._shown(each) for each in self.students]
            if number := request.url.params.get("identifier"):
                shown = [each for each in stored if each["identifier"].casefold() == number.casefold()]
            else:
                shown = stored if self.index is None else self.index
            return answer(200, {"students": shown, "nextCursor": None})
        body = json.loads(request.content)
        early = self.before(request.method, body)
        if early is not None:
            return early
        with self._lock:
            self.writes.append((request.method, body))
            student_id = request.url.path.rpartition("/")[2] if request.method == "PATCH" else str(len(self.students))
            self.students.setdefault(student_id, {}).update(body)
            return answer(201 if request.method == "POST" else 200, self._shown(student_id))

    def _shown(self, student_id: str) -> dict[str, Any]:
        fixed = {"id": student_id, "status": "active", "role": "student", "version": 7, **TIMES}
        return {**fixed, **self.students[student_id], "version": 7}


@pytest.fixture
def connect(tmp_path: Path) -> Callable[[School], Records[Student]]:
    def connected(school: School) -> Records[Student]:
        session = Session(BINDING, Door(), TokenStore(tmp_path, keyring=MemoryKeyring()), now=lambda: 0.0)
        session.sign_in("ada@example.edu", "pw", lambda: "")
        return Records(
            ApiClient(Http(httpx.MockTransport(school), sleep=lambda _: None), session),
            Noun("student", "students", Student, key="identifier"),
        )

    return connected


def row(number: str, given: str = "Ada", **more: Any) -> dict[str, Any]:
    return {"identifier": number, "givenName": given, "familyName": "Lovelace", **more}


def wanted(*rows: Mapping[str, Any]) -> dict[int, StudentCreate]:
    return {line: StudentCreate.model_validate(each) for line, each in enumerate(rows, start=2)}


def nothing() -> None:
    """No progress is shown."""


def test_added_changed_and_left_alone(connect: Callable[[School], Records[Student]]) -> None:
    """The number decides who is who, whatever its case; a cell that is empty in the file says nothing."""
    school = School(row("S1", email="ada@example.edu", birthDate="2010-01-01"), row("s2"), row("S9"))
    seen: list[int] = []
    result = import_students(connect(school), wanted(row("S1"), row("S2", "Grace"), row("S3")), lambda: seen.append(1))
    assert (result.added, result.changed, result.unchanged, result.refused) == (1, 1, 1, {})
    assert len(seen) == 3
    assert sorted(school.writes, key=lambda write: write[0]) == [
        ("PATCH", {"version": 7, "identifier": "S2", "givenName": "Grace"}),
        ("POST", row("S3")),
    ]


def test_again_writes_nothing(connect: Callable[[School], Records[Student]]) -> None:
    school = School()
    rows = wanted(*(row(f"S{number}", email=f"E{number}@Example.edu", grades=["09"]) for number in range(20)))
    assert import_students(connect(school), rows, nothing).added == 20
    school.writes.clear()
    assert import_students(connect(school), rows, nothing).unchanged == 20
    assert school.writes == []


def test_conflicts_are_collected_by_line(connect: Callable[[School], Records[Student]]) -> None:
    school = School()
    taken = problem(409, "duplicate", field="email")
    school.before = lambda method, body: taken if body["identifier"] == "S2" else None
    result = import_students(connect(school), wanted(row("S1"), row("S2"), row("S3")), nothing)
    assert (result.added, list(result.refused)) == (2, [3])


def problem(status: int, slug: str, **error: object) -> httpx.Response:
    errors = [{"message": "no", **error}] if error else []
    return answer(status, {"type": f"urn:studentdb:problem:{slug}", "title": "no", "status": status, "errors": errors})


def test_right_after_an_interrupted_import(connect: Callable[[School], Records[Student]]) -> None:
    """The list does not show yet what was written a moment ago: it is the same people, and nobody is refused."""
    school = School(row("S1"), row("s2"))
    school.index = []
    school.before = lambda method, body: (
        problem(409, "duplicate", field="identifier") if method == "POST" and body["identifier"] != "S3" else None
    )
    result = import_students(connect(school), wanted(row("S1"), row("S2", "Grace"), row("S3")), nothing)
    assert (result.added, result.changed, result.unchanged, result.refused) == (1, 1, 1, {})
    assert sorted(school.writes, key=lambda write: write[0]) == [
        ("PATCH", {"version": 7, "identifier": "S2", "givenName": "Grace"}),
        ("POST", row("S3")),
    ]


def test_a_list_that_shows_what_was(connect: Callable[[School], Records[Student]]) -> None:
    """S1 was changed to what is wanted, S2 to something else, S3 was deleted."""
    school = School(row("S1"), row("S2", "Augusta"))
    fixed = {"status": "active", "role": "student", "version": 6, **TIMES}
    school.index = [{"id": str(at), **fixed, **row(f"S{at + 1}", "Old")} for at in range(3)]

    def old_versions(method: str, body: dict[str, Any]) -> httpx.Response | None:
        if method == "PATCH" and body["version"] == 6 and body.get("familyName") == "Gone":
            return problem(404, "not-found")
        return problem(409, "version-conflict", field="version") if body.get("version") == 6 else None

    school.before = old_versions
    rows = wanted(row("S1"), row("S2"), {**row("S3"), "familyName": "Gone"})
    result = import_students(connect(school), rows, nothing)
    assert (result.added, result.changed, result.unchanged, result.refused) == (1, 1, 1, {})
    assert sorted(school.writes, key=lambda write: write[0]) == [
        ("PATCH", {"version": 7, "givenName": "Ada"}),
        ("POST", {**row("S3"), "familyName": "Gone"}),
    ]


def test_it_looks_once_more_and_no_oftener(connect: Callable[[School], Records[Student]]) -> None:
    school = School(row("S1", "Old"), row("S2", "Old"))
    asked: list[str] = []

    def always(method: str, body: dict[str, Any]) -> httpx.Response:
        asked.append(method)
        conflict = problem(409, "version-conflict", field="version")
        return conflict if "version" in body else problem(409, "duplicate", field="email")

    school.before = always
    result = import_students(connect(school), wanted(row("S1"), row("S2"), row("S3")), nothing)
    assert sorted(result.refused) == [2, 3, 4]
    assert sorted(asked) == ["PATCH"] * 4 + ["POST"]


def test_an_error_ends_it(connect: Callable[[School], Records[Student]]) -> None:
    """What had begun is finished; the rest is not tried."""
    school = School()
    school.before = lambda method, body: answer(500) if body["identifier"] == "S5" else None
    with pytest.raises(UnavailableError):
        import_students(connect(school), wanted(*(row(f"S{number}") for number in range(200))), nothing)
    assert 5 <= len(school.writes) < 200


def test_ctrl_c(connect: Callable[[School], Records[Student]]) -> None:
    school = School()
    main = threading.main_thread().ident
    assert main is not None

    def press(method: str, body: dict[str, Any]) -> None:
        # Slow enough that the main thread has nothing to do but to wait.
        time.sleep(0.005)
        if body["identifier"] == "S30":
            signal.pthread_kill(main, signal.SIGINT)

    school.before = press
    # Whoever starts the tests in the background ignores Ctrl-C, and so would this process.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(CancelledError) as caught:
            import_students(connect(school), wanted(*(row(f"S{number}") for number in range(200))), nothing)
    finally:
        signal.signal(signal.SIGINT, before)
    assert 30 <= len(school.students) < 200
    assert caught.value.why == f"{len(school.students)} students were added and 0 changed"
    assert "goes on from here" in caught.value.hint
