"""The sample school's year, brought in through the API: what `studentdb demo` does after its students are there."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from studentdb.context import Context

if TYPE_CHECKING:
    from collections.abc import Iterable

    from studentdb.api.records import Records
    from studentdb.contract.models import RequestModel
    from studentdb.contract.students import Student
    from studentdb.ui.console import Console

# As an import of students does.
_AT_ONCE = 4


def load(context: Context, console: Console, students: Iterable[Student]) -> int:
    """Terms, subjects, lecturers, classes, and who is in them; what is there already stays. Returns the classes."""
    from studentdb.api.problems import checked
    from studentdb.contract.academic_sessions import AcademicSessionCreate
    from studentdb.contract.classes import ClassCreate
    from studentdb.contract.staff import LecturerCreate
    from studentdb.contract.subjects import SubjectCreate
    from studentdb.sample import timetable
    from studentdb.ui.progress import Count

    year = _made(context.academic_sessions, checked(AcademicSessionCreate, timetable.year()))
    within = [checked(AcademicSessionCreate, {**each, "parentId": year.id}) for each in timetable.terms()]
    term, *_ = [_made(context.academic_sessions, each) for each in within]
    subjects = {
        each["code"]: _made(context.subjects, checked(SubjectCreate, each), each["code"]).id
        for each in timetable.subjects()
    }
    people = {student.identifier: student.id for student in students}
    for each in timetable.lecturers():
        people[each["identifier"]] = _made(context.lecturers, checked(LecturerCreate, each), each["identifier"]).id
    members: list[tuple[str, dict[str, Any]]] = []
    classes = timetable.classes()
    for fields, subject, lecturer, attending in classes:
        body = checked(ClassCreate, {**fields, "subjectId": subjects[subject], "academicSessionId": term.id})
        made = _made(context.classes, body, fields["classCode"])
        if made.primary_teacher_id and made.enrolled >= len(attending):
            continue  # an earlier run has filled it
        dated = {"beginDate": timetable.FIRST_DAY}
        members.append((made.id, {"personId": people[lecturer], "role": "teacher", "primary": True, **dated}))
        members += [
            (made.id, {"personId": people[number], "role": "student", **dated})
            for number in attending
            if number in people
        ]
    # In an order in which those at work at the same time rarely count in the same class.
    members.sort(key=lambda member: str(member[1]["personId"]))
    with Count(console, "enrollments", len(members)) as count, ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(lambda member: _enrolled(context, *member), members):
            count.advance()
    return len(classes)


def _made(records: Records[Any], body: RequestModel, key: str = "") -> Any:
    """The record, made unless an earlier run has; or the one that somebody else has made under its key."""
    from studentdb.api.problems import DuplicateError

    try:
        return records.create(body, idempotency_key=_once(body))
    except DuplicateError:
        found = records.with_key(key) if key else None
        if found is None:
            raise
        return found


def _enrolled(context: Context, class_id: str, fields: dict[str, Any]) -> None:
    from studentdb.api.problems import ConflictError, checked
    from studentdb.contract.enrollments import EnrollmentCreate

    body = checked(EnrollmentCreate, fields)
    try:
        context.enrollments_in(class_id).create(body, idempotency_key=_once(body, class_id))
    except ConflictError:
        return  # somebody has changed the school since it was loaded: that stays


def _once(body: RequestModel, *more: str) -> str:
    """An idempotency key: the same for the same content, so that a second run makes nothing."""
    text = json.dumps([body.wire(), *more], sort_keys=True)
    return f"sample-{sha256(text.encode()).hexdigest()}"
