"""Line items and results: their rules, their history, closed terms, and who may see and write them."""

from __future__ import annotations

import importlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from studentdb.contract.results import LARGEST_BATCH
from tests.lambda_src import school
from tests.lambda_src.events import ADMIN, event
from tests.lambda_src.functions import Functions
from tests.lambda_src.gradebook import GROUPS, OTHER, STRANGER, STUDENT, TEACHER, Gradebook, open_gradebook

NOBODY_S_ID = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def book(api: Functions) -> Gradebook:
    return open_gradebook(api)


@pytest.fixture
def book_anywhere(api_anywhere: Functions) -> Gradebook:
    return open_gradebook(api_anywhere)


# ---- line items


def test_a_line_item_from_create_to_delete(book_anywhere: Gradebook) -> None:
    book = book_anywhere
    made = book.item(category="exam", weight="2.5", resultValueMax="20", description="All of it")
    assert (made["resultValueMin"], made["weight"], made["status"], made["version"]) == ("0", "2.5", "active", 1)
    one = f"line-items/{made['id']}"
    assert book.get(one).body == made
    earlier = book.item(title="Homework", dueDate=school.day(-3))
    assert [each["id"] for each in book.get("line-items").body["lineItems"]] == [earlier["id"], made["id"]]
    first = book.get("line-items", limit="1").body
    second = book.get("line-items", limit="1", cursor=first["nextCursor"]).body
    assert (first["lineItems"], second) == ([earlier], {"lineItems": [made], "nextCursor": None})

    body = {"version": 1, "category": None, "title": "Final"}
    changed = book.api.ask("PATCH", f"{book.path}/{one}", body=body).body
    assert (changed["category"], changed["title"], changed["version"]) == (None, "Final", 2)
    assert book.api.ask("PATCH", f"{book.path}/{one}", body=body).slug == "version-conflict"
    assert book.api.ask("PATCH", f"{book.path}/{one}", body=body | {"version": 2}).body == changed

    assert book.api.ask("DELETE", f"{book.path}/{one}", query={"version": "1"}).slug == "version-conflict"
    assert book.api.ask("DELETE", f"{book.path}/{one}", query={"version": "2"}).status == 204
    assert book.get(one).status == 404
    told = book.api.audit(f"line item#{book.class_id}#{made['id']}")
    assert [each["operation"] for each in told] == ["create_line_item", "update_line_item", "delete_line_item"]
    assert told[1]["changes"] == {
        "category": {"before": "exam", "after": None},
        "title": {"before": "Exam", "after": "Final"},
    }


def test_a_line_item_is_made_once(book: Gradebook) -> None:
    path, body = f"{book.path}/line-items", {"title": "Exam", "dueDate": school.day(0)}
    made = [book.api.ask("POST", path, body=body, headers={"idempotency-key": "k"}) for _ in range(2)]
    other = book.api.ask("POST", path, body=body | {"weight": "2"}, headers={"idempotency-key": "k"})

    assert made[0] == made[1]
    assert (other.status, other.slug) == (422, "idempotency-key-reused")
    assert len(book.get("line-items").body["lineItems"]) == 1


def test_a_line_item_is_not_due_before_it_is_assigned(book: Gradebook) -> None:
    made = book.item(dueDate=school.day(-1))
    assert made["assignDate"] == school.day(-1)

    body = {"version": 1, "assignDate": school.day(0)}
    assert book.api.ask("PATCH", f"{book.path}/line-items/{made['id']}", body=body).fields == ["dueDate"]


def test_what_has_scores_stays_and_keeps_its_range(book: Gradebook) -> None:
    item = book.item()
    result = book.score(item, "90")
    one = f"{book.path}/line-items/{item['id']}"

    kept = book.api.ask("DELETE", one)
    assert (kept.status, kept.slug) == (409, "referred")
    assert kept.body["referrers"] == [{"kind": "result", "id": book.student, "title": "Ada Lovelace"}]
    assert book.api.ask("PATCH", one, body={"version": 1, "resultValueMax": "50"}).slug == "has-results"
    assert book.api.ask("PATCH", one, body={"version": 1, "weight": "3"}).status == 200

    query = {"version": str(result["version"])}
    assert book.api.ask("DELETE", f"{book.results(item)}/{book.student}", query={"version": "9"}).status == 409
    assert book.api.ask("DELETE", f"{book.results(item)}/{book.student}", query=query).status == 204
    assert book.api.ask("DELETE", f"{book.results(item)}/{book.student}").status == 404
    assert book.api.ask("DELETE", one).status == 204


