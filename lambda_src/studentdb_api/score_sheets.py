"""What follows from a class's scores: the sheet with final grades, and statistics.

One Query for the scores, one for who is enrolled, and their names: the cost is that of the class, whatever the school.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from studentdb_api import audit, clock, directory, grades, line_items, logins, membership, results, scores
from studentdb_api.dynamodb import Record
from studentdb_api.enrollments import enrolled
from studentdb_api.problems import NotFound
from studentdb_api.request import Answer, Request

# Figures of fewer would tell a student about the others.
FEWEST_FOR_STUDENTS = 5


class _Row(NamedTuple):
    """A student of the class, and the results by line item."""

    person: Record
    results: dict[str, Record]


def get_score_sheet(request: Request) -> Answer:
    """GET /api/classes/{classId}/score-sheet. A student's own has one row. The look at a whole one is audited."""
    class_id = request.parameters["classId"]
    if request.relations & {"any", "own class"}:
        try:
            membership.require_class(request, class_id, membership.TEACHER)
        except NotFound:
            if "self" not in request.relations:
                raise
        else:
            audit.read(request, "class", class_id)
            return Answer(_sheet(class_id, *_rows(class_id)))
    mine = membership.enrollment(class_id, logins.person_id(request))
    if mine is None or mine["role"] != membership.STUDENT:
        raise NotFound(membership.NO_CLASS)
    return Answer(_sheet(class_id, *_rows(class_id, mine["personId"])))


def get_class_statistics(request: Request) -> Answer:
    """GET /api/classes/{classId}/statistics. Who attends the class gets no figures of fewer than five."""
    class_id = request.parameters["classId"]
    role = membership.require_class(request, class_id).role
    fewest = FEWEST_FOR_STUDENTS if role == membership.STUDENT else 1
    items, rows = _rows(class_id)
    of_items = [{"lineItemId": item["id"], "title": item["title"], **_of_item(item, rows, fewest)} for item in items]
    finals = [percent for percent in _finals(items, rows) if percent is not None]
    return Answer(
        {
            "classId": class_id,
            "students": len(rows),
            "lineItems": of_items,
            "final": _figures(grades.figures(finals), grades.distribution(finals, grades.scale()), fewest),
        }
    )


def final_grade(percent: Decimal | None) -> Record:
    """A percentage with its grade, as the API shows it."""
    if percent is None:
        return {"percent": None, "grade": None}
    return {"percent": str(percent), "grade": grades.grade(percent, grades.scale())}


def _rows(class_id: str, only: str = "") -> tuple[list[Record], list[_Row]]:
    """The line items, and the students by name: all who have begun, but for those who left without a result."""
    items, found = scores.of_class(class_id, results.on_sheet)
    of_student: dict[str, dict[str, Record]] = {}
    for student_id, each in found:
        of_student.setdefault(student_id, {})[each["lineItemId"]] = each
    today = clock.today()
    hints = {
        each["personId"]: each["email"]
        for each in enrolled(class_id)
        if each["role"] == membership.STUDENT
        and each["personId"] == (only or each["personId"])
        and (membership.holds(each, today) or each["personId"] in of_student)
    }
    by_name = sorted(directory.found(hints).values(), key=lambda each: str(each["name_key"]))
    return items, [_Row(person, of_student.get(person["id"], {})) for person in by_name]


def _sheet(class_id: str, items: list[Record], rows: list[_Row]) -> Record:
    return {
        "classId": class_id,
        "lineItems": [line_items.shown(each) for each in items],
        "rows": [
            {
                "studentId": row.person["id"],
                **{name: row.person.get(name) for name in ("identifier", "givenName", "familyName")},
                "results": list(row.results.values()),
                "final": final_grade(percent),
            }
            for row, percent in zip(rows, _finals(items, rows), strict=True)
        ],
        "scale": [{"name": step.name, "least": str(step.least)} for step in grades.scale()],
    }


def _finals(items: Iterable[Record], rows: Iterable[_Row]) -> list[Decimal | None]:
    """The percentages of the rows, in their order."""
    today = clock.today()
    measures = {item["id"]: grades.measure(item) for item in items}
    return [
        grades.final([(measures[at], each) for at, each in row.results.items() if at in measures], today)
        for row in rows
    ]


def _of_item(item: Record, rows: list[_Row], fewest: int) -> Record:
    reached = [row.results[item["id"]] for row in rows if item["id"] in row.results]
    scored = [each for each in reached if grades.is_graded(each)]
    percents = [grades.rounded(grades.part(item, each) * 100) for each in scored]
    found = grades.figures(Fraction(each["score"]) for each in scored)
    return _figures(found, grades.distribution(percents, grades.scale()), fewest)


def _figures(found: grades.Figures, spread: list[tuple[str, int]], fewest: int) -> Record:
    said = found.number >= fewest
    values = {name: getattr(found, name) for name in ("mean", "median", "least", "most")}
    return {
        "count": found.number,
        **{name: str(value) if said and value is not None else None for name, value in values.items()},
        "distribution": [{"name": name, "count": count} for name, count in spread] if said else None,
    }
