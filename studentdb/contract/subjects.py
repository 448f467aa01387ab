"""Subjects: what a school teaches, whenever it does (OneRoster `courses`)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from studentdb.contract.fields import LEFT_OUT, Code, SourcedId, Status, Text, Title, Version
from studentdb.contract.models import DeleteQuery, IdPath, PageQuery, RequestModel, ResponseModel
from studentdb.contract.operation import Operation

Credits = Annotated[
    str,
    Field(max_length=6, pattern=r"^[0-9]{1,3}(?:\.[0-9]{1,2})?$", description="a number of credits such as 3 or 7.5"),
]


class SubjectCreate(RequestModel):
    """A new subject (OneRoster `courses`); `code` is its courseCode."""

    code: Code
    title: Title
    description: Text | None = None
    credits: Credits | None = None
    sourced_id: SourcedId | None = None
    status: Status = "active"


class SubjectUpdate(RequestModel):
    """Fields to change, and the `version` that the change was decided on; null clears a field."""

    version: Version
    code: Code = LEFT_OUT
    title: Title = LEFT_OUT
    description: Text | None = None
    credits: Credits | None = None
    sourced_id: SourcedId | None = None
    status: Status = LEFT_OUT


class Subject(ResponseModel):
    """A subject as stored. `credits` is a decimal number as text."""

    id: str
    code: str
    title: str
    description: str | None = None
    credits: str | None = None
    sourced_id: str | None = None
    status: Status
    version: int
    created_at: str
    updated_at: str


class SubjectList(ResponseModel):
    """One page of subjects, by code; `next_cursor` is null on the last page."""

    subjects: list[Subject]
    next_cursor: str | None = None


class SubjectQuery(PageQuery):
    """Which subjects: a page of all, or the one with this code."""

    code: Code = LEFT_OUT


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="list_subjects",
        method="GET",
        path="/api/subjects",
        query=SubjectQuery,
        response=SubjectList,
        allowed={"admin": "any", "lecturer": "any", "student": "any"},
    ),
    Operation(
        name="get_subject",
        method="GET",
        path="/api/subjects/{id}",
        parameters=IdPath,
        response=Subject,
        allowed={"admin": "any", "lecturer": "any", "student": "any"},
    ),
    Operation(
        name="create_subject",
        method="POST",
        path="/api/subjects",
        body=SubjectCreate,
        response=Subject,
        status=201,
        allowed={"admin": "any"},
    ),
    Operation(
        name="update_subject",
        method="PATCH",
        path="/api/subjects/{id}",
        parameters=IdPath,
        body=SubjectUpdate,
        response=Subject,
        allowed={"admin": "any"},
    ),
    Operation(
        name="delete_subject",
        method="DELETE",
        path="/api/subjects/{id}",
        parameters=IdPath,
        query=DeleteQuery,
        response=None,
        status=204,
        allowed={"admin": "any"},
    ),
)
