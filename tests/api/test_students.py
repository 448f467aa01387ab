"""The operations on students, as they go over the wire."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from studentdb.api.client import ApiClient
from studentdb.api.problems import NotFoundError
from studentdb.api.records import Noun, Records
from studentdb.api.session import Session
from studentdb.api.tokens import TokenStore
from studentdb.contract.students import Student, StudentCreate, StudentUpdate
from studentdb.errors import UnavailableError
from tests.api.fakes import BINDING, Answer, Door, MemoryKeyring, Server, answer

ID = "72f5a4d4-c0c1-40b4-8bb4-5f0bd6a3a1f2"
GONE = answer(404, {"type": "urn:studentdb:problem:not-found", "title": "There is no such thing", "status": 404})


def student(number: int = 1, **changed: Any) -> dict[str, Any]:
    return {
        "id": ID,
        "identifier": f"S{number}",
        "givenName": "Ada",
        "familyName": "Lovelace",
        "status": "active",
        "role": "student",
        "version": 1,
        "createdAt": "2025-01-01T00:00:00.000Z",
        "updatedAt": "2025-01-01T00:00:00.000Z",
        "fieldOfANewerVersion": 1,
        **changed,
    }


@pytest.fixture
def session(tmp_path: Path) -> Session:
    made = Session(BINDING, Door(), TokenStore(tmp_path, keyring=MemoryKeyring()), now=lambda: 0.0)
    made.sign_in("ada@example.edu", "pw", lambda: "")
    return made


def students(session: Session, *answers: Answer) -> tuple[Records[Student], Server]:
    server = Server(*answers)
    return Records(ApiClient(server.http, session), Noun("student", "students", Student, key="identifier")), server


def test_create(session: Session) -> None:
    api, server = students(session, answer(503), httpx.ReadTimeout("lost"), answer(201, student()))
    new = StudentCreate(identifier="S1", given_name="Ada", family_name="Lovelace", email=None)
    assert api.create(new).identifier == "S1"
    request = server.requests[0]
    assert (request.method, request.url.path) == ("POST", "/prod/api/students")
    assert json.loads(request.content) == {
        "identifier": "S1",
        "givenName": "Ada",
        "familyName": "Lovelace",
        "email": None,
    }
    assert len({sent.headers["idempotency-key"] for sent in server.requests}) == 1
    api.create(new)
    assert len({sent.headers["idempotency-key"] for sent in server.requests}) == 2
    api.create(new, idempotency_key="row-7")
    assert server.requests[-1].headers["idempotency-key"] == "row-7"


def test_get(session: Session) -> None:
    api, server = students(session, answer(200, student()))
    assert api.get(ID).given_name == "Ada"
    api.get("../secrets?x=/#")
    paths = [request.url.raw_path.decode() for request in server.requests]
    assert paths == [f"/prod/api/students/{ID}", "/prod/api/students/..%2Fsecrets%3Fx%3D%2F%23"]


def page(*numbers: int, cursor: str | None = None) -> httpx.Response:
    return answer(200, {"students": [student(number) for number in numbers], "nextCursor": cursor})


def test_list_follows_the_cursors(session: Session) -> None:
    api, server = students(session, page(1, 2, cursor="c1"), page(cursor="c2"), page(3))
    assert [each.identifier for each in api.list()] == ["S1", "S2", "S3"]
    asked = [dict(request.url.params) for request in server.requests]
    assert asked == [{"limit": "100"}, {"limit": "100", "cursor": "c1"}, {"limit": "100", "cursor": "c2"}]


def test_list_reads_no_more_than_is_asked_for(session: Session) -> None:
    api, server = students(session, page(*range(100), cursor="c1"), page(*range(100, 150), cursor="c2"))
    assert len(list(api.list(limit=150))) == 150
    assert [request.url.params["limit"] for request in server.requests] == ["100", "50"]
    api, server = students(session, page(1, 2, 3, cursor="c1"))
    assert len(list(api.list(limit=2))) == 2
    assert list(api.list(limit=0)) == []
    assert len(server.requests) == 1


def test_list_is_lazy(session: Session) -> None:
    api, server = students(session, page(1, cursor="c1"))
    assert next(api.list()).identifier == "S1"
    assert len(server.requests) == 1


def test_update_sends_what_changes_and_is_not_repeated(session: Session) -> None:
    api, server = students(session, answer(200, student(version=3)))
    changes = StudentUpdate(version=2, email=None, given_name="Augusta")
    assert api.update(ID, changes).version == 3
    (request,) = server.requests
    assert (request.method, request.url.path) == ("PATCH", f"/prod/api/students/{ID}")
    assert json.loads(request.content) == {"version": 2, "email": None, "givenName": "Augusta"}
    api, server = students(session, httpx.ReadTimeout("lost"))
    with pytest.raises(UnavailableError):
        api.update(ID, changes)
    assert len(server.requests) == 1


def test_delete(session: Session) -> None:
    api, server = students(session, answer(204))
    api.delete(ID)
    api.delete(ID, version=4)
    assert [str(request.url.query, "ascii") for request in server.requests] == ["", "version=4"]
    api, _ = students(session, GONE)
    with pytest.raises(NotFoundError):
        api.delete(ID)


def test_delete_whose_answer_was_lost_is_done(session: Session) -> None:
    api, server = students(session, httpx.ReadTimeout("lost"), GONE)
    api.delete(ID)
    assert len(server.requests) == 2


def test_find_takes_a_number_or_an_id(session: Session) -> None:
    one = student(1)
    found, server = students(session, page(1), answer(200, one), page())

    assert found.find("S0001").id == one["id"]
    assert server.requests[0].url.params["identifier"] == "S0001"
    assert found.find("72f5d1f6-6f2f-4b35-9a43-d2e1a4c0f001").id == one["id"]
    assert server.requests[1].url.path.endswith("/72f5d1f6-6f2f-4b35-9a43-d2e1a4c0f001")
    with pytest.raises(NotFoundError):
        found.find("S0009")


def test_a_number_that_looks_like_an_id_is_a_number(session: Session) -> None:
    api, server = students(session, page(1), page())
    found = api.with_key(ID)
    assert found is not None
    assert (server.requests[0].url.path, server.requests[0].url.params["identifier"]) == ("/prod/api/students", ID)
    assert api.with_key("S0009") is None
