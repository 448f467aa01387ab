"""Classes: what they add to other records, their filters, their places, and what keeps them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lambda_src.functions import Functions
from tests.lambda_src.school import class_, enroll, made, person, subject, term

MONDAY = {"weekday": "mon", "starts": "09:00", "ends": "10:30"}
NOBODY_S_ID = "00000000-0000-4000-8000-000000000000"


def patch(api: Functions, record: dict[str, Any], **fields: Any) -> Any:
    return api.ask("PATCH", f"/api/classes/{record['id']}", body={"version": record["version"], **fields})


def test_from_create_to_delete(api_anywhere: Functions) -> None:
    api = api_anywhere
    room = {**MONDAY, "location": "Room 5"}
    algebra = class_(api, classCode="ALG-1", capacity=2, location="Room 1", periods=[MONDAY, room | {"weekday": "tue"}])
    one = f"/api/classes/{algebra['id']}"
    assert (algebra["enrolled"], algebra["status"], algebra["classType"]) == (0, "active", "scheduled")
    assert api.ask("GET", one).body == algebra
    assert api.ask("GET", "/api/classes").body == {"classes": [algebra], "nextCursor": None}
    assert patch(api, algebra, periods=[MONDAY, room | {"weekday": "tue"}]).body == algebra

    changed = patch(api, algebra, capacity=None, location=None, periods=[]).body
    expected = {"capacity": None, "location": None, "periods": [], "version": 2, "updatedAt": changed["updatedAt"]}
    assert changed == algebra | expected
    assert patch(api, algebra, title="Late").slug == "version-conflict"
    assert api.ask("DELETE", one).status == 204
    assert api.ask("GET", one).status == 404
    for name in ("subject", "academic-session"):
        field = "subjectId" if name == "subject" else "academicSessionId"
        assert api.ask("DELETE", f"/api/{name}s/{algebra[field]}").status == 204


def test_lists_and_their_filters(api: Functions) -> None:
    autumn, spring, physics = term(api), term(api, title="Spring"), subject(api, title="Physics")
    first = class_(api, title="A", academicSessionId=autumn["id"])
    second = class_(api, title="b", academicSessionId=spring["id"], subjectId=physics["id"])
    third = class_(api, title="C", academicSessionId=spring["id"])

    def listed(**query: str) -> list[str]:
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            more = {"cursor": cursor} if cursor else {}
            body = api.ask("GET", "/api/classes", query={"limit": "1", **query, **more}).body
            seen += [each["title"] for each in body["classes"]]
            cursor = body["nextCursor"]
        return seen

    assert listed() == ["A", "b", "C"]
    assert listed(academicSessionId=spring["id"]) == ["b", "C"]
    assert listed(subjectId=physics["id"]) == ["b"]
    assert listed(classCode=first["classCode"].upper()) == ["A"]
    assert listed(classCode="none") == []
    both = {"subjectId": second["subjectId"], "academicSessionId": third["academicSessionId"]}
    assert api.ask("GET", "/api/classes", query=both).fields == ["subjectId"]
    of_spring = api.ask("GET", "/api/classes", query={"limit": "1", "academicSessionId": spring["id"]})
    other = {"limit": "1", "academicSessionId": autumn["id"], "cursor": of_spring.body["nextCursor"]}
    assert api.ask("GET", "/api/classes", query=other).fields == ["cursor"]


def test_a_class_is_of_a_subject_in_a_term(api: Functions) -> None:
    body = {"classCode": "X", "title": "X", "subjectId": NOBODY_S_ID, "academicSessionId": term(api)["id"]}
    assert api.ask("POST", "/api/classes", body=body).fields == ["subjectId"]
    body |= {"subjectId": subject(api)["id"], "academicSessionId": NOBODY_S_ID}
    assert api.ask("POST", "/api/classes", body=body).fields == ["academicSessionId"]

    found = class_(api)
    needed = [{"kind": "class", "id": found["id"], "title": found["title"]}]
    for path in (f"/api/subjects/{found['subjectId']}", f"/api/academic-sessions/{found['academicSessionId']}"):
        refused = api.ask("DELETE", path)
        assert (refused.status, refused.body["referrers"]) == (409, needed)


def test_one_code_is_one_class(api: Functions) -> None:
    first = class_(api, classCode="ALG 1")
    other = {name: first[name] for name in ("subjectId", "academicSessionId")}
    reply = api.ask("POST", "/api/classes", body={"classCode": "alg  1", "title": "Again", **other})

    assert (reply.status, reply.slug, reply.fields) == (409, "duplicate", ["classCode"])
    assert reply.body["errors"][0]["holder"] == {"id": first["id"], "title": first["title"]}


@pytest.mark.parametrize(
    ("periods", "field"),
    [
        ([MONDAY | {"ends": "09:00"}], "periods[0].ends"),
        ([MONDAY, MONDAY | {"starts": "10:00", "ends": "11:00"}], "periods[1]"),
        ([MONDAY | {"weekday": "Monday"}], "periods[0].weekday"),
        ([MONDAY | {"starts": "9:00"}], "periods[0].starts"),
        ([MONDAY | {"ends": "24:00"}], "periods[0].ends"),
        ([MONDAY | {"teacher": "x"}], "periods[0].teacher"),
        ([{"weekday": "mon"}], "periods[0].starts"),
        ([MONDAY] * 41, "periods"),
        ("mon 09:00", "periods"),
    ],
)
def test_schedules_that_cannot_be(api: Functions, periods: Any, field: str) -> None:
    body = {"classCode": "X", "title": "X", "subjectId": NOBODY_S_ID, "academicSessionId": NOBODY_S_ID}
    assert api.ask("POST", "/api/classes", body={**body, "periods": periods}).fields[0] == field

    found = class_(api)
    assert patch(api, found, periods=periods).fields[0] == field


@pytest.mark.parametrize("capacity", [0, -1, 1001, "5", 2.5, True])
def test_capacities_that_cannot_be(api: Functions, capacity: object) -> None:
    assert patch(api, class_(api), capacity=capacity).fields == ["capacity"]


@pytest.mark.parametrize("field", ["enrolled", "primaryTeacherId", "referrers", "id", "kind"])
def test_counts_are_not_set_from_outside(api: Functions, field: str) -> None:
    assert patch(api, class_(api), **{field: 7}).fields == [field]


def test_places_that_are_taken_stay(api_anywhere: Functions) -> None:
    api = api_anywhere
    found = class_(api, capacity=3)
    for _ in range(2):
        made(enroll(api, found["id"], api.add()["id"]))

    refused = patch(api, found, capacity=1)

    assert (refused.status, refused.fields) == (400, ["capacity"])
    assert refused.body["errors"][0]["message"] == "must be 2 or more: as many are taken"
    changed = patch(api, found, capacity=2, title="Fewer").body
    assert (changed["capacity"], changed["enrolled"]) == (2, 2)
    assert patch(api, changed, capacity=None).body["enrolled"] == 2


def test_a_class_that_somebody_is_in_stays(api: Functions) -> None:
    found, teacher = class_(api), person(api)
    made(enroll(api, found["id"], teacher["id"], "teacher"))

    refused = api.ask("DELETE", f"/api/classes/{found['id']}")

    assert (refused.status, refused.slug) == (409, "referred")
    assert refused.body["referrers"] == [{"kind": "enrollment", "id": teacher["id"], "title": "Emmy Noether"}]
    assert api.ask("DELETE", f"/api/classes/{found['id']}/enrollments/{teacher['id']}").status == 204
    assert api.ask("DELETE", f"/api/classes/{found['id']}").status == 204