def test_a_class_with_line_items_is_not_deleted(book: Gradebook) -> None:
    empty = school.class_(book.api)
    path = f"/api/classes/{empty['id']}"
    made = school.made(book.api.ask("POST", f"{path}/line-items", body={"title": "Exam", "dueDate": school.day(0)}))
    kept = book.api.ask("DELETE", path)

    assert kept.slug == "referred"
    assert kept.body["referrers"] == [{"kind": "line item", "id": made["id"], "title": "Exam"}]
    book.api.ask("DELETE", f"{path}/line-items/{made['id']}")
    assert book.api.ask("DELETE", path).status == 204


# ---- results


def test_a_result_and_its_history(book_anywhere: Gradebook) -> None:
    book = book_anywhere
    item = book.item(resultValueMax="20")
    made = book.put(item, score="14.50", late=True, as_=TEACHER).body
    assert (made["score"], made["scoreStatus"], made["late"], made["missing"]) == ("14.5", "fully graded", True, False)
    assert (made["version"], made["scoreDate"], made["comment"]) == (1, school.day(0), None)
    one = f"line-items/{item['id']}/results/{book.student}"
    assert book.get(one).body == made

    again = book.put(item, score="14.5", late=True)
    assert (again.status, again.body) == (200, made)
    changed = book.put(item, score="15", version=1, comment="A point more for question 3").body
    assert (changed["score"], changed["late"], changed["version"]) == ("15", False, 2)
    exempt = book.put(item, scoreStatus="exempt", version=2).body
    assert (exempt["score"], exempt["comment"], exempt["version"]) == (None, None, 3)
    book.api.ask("DELETE", f"{book.path}/{one}")

    history = book.get(f"{one}/history").body["resultHistory"]
    assert [each["operation"] for each in history] == ["delete_result", *["set_result"] * 3]
    assert [each["actor"] for each in history] == [ADMIN, ADMIN, ADMIN, TEACHER]
    assert history[2]["changes"] == [
        {"field": "comment", "before": None, "after": "A point more for question 3"},
        {"field": "late", "before": True, "after": False},
        {"field": "score", "before": "14.5", "after": "15"},
    ]
    first_change = {each["field"]: each["after"] for each in history[3]["changes"]}
    assert (first_change["score"], first_change["late"]) == ("14.5", True)
    assert history[0]["at"] >= history[3]["at"] > "2020"

    first = book.get(f"{one}/history", limit="3").body
    second = book.get(f"{one}/history", limit="3", cursor=first["nextCursor"]).body
    assert first["resultHistory"] + second["resultHistory"] == history
    assert second["nextCursor"] is None
    foreign = f"line-items/{item['id']}/results/{book.other}/history"
    assert book.get(foreign, cursor=first["nextCursor"]).fields == ["cursor"]


def test_only_students_of_the_class_get_scores(book: Gradebook) -> None:
    item, foreign = book.item(), book.api.add()
    reply = book.put(item, foreign["id"], score="1")
    assert (reply.status, reply.slug) == (404, "not-found")
    later = book.api.add()
    school.enroll(book.api, book.class_id, later["id"], beginDate=school.day(1))
    assert book.put(item, later["id"], score="1").status == 404

    before = book.api.ask("GET", f"{book.path}/enrollments/{book.student}").body
    body = {"version": before["version"], "endDate": school.day(0)}
    assert book.api.ask("PATCH", f"{book.path}/enrollments/{book.student}", body=body).status == 200
    # The last exam is graded when the class is over.
    assert book.put(item, score="77").status == 200
    assert book.put({"id": NOBODY_S_ID}, score="1").status == 404


