"""Who is signed in."""

from __future__ import annotations

from studentdb.contract.models import ResponseModel
from studentdb.contract.operation import Operation
from studentdb.contract.people import Person
from studentdb.contract.students import Student


class Me(ResponseModel):
    """Who is signed in, the groups, and the caller's own record, where the account is somebody's whom the tables know.

    `student` is the same record where it is a student's. `waiting_since` is when somebody signed up whom no admin has
    approved yet: such an account may do nothing but ask this.
    """

    sub: str
    groups: list[str]
    person: Person | None = None
    student: Student | None = None
    waiting_since: str | None = None


OPERATIONS: tuple[Operation, ...] = (Operation(name="me", method="GET", path="/api/me", response=Me, signed_in=True),)
