"""Who is in a class, from when until when: places, periods, clashes, history, and races for the last place."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.lambda_src.events import event
from tests.lambda_src.functions import Functions, Reply
from tests.lambda_src.school import class_, day, enroll, made, person, subject, term

MONDAY = {"weekday": "mon", "starts": "09:00", "ends": "10:30"}
NOBODY_S_ID = "00000000-0000-4000-8000-000000000000"


def one(enrollment: dict[str, Any]) -> str:
    return f"/api/classes/{enrollment['classId']}/enrollments/{enrollment['personId']}"


def patch(api: Functions, enrollment: dict[str, Any], **fields: Any) -> Reply:
    return api.ask("PATCH", one(enrollment), body={"version": enrollment["version"], **fields})


def enrolled(api: Functions, class_id: str) -> int:
    return int(api.ask("GET", f"/api/classes/{class_id}").body["enrolled"])


def referrers(api: Functions, person_id: str) -> str:
    key = {"pk": {"S": f"referrers#{person_id}"}, "sk": {"S": "-"}}
    item = api.dynamodb.get_item(TableName=api.index, Key=key, ConsistentRead=True)["Item"]
    return str(item["referrers"]["N"])


def test_from_enrolling_to_removing(api_anywhere: Functions) -> None:
    api = api_anywhere
    of, ada = class_(api, capacity=5), api.add(email="ada@x.edu")

    enrollment = made(enroll(api, of["id"], ada["id"]))

    assert enrollment | {"createdAt": "", "updatedAt": ""} == {
        **{"classId": of["id"], "personId": ada["id"], "role": "student", "primary": False, "status": "active"},
        **{"beginDate": day(0), "endDate": None, "history": [], "version": 1, "createdAt": "", "updatedAt": ""},
    }
    assert api.ask("GET", one(enrollment)).body == enrollment
    assert (enrolled(api, of["id"]), referrers(api, ada["id"])) == (1, "1")
    assert patch(api, enrollment, endDate=None).body == enrollment

    moved = patch(api, enrollment, beginDate=day(-7), endDate=day(7)).body
    assert (moved["beginDate"], moved["endDate"], moved["status"], moved["version"]) == (day(-7), day(7), "active", 2)
    assert patch(api, enrollment, endDate=day(9)).slug == "version-conflict"
    assert api.ask("DELETE", one(moved), query={"version": "1"}).slug == "version-conflict"
    assert api.ask("DELETE", one(moved), query={"version": "2"}).status == 204
    assert api.ask("GET", one(moved)).status == 404
    assert (enrolled(api, of["id"]), referrers(api, ada["id"])) == (0, "0")
    told = api.audit(f"enrollment#{of['id']}/{ada['id']}")
    assert [each["operation"] for each in told] == ["create_enrollment", "update_enrollment", "delete_enrollment"]
    assert told[1]["changes"]["endDate"] == {"before": None, "after": day(7)}


def test_a_full_class_takes_nobody_until_somebody_leaves(api_anywhere: Functions) -> None:
    api = api_anywhere
    of = class_(api, capacity=1)
    first = made(enroll(api, of["id"], api.add()["id"], beginDate=day(-10)))
    late = api.add()["id"]

    refused = enroll(api, of["id"], late)
    assert (refused.status, refused.slug) == (409, "class-full")
    assert refused.body["detail"] == "it has 1 places, and all of them are taken"
    made(enroll(api, of["id"], person(api)["id"], "teacher"))  # needs no place

    assert patch(api, first, endDate=day(0)).body["status"] == "inactive"
    assert enrolled(api, of["id"]) == 0
    made(enroll(api, of["id"], late))
    ended = api.ask("GET", one(first)).body
    assert patch(api, ended, endDate=None).slug == "class-full"


def test_time_ends_an_enrollment_and_gives_its_place_back(api: Functions, monkeypatch: pytest.MonkeyPatch) -> None:
    of = class_(api, capacity=1)
    first = made(enroll(api, of["id"], api.add()["id"], beginDate=day(-3), endDate=day(1)))
    late = api.add()["id"]
    assert enroll(api, of["id"], late).slug == "class-full"

    monkeypatch.setattr(sys.modules["studentdb_api.clock"], "today", lambda: day(2))

    assert api.ask("GET", one(first)).body["status"] == "inactive"
    made(enroll(api, of["id"], late))
    assert enrolled(api, of["id"]) == 1


def test_eight_at_once_for_the_last_place(api_on_engine: Functions) -> None:
    api = api_on_engine
    of = class_(api, capacity=3)
    for _ in range(2):
        made(enroll(api, of["id"], api.add()["id"]))
    wanted = [{"personId": api.add()["id"], "role": "student"} for _ in range(8)]
    sent = [event("POST", f"/api/classes/{of['id']}/enrollments", body=body) for body in wanted]

    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(api.send, sent))

    assert sorted(reply.status for reply in replies) == [201] + [409] * 7
    assert {reply.slug for reply in replies if reply.status == 409} == {"class-full"}
    assert enrolled(api, of["id"]) == 3


def test_one_person_from_eight_sides(api_on_engine: Functions) -> None:
    api = api_on_engine
    of, ada = class_(api), api.add()
    sent = [
        event("POST", f"/api/classes/{of['id']}/enrollments", body={"personId": ada["id"], "role": "student"})
        for _ in range(8)
    ]
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(api.send, sent))

    assert sorted(reply.status for reply in replies) == [201] + [409] * 7
    assert (enrolled(api, of["id"]), referrers(api, ada["id"])) == (1, "1")


def test_capacity_and_enrollments_at_once(api_on_engine: Functions) -> None:
    api = api_on_engine
    of = class_(api, capacity=8)
    path = f"/api/classes/{of['id']}"
    students = [{"personId": api.add()["id"], "role": "student"} for _ in range(4)]
    sent = [event("POST", f"{path}/enrollments", body=body) for body in students]
    sent.insert(2, event("PATCH", path, body={"version": 1, "capacity": 2}))
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(api.send, sent))

    now = api.ask("GET", path).body
    assert now["enrolled"] <= now["capacity"]


def test_who_comes_back_has_a_history(api_anywhere: Functions) -> None:
    api = api_anywhere
    of, ada = class_(api), api.add()
    first = made(enroll(api, of["id"], ada["id"], beginDate=day(-60)))

    again = enroll(api, of["id"], ada["id"], beginDate=day(-10))
    assert (again.status, again.slug) == (409, "overlap")
    assert again.body["detail"] == f"this person is enrolled already, from {day(-60)} without an end date"

    patch(api, first, endDate=day(-30))
    early = enroll(api, of["id"], ada["id"], beginDate=day(-31))
    assert early.body["detail"] == f"this person is enrolled already, from {day(-60)} until before {day(-30)}"

    second = made(enroll(api, of["id"], ada["id"], beginDate=day(-30)))
    assert second["history"] == [{"beginDate": day(-60), "endDate": day(-30)}]
    assert (second["version"], enrolled(api, of["id"]), referrers(api, ada["id"])) == (3, 1, "1")
    into_the_first = patch(api, second, beginDate=day(-40))
    assert (into_the_first.status, into_the_first.slug) == (409, "overlap")
    assert day(-60) in into_the_first.body["detail"]
    assert day(-30) in into_the_first.body["detail"]


@pytest.mark.parametrize("role", ["student", "teacher"])
def test_nobody_is_in_two_classes_at_once(api: Functions, role: str) -> None:
    autumn, spring = term(api)["id"], term(api)["id"]
    who = api.add()["id"] if role == "student" else person(api)["id"]
    first = class_(api, title="Algebra", academicSessionId=autumn, periods=[MONDAY])
    late = MONDAY | {"starts": "10:00", "ends": "10:30"}
    clashing = class_(api, title="Biology", academicSessionId=autumn, periods=[late])
    after = class_(api, academicSessionId=autumn, periods=[MONDAY | {"starts": "10:30", "ends": "12:00"}])
    next_term = class_(api, academicSessionId=spring, periods=[MONDAY])
    held = made(enroll(api, first["id"], who, role))

    refused = enroll(api, clashing["id"], who, role)

    assert (refused.status, refused.slug) == (409, "overlap")
    assert f"Algebra ({first['classCode']}, id {first['id']}) on mon 09:00-10:30" in refused.body["detail"]
    made(enroll(api, after["id"], who, role))
    made(enroll(api, next_term["id"], who, role))
    patch(api, held, endDate=day(5))
    made(enroll(api, clashing["id"], who, role, beginDate=day(5)))
    ended = api.ask("GET", one(held)).body
    assert patch(api, ended, endDate=day(6)).slug == "overlap"


def test_no_class_is_moved_into_another_of_its_people(api: Functions) -> None:
    autumn, spring = term(api)["id"], term(api)["id"]
    ada, byron = api.add(), api.add(givenName="Byron")
    later = MONDAY | {"starts": "11:00", "ends": "12:00"}
    first = class_(api, title="Algebra", academicSessionId=autumn, periods=[MONDAY])
    moved = class_(api, title="Biology", academicSessionId=autumn, periods=[later])
    of_spring = class_(api, academicSessionId=spring, periods=[MONDAY])
    for of, who in ((first, ada), (moved, ada), (moved, byron), (of_spring, ada)):
        made(enroll(api, of["id"], who["id"]))

    def change(of: dict[str, Any], **fields: Any) -> Reply:
        path = f"/api/classes/{of['id']}"
        return api.ask("PATCH", path, body={"version": api.ask("GET", path).body["version"], **fields})

    refused = change(moved, periods=[later, MONDAY | {"starts": "10:00", "ends": "10:30"}])
    assert (refused.status, refused.slug) == (409, "overlap")
    assert refused.body["detail"] == "1 of its people would have to be in two classes at once"
    (error,) = refused.body["errors"]
    assert (error["field"], error["holder"]) == ("periods[1]", {"id": ada["id"], "title": "Ada Lovelace"})
    assert f"meets Algebra ({first['classCode']}, id {first['id']}) on mon 09:00-10:30" in error["message"]
    assert change(of_spring, academicSessionId=autumn).slug == "overlap"
    # What is wrong in itself is said first.
    assert change(moved, periods=[MONDAY | {"ends": "08:00"}]).slug == "invalid"

    assert change(moved, title="Botany", periods=[later]).status == 200
    assert change(moved, periods=[MONDAY | {"starts": "10:30", "ends": "12:00"}]).status == 200
    enrollment = api.ask("GET", f"/api/classes/{moved['id']}/enrollments/{ada['id']}").body
    assert patch(api, enrollment, beginDate=day(-2), endDate=day(0)).status == 200
    # Who has left is in nobody's way, and who clashed before may clash on.
    assert change(moved, periods=[MONDAY]).status == 200
    assert change(first, periods=[MONDAY | {"location": "Room 5"}]).status == 200


def test_of_many_clashes_some_are_told(api: Functions) -> None:
    autumn = term(api)["id"]
    first, moved = (class_(api, academicSessionId=autumn, periods=periods) for periods in ([MONDAY], []))
    for _ in range(12):
        who = api.add()["id"]
        for of in (first, moved):
            made(enroll(api, of["id"], who))

    refused = api.ask("PATCH", f"/api/classes/{moved['id']}", body={"version": moved["version"], "periods": [MONDAY]})

    assert refused.body["detail"] == "10 people or more would have to be in two classes at once"
    assert len(refused.body["errors"]) == 10


def test_people_of_each_role_are_what_they_are(api: Functions) -> None:
    of, ada, emmy, head = class_(api), api.add(), person(api), person(api, "admin")

    assert enroll(api, of["id"], ada["id"], "teacher").fields == ["role"]
    assert enroll(api, of["id"], emmy["id"], "student").fields == ["role"]
    assert enroll(api, of["id"], head["id"], "teacher").fields == ["personId"]
    assert enroll(api, of["id"], NOBODY_S_ID).fields == ["personId"]
    assert enroll(api, NOBODY_S_ID, ada["id"]).status == 404
    assert enrolled(api, of["id"]) == 0


def test_one_primary_teacher(api_anywhere: Functions) -> None:
    api = api_anywhere
    of, emmy, lise = class_(api), person(api), person(api, givenName="Lise", familyName="Meitner")
    first = made(enroll(api, of["id"], emmy["id"], "teacher", primary=True))
    second = made(enroll(api, of["id"], lise["id"], "teacher"))

    refused = patch(api, second, primary=True)
    assert (refused.status, refused.slug, refused.fields) == (409, "duplicate", ["primary"])
    assert refused.body["errors"][0]["holder"]["id"] == emmy["id"]
    assert api.ask("GET", f"/api/classes/{of['id']}").body["primaryTeacherId"] == emmy["id"]

    assert patch(api, first, primary=False).status == 200
    assert patch(api, second, primary=True).body["primary"] is True
    assert api.ask("DELETE", one(second)).status == 204
    assert api.ask("GET", f"/api/classes/{of['id']}").body["primaryTeacherId"] is None
    assert enroll(api, of["id"], api.add()["id"], primary=True).fields == ["primary"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"beginDate": day(0), "endDate": day(0)}, "endDate"),
        ({"beginDate": day(0), "endDate": day(-1)}, "endDate"),
        ({"beginDate": "2026-02-30"}, "beginDate"),
        ({"beginDate": None}, "beginDate"),
        ({"role": "administrator"}, "role"),
        ({"personId": "ada"}, "personId"),
        ({"primary": "yes"}, "primary"),
        ({"status": "active"}, "status"),
        ({"history": []}, "history"),
        ({"version": 3}, "version"),
    ],
)
def test_wrong_fields(api: Functions, fields: dict[str, Any], field: str) -> None:
    of, ada = class_(api), api.add()

    body = {"personId": ada["id"], "role": "student", **fields}
    assert api.ask("POST", f"/api/classes/{of['id']}/enrollments", body=body).fields == [field]


def test_a_repeated_request_enrolls_once(api: Functions) -> None:
    of, ada = class_(api), api.add()
    path, body = f"/api/classes/{of['id']}/enrollments", {"personId": ada["id"], "role": "student"}
    headers = {"idempotency-key": "k"}
    first = api.ask("POST", path, body=body, headers=headers)
    again = api.ask("POST", path, body=body, headers=headers)

    assert (again.status, again.body) == (201, first.body)
    assert api.ask("POST", path, body=body, headers={"idempotency-key": "other"}).slug == "overlap"
    assert enrolled(api, of["id"]) == 1


def test_who_has_scores_in_a_class_is_ended_and_not_removed(api: Functions) -> None:
    enrollment = made(enroll(api, class_(api)["id"], api.add()["id"], beginDate=day(-9)))
    key = {"classId": {"S": enrollment["classId"]}, "key": {"S": f"result#item-1#{enrollment['personId']}"}}
    scores = api.users.replace("-users", "-scores")
    api.dynamodb.put_item(TableName=scores, Item={**key, "studentId": {"S": enrollment["personId"]}})

    refused = api.ask("DELETE", one(enrollment))

    assert (refused.status, refused.slug) == (409, "referred")
    assert [(each["kind"], each["id"]) for each in refused.body["referrers"]] == [("result", "item-1")]
    assert patch(api, enrollment, endDate=day(0)).status == 200


def test_a_person_s_enrollments(api: Functions) -> None:
    maths, autumn, ada = subject(api)["id"], term(api)["id"], api.add()
    classes = [class_(api, title=title, subjectId=maths, academicSessionId=autumn) for title in ("C", "a", "B")]
    for each in classes:
        made(enroll(api, each["id"], ada["id"], beginDate=day(-9)))
    patch(api, api.ask("GET", f"/api/classes/{classes[0]['id']}/enrollments/{ada['id']}").body, endDate=day(-1))
    seen: list[tuple[str, str]] = []
    query = {"personId": ada["id"], "limit": "2"}
    while True:
        page = api.ask("GET", "/api/enrollments", query=query).body
        seen += [(each["title"], each["status"]) for each in page["enrollments"]]
        if page["nextCursor"] is None:
            break
        query["cursor"] = page["nextCursor"]

    assert seen == [("a", "active"), ("B", "active"), ("C", "inactive")]
    assert api.ask("GET", "/api/enrollments", query={"personId": NOBODY_S_ID}).body["enrollments"] == []
    query["personId"] = NOBODY_S_ID
    assert api.ask("GET", "/api/enrollments", query=query).fields == ["cursor"]
