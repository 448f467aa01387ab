"""Answers of the API, of the gateway and of what stands in between become one kind of error each."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from studentdb.api.client import ApiClient
from studentdb.api.problems import (
    ConflictError,
    DuplicateError,
    InvalidInputError,
    NotFoundError,
    VersionConflictError,
    checked,
)
from studentdb.api.session import Session
from studentdb.api.tokens import TokenStore
from studentdb.contract.students import StudentCreate
from studentdb.errors import NotAllowedError, NotSignedInError, StudentDBError, UnavailableError
from tests.api.fakes import BINDING, Door, MemoryKeyring, Server, answer

ME = {"sub": "sub-1", "groups": ["admin"], "student": None}
HOLDER = {"id": "72f5", "identifier": "S1001", "givenName": "Ada", "familyName": "Lovelace"}


def problem(status: int, slug: str, *, detail: str = "", errors: object = ()) -> httpx.Response:
    content = {
        "type": f"urn:studentdb:problem:{slug}",
        "title": "Title",
        "status": status,
        "detail": detail,
        "errors": list(errors) if isinstance(errors, tuple | list) else errors,
        "requestId": "r-1",
    }
    return answer(status, content, content_type="application/problem+json")


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
def session(tmp_path: Path, door: Door) -> Session:
    made = Session(BINDING, door, TokenStore(tmp_path, keyring=MemoryKeyring()), now=lambda: 0.0)
    made.sign_in("ada@example.edu", "pw", lambda: "")
    return made


def failure(session: Session, response: httpx.Response) -> StudentDBError:
    with pytest.raises(StudentDBError) as caught:
        ApiClient(Server(response).http, session).me()
    return caught.value


def test_the_token_goes_to_the_api_and_nowhere_else(session: Session) -> None:
    server = Server(answer(200, ME))
    assert ApiClient(server.http, session).me().sub == "sub-1"
    (request,) = server.requests
    assert str(request.url) == "https://api.example.edu/prod/api/me"
    assert request.headers["authorization"] == f"Bearer {session.access_token()}"
    assert request.headers["user-agent"].startswith("studentdb/")


def test_what_is_public_carries_no_token(tmp_path: Path) -> None:
    server = Server(answer(200, {"status": "ok"}))
    nobody = Session(BINDING, Door(), TokenStore(tmp_path, keyring=MemoryKeyring()))
    assert ApiClient(server.http, nobody).health().status == "ok"
    assert "authorization" not in server.requests[0].headers


def test_a_refused_token_is_renewed_once(session: Session, door: Door) -> None:
    first = session.access_token()
    server = Server(answer(401, {"message": "Unauthorized"}), answer(200, ME))
    ApiClient(server.http, session).me()
    sent = [request.headers["authorization"] for request in server.requests]
    assert sent == [f"Bearer {first}", f"Bearer {session.access_token()}"]
    assert first != session.access_token()
    assert door.refreshed == 1


@pytest.mark.parametrize("body", [{"message": "Unauthorized"}, {"type": "urn:studentdb:problem:unauthenticated"}])
def test_refused_twice_is_not_signed_in(session: Session, door: Door, body: object) -> None:
    error = failure(session, answer(401, body))
    assert isinstance(error, NotSignedInError)
    assert (error.exit_code, error.hint, door.refreshed) == (4, "studentdb login ada@example.edu", 1)


def test_not_allowed(session: Session) -> None:
    error = failure(session, problem(403, "not-allowed", detail="for admins only"))
    assert isinstance(error, NotAllowedError)
    assert str(error) == "you may not do this: for admins only"
    assert isinstance(failure(session, answer(403, {"message": "Forbidden"})), NotAllowedError)


def test_fields_are_named_in_peoples_words(session: Session) -> None:
    errors = [
        {"field": "givenName", "message": "is required"},
        {"field": "grades[2]", "message": "is too long"},
        {"field": "", "message": "is not JSON"},
    ]
    error = failure(session, problem(400, "invalid", errors=errors))
    assert isinstance(error, InvalidInputError)
    assert error.exit_code == 2
    assert error.why == "given name: is required; grades[2]: is too long; input: is not JSON"
    assert [field.field for field in error.fields] == ["givenName", "grades[2]", ""]


@pytest.mark.parametrize(("status", "slug"), [(413, "too-large"), (422, "idempotency-key-reused")])
def test_other_refusals_of_the_input(session: Session, status: int, slug: str) -> None:
    error = failure(session, problem(status, slug, detail="because"))
    assert (type(error), error.why) == (InvalidInputError, "because")


def test_a_duplicate_names_field_and_holder(session: Session) -> None:
    errors = [{"field": "identifier", "message": "is taken", "holder": HOLDER}]
    error = failure(session, problem(409, "duplicate", errors=errors))
    assert isinstance(error, DuplicateError)
    assert error.exit_code == 1
    assert error.why == "number: is taken (Ada Lovelace, number S1001, id 72f5)"
    assert error.fields[0].holder is not None


def test_a_version_conflict(session: Session) -> None:
    errors = [
        {"field": "version", "message": "the current version is 3"},
        {"field": "familyName", "message": "was changed", "current": "King"},
        {"field": "grades", "message": "was changed", "current": ["09"]},
        {"field": "email", "message": "was cleared", "current": None},
    ]
    error = failure(session, problem(409, "version-conflict", errors=errors))
    assert isinstance(error, VersionConflictError)
    assert error.why == (
        "version: the current version is 3; family name: was changed, it is now King; "
        'grades: was changed, it is now ["09"]; e-mail: was cleared'
    )
    refused = ApiClient(Server(problem(409, "version-conflict", errors=errors)).http, session)
    for operation, command in (("delete_student", "students get 7"), ("delete_admin", "administrators get 7")):
        with pytest.raises(VersionConflictError) as caught:
            refused.call(operation, path={"id": "7"})
        assert caught.value.hint == f"look at it first: studentdb {command}"
    assert type(failure(session, problem(409, "something-newer"))) is ConflictError


def test_two_kinds_of_not_found(session: Session) -> None:
    assert isinstance(failure(session, problem(404, "not-found")), NotFoundError)
    gone = failure(session, answer(404, {"message": "Not Found"}))
    assert isinstance(gone, UnavailableError)
    assert "studentdb status" in gone.hint


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
@pytest.mark.parametrize("content", [{"message": "Internal Server Error"}, None, ["?"], {"message": 7}])
def test_unavailable(session: Session, status: int, content: object) -> None:
    error = failure(session, answer(status, content))
    assert isinstance(error, UnavailableError)
    assert error.exit_code == 5


def test_a_fault_of_ours_can_be_looked_up(session: Session) -> None:
    assert "request r-1" in failure(session, problem(500, "internal", detail="oops")).why
    by_gateway = answer(500, {"message": "Internal Server Error"}, apigw_requestid="g-1")
    assert "request g-1" in failure(session, by_gateway).why


def test_a_proxys_page_is_no_answer(session: Session) -> None:
    page = httpx.Response(200, html="<title>Log in to the school's network</title>")
    error = failure(session, page)
    assert isinstance(error, UnavailableError)
    assert "school" not in str(error)


def test_checked_speaks_as_the_api_does() -> None:
    fields = {
        "identifier": " x",
        "familyName": "Y",
        "email": "not-an-address",
        "birthDate": "2010-02-30",
        "colour": "red",
    }
    with pytest.raises(InvalidInputError) as caught:
        checked(StudentCreate, fields)
    named = {field.field: field.message for field in caught.value.fields}
    assert named["givenName"] == "is required"
    assert named["email"] == "must be an e-mail address such as ada@example.edu"
    assert named["birthDate"] == "must be a date that exists"
    assert named["colour"] == "is not a field of this request"
    assert named["identifier"].startswith("must be text without control characters")
    assert "not-an-address" not in str(caught.value)
    assert " x" not in json.dumps(named)
    assert checked(StudentCreate, {"identifier": "1", "given_name": "Ada", "family_name": "L"}).given_name == "Ada"
