"""A student's transcript: the final grades of all classes, by term.

Read are the student's own enrollments and results, and the classes, terms, subjects and line items that these name:
the cost is that of one student's years, whatever the school.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from studentdb_api import audit, clock, dynamodb, grades, logins, membership, people, records, scores
from studentdb_api.dynamodb import Record
from studentdb_api.problems import NotFound
from studentdb_api.request import Answer, Request
from studentdb_api.score_sheets import final_grade

# A subject without credits weighs as much as one with a single credit.
_NO_CREDITS = "1"
_NOT_THERE = "there is no student with this id"


def get_transcript(request: Request) -> Answer:
    """GET /api/students/{id}/transcript: a lecturer's view has the classes that the lecturer teaches. It is audited."""
    student_id = request.parameters["id"]
    taught = _taught(request, student_id)
    attended = [
        each
        for each in membership.enrollments_of(student_id)
        if each["role"] == membership.STUDENT
        and each["beginDate"] <= clock.today()
        and (taught is None or each["classId"] in taught)
    ]
    if taught is not None and not attended:
        raise NotFound(_NOT_THERE)
    student = people.find(student_id, people.STUDENT)
    audit.read(request, "student", student_id)
    terms = _terms(student_id, attended)
    parts = [each for _, of_term in terms for each in of_term]
    return Answer(
        {
            "studentId": student_id,
            **{name: student.get(name) for name in ("identifier", "givenName", "familyName")},
            "terms": [_term(session, of_term) for session, of_term in terms],
            "mean": _mean(parts),
        }
    )


def _taught(request: Request, student_id: str) -> set[str] | None:
    """The classes that the caller may see of this student; None for all. Raises NotFound where it is none."""
    if request.unlimited:
        return None
    mine = logins.person_id(request)
    if "self" in request.relations and mine == student_id:
        return None
    if "own class" not in request.relations:
        raise NotFound(_NOT_THERE)
    return set(membership.classes_of(mine, membership.TEACHER))


def _terms(student_id: str, attended: list[Record]) -> list[tuple[Record, list[Record]]]:
    """The academic sessions in their order, each with its classes by title."""
    classes = membership.classes(each["classId"] for each in attended)
    subjects = _records("subject", (each["subjectId"] for each in classes.values()))
    sessions = _records("academic session", (each["academicSessionId"] for each in classes.values()))
    percents = _percents(student_id, classes)
    lines: dict[str, list[Record]] = {}
    for each in attended:
        of = classes.get(each["classId"])
        if of is None:
            continue
        subject = subjects.get(of["subjectId"], {})
        lines.setdefault(of["academicSessionId"], []).append(
            {
                "classId": of["id"],
                "title": of["title"],
                "subjectCode": subject.get("code"),
                "subjectTitle": subject.get("title"),
                "credits": subject.get("credits"),
                "status": "inactive" if membership.is_over(each) else "active",
                "final": final_grade(percents.get(of["id"])),
            }
        )
    in_order = sorted((each for each in sessions.values()), key=lambda each: (each["startDate"], each["endDate"]))
    return [(each, sorted(lines[each["id"]], key=lambda line: str(line["title"]))) for each in in_order]


def _percents(student_id: str, classes: dict[str, Record]) -> dict[str, Decimal | None]:
    """Class -> final percentage. Only line items with a result of the student count, so only they are read."""
    found = [each for each in scores.of_student(student_id) if each["classId"] in classes]
    items = scores.batch((scores.item_key(each["classId"], each["lineItemId"]) for each in found), consistent=False)
    graded: dict[str, list[tuple[grades.Measure, Record]]] = {}
    for each in found:
        item = items.get(scores.item_key(each["classId"], each["lineItemId"]))
        if item is not None:
            graded.setdefault(each["classId"], []).append((grades.measure(item), each))
    today = clock.today()
    return {class_id: grades.final(pairs, today) for class_id, pairs in graded.items()}


def _records(kind: str, ids: Iterable[str]) -> dict[str, Record]:
    wanted = list(dict.fromkeys(ids))
    found: dict[str, Record] = {}
    for start in range(0, len(wanted), dynamodb.MOST_KEYS):
        found |= records.batch(records.KINDS[kind], wanted[start : start + dynamodb.MOST_KEYS])
    return found


def _term(session: Record, lines: list[Record]) -> Record:
    return {
        "academicSessionId": session["id"],
        **{name: session[name] for name in ("title", "startDate", "endDate", "locked")},
        "classes": lines,
        "mean": _mean(lines),
    }


def _mean(lines: Iterable[Record]) -> Record:
    """Of what is printed in the lines, by credits."""
    parts = [
        (Fraction(line["credits"] or _NO_CREDITS), Fraction(line["final"]["percent"]))
        for line in lines
        if line["final"]["percent"] is not None
    ]
    found = grades.mean(parts)
    return final_grade(None if found is None else grades.rounded(found))