def test_a_second_edit_is_told_what_changed(book: Gradebook) -> None:
    item = book.item()
    book.score(item, "50")

    blind = book.put(item, score="60")
    assert (blind.status, blind.slug) == (409, "version-conflict")
    assert book.put(item, score="60", version=1).status == 200
    late = book.put(item, score="70", late=True, version=1)
    assert late.body["errors"] == [
        {"field": "version", "message": "the current version is 2"},
        {"field": "score", "message": "is different", "current": "60"},
        {"field": "late", "message": "is different", "current": False},
    ]
    gone = book.put(item, book.other, score="1", version=1)
    assert gone.body["errors"] == [{"field": "version", "message": "there is no result any more"}]


def test_one_result_from_eight_sides(api_on_engine: Functions) -> None:
    book = open_gradebook(api_on_engine)
    item = book.item()
    made = [
        event("PUT", f"{book.results(item)}/{book.student}", body={"scoreStatus": "fully graded", "score": str(score)})
        for score in range(8)
    ]
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(book.api.send, made))

    assert sorted(reply.status for reply in replies) == [200] + [409] * 7
    assert len(book.get(f"line-items/{item['id']}/results/{book.student}/history").body["resultHistory"]) == 1


def test_a_column(book_anywhere: Gradebook) -> None:
    book = book_anywhere
    item = book.item()
    book.score(item, "10")
    rows = [
        {"studentId": book.student, "scoreStatus": "fully graded", "score": "20"},
        {"studentId": book.other, "scoreStatus": "fully graded", "score": "101"},
        {"studentId": NOBODY_S_ID, "scoreStatus": "exempt"},
        {"studentId": book.other, "scoreStatus": "exempt"},
    ]
    path = book.results(item)
    wrong = book.api.ask("PUT", path, body={"results": rows})
    assert (wrong.status, wrong.fields) == (
        400,
        ["results[1].score", "results[2].studentId", "results[3].studentId"],
    )
    rows = rows[:2]
    rows[1]["score"] = "100"
    stale = book.api.ask("PUT", path, body={"results": rows})
    assert (stale.status, stale.fields) == (409, ["results[0].version", "results[0].score"])
    assert book.get("score-sheet").body["rows"][1]["results"] == []

    written = book.api.ask("PUT", path, body={"results": [rows[0] | {"version": 1}, rows[1]]})
    assert [(each["score"], each["version"]) for each in written.body["results"]] == [("20", 2), ("100", 1)]
    assert book.api.ask("PUT", path, body={"results": rows}) == written
    assert book.api.ask("PUT", path, body={"results": []}).body == {"results": []}


def test_the_largest_column_fits_a_transaction(book_anywhere: Gradebook) -> None:
    book = book_anywhere
    item, rows = book.item(), []
    for number in range(LARGEST_BATCH):
        student = book.api.add()
        assert school.enroll(book.api, book.class_id, student["id"]).status == 201
        rows.append({"studentId": student["id"], "scoreStatus": "fully graded", "score": str(number)})

    reply = book.api.ask("PUT", book.results(item), body={"results": rows})
    assert (reply.status, len(reply.body["results"])) == (200, LARGEST_BATCH)
    too_many = book.api.ask("PUT", book.results(item), body={"results": [*rows, rows[0]]})
    assert (too_many.status, too_many.fields) == (400, ["results"])


# ---- closed terms


def test_a_closed_term_takes_no_scores(book_anywhere: Gradebook) -> None:
    book = book_anywhere
    item = book.item()
    empty = book.item(title="Empty")
    result = book.score(item, "50")
    book.lock()
    before = book.api.audit()

    one, row = f"{book.path}/line-items/{item['id']}", f"{book.results(item)}/{book.student}"
    column = {"results": [{"studentId": book.other, "scoreStatus": "exempt"}]}
    attempts: list[tuple[str, str, dict[str, Any] | None]] = [
        ("POST", f"{book.path}/line-items", {"title": "Late", "dueDate": school.day(0)}),
        ("PATCH", one, {"version": 1, "weight": "9"}),
        ("DELETE", f"{book.path}/line-items/{empty['id']}", None),
        ("PUT", row, {"scoreStatus": "fully graded", "score": "60", "version": 1}),
        ("PUT", book.results(item), column),
        ("DELETE", row, None),
    ]
    for sub in (ADMIN, TEACHER):
        for method, path, body in attempts:
            reply = book.api.ask(method, path, body=body, sub=sub, groups=GROUPS.get(sub, "[admin]"))
            assert (reply.status, reply.slug) == (409, "term-locked"), (method, path)
    assert book.api.audit() == before
    assert book.get(f"line-items/{item['id']}/results/{book.student}").body == result

    book.lock(locked=False)
    assert book.put(item, score="60", version=1).status == 200


