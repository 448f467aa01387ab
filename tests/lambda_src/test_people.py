"""Students, lecturers and admins are one kind of record in three lists; who is needed stays."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lambda_src.functions import Functions, Reply

ROLES = {"student": "students", "lecturer": "lecturers", "admin": "admins"}
NAMES = {"givenName": "Grace", "familyName": "Hopper"}


def add(api: Functions, role: str, number: str, **fields: Any) -> Reply:
    return api.ask("POST", f"/api/{ROLES[role]}", body={"identifier": number, **NAMES} | fields)


@pytest.mark.parametrize(("role", "many"), ROLES.items())
def test_a_life_in_each_role(api_anywhere: Functions, role: str, many: str) -> None:
    api = api_anywhere
    reply = add(api, role, "N1", email="Grace@x.edu")
    person = reply.body
    path = f"/api/{many}/{person['id']}"
    assert (reply.status, reply.headers["location"], person["role"]) == (201, path, role)
    assert (person["email"], "grades" in person) == ("grace@x.edu", role == "student")
    assert api.ask("GET", path).body == person
    assert api.ask("GET", f"/api/{many}").body == {many: [person], "nextCursor": None}
    assert api.ask("GET", f"/api/{many}", query={"identifier": "n1"}).body[many] == [person]

    changed = api.ask("PATCH", path, body={"version": 1, "email": "hopper@x.edu", "familyName": None}).body
    assert (changed["email"], changed["familyName"], changed["version"]) == ("hopper@x.edu", None, 2)
    assert sorted(api.locks()) == ["email#hopper@x.edu", "identifier#n1"]

    assert api.ask("DELETE", path).status == 204
    assert (api.stored(), api.locks()) == ([], {})
    told = [each["operation"] for each in api.audit(f"{role}#{person['id']}")]
    assert told == [f"create_{role}", f"get_{role}", f"list_{many}", f"update_{role}", f"delete_{role}"]


def test_one_list_does_not_reach_another_s_people(api: Functions) -> None:
    people = {role: add(api, role, f"N{number}").body for number, role in enumerate(ROLES)}

    for role, many in ROLES.items():
        assert api.ask("GET", f"/api/{many}").body[many] == [people[role]]
        for other in (person for each, person in people.items() if each != role):
            path = f"/api/{many}/{other['id']}"
            replies = [api.ask("GET", path), api.ask("PATCH", path, body={"version": 1}), api.ask("DELETE", path)]
            assert [(each.status, each.body["detail"]) for each in replies] == [
                (404, f"there is no {role} with this id")
            ] * 3
            assert api.ask("GET", f"/api/{many}", query={"identifier": other["identifier"]}).body[many] == []
    assert len(api.stored()) == 3


@pytest.mark.parametrize(
    ("field", "value"), [("identifier", "N1"), ("email", "g@x.edu"), ("username", "g"), ("sourcedId", "s1")]
)
def test_a_value_is_unique_over_all_roles(api_anywhere: Functions, field: str, value: str) -> None:
    holder = add(api_anywhere, "lecturer", "N1", **{field: value}).body
    again = {"identifier": "N2", **NAMES} | {field: value}

    for many in ("students", "admins"):
        reply = api_anywhere.ask("POST", f"/api/{many}", body=again)
        assert (reply.status, reply.fields) == (409, [field])
        assert reply.body["errors"][0]["holder"]["id"] == holder["id"]


def test_one_request_does_not_make_people_of_two_roles(api: Functions) -> None:
    body = {"identifier": "N1", **NAMES}
    first, second = (
        api.ask("POST", f"/api/{many}", body=body, headers={"idempotency-key": "k"})
        for many in ("students", "lecturers")
    )

    assert (first.status, second.status, second.slug) == (201, 422, "idempotency-key-reused")
    assert len(api.stored()) == 1


@pytest.mark.parametrize("field", ["role", "id", "createdAt", "updatedAt", "name_key", "request", "grades"])
def test_what_a_change_cannot_reach(api: Functions, field: str) -> None:
    lecturer = add(api, "lecturer", "N1").body
    before = api.stored()

    reply = api.ask("PATCH", f"/api/lecturers/{lecturer['id']}", body={"version": 1, field: "admin"})

    assert (reply.status, reply.fields) == (400, [field])
    assert api.stored() == before


ONE_NAME = [("Suharto", None), ("Zamora", "Elena"), ("Suharto", "Aba")]


def test_somebody_with_one_name_is_listed_under_it(api_anywhere: Functions) -> None:
    for number, (given, family) in enumerate(ONE_NAME):
        add(api_anywhere, "student", f"N{number}", givenName=given, familyName=family)
    api_anywhere.add(identifier="N9", givenName="Aye", familyName="Suharto")

    listed = api_anywhere.ask("GET", "/api/students").body["students"]

    names = [(each["familyName"], each["givenName"]) for each in listed]
    assert names == [("Aba", "Suharto"), ("Elena", "Zamora"), ("Suharto", "Aye"), (None, "Suharto")]


def refer(api: Functions, person_id: str, by: int) -> None:
    from studentdb_api import people

    api.dynamodb.transact_write_items(TransactItems=[people.counted(person_id, by)])


def put(api: Functions, table: str, **item: str) -> None:
    api.dynamodb.put_item(
        TableName=api.users.replace("-users", f"-{table}"), Item={name: {"S": each} for name, each in item.items()}
    )


def test_who_is_needed_is_not_deleted(api_anywhere: Functions) -> None:
    api = api_anywhere
    person = add(api, "student", "N1").body
    path = f"/api/students/{person['id']}"
    put(api, "enrollments", classId="c1", personId=person["id"])
    put(api, "scores", classId="c2", key=f"result#l#{person['id']}", studentId=person["id"])
    refer(api, person["id"], 2)

    reply = api.ask("DELETE", path)

    assert (reply.status, reply.slug) == (409, "referred")
    assert [(each["kind"], each["id"]) for each in reply.body["referrers"]] == [("class", "c1"), ("class", "c2")]
    assert api.ask("GET", path).body == person
    refer(api, person["id"], -2)
    assert api.ask("DELETE", path).status == 204
    assert api.dynamodb.scan(TableName=api.index)["Items"][0]["pk"] == {"S": "secret#cursor"}
    assert api.dynamodb.scan(TableName=api.index)["Count"] == 1


def test_a_reference_survives_a_change(api: Functions) -> None:
    person = add(api, "student", "N1", email="a@x.edu").body
    path = f"/api/students/{person['id']}"
    refer(api, person["id"], 1)

    assert api.ask("PATCH", path, body={"version": 1, "email": "b@x.edu"}).status == 200
    assert api.ask("DELETE", path).slug == "referred"


@pytest.mark.parametrize(("role", "seen"), [("lecturer", 200), ("admin", 403), ("student", 404)])
def test_lecturers_see_their_own_record(api: Functions, role: str, seen: int) -> None:
    person = add(api, role, "N1").body
    path = f"/api/{ROLES[role]}/{person['id']}"
    api.belongs("teacher", person["id"] if role != "student" else "somebody else")
    groups = "[lecturer]" if role != "student" else "[student]"

    assert api.ask("GET", path, sub="teacher", groups=groups).status == seen


@pytest.mark.parametrize("role", ROLES)
def test_me_has_a_person_of_any_role(api: Functions, role: str) -> None:
    person = add(api, role, "N1").body
    api.belongs("someone", person["id"])

    me = api.ask("GET", "/api/me", sub="someone", groups=f"[{role}]").body

    assert me["person"] == person
    assert me["student"] == (person if role == "student" else None)
