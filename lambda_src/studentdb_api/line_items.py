"""Line items: what is graded in a class. How they are stored: scores.py."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from studentdb_api import audit, clock, creation, directory, dynamodb, membership, records, scores, transactions
from studentdb_api.classes import CLASS
from studentdb_api.dynamodb import Record
from studentdb_api.problems import Busy, FieldError, HasResults, Invalid, KeyReused, NotFound, Referred, VersionConflict
from studentdb_api.request import Answer, Request
from studentdb_api.transactions import RefusedError

_FIELDS = (
    *("id", "classId", "title", "description", "category", "weight", "resultValueMin", "resultValueMax"),
    *("assignDate", "dueDate", "status", "version", "createdAt", "updatedAt"),
)
_RANGE = ("resultValueMin", "resultValueMax")


def list_line_items(request: Request) -> Answer:
    """GET /api/classes/{classId}/line-items: one page, by due date. A class has few: they are put in order here."""
    class_id = request.parameters["classId"]
    membership.require_class(request, class_id)
    some, cursor = records.sliced(scores.line_items(class_id), request, binding=f"{request.binding} {class_id}")
    return Answer({"lineItems": [shown(each) for each in some], "nextCursor": cursor})


def get_line_item(request: Request) -> Answer:
    """GET /api/classes/{classId}/line-items/{id}."""
    membership.require_class(request, request.parameters["classId"])
    return Answer(shown(_stored(request)))


def create_line_item(request: Request) -> Answer:
    """POST /api/classes/{classId}/line-items. With an Idempotency-Key a repeat answers what the first one made."""
    of = _class(request)
    given = records.normal(request.body)
    item_id, digest = creation.identity(request, given)
    now = clock.now()
    key = scores.item_key(of["id"], item_id)
    item = {
        **{"weight": "1", "resultValueMin": "0", "resultValueMax": "100", "status": "active"},
        # Due yesterday, where somebody notes down afterwards what there was.
        "assignDate": min(clock.today(), given["dueDate"]),
        **given,
        **{"id": item_id, "classId": key[0], "key": key[1], "referrers": 0, "request": digest or None},
        **{"version": 1, "createdAt": now, "updatedAt": now},
    }
    _check(item)
    put = {
        "TableName": dynamodb.SCORES,
        "Item": dynamodb.item(item),
        "ConditionExpression": "attribute_not_exists(classId)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    parts = [{"Put": put}, records.counted(CLASS, of["id"], 1), _told(request, {}, item)]
    try:
        scores.commit(of, parts)
    except RefusedError as refused:
        if 0 not in refused.items:
            raise NotFound(membership.NO_CLASS) from refused
        item = dynamodb.record(refused.items[0])
        if item.get("request") != digest:
            raise KeyReused from refused
    return Answer(shown(item), {"location": f"/api/classes/{of['id']}/line-items/{item_id}"})


def update_line_item(request: Request) -> Answer:
    """PATCH /api/classes/{classId}/line-items/{id}. The range stays as it is once there are results."""
    of = _class(request)
    changes = records.normal(request.body)
    version = changes.pop("version")
    for _ in range(transactions.ATTEMPTS):
        before = _stored(request)
        if version != before["version"]:
            raise _outdated(before, version)
        after = {name: each for name, each in {**before, **changes}.items() if each is not None}
        if after == before:
            return Answer(shown(before))
        _check(after)
        if before["referrers"] and any(before[name] != after[name] for name in _RANGE):
            raise HasResults(f"{before['referrers']} scores were given in the range that it has")
        after |= {"version": version + 1, "updatedAt": clock.now()}
        put = {"TableName": dynamodb.SCORES, "Item": dynamodb.item(after), **_unchanged(before)}
        if _committed(of, [{"Put": put}, _told(request, before, after)]):
            return Answer(shown(after))
    raise Busy


def delete_line_item(request: Request) -> Answer:
    """DELETE /api/classes/{classId}/line-items/{id}; one with results stays."""
    of = _class(request)
    for _ in range(transactions.ATTEMPTS):
        before = _stored(request)
        if request.query.get("version", before["version"]) != before["version"]:
            raise _outdated(before, request.query["version"])
        if before["referrers"]:
            raise Referred(_results(before))
        key = scores.attributes((before["classId"], before["key"]))
        remove = {"TableName": dynamodb.SCORES, "Key": key, **_unchanged(before)}
        parts = [{"Delete": remove}, records.counted(CLASS, of["id"], -1), _told(request, before, {})]
        if _committed(of, parts):
            return Answer(None)
    raise Busy


def shown(item: Mapping[str, Any]) -> Record:
    """The line item as the API shows it."""
    return {name: item.get(name) for name in _FIELDS}


def _class(request: Request) -> Record:
    return membership.require_class(request, request.parameters["classId"], membership.TEACHER).record


def _stored(request: Request) -> Record:
    return scores.line_item(request.parameters["classId"], request.parameters["id"])


def _check(item: Record) -> None:
    errors: list[FieldError] = []
    if Decimal(item["resultValueMax"]) <= Decimal(item["resultValueMin"]):
        errors.append({"field": "resultValueMax", "message": "must be more than the least value"})
    if item["dueDate"] < item["assignDate"]:
        errors.append({"field": "dueDate", "message": "must not be before the day on which it is assigned"})
    if errors:
        raise Invalid(errors=errors)


def _results(item: Record) -> list[dict[str, str]]:
    found = scores.of_line_item(item["classId"], item["id"], records.MOST_REFERRERS)
    people = directory.found({each["studentId"]: dynamodb.NO_EMAIL for each in found})
    return [
        {"kind": "result", "id": each["studentId"], "title": directory.name(people[each["studentId"]])}
        for each in found
        if each["studentId"] in people
    ]


def _unchanged(before: Record) -> dict[str, Any]:
    """Nobody has written it since, nor given a score in it."""
    return {
        "ConditionExpression": "#version = :version AND referrers = :referrers",
        "ExpressionAttributeNames": {"#version": "version"},
        "ExpressionAttributeValues": {
            ":version": {"N": str(before["version"])},
            ":referrers": {"N": str(before["referrers"])},
        },
    }


def _outdated(now: Record, version: int) -> VersionConflict:
    return audit.conflict("line item", _told_id(now), shown(now), version)


def _told_id(item: Record) -> str:
    return f"{item['classId']}#{item['id']}"


def _committed(of: Record, parts: list[dict[str, Any]]) -> bool:
    """False where the line item has changed since it was read: look again."""
    try:
        scores.commit(of, parts)
    except RefusedError as refused:
        if 0 not in refused.items:
            raise
        return False
    return True


def _told(request: Request, before: Record, after: Record) -> dict[str, Any]:
    told = [shown(each) if each else {} for each in (before, after)]
    return audit.written(request, "line item", _told_id(before or after), *told)
