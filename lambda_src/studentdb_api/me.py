"""Who is signed in."""

from __future__ import annotations

from typing import Any

from studentdb_api import logins, people
from studentdb_api.problems import NotFound
from studentdb_api.request import Answer, Request


def me(request: Request) -> Answer:
    """GET /api/me: the caller, and the record that is the caller's own; `student` is the same one, if it is one's."""
    person = _person(logins.person_id(request))
    is_student = person is not None and person["role"] == people.STUDENT.name
    return Answer(
        {
            "sub": request.caller.sub,
            "groups": list(request.caller.groups),
            "person": person,
            "student": person if is_student else None,
            "waitingSince": request.waiting or None,
        }
    )


def _person(person_id: str) -> dict[str, Any] | None:
    if not person_id:
        return None
    try:
        return people.shown(people.find(person_id))
    except NotFound:
        return None