def test_a_term_that_closes_while_a_score_is_given(book: Gradebook, monkeypatch: pytest.MonkeyPatch) -> None:
    item = book.item()
    client = book.api.dynamodb
    asked = client.batch_get_item

    def closing(**arguments: Any) -> Any:
        """After all that the request reads, before it writes."""
        answer = asked(**arguments)
        if "-scores" in next(iter(arguments["RequestItems"])) and "result#" in str(arguments):
            book.lock()
        return answer

    write: Any = book.api.write
    functions_client = (
        next(each for name, each in vars(write).items() if name == "set_result").__globals__["dynamodb"].client
    )
    monkeypatch.setattr(functions_client, "batch_get_item", closing)

    assert book.put(item, score="60").slug == "term-locked"
    assert book.get("score-sheet").body["rows"][0]["results"] == []


# ---- who may


def test_who_may_write_and_see_what(book: Gradebook) -> None:
    item = book.item()
    mine, theirs = book.score(item, "50"), book.score(item, "60", book.other)
    one = f"line-items/{item['id']}"
    expected = {
        "line-items": {TEACHER: 200, STUDENT: 200, STRANGER: 404},
        one: {TEACHER: 200, STUDENT: 200, STRANGER: 404},
        f"{one}/results/{book.student}": {TEACHER: 200, STUDENT: 200, OTHER: 404, STRANGER: 404},
        f"{one}/results/{book.student}/history": {TEACHER: 200, STUDENT: 200, OTHER: 404, STRANGER: 404},
        "score-sheet": {TEACHER: 200, STUDENT: 200, STRANGER: 404},
        "statistics": {TEACHER: 200, STUDENT: 200, STRANGER: 404},
    }
    for path, callers in expected.items():
        for caller, status in callers.items():
            assert book.get(path, as_=caller).status == status, (path, GROUPS[caller])
    for caller, status in {TEACHER: 200, STRANGER: 404, STUDENT: 403, OTHER: 403}.items():
        assert book.put(item, score="51", version=1, as_=caller).status == status, GROUPS[caller]
    more: dict[str, Any] = {"sub": STRANGER, "groups": "[lecturer]"}
    body = {"title": "Exam", "dueDate": school.day(0)}
    assert book.api.ask("POST", f"{book.path}/line-items", body=body, **more).status == 404
    assert book.api.ask("PATCH", f"{book.path}/{one}", body={"version": 1, "title": "X"}, **more).status == 404
    assert book.api.ask("DELETE", f"{book.path}/{one}", **more).status == 404
    assert book.api.ask("DELETE", f"{book.results(item)}/{book.student}", **more).status == 404
    rows = {"results": [{"studentId": book.other, "scoreStatus": "exempt"}]}
    assert book.api.ask("PUT", book.results(item), body=rows, **more).status == 404
    assert book.get(f"{one}/results/{book.other}").body == theirs
    assert mine["score"] == "50"


def test_a_student_who_is_also_a_lecturer_elsewhere_sees_the_own_row(book: Gradebook) -> None:
    item = book.item()
    book.score(item, "50")
    book.score(item, "60", book.other)

    reply = book.api.ask("GET", f"{book.path}/score-sheet", sub=STUDENT, groups="[lecturer student]")
    assert [row["studentId"] for row in reply.body["rows"]] == [book.student]
    path = f"{book.results(item)}/{book.other}"
    assert book.api.ask("GET", path, sub=STUDENT, groups="[lecturer student]").status == 404


def test_a_query_is_followed_over_all_of_its_pages(book: Gradebook) -> None:
    for number in range(5):
        book.item(title=f"Test {number}")
    dynamodb, scores = (importlib.import_module(f"studentdb_api.{name}") for name in ("dynamodb", "scores"))

    found = dynamodb.all_queried({**scores._asked(book.class_id, ""), "Limit": 2})

    assert sorted(each["title"]["S"] for each in found) == [f"Test {number}" for number in range(5)]
