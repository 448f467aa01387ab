"""Lecturers and admins: people who work at the school. Their accounts are another matter."""

from __future__ import annotations

from typing import Literal

from studentdb.contract import people
from studentdb.contract.models import ResponseModel
from studentdb.contract.operation import Operation
from studentdb.contract.people import Person, PersonCreate, PersonUpdate


class LecturerCreate(PersonCreate):
    """A new lecturer (OneRoster `users`, role teacher)."""


class LecturerUpdate(PersonUpdate):
    """Fields to change, and the `version` of the record that the change was decided on; null clears a field."""


class Lecturer(Person):
    """A lecturer as stored."""

    role: Literal["lecturer"]


class LecturerList(ResponseModel):
    """One page of lecturers, by family name, then given name; `next_cursor` is null on the last page."""

    lecturers: list[Lecturer]
    next_cursor: str | None = None


class AdminCreate(PersonCreate):
    """A new admin's record (OneRoster `users`, role administrator)."""


class AdminUpdate(PersonUpdate):
    """Fields to change, and the `version` of the record that the change was decided on; null clears a field."""


class Admin(Person):
    """An admin as stored."""

    role: Literal["admin"]


class AdminList(ResponseModel):
    """One page of admins, by family name, then given name; `next_cursor` is null on the last page."""

    admins: list[Admin]
    next_cursor: str | None = None


OPERATIONS: tuple[Operation, ...] = (
    *people.operations(
        "lecturer",
        "lecturers",
        create=LecturerCreate,
        update=LecturerUpdate,
        record=Lecturer,
        page=LecturerList,
        readers={"admin": "any", "lecturer": "self"},
    ),
    *people.operations(
        "admin",
        "admins",
        create=AdminCreate,
        update=AdminUpdate,
        record=Admin,
        page=AdminList,
        readers={"admin": "any"},
    ),
)
