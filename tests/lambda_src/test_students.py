"""Students from creation to deletion, with everything unique that must be."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lambda_src.events import event
from tests.lambda_src.functions import Functions, Reply

FULL = {
    "identifier": "S1001",
    "givenName": "Thị Ánh",
    "familyName": "Nguyễn",
    "middleName": "Hồng",
    "preferredGivenName": "Ánh",
    "preferredMiddleName": "H.",
    "preferredFamilyName": "Nguyen",
    "phone": "+84 24 3869 4242",
    "directoryOptOut": True,
    "metadata": {},
    "email": "anh.nguyen@example.edu",
    "username": "anhnguyen",
    "birthDate": "2008-02-29",
    "grades": ["11", "12"],
    "sourcedId": "sis/1001",
    "status": "active",
}


def change(api: Functions, student: dict[str, Any], **fields: Any) -> Reply:
    return api.ask("PATCH", f"/api/students/{student['id']}", body={"version": student["version"]} | fields)


def test_create_and_get(api_anywhere: Functions) -> None:
    api = api_anywhere
    reply = api.ask("POST", "/api/students", body=FULL)

    student = reply.body
    assert reply.status == 201
    assert reply.headers["location"] == f"/api/students/{student['id']}"
    assert student == FULL | {
        "id": student["id"],
        "role": "student",
        "version": 1,
        "createdAt": student["createdAt"],
        "updatedAt": student["createdAt"],
    }
    assert api.ask("GET", f"/api/students/{student['id']}").body == student
    assert sorted(api.locks()) == [
        "email#anh.nguyen@example.edu",
        "identifier#s1001",
        "sourcedId#sis/1001",
        "username#anhnguyen",
    ]


def test_only_what_is_required(api: Functions) -> None:
    student = api.add(identifier="S1")

    assert {name: student[name] for name in ("email", "username", "middleName", "birthDate", "sourcedId")} == {
        "email": None,
        "username": None,
        "middleName": None,
        "birthDate": None,
        "sourcedId": None,
    }
    assert (student["grades"], student["status"]) == ([], "active")
    assert (student["directoryOptOut"], student["metadata"], student["phone"]) == (False, {}, None)
    assert api.stored()[0]["email"] == {"S": "-"}


def test_text_is_stored_in_one_form(api: Functions) -> None:
    student = api.add(familyName="Nguye\u0302\u0303n", email="Anh@Example.EDU", grades=["e\u0301"])

    assert (student["familyName"], student["email"], student["grades"]) == ("Nguyễn", "anh@example.edu", ["é"])


DUPLICATES = [
    ("identifier", "S-Ä1", "s-a\u03081"),
    ("email", "ada@example.edu", "ADA@example.edu"),
    ("identifier", "Z1", "Ｚ１"),
    ("identifier", "ΐ ²", "Ϊ\u0301\u2003\u00a02"),
    ("username", "ada", "Ada"),
    ("username", "ﬁn", "FIN"),
    ("sourcedId", "a1", "a1"),
]


@pytest.mark.parametrize(("field", "first", "second"), DUPLICATES)
def test_duplicate_names_field_and_holder(api_anywhere: Functions, field: str, first: str, second: str) -> None:
    api = api_anywhere
    holder = api.add(**{field: first})
    other = api.add(identifier="other")
    named = {name: holder[name] for name in ("id", "identifier", "givenName", "familyName")}
    wanted = {"identifier": "new", "givenName": "B", "familyName": "C"} | {field: second}
    locked = api.locks()

    for reply in (api.ask("POST", "/api/students", body=wanted), change(api, other, **{field: second})):
        assert (reply.status, reply.slug, reply.fields) == (409, "duplicate", [field])
        assert reply.body["errors"][0]["holder"] == named
    assert api.locks() == locked
    assert len(api.stored()) == 2


@pytest.mark.parametrize(
    "twin", ["Z1\u200b", "Z1\u2060", "Z\u00ad1", "\u200fZ1", "Z1\ufe0f", "Z\u200d1", "Z\U000e00411"]
)
def test_a_number_that_only_looks_the_same_is_refused(api: Functions, twin: str) -> None:
    student = api.add()

    for reply in (
        api.ask("POST", "/api/students", body=FULL | {"identifier": twin}),
        change(api, student, identifier=twin),
        api.ask("GET", "/api/students", query={"identifier": twin}),
    ):
        assert (reply.status, reply.fields) == (400, ["identifier"])
        assert "invisible characters" in reply.body["errors"][0]["message"]


@pytest.mark.parametrize("name", ["\u200b", "\u3164", "\uffa0", "\U000e0041", "\u200d"])
def test_a_name_that_nobody_sees_is_refused(api: Functions, name: str) -> None:
    reply = api.ask("POST", "/api/students", body=FULL | {"givenName": name, "familyName": name})

    assert (reply.status, reply.fields) == (400, ["givenName", "familyName"])


def test_values_whose_folding_is_very_long(api_anywhere: Functions) -> None:
    api = api_anywhere
    # One character that stands for 18: more than a key of DynamoDB may hold.
    student = api.add(identifier="\ufdfa" * 64, username="\ufdfa" * 100)

    assert api.ask("GET", "/api/students", query={"identifier": "\ufdfa" * 64}).body["students"] == [student]
    assert api.ask("GET", "/api/students", query={"identifier": "\ufdfa" * 63}).body["students"] == []
    assert api.ask("POST", "/api/students", body=FULL | {"identifier": "\ufdfa" * 64}).slug == "duplicate"
    assert max(len(lock.encode()) for lock in api.locks()) <= 2048


def test_all_duplicates_are_named_at_once(api: Functions) -> None:
    one, two = api.add(identifier="S1"), api.add(email="two@example.edu")

    reply = api.ask(
        "POST",
        "/api/students",
        body={"identifier": "S1", "givenName": "A", "familyName": "B", "email": "two@example.edu", "username": "new"},
    )

    assert {error["field"]: error["holder"]["id"] for error in reply.body["errors"]} == {
        "identifier": one["id"],
        "email": two["id"],
    }


def test_sourced_ids_differ_by_case(api: Functions) -> None:
    api.add(sourcedId="a1")
    api.add(sourcedId="A1")


def test_change(api_anywhere: Functions) -> None:
    api = api_anywhere
    student = api.add(**FULL)

    reply = change(api, student, givenName="Ánh", middleName=None, grades=[])

    assert reply.status == 200
    assert reply.body == student | {
        "givenName": "Ánh",
        "middleName": None,
        "grades": [],
        "version": 2,
        "updatedAt": reply.body["updatedAt"],
    }
    assert api.ask("GET", f"/api/students/{student['id']}").body == reply.body
    assert api.stored()[0]["name_key"]["S"] == f"nguyen\x1fanh\x1f{student['id']}"


def test_change_to_the_same_writes_nothing(api: Functions) -> None:
    student = api.add(**FULL)

    reply = change(api, student, givenName="Thi\u0323 A\u0301nh", email="ANH.nguyen@example.edu")

    assert (reply.status, reply.body) == (200, student)


@pytest.mark.parametrize(("before", "after"), [("a@x.edu", "b@x.edu"), (None, "b@x.edu"), ("a@x.edu", None)])
def test_email_changes_with_its_key_and_lock(api_anywhere: Functions, before: str | None, after: str | None) -> None:
    api = api_anywhere
    student = api.add(identifier="S1", email=before, middleName="King")

    reply = change(api, student, email=after)

    assert (reply.status, reply.body["email"], reply.body["version"]) == (200, after, 2)
    assert reply.body["middleName"] == "King"
    assert [item["email"]["S"] for item in api.stored()] == [after or "-"]
    assert api.locks() == {"identifier#s1": student["id"]} | ({f"email#{after}": student["id"]} if after else {})


def test_released_values_are_free_for_others(api: Functions) -> None:
    student = api.add(identifier="S1", email="a@x.edu", username="a", sourcedId="a")
    change(api, student, identifier="S2", email=None, username=None, sourcedId=None)

    api.add(identifier="S1", email="a@x.edu", username="a", sourcedId="a")


def test_another_spelling_of_one_s_own_value(api: Functions) -> None:
    student = api.add(identifier="s1", username="ada")

    reply = change(api, student, identifier="S1", username="Ada")

    assert (reply.body["identifier"], reply.body["username"]) == ("S1", "Ada")
    assert sorted(api.locks()) == ["identifier#s1", "username#ada"]


def test_change_keeps_attributes_of_a_newer_version(api: Functions) -> None:
    student = api.add(email="a@x.edu")
    key = {"id": {"S": student["id"]}, "email": {"S": "a@x.edu"}}
    api.dynamodb.update_item(
        TableName=api.users,
        Key=key,
        UpdateExpression="SET pronouns = :p",
        ExpressionAttributeValues={":p": {"S": "they"}},
    )

    change(api, student, email="b@x.edu")

    assert api.stored()[0]["pronouns"] == {"S": "they"}


@pytest.mark.parametrize("fields", [{"givenName": "Augusta"}, {"email": "b@x.edu"}, {}], ids=str)
def test_version_conflict(api: Functions, fields: dict[str, Any]) -> None:
    student = api.add(email="a@x.edu")
    change(api, student, familyName="King")
    before = api.stored()

    reply = change(api, student, **fields)

    assert (reply.status, reply.slug) == (409, "version-conflict")
    assert reply.body["errors"] == [
        {"field": "version", "message": "the current version is 2"},
        {"field": "familyName", "message": "was changed", "current": "King"},
    ]
    assert api.stored() == before


def test_a_conflict_tells_what_was_changed_since_the_version_that_was_read(api: Functions) -> None:
    first = api.add(givenName="Ada", middleName="King", email="a@x.edu")
    second = change(api, first, givenName="Augusta").body
    third = change(api, second, middleName=None, email="b@x.edu").body
    change(api, third, username="augusta")
    path = f"/api/students/{first['id']}"
    api.ask("GET", path)

    told = {each: api.ask("DELETE", path, query={"version": str(each)}).body["errors"][1:] for each in (1, 2, 3, 9)}

    by_field = {each: {error["field"]: error["current"] for error in errors} for each, errors in told.items()}
    assert by_field == {
        1: {"givenName": "Augusta", "middleName": None, "email": "b@x.edu", "username": "augusta"},
        2: {"middleName": None, "email": "b@x.edu", "username": "augusta"},
        3: {"username": "augusta"},
        9: {},
    }
    messages = {error["field"]: error["message"] for error in told[2]}
    assert messages == {"middleName": "was cleared", "email": "was changed", "username": "was changed"}


def test_delete(api_anywhere: Functions) -> None:
    api = api_anywhere
    student = api.add(**FULL)
    path = f"/api/students/{student['id']}"

    reply = api.ask("DELETE", path)

    assert (reply.status, reply.body) == (204, None)
    assert (api.stored(), api.locks()) == ([], {})
    assert [api.ask("GET", path).status, api.ask("DELETE", path).status, change(api, student).status] == [404] * 3


def lose(api: Functions, *locks: str) -> None:
    for lock in locks:
        api.dynamodb.delete_item(TableName=api.index, Key={"pk": {"S": lock}, "sk": {"S": "-"}})


def test_a_lost_lock_keeps_nobody(api_anywhere: Functions) -> None:
    api = api_anywhere
    student = api.add(identifier="S1", email="a@x.edu")
    lose(api, "identifier#s1", "email#a@x.edu")

    reply = change(api, student, identifier="S2", email="b@x.edu")
    assert (reply.status, sorted(api.locks())) == (200, ["email#b@x.edu", "identifier#s2"])

    lose(api, "identifier#s2")
    assert api.ask("DELETE", f"/api/students/{student['id']}").status == 204
    assert (api.stored(), api.locks()) == ([], {})


def test_a_lost_lock_that_somebody_else_has_now(api_anywhere: Functions) -> None:
    api = api_anywhere
    first, second = api.add(identifier="S1", username="a"), api.add(identifier="S2")
    lose(api, "identifier#s1", "identifier#s2")
    heirs = [api.add(identifier="S1")["id"], api.add(identifier="S2")["id"]]

    assert api.ask("DELETE", f"/api/students/{first['id']}").status == 204
    assert change(api, second, identifier="S3").status == 200
    assert api.locks() == {"identifier#s1": heirs[0], "identifier#s2": heirs[1], "identifier#s3": second["id"]}


def test_delete_of_one_version(api: Functions) -> None:
    student = change(api, student=api.add(), givenName="Augusta").body
    path = f"/api/students/{student['id']}"

    assert api.ask("DELETE", path, query={"version": "1"}).slug == "version-conflict"
    assert api.ask("DELETE", path, query={"version": "2"}).status == 204


def test_people_who_are_no_students_are_not_reached(api: Functions) -> None:
    student = api.add()
    key = {"id": {"S": student["id"]}, "email": {"S": "-"}}
    api.dynamodb.update_item(
        TableName=api.users,
        Key=key,
        UpdateExpression="SET #role = :r",
        ExpressionAttributeNames={"#role": "role"},
        ExpressionAttributeValues={":r": {"S": "lecturer"}},
    )
    path = f"/api/students/{student['id']}"

    assert [api.ask("GET", path).status, change(api, student).status, api.ask("DELETE", path).status] == [404] * 3
    assert api.ask("GET", "/api/students").body["students"] == []


def send(api: Functions, key: str = "k1", sub: str = "someone", **fields: Any) -> Reply:
    body = {"identifier": "S1", "givenName": "Ada", "familyName": "Lovelace", "email": "Ada@x.edu"} | fields
    return api.send(event("POST", "/api/students", body=body, headers={"idempotency-key": key}, sub=sub))


def test_repeat_answers_the_same(api_anywhere: Functions) -> None:
    first, again = send(api_anywhere), send(api_anywhere, email="ada@X.edu")

    assert (first.status, again.status) == (201, 201)
    assert (first.body, first.headers) == (again.body, again.headers)
    assert len(api_anywhere.stored()) == 1


def test_repeat_after_a_change_answers_what_is_stored_now(api: Functions) -> None:
    changed = change(api, send(api).body, email="new@x.edu")

    assert send(api).body == changed.body


@pytest.mark.parametrize("fields", [{"givenName": "Eve"}, {"email": "eve@x.edu", "identifier": "S2"}], ids=str)
def test_other_content_is_refused(api_anywhere: Functions, fields: dict[str, str]) -> None:
    send(api_anywhere)

    reply = send(api_anywhere, **fields)

    assert (reply.status, reply.slug) == (422, "idempotency-key-reused")
    assert len(api_anywhere.stored()) == 1


def test_somebody_else_s_key_is_another_key(api: Functions) -> None:
    send(api, sub="one")

    assert send(api, sub="two").slug == "duplicate"


def test_duplicate_with_a_fresh_key_is_a_duplicate(api: Functions) -> None:
    send(api)

    assert send(api, key="k2").fields == ["identifier", "email"]


def test_deleting_frees_the_key(api: Functions) -> None:
    student = send(api).body
    api.ask("DELETE", f"/api/students/{student['id']}")

    assert api.locks() == {}
    assert send(api).status == 201


@pytest.mark.parametrize("key", ["", " ", "a b", "ä", "k" * 256])
def test_key_that_cannot_be_one(api: Functions, key: str) -> None:
    assert send(api, key=key).status == 400
