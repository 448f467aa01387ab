"""The relation "own class": what lecturers and students reach of the classes that they are in, and of no other."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lambda_src.functions import Functions, Reply
from tests.lambda_src.school import class_, day, enroll, made, person, subject, term

TEACHER, STUDENT = "22222222-2222-4222-8222-222222222222", "33333333-3333-4333-8333-333333333333"


class School:
    """A lecturer who teaches Ada algebra, a class of somebody else, and their accounts."""

    def __init__(self, api: Functions) -> None:
        self.api = api
        self.emmy, self.lise = person(api, email="emmy@x.edu"), person(api, givenName="Lise", familyName="Meitner")
        self.ada, self.bob = api.add(email="ada@x.edu"), api.add(givenName="Bob", familyName="Bauer")
        of = {"subjectId": subject(api)["id"], "academicSessionId": term(api)["id"]}
        self.own, self.other = class_(api, title="Algebra", **of), class_(api, title="Botany", **of)
        self.teaching = self.enroll(self.own, self.emmy, "teacher", primary=True)
        self.attending = self.enroll(self.own, self.ada)
        self.enroll(self.other, self.lise, "teacher")
        self.enroll(self.other, self.bob)
        api.belongs(TEACHER, self.emmy["id"])
        api.belongs(STUDENT, self.ada["id"])

    def enroll(self, of: dict[str, Any], who: dict[str, Any], role: str = "student", **fields: Any) -> dict[str, Any]:
        return made(enroll(self.api, of["id"], who["id"], role, **({"beginDate": day(-9)} | fields)))

    def as_teacher(self, path: str, **query: str) -> Reply:
        return self.api.ask("GET", path, query=query, sub=TEACHER, groups="[lecturer]")

    def as_student(self, path: str, **query: str) -> Reply:
        return self.api.ask("GET", path, query=query, sub=STUDENT, groups="[student]")


@pytest.fixture
def school(api: Functions) -> School:
    return School(api)


def test_own_classes_and_no_other(school: School) -> None:
    for ask in (school.as_teacher, school.as_student):
        assert [each["id"] for each in ask("/api/classes").body["classes"]] == [school.own["id"]]
        assert ask(f"/api/classes/{school.own['id']}").body["title"] == "Algebra"
        hidden, missing = ask(f"/api/classes/{school.other['id']}"), ask(f"/api/classes/{school.ada['id']}")
        assert (hidden.status, hidden.body["detail"]) == (missing.status, missing.body["detail"])
        assert hidden.status == 404
        assert ask("/api/classes", classCode=school.own["classCode"].upper()).body["classes"] != []
        assert ask("/api/classes", classCode=school.other["classCode"]).body["classes"] == []
        assert ask("/api/classes", academicSessionId=school.own["academicSessionId"]).body["classes"] != []
        assert ask("/api/classes", subjectId=school.ada["id"]).body["classes"] == []
        assert ask(f"/api/classes/{school.other['id']}/enrollments").status == 404


def test_own_classes_page_by_page(school: School) -> None:
    for title in ("C", "b"):
        school.enroll(class_(school.api, title=title), school.ada)
    seen: list[str] = []
    query = {"limit": "1"}
    while True:
        page = school.as_student("/api/classes", **query).body
        seen += [each["title"] for each in page["classes"]]
        if page["nextCursor"] is None:
            break
        query["cursor"] = page["nextCursor"]

    assert seen == ["Algebra", "b", "C"]
    assert school.api.ask("GET", "/api/classes", query=query).fields == ["cursor"]


def test_lecturers_read_whom_they_teach(school: School) -> None:
    assert school.as_teacher(f"/api/students/{school.ada['id']}").body == school.ada
    assert school.as_teacher(f"/api/students/{school.bob['id']}").status == 404
    assert school.as_student(f"/api/students/{school.bob['id']}").status == 404
    told = school.api.audit(f"student#{school.ada['id']}")
    assert [(each["operation"], each["actor"]) for each in told][-1] == ("get_student", TEACHER)


@pytest.mark.parametrize("dates", [{"endDate": day(0)}, {"beginDate": day(1)}], ids=["over", "not begun"])
def test_the_relation_holds_while_the_enrollment_does(school: School, dates: dict[str, str]) -> None:
    for enrollment in (school.teaching, school.attending):
        path = f"/api/classes/{enrollment['classId']}/enrollments/{enrollment['personId']}"
        assert school.api.ask("PATCH", path, body={"version": 1, **dates}).status == 200

    for ask in (school.as_teacher, school.as_student):
        assert ask("/api/classes").body["classes"] == []
        assert ask(f"/api/classes/{school.own['id']}").status == 404
        assert ask(f"/api/classes/{school.own['id']}/enrollments").status == 404
    assert school.as_teacher(f"/api/students/{school.ada['id']}").status == 404


def test_who_left_is_no_more_read_by_the_teacher(school: School) -> None:
    path = f"/api/classes/{school.own['id']}/enrollments/{school.ada['id']}"
    school.api.ask("PATCH", path, body={"version": 1, "endDate": day(0)})

    assert school.as_teacher(f"/api/students/{school.ada['id']}").status == 404
    assert [
        each["personId"] for each in school.as_teacher(f"/api/classes/{school.own['id']}/enrollments").body["roster"]
    ] == [school.emmy["id"]]


def test_the_roster_by_name(school: School) -> None:
    path = f"/api/classes/{school.own['id']}/enrollments"
    for family, given in (("Zuse", "Konrad"), ("Đặng", "Linh")):
        school.enroll(school.own, school.api.add(familyName=family, givenName=given))
    gone = school.enroll(school.own, school.api.add(familyName="Aa"), beginDate=day(-20), endDate=day(-2))

    whole = school.api.ask("GET", path).body["roster"]
    assert [each["familyName"] for each in whole] == ["Đặng", "Lovelace", "Noether", "Zuse"]
    assert whole == school.as_teacher(path).body["roster"]
    assert whole[1] == {
        **{"personId": school.ada["id"], "givenName": "Ada", "familyName": "Lovelace", "role": "student"},
        **{"identifier": school.ada["identifier"], "email": "ada@x.edu", "primary": False, "status": "active"},
        **{"beginDate": day(-9), "endDate": None, "version": 1},
    }
    teachers = school.api.ask("GET", path, query={"role": "teacher"}).body["roster"]
    assert [(each["personId"], each["primary"]) for each in teachers] == [(school.emmy["id"], True)]
    with_ended = school.api.ask("GET", path, query={"ended": "true"}).body["roster"]
    assert (with_ended[0]["personId"], with_ended[0]["status"]) == (gone["personId"], "inactive")

    first = school.api.ask("GET", path, query={"limit": "3"}).body
    rest = school.api.ask("GET", path, query={"limit": "3", "cursor": first["nextCursor"]}).body
    assert first["roster"] + rest["roster"] == whole
    assert rest["nextCursor"] is None
    assert school.as_student(path, cursor=first["nextCursor"]).fields == ["cursor"]


def test_who_attends_sees_names_only(school: School) -> None:
    path = f"/api/classes/{school.own['id']}/enrollments"
    rows = school.as_student(path, ended="true").body["roster"]

    names = {"personId", "givenName", "familyName", "role", "primary"}
    assert [set(each) for each in rows] == [names, names]
    assert school.as_student(f"{path}/{school.ada['id']}").body == school.attending
    assert school.as_student(f"{path}/{school.emmy['id']}").status == 404
    assert school.as_teacher(f"{path}/{school.ada['id']}").body == school.attending
    elsewhere = f"/api/classes/{school.other['id']}/enrollments/{school.bob['id']}"
    assert school.as_teacher(elsewhere).status == 404


def test_who_is_not_in_the_directory_is_hidden_from_classmates(school: School) -> None:
    shy = school.api.add(familyName="Shy")
    key = {"id": {"S": shy["id"]}, "email": {"S": "-"}}
    school.api.dynamodb.update_item(
        TableName=school.api.users,
        Key=key,
        UpdateExpression="SET directoryOptOut = :yes",
        ExpressionAttributeValues={":yes": {"BOOL": True}},
    )
    school.enroll(school.own, shy)
    path = f"/api/classes/{school.own['id']}/enrollments"

    assert "Shy" not in [each["familyName"] for each in school.as_student(path).body["roster"]]
    assert "Shy" in [each["familyName"] for each in school.as_teacher(path).body["roster"]]
    school.api.belongs(STUDENT, shy["id"])
    assert "Shy" in [each["familyName"] for each in school.as_student(path).body["roster"]]


def test_a_hint_that_is_stale(api_anywhere: Functions) -> None:
    school = School(api_anywhere)
    path = f"/api/students/{school.ada['id']}"
    changed = school.api.ask("PATCH", path, body={"version": 1, "email": "lovelace@x.edu", "familyName": "King"})
    assert changed.status == 200

    roster = school.as_teacher(f"/api/classes/{school.own['id']}/enrollments").body["roster"]

    assert [(each["familyName"], each["email"]) for each in roster] == [
        ("King", "lovelace@x.edu"),
        ("Noether", "emmy@x.edu"),
    ]


def test_enrollments_of_oneself_and_nobody_else(school: School) -> None:
    for ask, mine, other in (
        (school.as_teacher, school.emmy, school.ada),
        (school.as_student, school.ada, school.bob),
    ):
        own = ask("/api/enrollments").body["enrollments"]
        assert [(each["personId"], each["title"]) for each in own] == [(mine["id"], "Algebra")]
        assert ask("/api/enrollments", personId=mine["id"]).body["enrollments"] == own
        assert ask("/api/enrollments", personId=other["id"]).status == 404


def test_who_is_in_a_class_stays(school: School) -> None:
    refused = school.api.ask("DELETE", f"/api/students/{school.ada['id']}")

    assert (refused.status, refused.slug) == (409, "referred")
    assert refused.body["referrers"] == [{"kind": "class", "id": school.own["id"], "title": "Algebra"}]
    path = f"/api/classes/{school.own['id']}/enrollments/{school.ada['id']}"
    assert school.api.ask("DELETE", path).status == 204
    assert school.api.ask("DELETE", f"/api/students/{school.ada['id']}").status == 204


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("PATCH", "/one"), ("DELETE", "/one")])
def test_only_admins_change_who_is_in_a_class(school: School, method: str, path: str) -> None:
    one = f"/api/classes/{school.own['id']}/enrollments" + path.replace("one", school.ada["id"])
    body = {"POST": {"personId": school.ada["id"], "role": "student"}, "PATCH": {"version": 1}}.get(method)
    for sub, groups in ((TEACHER, "[lecturer]"), (STUDENT, "[student]")):
        assert school.api.ask(method, one, body=body, sub=sub, groups=groups).status == 403
