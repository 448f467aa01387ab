"""The sample school's year: acceptable to the API, and nobody in two places at once."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations

from studentdb.contract.academic_sessions import AcademicSessionCreate
from studentdb.contract.classes import ClassCreate
from studentdb.contract.staff import LecturerCreate
from studentdb.contract.subjects import SubjectCreate
from studentdb.sample import timetable
from studentdb.sample.school import students

NOBODY_S_ID = "00000000-0000-4000-8000-000000000000"


def test_the_api_takes_all_of_it() -> None:
    for session in (timetable.year(), *timetable.terms()):
        assert AcademicSessionCreate.model_validate(session).wire() == session
    for subject in timetable.subjects():
        assert SubjectCreate.model_validate(subject).wire() == subject
    for lecturer in timetable.lecturers():
        assert LecturerCreate.model_validate(lecturer).wire() == lecturer
    for fields, _, _, attending in timetable.classes():
        of = {"subjectId": NOBODY_S_ID, "academicSessionId": NOBODY_S_ID}
        assert ClassCreate.model_validate({**fields, **of}).wire() == fields | of
        assert 0 < len(attending) <= fields["capacity"]


def test_two_grades_attend_two_classes_each() -> None:
    attended = [number for *_, attending in timetable.classes() for number in attending]
    of_two_grades = [each["identifier"] for each in students() if each["grades"][0] in {"09", "11"}]

    assert sorted(attended) == sorted(2 * of_two_grades)


def test_what_is_unique_is() -> None:
    addresses = [each.get("email") for each in (*students(), *timetable.lecturers())]
    assert len({each for each in addresses if each}) == len([each for each in addresses if each])
    codes = [fields["classCode"] for fields, *_ in timetable.classes()]
    assert len(set(codes)) == len(codes)


def test_nobody_and_no_room_is_in_two_classes_at_once() -> None:
    weeks: dict[str, list[dict[str, str]]] = defaultdict(list)
    for fields, _, lecturer, attending in timetable.classes():
        for each in (lecturer, fields["location"], *attending):
            weeks[each] += fields["periods"]

    for periods in weeks.values():
        for one, other in combinations(sorted(periods, key=lambda each: each["starts"]), 2):
            assert one["weekday"] != other["weekday"] or one["ends"] <= other["starts"]
