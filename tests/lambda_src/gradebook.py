"""A class with a teacher, students and something to grade, made through the handlers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.lambda_src import school
from tests.lambda_src.functions import Functions, Reply

TEACHER, STUDENT, OTHER, STRANGER = (f"{number}" * 8 + "-1111-4111-8111-111111111111" for number in (1, 2, 3, 4))
GROUPS = {TEACHER: "[lecturer]", STUDENT: "[student]", OTHER: "[student]", STRANGER: "[lecturer]"}


@dataclass(frozen=True)
class Gradebook:
    """The teacher teaches the class that `student` and `other` attend; the stranger teaches another one."""

    api: Functions
    class_id: str
    term: dict[str, Any]
    student: str
    other: str

    @property
    def path(self) -> str:
        """Of the class."""
        return f"/api/classes/{self.class_id}"

    def item(self, **fields: Any) -> dict[str, Any]:
        """A new line item, due today."""
        body = {"title": "Exam", "dueDate": school.day(0)} | fields
        return school.made(self.api.ask("POST", f"{self.path}/line-items", body=body))

    def results(self, item: dict[str, Any]) -> str:
        """The path of a column."""
        return f"{self.path}/line-items/{item['id']}/results"

    def put(self, item: dict[str, Any], student_id: str = "", *, as_: str = "", **fields: Any) -> Reply:
        """Give a score, fully graded where nothing else is said."""
        body = {"scoreStatus": "fully graded", **fields}
        more = {"sub": as_, "groups": GROUPS[as_]} if as_ else {}
        return self.api.ask("PUT", f"{self.results(item)}/{student_id or self.student}", body=body, **more)

    def score(self, item: dict[str, Any], score: str, student_id: str = "") -> dict[str, Any]:
        """A score that has to be taken."""
        reply = self.put(item, student_id, score=score)
        assert reply.status == 200, reply
        result: dict[str, Any] = reply.body
        return result

    def get(self, path: str, *, as_: str = "", **query: str) -> Reply:
        """Below the class."""
        more = {"sub": as_, "groups": GROUPS[as_]} if as_ else {}
        return self.api.ask("GET", f"{self.path}/{path}", query=query, **more)

    def lock(self, *, locked: bool = True) -> Reply:
        """Close the term, or open it."""
        version = self.api.ask("GET", f"/api/academic-sessions/{self.term['id']}").body["version"]
        body = {"version": version, "locked": locked, "reason": "Reports are out"}
        return self.api.ask("PUT", f"/api/academic-sessions/{self.term['id']}/lock", body=body)


def open_gradebook(api: Functions) -> Gradebook:
    """In a new class."""
    term = school.term(api)
    of = school.class_(api, academicSessionId=term["id"])
    elsewhere = school.class_(api)
    students = [api.add(givenName=name, familyName="Lovelace") for name in ("Ada", "Byron")]
    teacher, stranger = school.person(api), school.person(api)
    for class_, person, role in (
        (of, students[0], "student"),
        (of, students[1], "student"),
        (of, teacher, "teacher"),
        (elsewhere, stranger, "teacher"),
    ):
        enrolled = school.enroll(api, class_["id"], person["id"], role, beginDate=school.day(-30))
        assert enrolled.status == 201, enrolled
    for sub, person in zip((TEACHER, STUDENT, OTHER, STRANGER), (teacher, *students, stranger), strict=True):
        api.belongs(sub, person["id"])
    return Gradebook(api, of["id"], term, students[0]["id"], students[1]["id"])
