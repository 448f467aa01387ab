"""A school at hand: terms, subjects, classes, people and who is in which class, made through the handlers."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.lambda_src.functions import Functions, Reply


def day(offset: int) -> str:
    """A date so many days from today."""
    return (datetime.now(UTC).date() + timedelta(days=offset)).isoformat()


def made(reply: Reply) -> dict[str, Any]:
    """What was created."""
    assert reply.status == 201, reply
    body: dict[str, Any] = reply.body
    return body


def term(api: Functions, **fields: Any) -> dict[str, Any]:
    """An academic session around today."""
    wanted = {"title": "Term", "type": "term", "startDate": day(-90), "endDate": day(90), "schoolYear": "2027"}
    return made(api.ask("POST", "/api/academic-sessions", body=wanted | fields))


def subject(api: Functions, **fields: Any) -> dict[str, Any]:
    """A subject."""
    wanted = {"code": secrets.token_hex(4), "title": "Mathematics"}
    return made(api.ask("POST", "/api/subjects", body=wanted | fields))


def class_(api: Functions, **fields: Any) -> dict[str, Any]:
    """A class, of a new subject in a new term where none are named."""
    wanted = {"classCode": secrets.token_hex(4), "title": "Algebra", **fields}
    wanted.setdefault("subjectId", "") or wanted.update(subjectId=subject(api)["id"])
    wanted.setdefault("academicSessionId", "") or wanted.update(academicSessionId=term(api)["id"])
    return made(api.ask("POST", "/api/classes", body=wanted))


def person(api: Functions, role: str = "lecturer", **fields: str) -> dict[str, Any]:
    """Somebody of a role."""
    wanted = {"identifier": f"L{secrets.token_hex(4)}", "givenName": "Emmy", "familyName": "Noether", **fields}
    return made(api.ask("POST", f"/api/{role}s", body=wanted))


def enroll(api: Functions, class_id: str, person_id: str, role: str = "student", **fields: Any) -> Reply:
    """Ask for somebody to be in a class."""
    body = {"personId": person_id, "role": role, **fields}
    return api.ask("POST", f"/api/classes/{class_id}/enrollments", body=body)
