"""The list: ordered as people order names, in pages whose cursors are ours alone."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.lambda_src.functions import Functions

# In the order in which the list must show them: family name, given name, as if without marks and case.
PEOPLE = [
    ("Åberg", "Örjan"),
    ("An", "Bình"),
    ("An Na", "Ba"),
    ("đặng", "văn a"),
    ("Đặng", "Văn B"),
    ("Dao", "Ly"),
    ("Łukasz", "Żaneta"),
    ("Müller", "Jörg"),
    ("Nguyễn", "Anh"),
    ("NGUYEN", "Binh"),
    ("Nguyễn", "Châu"),
    ("Øster", "Ægir"),
    ("Straße", "A"),
    ("Strasse", "B"),
    ("Иванов", "Пётр"),
    ("李", "明"),
]
ORDER = sorted(range(len(PEOPLE)), key=lambda n: (n * 7) % len(PEOPLE))


def names(page: dict[str, Any]) -> list[tuple[str, str]]:
    return [(student["familyName"], student["givenName"]) for student in page["students"]]


def fill(api: Functions) -> None:
    for n in ORDER:
        family_name, given_name = PEOPLE[n]
        api.add(familyName=family_name, givenName=given_name)


def pages(api: Functions, limit: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    query = {"limit": str(limit)}
    while not found or found[-1]["nextCursor"]:
        reply = api.ask("GET", "/api/students", query=query)
        assert reply.status == 200
        found.append(reply.body)
        query["cursor"] = reply.body["nextCursor"]
    return found


def test_order_and_pages(api_anywhere: Functions) -> None:
    expected = [(family, given) for family, given in PEOPLE]
    fill(api_anywhere)

    for limit, sizes in ((25, [16]), (16, [16]), (8, [8, 8]), (5, [5, 5, 5, 1]), (1, [1] * 16)):
        found = pages(api_anywhere, limit)
        assert [len(page["students"]) for page in found] == sizes
        assert [name for page in found for name in names(page)] == expected


def test_nobody_yet(api: Functions) -> None:
    assert api.ask("GET", "/api/students").body == {"students": [], "nextCursor": None}


def test_limit_may_change_from_page_to_page(api: Functions) -> None:
    fill(api)
    first = api.ask("GET", "/api/students", query={"limit": "3"}).body

    second = api.ask("GET", "/api/students", query={"limit": "100", "cursor": first["nextCursor"]}).body

    assert names(first) + names(second) == PEOPLE


def test_paging_goes_on_after_the_last_one_was_deleted(api: Functions) -> None:
    fill(api)
    first = api.ask("GET", "/api/students", query={"limit": "4"}).body
    api.ask("DELETE", f"/api/students/{first['students'][-1]['id']}")

    second = api.ask("GET", "/api/students", query={"cursor": first["nextCursor"]}).body

    assert names(second) == PEOPLE[4:]


def test_equal_names_are_all_listed(api: Functions) -> None:
    ids = {api.add()["id"] for _ in range(5)}

    found = pages(api, 2)

    assert {student["id"] for page in found for student in page["students"]} == ids


def test_pages_of_dynamodb_end_at_1_mb(api: Functions) -> None:
    for n in range(50):
        student = api.add(givenName=f"A{n}")
        key = {"id": {"S": student["id"]}, "email": {"S": "-"}}
        api.dynamodb.update_item(
            TableName=api.users,
            Key=key,
            UpdateExpression="SET padding_of_test = :l",
            ExpressionAttributeValues={":l": {"S": "x" * 40_000}},
        )

    page = api.ask("GET", "/api/students", query={"limit": "45"}).body

    assert len(page["students"]) == 45
    assert page["nextCursor"]


def cursor_of(api: Functions) -> str:
    fill(api)
    cursor: str = api.ask("GET", "/api/students", query={"limit": "8"}).body["nextCursor"]
    return cursor


def test_cursor_shows_no_name(api: Functions) -> None:
    cursor = cursor_of(api)

    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))

    assert b"muller" not in raw
    assert b"jorg" not in raw


def test_forged_cursors(api: Functions) -> None:
    cursor = cursor_of(api)
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    changed = [bytes([*raw[:n], raw[n] ^ 1, *raw[n + 1 :]]) for n in (0, 31, 32, len(raw) - 1)]
    forged = [base64.urlsafe_b64encode(one).rstrip(b"=").decode() for one in [*changed, raw[:-1], raw[:32], raw[:5]]]

    for one in [*forged, "x", "-", cursor + "AAAA"]:
        reply = api.ask("GET", "/api/students", query={"cursor": one})
        assert (reply.status, reply.fields) == (400, ["cursor"]), one


def test_cursor_of_another_list_or_role(api: Functions) -> None:
    fill(api)
    from studentdb_api import cursors

    for query in ("list_students lecturer", "list_classes admin", "list_students", ""):
        foreign = cursors.seal("muller\x1fjorg\x1fx", query)
        assert api.ask("GET", "/api/students", query={"cursor": foreign}).status == 400


def test_cursor_of_another_deployment(api: Functions, monkeypatch: pytest.MonkeyPatch) -> None:
    cursor = cursor_of(api)
    from tests.lambda_src.functions import cold_start
    from tests.support import MOTO_ACCOUNT, Backend

    other = cold_start(Backend("moto", MOTO_ACCOUNT), monkeypatch)

    assert other.ask("GET", "/api/students", query={"cursor": cursor}).status == 400


def test_names_at_their_longest_can_be_listed(api_anywhere: Functions) -> None:
    long = "\U00020000" * 100
    for family_name in (long, "ﷺ" * 100, "ΐ" * 100):
        api_anywhere.add(familyName=family_name, givenName=family_name)

    assert sum(len(page["students"]) for page in pages(api_anywhere, 1)) == 3


def test_the_one_with_a_number(api_anywhere: Functions) -> None:
    wanted = api_anywhere.add(identifier="S-77")
    api_anywhere.add(identifier="S-770")

    # As the lock has it: case makes no difference.
    found = api_anywhere.ask("GET", "/api/students", query={"identifier": "s-77"}).body
    assert found == {"students": [wanted], "nextCursor": None}

    api_anywhere.ask("DELETE", f"/api/students/{wanted['id']}")
    gone = api_anywhere.ask("GET", "/api/students", query={"identifier": "S-77"}).body
    assert gone == {"students": [], "nextCursor": None}


def test_a_number_that_is_none_is_refused(api: Functions) -> None:
    reply = api.ask("GET", "/api/students", query={"identifier": " S"})
    assert reply.status == 400
    assert [error["field"] for error in reply.body["errors"]] == ["identifier"]
