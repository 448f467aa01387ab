"""The operation table: everything that can be asked of the API, by whom, and in which shape.

The functions route by it (through contract.json), the gateway takes its public routes from it, and the client its
paths. An operation without a handler fails the functions' import; a route cannot be written without its schemas.
"""

from __future__ import annotations

from studentdb.contract import (
    academic_sessions,
    audit,
    avatars,
    classes,
    custom_fields,
    enrollments,
    line_items,
    mail,
    me,
    media,
    models,
    notifications,
    registrations,
    results,
    score_sheets,
    staff,
    students,
    subjects,
    user_upkeep,
    users,
)
from studentdb.contract.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    Operation(name="health", method="GET", path="/api/health", response=models.Health, public=True),
    Operation(name="openapi", method="GET", path="/api/openapi.json", response=models.OpenApi, public=True),
    *me.OPERATIONS,
    *custom_fields.OPERATIONS,
    *students.OPERATIONS,
    *staff.OPERATIONS,
    *academic_sessions.OPERATIONS,
    *subjects.OPERATIONS,
    *classes.OPERATIONS,
    *enrollments.OPERATIONS,
    *audit.OPERATIONS,
    *user_upkeep.OPERATIONS,
    *registrations.OPERATIONS,
    *users.OPERATIONS,
    *notifications.OPERATIONS,
    *media.OPERATIONS,
    *avatars.OPERATIONS,
    *line_items.OPERATIONS,
    *results.OPERATIONS,
    *score_sheets.OPERATIONS,
    *mail.OPERATIONS,
)


def operation(name: str) -> Operation:
    """The operation of this name. Raises KeyError."""
    return {each.name: each for each in OPERATIONS}[name]
