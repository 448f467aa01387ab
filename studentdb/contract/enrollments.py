"""Enrollments: who is in a class, as what, and from when until before when (OneRoster `enrollments`).

There is one for a class and a person; who left and came back has earlier periods in its `history`. It is active until
its `end_date` has come.
"""

from __future__ import annotations

from typing import Literal

from studentdb.contract.fields import LEFT_OUT, Date, Id, Status, Version
from studentdb.contract.models import DeleteQuery, IdPath, PageQuery, RequestModel, ResponseModel
from studentdb.contract.operation import Operation

# What a person is in a class.
Role = Literal["student", "teacher"]


class EnrollmentPath(IdPath):
    """A class, and a person in it."""

    person_id: Id


class EnrollmentCreate(RequestModel):
    """Somebody in a class, from today where nothing is said; `end_date` is the first day on which it is over.

    `primary` is the one teacher of several who answers for the class.
    """

    person_id: Id
    role: Role
    primary: bool = False
    begin_date: Date = LEFT_OUT
    end_date: Date | None = None


class EnrollmentUpdate(RequestModel):
    """Fields to change, and the `version` that the change was decided on; an `end_date` of null takes the end back."""

    version: Version
    primary: bool = LEFT_OUT
    begin_date: Date = LEFT_OUT
    end_date: Date | None = None


class Span(ResponseModel):
    """An earlier period in the class."""

    begin_date: str
    end_date: str


class Enrollment(ResponseModel):
    """An enrollment as stored."""

    class_id: str
    person_id: str
    role: Role
    primary: bool
    status: Status
    begin_date: str
    end_date: str | None = None
    history: list[Span]
    version: int
    created_at: str
    updated_at: str


class RosterEntry(ResponseModel):
    """Somebody in a class. Who only attends it sees names; the rest is for those who teach it, and for admins."""

    person_id: str
    given_name: str
    family_name: str | None = None
    role: Role
    primary: bool
    identifier: str | None = None
    email: str | None = None
    status: Status | None = None
    begin_date: str | None = None
    end_date: str | None = None
    version: int | None = None


class Roster(ResponseModel):
    """One page of the people in a class, by name; `next_cursor` is null on the last page."""

    roster: list[RosterEntry]
    next_cursor: str | None = None


class RosterQuery(PageQuery):
    """Of which role; and whether those whose time in the class is over belong to it."""

    role: Role = LEFT_OUT
    ended: bool = False


class PersonEnrollment(Enrollment):
    """An enrollment, and the class that it is in."""

    class_code: str
    title: str
    academic_session_id: str


class EnrollmentList(ResponseModel):
    """One page of a person's enrollments, by the classes' titles; `next_cursor` is null on the last page."""

    enrollments: list[PersonEnrollment]
    next_cursor: str | None = None


class EnrollmentQuery(PageQuery):
    """Whose enrollments: one's own, where nothing is said."""

    person_id: Id = LEFT_OUT


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="list_enrollments",
        method="GET",
        path="/api/enrollments",
        query=EnrollmentQuery,
        response=EnrollmentList,
        allowed={"admin": "any", "lecturer": "self", "student": "self"},
    ),
    Operation(
        name="list_roster",
        method="GET",
        path="/api/classes/{id}/enrollments",
        parameters=IdPath,
        query=RosterQuery,
        response=Roster,
        allowed={"admin": "any", "lecturer": "own class", "student": "own class"},
    ),
    Operation(
        name="get_enrollment",
        method="GET",
        path="/api/classes/{id}/enrollments/{personId}",
        parameters=EnrollmentPath,
        response=Enrollment,
        allowed={"admin": "any", "lecturer": "own class", "student": "self"},
    ),
    Operation(
        name="create_enrollment",
        method="POST",
        path="/api/classes/{id}/enrollments",
        parameters=IdPath,
        body=EnrollmentCreate,
        response=Enrollment,
        status=201,
        allowed={"admin": "any"},
    ),
    Operation(
        name="update_enrollment",
        method="PATCH",
        path="/api/classes/{id}/enrollments/{personId}",
        parameters=EnrollmentPath,
        body=EnrollmentUpdate,
        response=Enrollment,
        allowed={"admin": "any"},
    ),
    Operation(
        name="delete_enrollment",
        method="DELETE",
        path="/api/classes/{id}/enrollments/{personId}",
        parameters=EnrollmentPath,
        query=DeleteQuery,
        response=None,
        status=204,
        allowed={"admin": "any"},
    ),
)
