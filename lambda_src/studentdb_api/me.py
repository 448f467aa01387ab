"""Who is signed in."""

from __future__ import annotations

from typing import Any

from studentdb_api import logins, students
from studentdb_api.problems import NotFound
from studentdb_api.request import Answer, Request


def me(request: Request) -> Answer:
    """GET /api/me: the caller, and the student's record that is the caller's own."""
    return Answer(
        {
            "sub": request.caller.sub,
            "groups": list(request.caller.groups),
            "student": _student(logins.person_id(request)),
        }
    )


def _student(person_id: str) -> dict[str, Any] | None:
    if not person_id:
        return None
    try:
        return students.from_item(students.find(person_id))
    except NotFound:
        return None
