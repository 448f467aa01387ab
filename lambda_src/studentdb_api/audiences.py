"""Whom notifications are for: `public`, `everyone`, `role#student`, `class#ID`, `person#ID`."""

from __future__ import annotations

from studentdb_api import logins, membership, people, records
from studentdb_api.problems import Invalid, NotAllowed, NotFound
from studentdb_api.request import Request

PUBLIC = "public"
_ROLES = ("admin", "lecturer", "student")
# Each audience of a person is a Query when that person's notifications are listed. Nobody attends or teaches more
# classes at a time; if somebody does, those that began last count.
MOST_CLASSES = 40


def of(request: Request) -> tuple[str, ...]:
    """All that the caller belongs to."""
    person_id = logins.person_id(request)
    roles = [f"role#{role}" for role in _ROLES if role in request.caller.groups]
    own = [f"person#{person_id}"] if person_id else []
    current = [each for each in membership.enrollments_of(person_id) if membership.holds(each)]
    current.sort(key=lambda each: str(each["beginDate"]), reverse=True)
    return (PUBLIC, "everyone", *roles, *own, *(f"class#{each['classId']}" for each in current[:MOST_CLASSES]))


def is_own(audience: str, request: Request) -> bool:
    """Whether it is the caller as a person."""
    return audience.startswith("person#") and audience == f"person#{logins.person_id(request)}"


def check(audience: str, request: Request) -> None:
    """Whether the caller may write to it. Raises NotAllowed, NotFound for somebody else's, and Invalid.

    Lecturers write to the classes that they teach, and to the students in these.
    """
    kind, _, key = audience.partition("#")
    if kind not in ("class", "person"):
        if not request.unlimited:
            raise NotAllowed("lecturers write to their own classes and to the students in them")
    elif request.unlimited:
        try:
            records.stored(records.KINDS["class"], key) if kind == "class" else people.find(key)
        except NotFound as missing:
            raise Invalid(errors=[{"field": "audience", "message": missing.detail}]) from missing
    elif not _teaches(logins.person_id(request), kind, key):
        # Whether there is one that is somebody else's is nobody's business.
        raise NotFound(f"there is no {kind} of yours with this id")


def _teaches(person_id: str, kind: str, key: str) -> bool:
    if kind == "class":
        return membership.is_member(key, person_id, membership.TEACHER)
    return membership.teaches(person_id, key)
