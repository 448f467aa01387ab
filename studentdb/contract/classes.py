"""Classes: a subject in a term, with a room, a schedule and a number of places (OneRoster `classes`)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from studentdb.contract.fields import LEFT_OUT, Code, Id, SourcedId, Status, Title, Version
from studentdb.contract.models import DeleteQuery, IdPath, PageQuery, RequestModel, ResponseModel
from studentdb.contract.operation import Operation

MOST_PLACES = 1000
Type = Literal["homeroom", "scheduled"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Location = Code
Capacity = Annotated[int, Field(ge=1, le=MOST_PLACES)]
Time = Annotated[
    str, Field(max_length=5, pattern=r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]$", description="a time such as 09:30")
]


class Period(RequestModel):
    """A time of the week at which a class meets; `location` where it is not the class's."""

    weekday: Weekday
    starts: Time
    ends: Time
    location: Location | None = None


Periods = Annotated[list[Period], Field(max_length=40)]


class ClassCreate(RequestModel):
    """A new class. Without `capacity` there is no limit to its students."""

    class_code: Code
    title: Title
    class_type: Type = "scheduled"
    subject_id: Id
    academic_session_id: Id
    capacity: Capacity | None = None
    location: Location | None = None
    periods: Periods = Field(default_factory=list)
    sourced_id: SourcedId | None = None
    status: Status = "active"


class ClassUpdate(RequestModel):
    """Fields to change, and the `version` that the change was decided on; null clears a field."""

    version: Version
    class_code: Code = LEFT_OUT
    title: Title = LEFT_OUT
    class_type: Type = LEFT_OUT
    subject_id: Id = LEFT_OUT
    academic_session_id: Id = LEFT_OUT
    capacity: Capacity | None = None
    location: Location | None = None
    periods: Periods = LEFT_OUT
    sourced_id: SourcedId | None = None
    status: Status = LEFT_OUT


class ShownPeriod(ResponseModel):
    """A time of the week, as stored."""

    weekday: Weekday
    starts: str
    ends: str
    location: str | None = None


class Class(ResponseModel):
    """A class as stored; `enrolled` counts the students who have a place in it."""

    id: str
    class_code: str
    title: str
    class_type: Type
    subject_id: str
    academic_session_id: str
    capacity: int | None = None
    enrolled: int
    location: str | None = None
    periods: list[ShownPeriod]
    primary_teacher_id: str | None = None
    sourced_id: str | None = None
    status: Status
    version: int
    created_at: str
    updated_at: str


class ClassList(ResponseModel):
    """One page of classes, by title; `next_cursor` is null on the last page."""

    classes: list[Class]
    next_cursor: str | None = None


class ClassQuery(PageQuery):
    """Which classes: all, those of a session or of a subject, or the one with this code; one filter at a time.

    Lecturers and students find their own among them.
    """

    class_code: Code = LEFT_OUT
    academic_session_id: Id = LEFT_OUT
    subject_id: Id = LEFT_OUT


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="list_classes",
        method="GET",
        path="/api/classes",
        query=ClassQuery,
        response=ClassList,
        allowed={"admin": "any", "lecturer": "own class", "student": "own class"},
    ),
    Operation(
        name="get_class",
        method="GET",
        path="/api/classes/{id}",
        parameters=IdPath,
        response=Class,
        allowed={"admin": "any", "lecturer": "own class", "student": "own class"},
    ),
    Operation(
        name="create_class",
        method="POST",
        path="/api/classes",
        body=ClassCreate,
        response=Class,
        status=201,
        allowed={"admin": "any"},
    ),
    Operation(
        name="update_class",
        method="PATCH",
        path="/api/classes/{id}",
        parameters=IdPath,
        body=ClassUpdate,
        response=Class,
        allowed={"admin": "any"},
    ),
    Operation(
        name="delete_class",
        method="DELETE",
        path="/api/classes/{id}",
        parameters=IdPath,
        query=DeleteQuery,
        response=None,
        status=204,
        allowed={"admin": "any"},
    ),
)
