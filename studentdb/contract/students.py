"""Students: OneRoster's `users` whose role is student. Only one person's own record is open to that person."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from studentdb.contract.models import (
    LEFT_OUT,
    Date,
    DeleteQuery,
    Email,
    Grades,
    Identifier,
    IdPath,
    Name,
    PageQuery,
    RequestModel,
    ResponseModel,
    SourcedId,
    Status,
    Username,
    Version,
)
from studentdb.contract.operation import Operation


class StudentCreate(RequestModel):
    """A new student (OneRoster `users`, role student)."""

    identifier: Identifier
    given_name: Name
    family_name: Name
    middle_name: Name | None = None
    email: Email | None = None
    username: Username | None = None
    birth_date: Date | None = None
    grades: Grades = Field(default_factory=list)
    sourced_id: SourcedId | None = None
    status: Status = "active"


class StudentUpdate(RequestModel):
    """Fields to change, and the `version` of the record that the change was decided on; null clears a field."""

    version: Version
    identifier: Identifier = LEFT_OUT
    given_name: Name = LEFT_OUT
    family_name: Name = LEFT_OUT
    middle_name: Name | None = None
    email: Email | None = None
    username: Username | None = None
    birth_date: Date | None = None
    grades: Grades = LEFT_OUT
    sourced_id: SourcedId | None = None
    status: Status = LEFT_OUT


class Student(ResponseModel):
    """A student as stored. `created_at` and `updated_at` are UTC with milliseconds, `version` counts the writes."""

    id: str
    identifier: str
    given_name: str
    family_name: str
    middle_name: str | None = None
    email: str | None = None
    username: str | None = None
    birth_date: str | None = None
    grades: list[str] = Field(default_factory=list)
    sourced_id: str | None = None
    status: Status
    role: Literal["student"]
    version: int
    created_at: str
    updated_at: str


class StudentList(ResponseModel):
    """One page of students, by family name, then given name; `next_cursor` is null on the last page."""

    students: list[Student]
    next_cursor: str | None = None


class Me(ResponseModel):
    """Who is signed in, the groups, and the student's own record where the verified e-mail has one."""

    sub: str
    groups: list[str]
    student: Student | None = None


class StudentQuery(PageQuery):
    """Which students: a page of all, or the one with this number."""

    identifier: Identifier = LEFT_OUT


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="list_students",
        method="GET",
        path="/api/students",
        query=StudentQuery,
        response=StudentList,
        allowed={"admin": "any"},
    ),
    Operation(
        name="get_student",
        method="GET",
        path="/api/students/{id}",
        parameters=IdPath,
        response=Student,
        allowed={"admin": "any", "student": "self"},
    ),
    Operation(
        name="create_student",
        method="POST",
        path="/api/students",
        body=StudentCreate,
        response=Student,
        status=201,
        allowed={"admin": "any"},
    ),
    Operation(
        name="update_student",
        method="PATCH",
        path="/api/students/{id}",
        parameters=IdPath,
        body=StudentUpdate,
        response=Student,
        allowed={"admin": "any"},
    ),
    Operation(
        name="delete_student",
        method="DELETE",
        path="/api/students/{id}",
        parameters=IdPath,
        query=DeleteQuery,
        response=None,
        status=204,
        allowed={"admin": "any"},
    ),
)
