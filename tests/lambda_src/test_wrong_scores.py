"""Fields of line items and results that are refused, each with its name, and leave nothing behind."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lambda_src import school
from tests.lambda_src.functions import Functions
from tests.lambda_src.gradebook import Gradebook, open_gradebook

NOBODY_S_ID = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def book(lasting_api: Functions) -> Gradebook:
    return open_gradebook(lasting_api)


@pytest.fixture(scope="module")
def item(book: Gradebook) -> dict[str, Any]:
    return book.item()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("title", " "), ("weight", 1), ("weight", 0.5), ("weight", "-1"), ("weight", "1e2"), ("weight", "1000")],
        *[("weight", "0.125"), ("resultValueMax", "0"), ("resultValueMax", 100.0), ("resultValueMin", "NaN")],
        *[("resultValueMax", "1e3"), ("resultValueMax", "1000000"), ("dueDate", "2026-02-30"), ("dueDate", None)],
        *[("assignDate", "31.12.2026"), ("category", ""), ("status", "tobedeleted"), ("classId", NOBODY_S_ID)],
        *[("referrers", 0), ("id", NOBODY_S_ID)],
    ],
)
def test_wrong_fields_of_a_line_item(book: Gradebook, field: str, value: object) -> None:
    body = {"title": "Exam", "dueDate": school.day(0), field: value}
    before = book.get("line-items").body
    reply = book.api.ask("POST", f"{book.path}/line-items", body=body)

    assert (reply.status, reply.fields) == (400, [field])
    assert book.get("line-items").body == before


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"score": 87.5}, "score"),
        ({"score": 87}, "score"),
        ({"score": "8.75e1"}, "score"),
        ({"score": "87,5"}, "score"),
        ({"score": "NaN"}, "score"),
        ({"score": "-1"}, "score"),
        ({"score": "100.0001"}, "score"),
        ({"score": "0.00001"}, "score"),
        ({}, "score"),
        ({"score": None}, "score"),
        ({"score": "1", "scoreStatus": "exempt"}, "score"),
        ({"score": "1", "scoreStatus": "not submitted"}, "score"),
        ({"score": "1", "scoreStatus": "submitted"}, "score"),
        ({"scoreStatus": "graded"}, "scoreStatus"),
        ({"score": "1", "late": "yes"}, "late"),
        ({"score": "1", "scoreDate": "today"}, "scoreDate"),
        ({"score": "1", "comment": "\u202ex"}, "comment"),
        ({"score": "1", "version": 0}, "version"),
        ({"score": "1", "studentId": NOBODY_S_ID}, "studentId"),
        ({"score": "1", "grade": "A"}, "grade"),
    ],
)
def test_wrong_fields_of_a_result(book: Gradebook, item: dict[str, Any], fields: dict[str, Any], wrong: str) -> None:
    reply = book.put(item, **fields)

    assert (reply.status, reply.fields) == (400, [wrong])
    assert book.get("score-sheet").body["rows"][0]["results"] == []
