"""Students: the record, and reading it.

A student is an item of the users table with role `student`; attributes carry OneRoster's names, plus our `name_key`,
`version` and `request` (the digest of the request that made it). Every write of the item raises `version`.
"""

from __future__ import annotations

from typing import Any

from studentdb_api import audit, cursors, dynamodb, locks, logins
from studentdb_api.dynamodb import NO_EMAIL, Item
from studentdb_api.names import name_key
from studentdb_api.problems import NotFound
from studentdb_api.request import Answer, Request

_TEXT = ("id", "identifier", "givenName", "familyName", "middleName", "email", "username", "birthDate", "sourcedId")
_REQUIRED_TEXT = ("status", "role", "createdAt", "updatedAt")

NOT_THERE = "there is no student with this id"

Student = dict[str, Any]


def get_student(request: Request) -> Answer:
    """GET /api/students/{id}. The look is told to the audit."""
    student_id = request.parameters["id"]
    # Whether somebody else's record exists is nobody's business.
    if not request.unlimited and logins.person_id(request) != student_id:
        raise NotFound(NOT_THERE)
    found = from_item(find(student_id))
    audit.read(request, "student", student_id)
    return Answer(found)


def list_students(request: Request) -> Answer:
    """GET /api/students: one page, by name; or the one student who has the number that was asked for.

    The second is a look at a full record, and told to the audit.
    """
    if "identifier" in request.query:
        found = _with_identifier(request.query["identifier"])
        for student in found:
            audit.read(request, "student", student["id"])
        return Answer({"students": found, "nextCursor": None})
    limit = request.query["limit"]
    binding = request.binding
    cursor = request.query.get("cursor")
    after = cursors.unseal(cursor, binding) if cursor else ""
    # One more than asked for says whether there is another page.
    items = _by_name(after, limit + 1)
    more = len(items) > limit
    items = items[:limit]
    return Answer(
        {
            "students": [from_item(item) for item in items],
            "nextCursor": cursors.seal(items[-1]["name_key"]["S"], binding) if more else None,
        }
    )


def find(student_id: str) -> Item:
    """The stored item of a student. Raises NotFound."""
    for _ in range(2):
        # A Query, since the key holds the e-mail as well. It is not isolated from a transaction that changes the
        # e-mail (delete and put): it may see both items, or, for a moment, neither.
        answer = dynamodb.client.query(
            TableName=dynamodb.USERS,
            KeyConditionExpression="id = :id",
            ExpressionAttributeValues={":id": {"S": student_id}},
            ConsistentRead=True,
        )
        items = [item for item in answer["Items"] if item.get("role") == {"S": "student"}]
        if items:
            return max(items, key=version)
    raise NotFound(NOT_THERE)


def version(item: Item) -> int:
    """How often the item has been written."""
    return int(item["version"]["N"])


def holder(student_id: str) -> dict[str, str] | None:
    """Who has a unique value, as a Duplicate names him; None when he has just gone."""
    try:
        student = from_item(find(student_id))
    except NotFound:
        return None
    return {name: student[name] for name in ("id", "identifier", "givenName", "familyName")}


def from_item(item: Item) -> Student:
    """The student as the API shows it."""
    student: Student = {name: item[name]["S"] if name in item else None for name in _TEXT}
    student |= {name: item[name]["S"] for name in _REQUIRED_TEXT}
    if student["email"] == NO_EMAIL:
        student["email"] = None
    student["grades"] = [grade["S"] for grade in item["grades"]["L"]]
    student["version"] = version(item)
    return student


def to_item(student: Student) -> Item:
    """The inverse of `from_item`, with the keys of table and index."""
    item: Item = {name: {"S": student[name]} for name in (*_TEXT, *_REQUIRED_TEXT) if student.get(name) is not None}
    item.setdefault("email", {"S": NO_EMAIL})
    item["grades"] = {"L": [{"S": grade} for grade in student["grades"]]}
    item["version"] = {"N": str(student["version"])}
    item["name_key"] = {"S": name_key(student["familyName"], student["givenName"], student["id"])}
    return item


def _with_identifier(identifier: str) -> list[Student]:
    student_id = locks.holder(locks.identifier(identifier))
    if student_id is None:
        return []
    try:
        return [from_item(find(student_id))]
    except NotFound:  # removed since the lock was read
        return []


def _by_name(after: str, count: int) -> list[Item]:
    """The first `count` students whose `name_key` is greater than `after`."""
    asked: dict[str, Any] = {
        "TableName": dynamodb.USERS,
        "IndexName": dynamodb.ROLE_NAME_INDEX,
        "KeyConditionExpression": "#role = :role AND name_key > :after" if after else "#role = :role",
        "ExpressionAttributeNames": {"#role": "role"},
        "ExpressionAttributeValues": {":role": {"S": "student"}} | ({":after": {"S": after}} if after else {}),
        "Limit": count,
    }
    items: list[Item] = []
    while len(items) < count:
        answer = dynamodb.client.query(**asked)
        items += answer["Items"]
        # A page ends at 1 MB, however many were asked for (DDB-26).
        if "LastEvaluatedKey" not in answer:
            break
        asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
    return items[:count]
