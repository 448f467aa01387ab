"""Score sheets, statistics and transcripts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lambda_src import school
from tests.lambda_src.functions import Functions, Reply
from tests.lambda_src.gradebook import OTHER, STRANGER, STUDENT, TEACHER, Gradebook, open_gradebook


@pytest.fixture
def book(api: Functions) -> Gradebook:
    return open_gradebook(api)


def test_a_score_sheet(api_anywhere: Functions) -> None:
    book = open_gradebook(api_anywhere)
    exam = book.item(title="Exam", weight="70", resultValueMax="20")
    homework = book.item(title="Homework", weight="30", dueDate=school.day(-2))
    book.score(exam, "15")
    book.score(homework, "100")
    book.score(exam, "19", book.other)
    book.put(homework, book.other, scoreStatus="not submitted")

    sheet = book.get("score-sheet", as_=TEACHER).body

    assert [each["title"] for each in sheet["lineItems"]] == ["Homework", "Exam"]
    assert [row["givenName"] for row in sheet["rows"]] == ["Ada", "Byron"]
    # 0.7 * 75 + 0.3 * 100, and 0.7 * 95 + 0.3 * 0.
    assert [row["final"] for row in sheet["rows"]] == [
        {"percent": "82.50", "grade": "B"},
        {"percent": "66.50", "grade": "D"},
    ]
    assert sheet["scale"][0] == {"name": "A", "least": "90"}
    whole = book.get(f"line-items/{exam['id']}/results/{book.student}").body
    around = ("classId", "studentId", "createdAt", "updatedAt")
    said = {name: each for name, each in whole.items() if name not in around and each not in (None, False)}
    assert said in sheet["rows"][0]["results"]
    told = book.api.audit(f"class#{book.class_id}")
    assert [each["operation"] for each in told if "sheet" in each["operation"]] == ["get_score_sheet"]

    own = book.get("score-sheet", as_=OTHER).body
    assert own["rows"] == sheet["rows"][1:]


def test_a_sheet_leaves_out_what_is_false_or_empty(book: Gradebook) -> None:
    item = book.item()
    flags: dict[str, Any] = dict.fromkeys(("late", "missing", "incomplete", "inProgress"), True)
    full = book.put(item, score="8", comment="Nearly", scoreDate=school.day(-1), **flags).body
    book.put(item, book.other, scoreStatus="exempt")

    ada, byron = (row["results"] for row in book.get("score-sheet").body["rows"])
    around = ("classId", "studentId", "createdAt", "updatedAt")
    assert ada == [{name: each for name, each in full.items() if name not in around}]
    date = school.day(0)
    assert byron == [{"lineItemId": item["id"], "scoreStatus": "exempt", "scoreDate": date, "version": 1}]


def test_who_left_without_a_result_is_not_on_the_sheet(book: Gradebook) -> None:
    item = book.item()
    book.score(item, "50")
    for student_id in (book.student, book.other):
        path = f"{book.path}/enrollments/{student_id}"
        body = {"version": book.api.ask("GET", path).body["version"], "endDate": school.day(0)}
        assert book.api.ask("PATCH", path, body=body).status == 200

    assert [row["studentId"] for row in book.get("score-sheet").body["rows"]] == [book.student]
    # One's own scores stay one's own.
    assert [row["studentId"] for row in book.get("score-sheet", as_=STUDENT).body["rows"]] == [book.student]


def test_statistics(book: Gradebook) -> None:
    item = book.item(resultValueMax="20")
    book.score(item, "15")
    book.score(item, "18", book.other)

    figures = book.get("statistics", as_=TEACHER).body

    of_item = {"count": 2, "mean": "16.50", "median": "16.50", "least": "15.00", "most": "18.00"}
    spread = [{"name": name, "count": int(name in "AC")} for name in "ABCDF"]
    assert figures["lineItems"] == [{"lineItemId": item["id"], "title": "Exam", **of_item, "distribution": spread}]
    final = {"count": 2, "mean": "82.50", "median": "82.50", "least": "75.00", "most": "90.00"}
    assert figures["final"] == final | {"distribution": spread}
    assert figures["students"] == 2


def test_students_get_no_figures_of_fewer_than_five(book: Gradebook) -> None:
    item = book.item()
    nothing = {"mean": None, "median": None, "least": None, "most": None, "distribution": None}
    book.score(item, "10")
    book.score(item, "20", book.other)
    for score in ("30", "40"):
        student = book.api.add()
        school.enroll(book.api, book.class_id, student["id"])
        book.score(item, score, student["id"])

    hidden = book.get("statistics", as_=STUDENT).body
    assert hidden["final"] == {"count": 4, **nothing}
    assert hidden["lineItems"] == [{"lineItemId": item["id"], "title": "Exam", "count": 4, **nothing}]
    assert book.get("statistics", as_=TEACHER).body["final"]["mean"] == "25.00"

    student = book.api.add()
    school.enroll(book.api, book.class_id, student["id"])
    book.score(item, "50", student["id"])
    assert book.get("statistics", as_=STUDENT).body["final"]["mean"] == "30.00"


def test_a_class_without_scores(book: Gradebook) -> None:
    sheet, figures = book.get("score-sheet").body, book.get("statistics").body

    assert {row["final"]["percent"] for row in sheet["rows"]} == {None}
    assert figures["final"]["count"] == 0
    assert figures["final"]["mean"] is None


# ---- transcripts


@pytest.fixture
def two_terms(book: Gradebook) -> dict[str, Any]:
    """A second class of the student, a year before, with credits."""
    api = book.api
    earlier = school.term(api, title="Before", startDate=school.day(-400), endDate=school.day(-200))
    subject = school.subject(api, code="PHY", title="Physics", credits="3")
    of = school.class_(api, title="Mechanics", academicSessionId=earlier["id"], subjectId=subject["id"])
    enrolled = school.enroll(api, of["id"], book.student, beginDate=school.day(-400), endDate=school.day(-200))
    assert enrolled.status == 201, enrolled
    path = f"/api/classes/{of['id']}/line-items"
    item = school.made(api.ask("POST", path, body={"title": "Exam", "dueDate": school.day(-210)}))
    body = {"scoreStatus": "fully graded", "score": "95"}
    assert api.ask("PUT", f"{path}/{item['id']}/results/{book.student}", body=body).status == 200
    book.score(book.item(), "75")
    return of


def transcript(book: Gradebook, *, as_: str = "", groups: str = "[admin]", whose: str = "") -> Reply:
    more = {"sub": as_, "groups": groups} if as_ else {}
    return book.api.ask("GET", f"/api/students/{whose or book.student}/transcript", **more)


def test_a_transcript_over_two_terms(book: Gradebook, two_terms: dict[str, Any]) -> None:
    found = transcript(book).body

    assert (found["givenName"], found["studentId"]) == ("Ada", book.student)
    assert [term["title"] for term in found["terms"]] == ["Before", "Term"]
    assert found["terms"][0]["classes"] == [
        {
            "classId": two_terms["id"],
            "title": "Mechanics",
            "subjectCode": "PHY",
            "subjectTitle": "Physics",
            "credits": "3",
            "status": "inactive",
            "final": {"percent": "95.00", "grade": "A"},
        }
    ]
    assert [each["status"] for each in found["terms"][1]["classes"]] == ["active"]
    # (3 * 95 + 1 * 75) / 4: what has no credits weighs as one.
    assert found["mean"] == {"percent": "90.00", "grade": "A"}
    assert [term["mean"]["percent"] for term in found["terms"]] == ["95.00", "75.00"]
    assert [each["operation"] for each in book.api.audit(f"student#{book.student}")][-1] == "get_transcript"


def test_whose_transcript_is_whose_business(book: Gradebook, two_terms: dict[str, Any]) -> None:
    assert transcript(book, as_=STUDENT, groups="[student]").body == transcript(book).body
    assert transcript(book, as_=OTHER, groups="[student]").status == 404
    assert transcript(book, as_=STRANGER, groups="[lecturer]").status == 404
    assert transcript(book, whose=two_terms["id"]).status == 404
    assert transcript(book, as_=TEACHER, groups="[lecturer]", whose=two_terms["id"]).status == 404

    taught = transcript(book, as_=TEACHER, groups="[lecturer]").body
    assert [each["classId"] for term in taught["terms"] for each in term["classes"]] == [book.class_id]
    assert taught["mean"] == {"percent": "75.00", "grade": "C"}


def test_a_transcript_of_nothing(book: Gradebook) -> None:
    nobody = book.api.add()
    found = transcript(book, whose=nobody["id"]).body
    assert (found["terms"], found["mean"]) == ([], {"percent": None, "grade": None})

    attending = transcript(book, whose=book.other).body
    assert attending["terms"][0]["classes"][0]["final"] == {"percent": None, "grade": None}
