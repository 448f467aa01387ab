"""What belongs to a school's year, as it is stored: a term, its classes and who is in them, scores, notices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

Record = dict[str, Any]

STUDENTS = 30  # of a class
LINE_ITEMS = 10
# That the student whose transcript is measured attends; those of the others are not filled.
CLASSES = 6
# So many students bring one more notice, to one audience after the other.
_STUDENTS_PER_NOTICE = 5
_BEGUN = datetime.combine(date.today() - timedelta(days=90), datetime.min.time(), UTC)
_WRITTEN = {"version": 1, "createdAt": "2026-01-01T00:00:00.000Z", "updatedAt": "2026-01-01T00:00:00.000Z"}
_TERM, _SUBJECT = "00000000-0000-4000-8001-000000000000", "00000000-0000-4000-8002-000000000000"


def email(number: int) -> str:
    """A student's address."""
    return f"pupil{number:06d}@school.example"


def class_id(number: int) -> str:
    """A class's."""
    return f"00000000-0000-4000-8003-{number:012d}"


def _day(offset: int) -> str:
    return (_BEGUN + timedelta(days=offset)).date().isoformat()


def academic_sessions() -> Iterator[Record]:
    """One term."""
    yield {
        **{"id": _TERM, "kind": "academic session", "sort_key": _day(0), "title": "Term", "type": "term"},
        **{"startDate": _day(0), "endDate": _day(180), "schoolYear": "2027", "status": "active", "locked": False},
        **_WRITTEN,
    }


def subjects() -> Iterator[Record]:
    """One subject."""
    named = {"id": _SUBJECT, "kind": "subject", "sort_key": "mathematics", "code": "MAT", "title": "Mathematics"}
    yield {**named, "credits": "2", "status": "active", **_WRITTEN}


def classes(students: int) -> Iterator[Record]:
    """As many as the students need when each attends one, and those of the measured student."""
    for number in range(max(CLASSES, -(-students // STUDENTS))):
        yield {
            **{
                "id": class_id(number),
                "kind": "class",
                "sort_key": f"algebra {number:06d}",
                "title": f"Algebra {number}",
            },
            **{"classCode": f"ALG{number:06d}", "subjectId": _SUBJECT, "academicSessionId": _TERM, "periods": []},
            **{"enrolled": STUDENTS, "referrers": STUDENTS + LINE_ITEMS, "status": "active", **_WRITTEN},
        }


def enrollments(
    students: int, person: Callable[[int], str], email: Callable[[int], str], measured: int
) -> Iterator[Record]:
    """Each student in one class, and the measured one in CLASSES of them."""
    pairs = [(number // STUDENTS, number) for number in range(students)]
    pairs += [(of, measured) for of in range(CLASSES) if of != measured // STUDENTS]
    for of, number in pairs:
        yield {
            **{"classId": class_id(of), "personId": person(number), "email": email(number), "role": "student"},
            **{"beginDate": _day(0), "primary": False, "history": [], "status": "active", **_WRITTEN},
        }


def scores(person: Callable[[int], str], measured: int) -> Iterator[Record]:
    """Line items and results of the measured student's classes."""
    for of in range(CLASSES):
        attend = {*range(of * STUDENTS, (of + 1) * STUDENTS), measured}
        for at in range(LINE_ITEMS):
            item_id = f"00000000-0000-4000-8004-{of:06d}{at:06d}"
            yield {
                **{
                    "classId": class_id(of),
                    "key": f"item#{item_id}",
                    "id": item_id,
                    "title": f"Test {at}",
                    "weight": "1",
                },
                **{"category": "test", "resultValueMin": "0", "resultValueMax": "100", "referrers": len(attend)},
                **{"assignDate": _day(at), "dueDate": _day(at + 1), "status": "active", **_WRITTEN},
            }
            for number in attend:
                yield {
                    **{"classId": class_id(of), "key": f"result#{item_id}#{person(number)}", "lineItemId": item_id},
                    **{"studentId": person(number), "score": str(50 + (number + at) % 50)},
                    **dict.fromkeys(("late", "missing", "incomplete", "inProgress"), False),
                    **{"scoreStatus": "fully graded", "scoreDate": _day(at + 1), **_WRITTEN},
                }


def notifications(students: int, person: Callable[[int], str]) -> Iterator[Record]:
    """To one audience after the other, from day to day."""
    for number in range(students // _STUDENTS_PER_NOTICE):
        audiences = (
            "everyone",
            "role#student",
            f"class#{class_id(number % 100)}",
            f"person#{person(number)}",
            "public",
        )
        sent_at = (_BEGUN + timedelta(minutes=number)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        yield {
            **{"id": number, "sent_at": sent_at, "sort_key": f"{sent_at}#{number:016}"},
            **{"audience": audiences[number % len(audiences)], "title": f"Notice {number}"},
            **{"body": "The library is closed on Friday afternoon, as the shelves are counted.", "sender": "nobody"},
        }
