"""The made-up school's year: two terms, subjects, lecturers, classes, and which students attend which."""

from __future__ import annotations

from typing import Any

from studentdb.sample.school import students

# The first day of the school year and of its autumn term, when everybody's classes begin.
FIRST_DAY = "2026-08-31"
_YEAR = {"title": "2026/27", "type": "schoolYear", "startDate": FIRST_DAY, "endDate": "2027-08-01"}
_TERMS = (
    {"title": "Autumn 2026", "type": "term", "startDate": FIRST_DAY, "endDate": "2027-02-01"},
    {"title": "Spring 2027", "type": "term", "startDate": "2027-02-01", "endDate": "2027-08-01"},
)
_SUBJECTS = {
    "MATH": ("Mathematics", "6"),
    "HIST": ("History", "3"),
    "PHYS": ("Physics", "4.5"),
}
_LECTURERS = {
    "L901": ("Nakamura", "Akira", "nakamura.akira"),
    "L902": ("Okonkwo", "Chidinma", "okonkwo.chidinma"),
    "L903": ("Kowalczyk", "Łucja", "lucja.kowalczyk"),
}
# Subject | grade that attends | lecturer | room | times of the week. Nobody is in two places at once. Two grades only:
# the demo should not take long.
_CLASSES = """
MATH | 09 | L901 | Room 11 | mon 08:00-09:30 | thu 08:00-09:30
HIST | 09 | L902 | Room 21 | wed 08:00-09:30
MATH | 11 | L901 | Room 11 | mon 09:45-11:15 | thu 09:45-11:15
PHYS | 11 | L903 | Lab 2   | tue 09:45-11:15 | fri 09:45-11:15
"""
_PLACES = 24


def year() -> dict[str, Any]:
    """The school year."""
    return {**_YEAR, "schoolYear": "2027"}


def terms() -> list[dict[str, Any]]:
    """Its terms, the first one first."""
    return [{**term, "schoolYear": "2027"} for term in _TERMS]


def subjects() -> list[dict[str, Any]]:
    """What is taught."""
    return [{"code": code, "title": title, "credits": worth} for code, (title, worth) in _SUBJECTS.items()]


def lecturers() -> list[dict[str, Any]]:
    """Who teaches."""
    return [
        {"identifier": number, "familyName": family, "givenName": given, "email": f"{local}@example.edu"}
        for number, (family, given, local) in _LECTURERS.items()
    ]


def classes() -> list[tuple[dict[str, Any], str, str, list[str]]]:
    """Classes of the first term, each with its subject's code, its lecturer's number and its students' numbers."""
    made = []
    for line in _CLASSES.strip().splitlines():
        subject, grade, lecturer, room, *times = (field.strip() for field in line.split("|"))
        fields = {
            "classCode": f"{subject}-{grade}",
            "title": f"{_SUBJECTS[subject][0]}, grade {int(grade)}",
            "capacity": _PLACES,
            "location": room,
            "periods": [_period(time) for time in times],
        }
        made.append((fields, subject, lecturer, [each["identifier"] for each in students() if grade in each["grades"]]))
    return made


def _period(text: str) -> dict[str, str]:
    weekday, _, times = text.partition(" ")
    starts, _, ends = times.partition("-")
    return {"weekday": weekday, "starts": starts, "ends": ends}
