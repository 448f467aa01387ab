"""Academic sessions and subjects: what all records with an id of their own have in common, and what each adds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.lambda_src.events import event
from tests.lambda_src.functions import Functions, Reply

SUBJECT = {"code": "MATH-1", "title": "Mathematics", "credits": "7.5"}
TERM = {
    "title": "Autumn 2026",
    "type": "term",
    "startDate": "2026-09-01",
    "endDate": "2027-01-01",
    "schoolYear": "2027",
}
NOUNS = {"/api/subjects": SUBJECT, "/api/academic-sessions": TERM}


@pytest.fixture(params=NOUNS)
def path(request: pytest.FixtureRequest) -> str:
    """Of either noun."""
    return str(request.param)


def make(api: Functions, path: str, **fields: Any) -> dict[str, Any]:
    reply = api.ask("POST", path, body=NOUNS[path] | fields)
    assert reply.status == 201, reply
    made: dict[str, Any] = reply.body
    return made


def patch(api: Functions, path: str, record: dict[str, Any], **fields: Any) -> Reply:
    return api.ask("PATCH", f"{path}/{record['id']}", body={"version": record["version"], **fields})


def test_from_create_to_delete(api_anywhere: Functions, path: str) -> None:
    api = api_anywhere
    made = make(api, path, sourcedId="s-1")
    one = f"{path}/{made['id']}"
    assert NOUNS[path].items() <= made.items()
    assert (made["version"], made["status"], made["sourcedId"]) == (1, "active", "s-1")
    assert api.ask("GET", one).body == made
    many = next(value for name, value in api.ask("GET", path).body.items() if name != "nextCursor")
    assert many == [made]

    changed = patch(api, path, made, title="Another", sourcedId=None).body
    expected = made | {"title": "Another", "sourcedId": None, "version": 2, "updatedAt": changed["updatedAt"]}
    assert changed == expected
    assert api.ask("GET", one).body == expected
    assert api.ask("DELETE", one, query={"version": "1"}).slug == "version-conflict"
    assert api.ask("DELETE", one, query={"version": "2"}).status == 204
    assert api.ask("GET", one).status == 404
    assert [lock for lock in api.locks() if not lock.startswith("login#")] == []


def test_second_of_two_edits_is_told(api: Functions, path: str) -> None:
    made = make(api, path)
    assert patch(api, path, made, title="First").status == 200

    reply = patch(api, path, made, title="Second")

    assert (reply.status, reply.slug, reply.fields) == (409, "version-conflict", ["version", "title"])
    assert reply.body["errors"][1] == {"field": "title", "message": "was changed", "current": "First"}
    assert api.ask("GET", f"{path}/{made['id']}").body["title"] == "First"


def test_an_edit_that_changes_nothing_writes_nothing(api: Functions, path: str) -> None:
    made = make(api, path)

    assert patch(api, path, made, title=made["title"]).body == made


def test_a_unique_value_is_held(api: Functions, path: str) -> None:
    made = make(api, path, sourcedId="s-1")
    other = {**NOUNS[path], "sourcedId": "s-1"} | ({"code": "X"} if path == "/api/subjects" else {})

    reply = api.ask("POST", path, body=other)

    assert (reply.status, reply.slug, reply.fields) == (409, "duplicate", ["sourcedId"])
    assert reply.body["errors"][0]["holder"] == {"id": made["id"], "title": made["title"]}


def test_a_repeated_request_makes_one(api: Functions, path: str) -> None:
    headers = {"idempotency-key": "k"}
    made = api.ask("POST", path, body=NOUNS[path], headers=headers)
    again = api.ask("POST", path, body=NOUNS[path], headers=headers)
    other = api.ask("POST", path, body=NOUNS[path] | {"title": "Another"}, headers=headers)

    assert (again.status, again.body) == (201, made.body)
    assert (other.status, other.slug) == (422, "idempotency-key-reused")


def test_pages(api: Functions, path: str) -> None:
    days = [f"2026-0{number}-01" for number in range(1, 6)]
    for number, day in enumerate(days):
        make(api, path, **({"startDate": day} if path != "/api/subjects" else {"code": f"C{number}"}))
    seen: list[str] = []
    cursor: str | None = None
    while True:
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = api.ask("GET", path, query=query).body
        cursor = page.pop("nextCursor")
        (records,) = page.values()
        seen += [record.get("code") or record["startDate"] for record in records]
        if cursor is None:
            break

    assert seen == (["C0", "C1", "C2", "C3", "C4"] if path == "/api/subjects" else days[::-1])


def test_one_code_from_eight_sides(api_on_engine: Functions) -> None:
    made = [event("POST", "/api/subjects", body=SUBJECT | {"title": f"T{number}"}) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(api_on_engine.send, made))

    assert sorted(reply.status for reply in replies) == [201] + [409] * 7


def test_a_subject_by_its_code(api: Functions) -> None:
    made = make(api, "/api/subjects")

    assert api.ask("GET", "/api/subjects", query={"code": "math-1"}).body["subjects"] == [made]
    assert api.ask("GET", "/api/subjects", query={"code": "MATH-2"}).body["subjects"] == []


def test_a_session_ends_after_it_begins(api: Functions) -> None:
    reply = api.ask("POST", "/api/academic-sessions", body=TERM | {"endDate": TERM["startDate"]})
    assert (reply.status, reply.fields) == (400, ["endDate"])

    made = make(api, "/api/academic-sessions")
    assert patch(api, "/api/academic-sessions", made, startDate="2027-06-01").fields == ["endDate"]


def test_a_session_lies_in_one_that_exists_and_holds_it(api: Functions) -> None:
    path = "/api/academic-sessions"
    nobody = "00000000-0000-4000-8000-000000000000"
    assert api.ask("POST", path, body=TERM | {"parentId": nobody}).fields == ["parentId"]
    year = make(api, path, type="schoolYear", title="2026/27")
    term = make(api, path, parentId=year["id"])

    refused = api.ask("DELETE", f"{path}/{year['id']}")
    assert (refused.status, refused.slug) == (409, "referred")
    assert refused.body["referrers"] == [{"kind": "academic session", "id": term["id"], "title": "Autumn 2026"}]
    assert patch(api, path, year, parentId=term["id"]).fields == ["parentId"]
    assert patch(api, path, year, parentId=year["id"]).fields == ["parentId"]

    assert patch(api, path, term, parentId=None).status == 200
    assert api.ask("DELETE", f"{path}/{year['id']}").status == 204


def test_locking_a_session_says_why(api: Functions) -> None:
    path = "/api/academic-sessions"
    made = make(api, path)
    one = f"{path}/{made['id']}"
    assert made["locked"] is False
    assert patch(api, path, made, locked=True).fields == ["locked"]
    assert api.ask("PUT", f"{one}/lock", body={"version": 1, "locked": True}).fields == ["reason"]

    locked = api.ask("PUT", f"{one}/lock", body={"version": 1, "locked": True, "reason": "Reports are out"})

    assert (locked.status, locked.body["locked"]) == (200, True)
    told = api.audit(f"academic session#{made['id']}")
    assert [(each["operation"], each.get("reason")) for each in told] == [
        ("create_academic_session", None),
        ("lock_academic_session", "Reports are out"),
    ]
    assert told[1]["changes"] == {"locked": {"before": False, "after": True}}


@pytest.mark.parametrize(
    ("field", "value"),
    [("credits", "7,5"), ("credits", 7), ("title", " x"), ("code", ""), ("code", "a\u200bb"), ("description", "\x07")],
)
def test_wrong_fields_of_a_subject(api: Functions, field: str, value: object) -> None:
    assert api.ask("POST", "/api/subjects", body=SUBJECT | {field: value}).fields == [field]


def test_text_of_several_lines(api: Functions) -> None:
    made = make(api, "/api/subjects", description="Numbers.\nAnd\tmore.")

    assert made["description"] == "Numbers.\nAnd\tmore."
