"""The relation "own class": who teaches and who attends which class, today.

A membership is an enrollment whose time is now: it has begun and is not over (enrollments.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from studentdb_api import clock, dynamodb, logins, records
from studentdb_api.dynamodb import Record
from studentdb_api.problems import NotFound
from studentdb_api.request import Request

TEACHER, STUDENT = "teacher", "student"
PERSON_INDEX = "person-index"

_MOST_KEYS = 100  # of a BatchGetItem

NO_CLASS = "there is no class with this id"


class Access(NamedTuple):
    """A class that the caller may reach, and as what: "admin", "teacher" or "student"."""

    record: Record
    role: str


def holds(enrollment: Mapping[str, Any], on: str = "") -> bool:
    """Whether it makes somebody a member on a day, today by default."""
    day = on or clock.today()
    return enrollment["beginDate"] <= day and not is_over(enrollment, day)


def is_over(enrollment: Mapping[str, Any], on: str = "") -> bool:
    """Whether it has ended on a day, today by default: its end date is the first day that is no longer part of it."""
    end = enrollment.get("endDate")
    return end is not None and end <= (on or clock.today())


def key(class_id: str, person_id: str) -> dynamodb.Item:
    """The key of an enrollment."""
    return {"classId": {"S": class_id}, "personId": {"S": person_id}}


def enrollment(class_id: str, person_id: str) -> Record | None:
    """The enrollment of a person in a class, as of now."""
    if not person_id:
        return None
    answer = dynamodb.client.get_item(TableName=dynamodb.ENROLLMENTS, Key=key(class_id, person_id), ConsistentRead=True)
    return dynamodb.record(answer["Item"]) if "Item" in answer else None


def is_member(class_id: str, person_id: str, role: str | None = None, on: str = "") -> bool:
    """Whether a person is in a class on a day, today by default; in this role, where one is given."""
    found = enrollment(class_id, person_id)
    return found is not None and role in (None, found["role"]) and holds(found, on)


def enrollments_of(person_id: str) -> list[Record]:
    """All enrollments of a person, those that are over as well; seconds behind a write at most."""
    asked: dict[str, Any] = {
        "TableName": dynamodb.ENROLLMENTS,
        "IndexName": PERSON_INDEX,
        "KeyConditionExpression": "personId = :id",
        "ExpressionAttributeValues": {":id": {"S": person_id}},
    }
    return records.all_queried(asked) if person_id else []


def classes_of(person_id: str, role: str | None = None) -> list[str]:
    """The ids of the classes that a person is in today; in this role, where one is given."""
    found = [each for each in enrollments_of(person_id) if role in (None, each["role"]) and holds(each)]
    return [each["classId"] for each in found]


def teaches(teacher_id: str, student_id: str) -> bool:
    """Whether somebody teaches a class today that the student attends today."""
    keys = [key(class_id, student_id) for class_id in classes_of(teacher_id, TEACHER)[:_MOST_KEYS]]
    while keys:
        asked = {dynamodb.ENROLLMENTS: {"Keys": keys, "ConsistentRead": True}}
        answer = dynamodb.client.batch_get_item(RequestItems=asked)
        found = map(dynamodb.record, answer["Responses"].get(dynamodb.ENROLLMENTS, ()))
        if any(each["role"] == STUDENT and holds(each) for each in found):
            return True
        keys = answer.get("UnprocessedKeys", {}).get(dynamodb.ENROLLMENTS, {}).get("Keys", [])
    return False


def require_class(request: Request, class_id: str, *roles: str) -> Access:
    """The class, where the caller may reach it: an admin any one, others those that they are in today.

    `roles` are those in the class that will do: `membership.TEACHER` for what attending it is not enough. Raises
    NotFound, whether there is no such class or it is somebody else's.
    """
    if request.unlimited:
        return Access(_stored(class_id), "admin")
    found = enrollment(class_id, logins.person_id(request))
    if found is None or not holds(found) or found["role"] not in (roles or (TEACHER, STUDENT)):
        raise NotFound(NO_CLASS)
    return Access(_stored(class_id), found["role"])


def classes(ids: Iterable[str]) -> dict[str, Record]:
    """Classes by id, any number of them."""
    wanted = list(dict.fromkeys(ids))
    found: dict[str, Record] = {}
    for start in range(0, len(wanted), _MOST_KEYS):
        found |= records.batch(records.KINDS["class"], wanted[start : start + _MOST_KEYS])
    return found


def _stored(class_id: str) -> Record:
    return records.stored(records.KINDS["class"], class_id)
