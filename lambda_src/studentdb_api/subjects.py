"""Subjects: what is taught."""

from __future__ import annotations

from studentdb_api import dynamodb, locks, records
from studentdb_api.names import fold
from studentdb_api.request import Answer, Request


def _needed_by(subject_id: str) -> list[dict[str, str]]:
    return records.referrers("class", "subject-index", "subjectId", subject_id)


SUBJECT = records.kind(
    records.Kind(
        name="subject",
        table=dynamodb.SUBJECTS,
        path="/api/subjects",
        fields=(
            *("id", "code", "title", "description", "credits", "sourcedId", "status"),
            *("version", "createdAt", "updatedAt"),
        ),
        order=lambda subject: fold(subject["code"]),
        unique={"code": locks.same, "sourcedId": str},
        needed_by=_needed_by,
    )
)


def list_subjects(request: Request) -> Answer:
    """GET /api/subjects: one page, by code; or the one subject that has the code that was asked for."""
    if "code" in request.query:
        return Answer({"subjects": records.by_unique(SUBJECT, "code", request.query["code"]), "nextCursor": None})
    found, cursor = records.page(SUBJECT, request)
    return Answer({"subjects": found, "nextCursor": cursor})


def get_subject(request: Request) -> Answer:
    """GET /api/subjects/{id}."""
    return records.get(SUBJECT, request)


def create_subject(request: Request) -> Answer:
    """POST /api/subjects."""
    return records.create(SUBJECT, request, {"status": "active"})


def update_subject(request: Request) -> Answer:
    """PATCH /api/subjects/{id}."""
    return records.update(SUBJECT, request)


def delete_subject(request: Request) -> Answer:
    """DELETE /api/subjects/{id}."""
    return records.delete(SUBJECT, request)
