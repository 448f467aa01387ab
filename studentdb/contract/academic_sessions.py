"""Academic sessions: school years, semesters, terms and grading periods (OneRoster `academicSessions`).

A session ends before its `end_date` begins, as OneRoster has it. A locked one takes no scores.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from studentdb.contract.fields import LEFT_OUT, Date, Id, Reason, SourcedId, Status, Title, Version
from studentdb.contract.models import DeleteQuery, IdPath, PageQuery, RequestModel, ResponseModel
from studentdb.contract.operation import Operation

Type = Literal["schoolYear", "semester", "term", "gradingPeriod"]
# The year in which the school year ends.
SchoolYear = Annotated[str, Field(min_length=4, max_length=4, pattern=r"^[0-9]{4}$", description="a year such as 2027")]


class AcademicSessionCreate(RequestModel):
    """A new academic session. `end_date` is the first day that is no longer part of it."""

    title: Title
    type: Type
    start_date: Date
    end_date: Date
    school_year: SchoolYear
    parent_id: Id | None = None
    sourced_id: SourcedId | None = None
    status: Status = "active"


class AcademicSessionUpdate(RequestModel):
    """Fields to change, and the `version` that the change was decided on; null clears a field."""

    version: Version
    title: Title = LEFT_OUT
    type: Type = LEFT_OUT
    start_date: Date = LEFT_OUT
    end_date: Date = LEFT_OUT
    school_year: SchoolYear = LEFT_OUT
    parent_id: Id | None = None
    sourced_id: SourcedId | None = None
    status: Status = LEFT_OUT


class AcademicSession(ResponseModel):
    """An academic session as stored; while it is `locked`, its classes take no scores."""

    id: str
    title: str
    type: Type
    start_date: str
    end_date: str
    school_year: str
    parent_id: str | None = None
    sourced_id: str | None = None
    status: Status
    locked: bool
    version: int
    created_at: str
    updated_at: str


class AcademicSessionList(ResponseModel):
    """One page of academic sessions, the latest first; `next_cursor` is null on the last page."""

    academic_sessions: list[AcademicSession]
    next_cursor: str | None = None


class Locking(RequestModel):
    """Closing or opening a session for scores, and why: the reason stands in the audit."""

    version: Version
    locked: bool
    reason: Reason


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="list_academic_sessions",
        method="GET",
        path="/api/academic-sessions",
        query=PageQuery,
        response=AcademicSessionList,
        allowed={"admin": "any", "lecturer": "any", "student": "any"},
    ),
    Operation(
        name="get_academic_session",
        method="GET",
        path="/api/academic-sessions/{id}",
        parameters=IdPath,
        response=AcademicSession,
        allowed={"admin": "any", "lecturer": "any", "student": "any"},
    ),
    Operation(
        name="create_academic_session",
        method="POST",
        path="/api/academic-sessions",
        body=AcademicSessionCreate,
        response=AcademicSession,
        status=201,
        allowed={"admin": "any"},
    ),
    Operation(
        name="update_academic_session",
        method="PATCH",
        path="/api/academic-sessions/{id}",
        parameters=IdPath,
        body=AcademicSessionUpdate,
        response=AcademicSession,
        allowed={"admin": "any"},
    ),
    Operation(
        name="lock_academic_session",
        method="PUT",
        path="/api/academic-sessions/{id}/lock",
        parameters=IdPath,
        body=Locking,
        response=AcademicSession,
        allowed={"admin": "any"},
    ),
    Operation(
        name="delete_academic_session",
        method="DELETE",
        path="/api/academic-sessions/{id}",
        parameters=IdPath,
        query=DeleteQuery,
        response=None,
        status=204,
        allowed={"admin": "any"},
    ),
)
