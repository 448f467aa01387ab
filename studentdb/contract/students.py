"""Students: people whose role is student. Only one person's own record is open to that person."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from studentdb.contract import people
from studentdb.contract.fields import LEFT_OUT, Grades
from studentdb.contract.models import ResponseModel
from studentdb.contract.operation import Operation
from studentdb.contract.people import Person, PersonCreate, PersonUpdate


class StudentCreate(PersonCreate):
    """A new student (OneRoster `users`, role student)."""

    grades: Grades = Field(default_factory=list)


class StudentUpdate(PersonUpdate):
    """Fields to change, and the `version` of the record that the change was decided on; null clears a field."""

    grades: Grades = LEFT_OUT


class Student(Person):
    """A student as stored."""

    role: Literal["student"]
    grades: list[str] = Field(default_factory=list)


class StudentList(ResponseModel):
    """One page of students, by family name, then given name; `next_cursor` is null on the last page."""

    students: list[Student]
    next_cursor: str | None = None


OPERATIONS: tuple[Operation, ...] = people.operations(
    "student",
    "students",
    create=StudentCreate,
    update=StudentUpdate,
    record=Student,
    page=StudentList,
    readers={"admin": "any", "lecturer": "own class", "student": "self"},
)
