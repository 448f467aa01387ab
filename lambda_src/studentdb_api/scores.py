"""Line items and results as stored: side by side in their class's part of the scores table.

`item#<line item>` and `result#<line item>#<student>` are their keys there. A line item counts its results in
`referrers`. Every write of either holds the class's term open in its own transaction: what is closed meanwhile refuses
it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from studentdb_api import dynamodb, logins, membership, records, transactions
from studentdb_api.dynamodb import Item, Record
from studentdb_api.names import fold
from studentdb_api.problems import NotFound, TermLocked
from studentdb_api.request import Request

_ITEM, _RESULT = "item#", "result#"


Key = tuple[str, str]


def item_key(class_id: str, item_id: str) -> Key:
    """The key of a line item."""
    return class_id, f"{_ITEM}{item_id}"


def result_key(class_id: str, item_id: str, student_id: str) -> Key:
    """The key of a result."""
    return class_id, f"{_RESULT}{item_id}#{student_id}"


def batch(keys: Iterable[Key], *, consistent: bool) -> dict[Key, Record]:
    """What is stored under these keys, any number of them; what is not there is left out."""
    wanted = list(dict.fromkeys(keys))
    found: dict[Key, Record] = {}
    for start in range(0, len(wanted), dynamodb.MOST_KEYS):
        left = [attributes(each) for each in wanted[start : start + dynamodb.MOST_KEYS]]
        while left:
            asked = {dynamodb.SCORES: {"Keys": left, "ConsistentRead": consistent}}
            answer = dynamodb.client.batch_get_item(RequestItems=asked)
            for each in map(dynamodb.record, answer["Responses"].get(dynamodb.SCORES, ())):
                found[each["classId"], each["key"]] = each
            left = answer.get("UnprocessedKeys", {}).get(dynamodb.SCORES, {}).get("Keys", [])
    return found


def line_item(class_id: str, item_id: str) -> Record:
    """A line item, as of now. Raises NotFound."""
    key = item_key(class_id, item_id)
    found = batch([key], consistent=True)
    if key not in found:
        raise NotFound("there is no line item with this id in this class")
    return found[key]


def line_items(class_id: str) -> list[Record]:
    """All line items of a class, by due date, which is the first part of their `sort_key`."""
    return _in_order(_queried(class_id, _ITEM))


def of_class(class_id: str, shown: Callable[[Item], Record]) -> tuple[list[Record], list[tuple[str, Record]]]:
    """All line items, by due date, and all results of a class, as pairs of student and what is shown: one Query."""
    items: list[Record] = []
    results: list[tuple[str, Record]] = []
    for each in dynamodb.all_queried(_asked(class_id, "")):
        if each["key"]["S"].startswith(_ITEM):
            items.append(dynamodb.record(each))
        else:
            results.append((each["studentId"]["S"], shown(each)))
    return _in_order(items), results


def of_line_item(class_id: str, item_id: str, count: int) -> list[Record]:
    """The first results in a line item."""
    return records.queried(_asked(class_id, f"{_RESULT}{item_id}#"), count)


def of_student(student_id: str) -> list[Record]:
    """All results of a student, whatever the class; seconds behind a write at most."""
    return records.all_queried(
        {
            "TableName": dynamodb.SCORES,
            "IndexName": "student-index",
            "KeyConditionExpression": "studentId = :id",
            "ExpressionAttributeValues": {":id": {"S": student_id}},
        }
    )


def require_student(request: Request, class_id: str, student_id: str) -> None:
    """Raises NotFound where a student's results in a class are not the caller's business.

    They are the student's own, also when the class is over, and of who teaches the class.
    """
    if "self" in request.relations and not request.unlimited and logins.person_id(request) == student_id:
        return
    if not request.relations & {"any", "own class"}:
        raise NotFound(membership.NO_CLASS)
    membership.require_class(request, class_id, membership.TEACHER)


def commit(of_class: Record, parts: Sequence[dict[str, Any]]) -> None:
    """Write `parts` while the class's term is open. Raises TermLocked, RefusedError, Busy."""
    try:
        transactions.commit([*parts, _open(of_class)])
    except transactions.RefusedError as refused:
        if len(parts) in refused.items:
            raise TermLocked from refused
        raise


def attributes(key: Key) -> dynamodb.Item:
    """A key as DynamoDB has it."""
    return {"classId": {"S": key[0]}, "key": {"S": key[1]}}


def _open(of_class: Record) -> dict[str, Any]:
    return {
        "ConditionCheck": {
            "TableName": dynamodb.ACADEMIC_SESSIONS,
            "Key": {"id": {"S": of_class["academicSessionId"]}},
            "ConditionExpression": "locked = :open",
            "ExpressionAttributeValues": {":open": {"BOOL": False}},
        }
    }


def _asked(class_id: str, prefix: str) -> dict[str, Any]:
    asked: dict[str, Any] = {
        "TableName": dynamodb.SCORES,
        "KeyConditionExpression": "classId = :class",
        "ExpressionAttributeValues": {":class": {"S": class_id}},
        "ConsistentRead": True,
    }
    if prefix:
        asked["KeyConditionExpression"] += " AND begins_with(#key, :prefix)"
        asked["ExpressionAttributeNames"] = {"#key": "key"}
        asked["ExpressionAttributeValues"][":prefix"] = {"S": prefix}
    return asked


def _queried(class_id: str, prefix: str) -> list[Record]:
    return records.all_queried(_asked(class_id, prefix))


def _in_order(items: list[Record]) -> list[Record]:
    keyed = [{**each, "sort_key": "\x1f".join((each["dueDate"], fold(each["title"]), each["id"]))} for each in items]
    return sorted(keyed, key=lambda each: str(each["sort_key"]))
