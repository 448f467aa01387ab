"""Reading the audit: by record, by account, by day; page by page; and that this is an act as well."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lambda_src.events import ADMIN
from tests.lambda_src.functions import Functions, Reply

OTHER = "22222222-2222-4222-8222-222222222222"
PATH = "/api/audit"


def acts(api: Functions, **query: str) -> list[dict[str, Any]]:
    """All pages of two, one after the other."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = api.ask("GET", PATH, query={**query, "limit": "2"} | ({"cursor": cursor} if cursor else {}))
        assert page.status == 200, page
        found += page.body["audit"]
        cursor = page.body["nextCursor"]
        if cursor is None:
            return found


def put(api: Functions, **act: str) -> None:
    """An act as the functions write it."""
    whole = {"entity": "student#1", "at": "2026-11-01T10:00:00.000Z r", "actor": "a", "operation": "get_student"} | act
    item = {name: {"S": text} for name, text in {**whole, "day": whole["at"][:10]}.items()}
    api.dynamodb.put_item(TableName=api.users.replace("-users", "-audit"), Item=item)


def test_acts_on_a_record(api_anywhere: Functions) -> None:
    api = api_anywhere
    student, other = api.add(email="ada@x.edu"), api.add()
    path = f"/api/students/{student['id']}"
    api.ask("PATCH", path, body={"version": 1, "email": "lovelace@x.edu"})
    api.ask("GET", path, sub=OTHER)

    read, changed, created = acts(api, entity=f"student#{student['id']}")

    assert (read["operation"], read["actor"], read["changes"]) == ("get_student", OTHER, [])
    assert (changed["operation"], changed["actor"]) == ("update_student", ADMIN)
    assert changed["changes"] == [{"field": "email", "before": "ada@x.edu", "after": "lovelace@x.edu"}]
    assert created["operation"] == "create_student"
    assert {"field": "email", "before": None, "after": "ada@x.edu"} in created["changes"]
    assert created["at"] <= changed["at"] <= read["at"]
    assert len(created["at"]) == len("2026-11-01T10:00:00.000Z")
    assert created["requestId"]
    assert [each["operation"] for each in acts(api, entity=f"student#{other['id']}")] == ["create_student"]


def test_by_account_and_by_day_newest_first(api: Functions) -> None:
    for day in (1, 2, 3):
        for hour in (8, 9):
            put(api, at=f"2026-11-0{day}T0{hour}:00:00.000Z r", actor=f"sub-{hour}")

    assert [act["at"][:13] for act in acts(api, actor="sub-9")] == ["2026-11-03T09", "2026-11-02T09", "2026-11-01T09"]
    assert [act["at"][:13] for act in acts(api, day="2026-11-02")] == ["2026-11-02T09", "2026-11-02T08"]
    assert acts(api, day="2026-11-04") == []


@pytest.mark.parametrize("query", [{"actor": "a"}, {"day": "2026-11-01"}], ids=["actor", "day"])
def test_acts_of_one_request_are_all_listed_across_pages(api_anywhere: Functions, query: dict[str, str]) -> None:
    """They have the same time, so a page can end between them."""
    for number in range(7):
        put(api_anywhere, entity=f"student#{number}")

    found = [act["entity"] for act in acts(api_anywhere, **query)]

    assert sorted(found) == [f"student#{number}" for number in range(7)]


def test_a_look_at_the_audit_is_an_act(api: Functions) -> None:
    api.ask("GET", PATH, query={"entity": "student#1"}, sub=OTHER)

    (look,) = acts(api, entity="audit#entity student#1")

    assert (look["operation"], look["actor"], look["changes"]) == ("list_audit", OTHER, [])


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ({}, ["entity", "actor", "day"]),
        ({"actor": "a", "day": "2026-11-01"}, ["actor", "day"]),
        ({"day": "2026-13-01"}, ["day"]),
        ({"day": "yesterday"}, ["day"]),
        ({"entity": "student"}, ["entity"]),
        ({"entity": "student#"}, ["entity"]),
        ({"entity": "student#\x07"}, ["entity"]),
        ({"entity": "student#" + "x" * 300}, ["entity"]),
        ({"actor": "a b"}, ["actor"]),
        ({"day": "2026-11-01", "cursor": "abc"}, ["cursor"]),
        ({"day": "2026-11-01", "limit": "101"}, ["limit"]),
        ({"day": "2026-11-01", "who": "me"}, ["who"]),
    ],
    ids=str,
)
def test_wrong_questions(api: Functions, query: dict[str, str], fields: list[str]) -> None:
    reply = api.ask("GET", PATH, query=query)

    assert (reply.status, reply.fields) == (400, fields)
    assert api.audit() == []


def test_a_cursor_belongs_to_one_question(api: Functions) -> None:
    for number in range(3):
        put(api, entity=f"student#{number}")
    cursor = api.ask("GET", PATH, query={"day": "2026-11-01", "limit": "1"}).body["nextCursor"]

    def going_on(**query: str) -> Reply:
        return api.ask("GET", PATH, query={**query, "cursor": cursor})

    assert going_on(day="2026-11-01").status == 200
    for other in ({"day": "2026-11-02"}, {"actor": "a"}, {"entity": "student#1"}):
        assert going_on(**other).fields == ["cursor"]


@pytest.mark.parametrize("groups", ["[lecturer]", "[student]", "[lecturer student]", None])
def test_only_admins(api: Functions, groups: str | None) -> None:
    assert api.ask("GET", PATH, query={"day": "2026-11-01"}, groups=groups).status == 403
