"""Bringing many students in: what is new is added, what differs is changed, what is equal is left alone.

The student number decides who is who. Interrupting it leaves whole students behind, and the next import goes on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from studentdb.api.problems import ConflictError, NotFoundError, VersionConflictError
from studentdb.api.records import Records
from studentdb.contract.students import Student, StudentCreate, StudentUpdate
from studentdb.contract.unique import same_value
from studentdb.errors import CancelledError, StudentDBError

# A new AWS account may run 10 functions at once; the site should stay usable meanwhile.
_AT_ONCE = 4


@dataclass
class Imported:
    """How many of each, and what the API refused, by the caller's own key."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: dict[int, ConflictError] = field(default_factory=dict)


def import_students(
    students: Records[Student], wanted: Mapping[int, StudentCreate], advance: Callable[[], None]
) -> Imported:
    """Add or change `wanted` (by line of the file). `advance` is called after each.

    Conflicts (a number or e-mail that somebody else has) are collected; every other error ends the import and is
    raised, as is CancelledError on Ctrl-C.
    """
    existing = {same_value(student.identifier): student for student in students.list()}
    result = Imported()
    counting = threading.Lock()
    stop = threading.Event()

    def one(line: int, student: StudentCreate) -> None:
        if stop.is_set():
            return
        try:
            outcome = _bring_in(students, student, existing.get(same_value(student.identifier)))
        except ConflictError as error:
            with counting:
                result.refused[line] = error
        else:
            with counting:
                setattr(result, outcome, getattr(result, outcome) + 1)
        advance()

    interrupted = False
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        try:
            for future in [pool.submit(one, line, student) for line, student in wanted.items()]:
                future.result()
        except KeyboardInterrupt:
            stop.set()
            interrupted = True
        except BaseException:
            stop.set()
            raise
    # Only here are those counted as well that were under way.
    if interrupted:
        raise CancelledError(
            "interrupted",
            why=f"{result.added} students were added and {result.changed} changed",
            hint="run the same import again: it goes on from here",
        )
    return result


def differences(student: StudentCreate, existing: Student) -> dict[str, Any]:
    """The fields that the import names and the record has otherwise."""
    return {
        name: value for name in student.model_fields_set if (value := getattr(student, name)) != getattr(existing, name)
    }


def _bring_in(students: Records[Student], student: StudentCreate, existing: Student | None) -> str:
    try:
        return _write(students, student, existing)
    except (ConflictError, NotFoundError) as error:
        if not _was_outdated(error):
            raise
    # The list comes from an index that lags behind, and others may write meanwhile: look once more, at the record.
    return _write(students, student, students.with_key(student.identifier))


def _was_outdated(error: StudentDBError) -> bool:
    """Whether `existing` was not what is stored: the number is there by now, or the record has changed or is gone."""
    if isinstance(error, ConflictError) and any(problem.field == "identifier" for problem in error.fields):
        return True
    return isinstance(error, VersionConflictError | NotFoundError)


def _write(students: Records[Student], student: StudentCreate, existing: Student | None) -> str:
    if existing is None:
        students.create(student)
        return "added"
    changes = differences(student, existing)
    if not changes:
        return "unchanged"
    students.update(existing.id, StudentUpdate(version=existing.version, **changes))
    return "changed"
