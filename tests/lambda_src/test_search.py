"""Finding people: at once by number, address and beginnings of words, a moment later by any part of them."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from studentdb.contract.fields import LARGEST_PAGE
from tests.lambda_src.functions import Functions, Reply

PEOPLE = {
    "S-1": ("Nguyễn", "Văn An", "an.nguyen@example.edu"),
    "S-2": ("Nguyễn", "Thị Bình", "binh@example.edu"),
    "S-3": ("Đào", "Nguyên", None),
    "S-4": ("O’Brien", "Anne-Sophie", "annie@example.edu"),
    "S-5": ("Øster", "Bjørn", None),
    "S-6": ("Weiß", "Jürgen", None),
    "S-7": ("Łukasiewicz", "Bożena", None),
    "S-8": ("Guðmundsdóttir", "Þóra", None),
    "S-9": ("Əliyev", "Ramiz", None),
    "S-10": ("李", "小明", "li@example.edu"),
    "S-11": ("An", "An", None),
}


def fill(api: Functions) -> dict[str, dict[str, Any]]:
    made = {}
    for number, (family, given, email) in PEOPLE.items():
        fields = {"familyName": family, "givenName": given} | ({"email": email} if email else {})
        made[number] = api.add(identifier=number, **fields)
    return made


def search(api: Functions, text: str, **query: str) -> Reply:
    return api.ask("GET", "/api/students", query={"search": text, **query})


def numbers(reply: Reply) -> list[str]:
    assert reply.status == 200, reply
    return [each["identifier"] for each in reply.body["students"]]


def follow(api: Functions, *images: tuple[dict[str, Any] | None, dict[str, Any] | None]) -> None:
    """The stream tells of changes: items before and after."""
    feed = importlib.import_module("studentdb_api.search_feed")
    records = []
    for old, new in images:
        key = old or new or {}
        record = {"Keys": {"id": key["id"], "email": key["email"]}}
        record |= {"OldImage": old} if old else {}
        record |= {"NewImage": new} if new else {}
        records.append({"dynamodb": record})
    assert feed.handler({"Records": records}, None) == {}


def postings(api: Functions, kind: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    for page in api.dynamodb.get_paginator("scan").paginate(TableName=api.index, ConsistentRead=True):
        items += page["Items"]
    return [item for item in items if item["pk"]["S"].startswith(f"{kind}#")]


def test_by_number_address_and_beginnings_at_once(api_anywhere: Functions) -> None:
    api = api_anywhere
    fill(api)
    found = {
        "S-1": ["S-1"],
        "s-1": ["S-1"],
        "AN.Nguyen@example.edu": ["S-1"],
        "nguyen": ["S-3", "S-2", "S-1"],
        "NGUYỄN": ["S-3", "S-2", "S-1"],
        "nguyen van": ["S-1"],
        "ng th": ["S-2"],
        "bình nguyễn": ["S-2"],
        "dao": ["S-3"],
        "Đào": ["S-3"],
        "o'brien": ["S-4"],
        "OBrien": ["S-4"],
        "sophie": ["S-4"],
        "anne-sophie": ["S-4"],
        "oster bjorn": ["S-5"],
        "weiss": ["S-6"],
        "lukas": ["S-7"],
        "gudmund thora": ["S-8"],
        "aliyev": ["S-9"],
        "小": ["S-10"],
        # Twice the same name is one person, once.
        "an": ["S-11", "S-1", "S-4"],
        "an an": ["S-11", "S-1", "S-4"],
        "guyen": [],
        "nguyen zoe": [],
        "S-99": [],
        "nobody@example.edu": [],
        "—": [],
    }
    assert {text: numbers(search(api, text)) for text in found} == found


def test_by_parts_after_the_stream_told(api_anywhere: Functions) -> None:
    api = api_anywhere
    fill(api)
    assert numbers(search(api, "guy", match="contains")) == []
    follow(api, *[(None, item) for item in api.stored()])
    found = {
        "guy": ["S-3", "S-2", "S-1"],
        "ruye": [],
        "uyen nh": ["S-2"],
        "明": ["S-10"],
        "brie": ["S-4"],
        "nni": ["S-4"],
        "nni@exam": ["S-4"],
        "an.nguyen": ["S-1"],
        "10": ["S-10"],
        "S-10": ["S-10"],
        "@example": [],
        "osca": [],
    }
    assert {text: numbers(search(api, text, match="contains")) for text in found} == found


def test_every_page_has_everybody_once(api: Functions) -> None:
    fill(api)
    follow(api, *[(None, item) for item in api.stored()])
    for text, match in (("an", "prefix"), ("an", "contains"), ("n", "contains"), ("S-1", "contains")):
        whole = numbers(search(api, text, match=match, limit=str(LARGEST_PAGE)))
        for limit in (1, 2, 3):
            seen: list[str] = []
            cursor: dict[str, str] = {}
            while True:
                reply = search(api, text, match=match, limit=str(limit), **cursor)
                assert len(numbers(reply)) <= limit
                seen += numbers(reply)
                if reply.body["nextCursor"] is None:
                    break
                cursor = {"cursor": reply.body["nextCursor"]}
            assert seen == whole, (text, match, limit)


def test_a_cursor_is_of_one_search(api: Functions) -> None:
    fill(api)
    cursor = search(api, "an", limit="1").body["nextCursor"]
    assert cursor
    for query in ({"search": "a"}, {"search": "an", "match": "contains"}, {}):
        assert api.ask("GET", "/api/students", query={"cursor": cursor, **query}).fields == ["cursor"]


def test_words_change_with_the_person(api: Functions) -> None:
    made = fill(api)["S-1"]
    one = f"/api/students/{made['id']}"
    assert api.ask("PATCH", one, body={"version": 1, "familyName": "Trần", "email": "tran@example.edu"}).status == 200
    assert numbers(search(api, "tran")) == ["S-1"]
    assert numbers(search(api, "nguyen an")) == []
    assert numbers(search(api, "an.nguyen@example.edu")) == []
    assert api.ask("DELETE", one).status == 204
    assert numbers(search(api, "tran")) == []
    assert not [each for each in postings(api, "word") if each["id"]["S"] == made["id"]]


def test_people_of_other_roles_are_not_found(api: Functions) -> None:
    fill(api)
    body = {"identifier": "L-1", "givenName": "Anna", "familyName": "Nguyen"}
    assert api.ask("POST", "/api/lecturers", body=body).status == 201
    assert "L-1" not in numbers(search(api, "nguyen")) + numbers(search(api, "L-1"))
    found = api.ask("GET", "/api/lecturers", query={"search": "ng"})
    assert [each["identifier"] for each in found.body["lecturers"]] == ["L-1"]


def test_who_may_search(api: Functions) -> None:
    fill(api)
    for group in ("student", "lecturer"):
        assert api.ask("GET", "/api/students", query={"search": "an"}, groups=f"[{group}]").status == 403


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ({"search": ""}, ["search"]),
        ({"search": "x" * 101}, ["search"]),
        ({"search": "a\u200b"}, ["search"]),
        ({"search": "a", "match": "regex"}, ["match"]),
    ],
)
def test_bad_input(api: Functions, query: dict[str, str], fields: list[str]) -> None:
    assert api.ask("GET", "/api/students", query=query).fields == fields


def test_several_words_are_looked_through_in_bounded_pages(api: Functions) -> None:
    """A page of a search that hardly anybody fits ends early, with a cursor; the last one has who fits."""
    last = api.add(givenName="Zuzanna", familyName="Aaronson")
    common = [
        {
            "pk": {"S": "word#student#a"},
            "sk": {"S": f"aaronson\x1faaronson\x1f{number:04d}"},
            "id": {"S": "nobody"},
            "email": {"S": "-"},
            "words": {"S": "aaronson bob"},
        }
        for number in range(600)
    ]
    for start in range(0, len(common), 25):
        requests = [{"PutRequest": {"Item": item}} for item in common[start : start + 25]]
        api.dynamodb.batch_write_item(RequestItems={api.index: requests})
    first = search(api, "aaronson zuz")
    assert (numbers(first), bool(first.body["nextCursor"])) == ([], True)
    second = search(api, "aaronson zuz", cursor=first.body["nextCursor"])
    assert numbers(second) == [last["identifier"]]
    assert second.body["nextCursor"] is None
