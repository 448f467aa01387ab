"""Academic sessions: school years, terms and what lies within them."""

from __future__ import annotations

from studentdb_api import dynamodb, records
from studentdb_api.dynamodb import Record
from studentdb_api.problems import FieldError, Invalid
from studentdb_api.request import Answer, Request

# Years hold semesters, these terms, these grading periods; nobody needs more.
_DEEPEST = 8


def _check(session: Record) -> list[FieldError]:
    if session["startDate"] < session["endDate"]:
        return []
    return [{"field": "endDate", "message": "must be after the start date: it is the first day after the session"}]


def _needed_by(session_id: str) -> list[dict[str, str]]:
    within = records.referrers("academic session", "parent-index", "parentId", session_id)
    return within + records.referrers("class", "session-index", "academicSessionId", session_id)


SESSION = records.kind(
    records.Kind(
        name="academic session",
        table=dynamodb.ACADEMIC_SESSIONS,
        path="/api/academic-sessions",
        fields=(
            *("id", "title", "type", "startDate", "endDate", "schoolYear", "parentId", "sourcedId", "status"),
            *("locked", "version", "createdAt", "updatedAt"),
        ),
        order=lambda session: session["startDate"],
        unique={"sourcedId": str},
        refers={"parentId": "academic session"},
        check=_check,
        needed_by=_needed_by,
    )
)


def list_academic_sessions(request: Request) -> Answer:
    """GET /api/academic-sessions: one page, the latest first."""
    found, cursor = records.page(SESSION, request, descending=True)
    return Answer({"academicSessions": found, "nextCursor": cursor})


def get_academic_session(request: Request) -> Answer:
    """GET /api/academic-sessions/{id}."""
    return records.get(SESSION, request)


def create_academic_session(request: Request) -> Answer:
    """POST /api/academic-sessions."""
    return records.create(SESSION, request, {"status": "active", "locked": False})


def update_academic_session(request: Request) -> Answer:
    """PATCH /api/academic-sessions/{id}."""
    _refuse_circle(request.parameters["id"], request.body.get("parentId"))
    return records.update(SESSION, request)


def lock_academic_session(request: Request) -> Answer:
    """PUT /api/academic-sessions/{id}/lock: close it for scores, or open it."""
    before = records.stored(SESSION, request.parameters["id"])
    if request.body["version"] != before["version"]:
        raise records.outdated(SESSION, before, request.body["version"])
    reason = records.normal(request.body["reason"])
    after = records.change(SESSION, request, before, {"locked": request.body["locked"]}, reason=reason)
    return Answer(records.shown(SESSION, after))


def delete_academic_session(request: Request) -> Answer:
    """DELETE /api/academic-sessions/{id}."""
    return records.delete(SESSION, request)


def _refuse_circle(session_id: str, parent_id: str | None) -> None:
    """Raises Invalid where a session would lie within itself."""
    for _ in range(_DEEPEST):
        if parent_id is None:
            return
        if parent_id == session_id:
            break
        above = records.batch(SESSION, [parent_id]).get(parent_id, {})
        parent_id = above.get("parentId")
    raise Invalid(errors=[{"field": "parentId", "message": "must not lead back to the session itself"}])
