"""Two classes of a term at once: nobody is enrolled into that, and no class is moved into it.

A person's classes come from an index, so what was written in the last moments may be missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from studentdb_api import directory, membership
from studentdb_api.classes import overlap
from studentdb_api.dynamodb import Record
from studentdb_api.enrollments import enrolled
from studentdb_api.problems import FieldError, Overlap

# A class that is moved costs a Query for each of its people, until so many are found, or so many were asked about.
_MOST_TOLD = 10
_MOST_ASKED = 1000


class _Clash(NamedTuple):
    """Another class of somebody's, its period, and the period that meets it."""

    other: Record
    period: Record
    mine: Record

    @property
    def where(self) -> str:
        """The other class and its period."""
        return (
            f"{self.other['title']} ({self.other['classCode']}, id {self.other['id']}) on"
            f" {self.period['weekday']} {self.period['starts']}-{self.period['ends']}"
        )


def refuse_for_person(of: Record, enrollment: Record) -> None:
    """Raises Overlap where the person would have to be in two classes of the term at once."""
    clash = _first(of, enrollment, ())
    if clash:
        mine = clash.mine
        raise Overlap(
            f"this person is in {clash.where}, and this class is on {mine['weekday']} {mine['starts']}-{mine['ends']}"
        )


def refuse_for_class(before: Record, after: Record) -> None:
    """Raises Overlap where people of the class would get into a clash that they have not been in before."""
    same_term = before["academicSessionId"] == after["academicSessionId"]
    already: Sequence[Record] = before["periods"] if same_term else ()
    if {_when(each) for each in after["periods"]} <= {_when(each) for each in already}:
        return
    errors: dict[str, FieldError] = {}
    people = [each for each in enrolled(after["id"]) if not membership.is_over(each)]
    for each in people[:_MOST_ASKED]:
        clash = _first(after, each, already)
        if clash:
            field = f"periods[{after['periods'].index(clash.mine)}]"
            errors[each["personId"]] = {"field": field, "message": f"meets {clash.where}, of somebody in this class"}
        if len(errors) == _MOST_TOLD:
            break
    if not errors:
        return
    named = directory.found({each["personId"]: each["email"] for each in people if each["personId"] in errors})
    for person_id, person in named.items():
        errors[person_id]["holder"] = {"id": person_id, "title": directory.name(person)}
    count = f"{_MOST_TOLD} people or more" if len(errors) == _MOST_TOLD else f"{len(errors)} of its people"
    raise Overlap(f"{count} would have to be in two classes at once", list(errors.values()))


def _first(of: Record, enrollment: Record, already: Sequence[Record]) -> _Clash | None:
    """The first clash of somebody's in a class; none are those with what met its `already` known periods."""
    if not of["periods"]:
        return None
    held = membership.enrollments_of(enrollment["personId"])
    others = [each["classId"] for each in held if each["classId"] != of["id"] and _meet(each, enrollment)]
    for other in membership.classes(others).values():
        if other["academicSessionId"] != of["academicSessionId"]:
            continue
        for period in other["periods"]:
            mine = next((each for each in of["periods"] if overlap(each, period)), None)
            if mine and not any(overlap(each, period) for each in already):
                return _Clash(other, period, mine)
    return None


def _meet(one: Record, other: Record) -> bool:
    """Whether two enrollments have a day in common."""
    return not membership.is_over(one, other["beginDate"]) and not membership.is_over(other, one["beginDate"])


def _when(period: Record) -> tuple[Any, ...]:
    return period["weekday"], period["starts"], period["ends"]
