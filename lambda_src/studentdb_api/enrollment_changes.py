"""Enrolling, changing and ending: each one transaction, in which the class counts its students and its places.

A student holds a place from the day of the enrolling, even if the begin date is later, until the enrollment is over.
Time ends one without anybody writing; such a place is given back when the class is found full.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from studentdb_api import audit, clashes, clock, creation, dynamodb, membership, people, records, transactions
from studentdb_api.classes import CLASS
from studentdb_api.dynamodb import Record
from studentdb_api.enrollments import enrolled, shown, stored
from studentdb_api.problems import (
    Busy,
    ClassFull,
    Duplicate,
    Invalid,
    KeyReused,
    NotFound,
    Overlap,
    Problem,
    Referred,
    VersionConflict,
)
from studentdb_api.request import Answer, Request
from studentdb_api.transactions import RefusedError

# The role of a person -> what they are in a class.
_ROLES = {"student": membership.STUDENT, "lecturer": membership.TEACHER}
# Earlier periods that an item keeps; more are a mistake.
_MOST_PERIODS = 50
# Seconds for which an Idempotency-Key is held against another request.
_HELD = 30 * 24 * 3600
# As many places as a request gives back: it needs only one.
_MOST_LAPSED = 20

# A part of the transaction, and the problem that its refusal is.
_Part = tuple[dict[str, Any], Problem | None]


def create_enrollment(request: Request) -> Answer:
    """POST /api/classes/{id}/enrollments. With an Idempotency-Key a repeat answers what the first one made."""
    class_id, person_id = request.parameters["id"], request.body["personId"]
    of = records.stored(CLASS, class_id)
    before = membership.enrollment(class_id, person_id)
    key, digest = creation.identity(request, {**request.body, "classId": class_id})
    repeatable = f"{key} {digest}" if digest else None
    location = {"location": f"/api/classes/{class_id}/enrollments/{person_id}"}
    if before and repeatable and before.get("request") == repeatable:
        return Answer(shown(before), location)
    person = _person(person_id, request.body["role"])
    now = clock.now()
    made = {
        "beginDate": clock.today(),
        "primary": False,
        **request.body,
        "classId": class_id,
        "personId": person_id,
        "email": person["email"],
        "history": _history(before),
        "version": before["version"] + 1 if before else 1,
        "createdAt": before["createdAt"] if before else now,
        "request": repeatable,
    }
    if before and not membership.is_over(before, made["beginDate"]):
        until = f"until before {before['endDate']}" if before.get("endDate") else "without an end date"
        raise Overlap(f"this person is enrolled already, from {before['beginDate']} {until}")
    more: list[_Part] = [(_still(person), Busy())]
    if not before:
        more.append((people.counted(person_id, 1), None))
    if digest:
        more.append((_asked(key, digest), KeyReused()))
    return Answer(shown(_changed(request, of, before, made, *more)), location)


def update_enrollment(request: Request) -> Answer:
    """PATCH /api/classes/{id}/enrollments/{personId}: its dates, and who is the primary teacher."""
    class_id, person_id = request.parameters["id"], request.parameters["personId"]
    before = stored(class_id, person_id)
    changes = dict(request.body)
    if changes.pop("version") != before["version"]:
        raise _outdated(before, request.body["version"])
    after = {**before, **changes}
    if shown(after) == shown(before):
        return Answer(shown(before))
    after["version"] = before["version"] + 1
    return Answer(shown(_changed(request, records.stored(CLASS, class_id), before, after)))


def delete_enrollment(request: Request) -> Answer:
    """DELETE /api/classes/{id}/enrollments/{personId}: as if it had never been; one with results stays."""
    class_id, person_id = request.parameters["id"], request.parameters["personId"]
    for _ in range(transactions.ATTEMPTS):
        before = stored(class_id, person_id)
        if request.query.get("version", before["version"]) != before["version"]:
            raise _outdated(before, request.query["version"])
        _refuse_with_results(class_id, person_id)
        remove = {
            "TableName": dynamodb.ENROLLMENTS,
            "Key": membership.key(class_id, person_id),
            **_at_version(before),
        }
        parts = [
            {"Delete": remove},
            _class_part(class_id, before, {}),
            people.counted(person_id, -1),
            audit.written(request, "enrollment", f"{class_id}/{person_id}", shown(before), {}),
        ]
        try:
            transactions.commit(parts)
        except RefusedError as refused:
            if 0 not in refused.items:
                raise
            continue  # changed since it was read: look again
        return Answer(None)
    raise Busy


def _changed(request: Request, of: Record, before: Record | None, after: Record, *more: _Part) -> Record:
    """Write `after` in the place of `before`, with `more` in the transaction. Raises Problems for what cannot be."""
    _check(after)
    after["status"] = "inactive" if membership.is_over(after) else "active"
    after["updatedAt"] = clock.now()
    if not membership.is_over(after):
        clashes.refuse_for_person(of, after)
    try:
        _write(request, before, after, more)
    except (ClassFull, Duplicate):
        if not _lapsed_released(of["id"]):
            raise
        _write(request, before, after, more)
    return after


def _write(request: Request, before: Record | None, after: Record, more: Sequence[_Part]) -> None:
    class_id, person_id = after["classId"], after["personId"]
    put: dict[str, Any] = {"TableName": dynamodb.ENROLLMENTS, "Item": dynamodb.item(after)}
    put |= _at_version(before) if before else {"ConditionExpression": "attribute_not_exists(classId)"}
    told = audit.written(
        request, "enrollment", f"{class_id}/{person_id}", shown(before) if before else {}, shown(after)
    )
    parts = [{"Put": put}, _class_part(class_id, before or {}, after), told, *(part for part, _ in more)]
    refusals: dict[int, Callable[[dynamodb.Item], Problem]] = {
        0: lambda _: _raced(class_id, person_id, before),
        1: lambda item: _class_refuses(dynamodb.record(item), after),
    }
    try:
        transactions.commit(parts)
    except RefusedError as refused:
        for position, (_, problem) in enumerate(more, 3):
            if problem and position in refused.items:
                raise problem from refused
        for position, meaning in refusals.items():
            if position in refused.items:
                raise meaning(refused.items[position]) from refused
        raise


def _class_part(class_id: str, before: Record, after: Record) -> dict[str, Any]:
    """What the change means to the class: a referrer, a place, its primary teacher."""
    by = _places(after) - _places(before)
    add = ["enrolled :places"] * bool(by) + ["referrers :one"] * (bool(before) != bool(after))
    values: dict[str, Any] = {":places": {"N": str(by)}} if by else {}
    if bool(before) != bool(after):
        values[":one"] = {"N": "1" if after else "-1"}
    condition, expression = ["attribute_exists(id)"], f"ADD {', '.join(add)}" if add else ""
    if by > 0:
        condition.append("(attribute_not_exists(#capacity) OR enrolled < #capacity)")
    was, will = _leads(before), _leads(after)
    if will and not was:
        expression += " SET primaryTeacherId = :person"
        condition.append("attribute_not_exists(primaryTeacherId)")
        values[":person"] = {"S": after["personId"]}
    elif was and not will:
        expression += " REMOVE primaryTeacherId"
    part: dict[str, Any] = {
        "TableName": dynamodb.CLASSES,
        "Key": {"id": {"S": class_id}},
        "ConditionExpression": " AND ".join(condition),
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    if by > 0:
        part["ExpressionAttributeNames"] = {"#capacity": "capacity"}
    if values:
        part["ExpressionAttributeValues"] = values
    return {"Update": {**part, "UpdateExpression": expression}} if expression else {"ConditionCheck": part}


def _places(enrollment: Record) -> int:
    return int(enrollment.get("role") == membership.STUDENT and enrollment["status"] == "active")


def _leads(enrollment: Record) -> bool:
    return bool(enrollment.get("primary")) and enrollment["status"] == "active"


def _class_refuses(found: Record, after: Record) -> Problem:
    if not found:
        return NotFound(membership.NO_CLASS)
    if after["role"] == membership.STUDENT:
        return ClassFull(f"it has {found['capacity']} places, and all of them are taken")
    error: dict[str, Any] = {"field": "primary", "message": "the class has a primary teacher already"}
    holder = people.holder(found["primaryTeacherId"])
    return Duplicate("already taken: primary", [error | ({"holder": holder} if holder else {})])


def _raced(class_id: str, person_id: str, before: Record | None) -> Problem:
    """What it means that the enrollment is not any more as it was read."""
    now = membership.enrollment(class_id, person_id)
    if before is None:
        since = f", from {now['beginDate']}" if now else ""
        return Overlap(f"this person is enrolled already{since}")
    return _outdated(now, before["version"]) if now else Busy()


def _outdated(now: Record, version: int) -> VersionConflict:
    return audit.conflict("enrollment", f"{now['classId']}/{now['personId']}", shown(now), version)


def _person(person_id: str, role: str) -> Record:
    try:
        found = people.find(person_id)
    except NotFound as missing:
        raise Invalid(errors=[{"field": "personId", "message": missing.detail}]) from missing
    fits = _ROLES.get(found["role"])
    if fits is None:
        raise Invalid(errors=[{"field": "personId", "message": f"a person of role {found['role']} is in no class"}])
    if fits != role:
        message = f"must be {fits}: a person of role {found['role']} is nothing else in a class"
        raise Invalid(errors=[{"field": "role", "message": message}])
    return found


def _still(person: Record) -> dict[str, Any]:
    """The part that holds the person in place: still there, with this role and this e-mail."""
    return {
        "ConditionCheck": {
            "TableName": dynamodb.USERS,
            "Key": {"id": {"S": person["id"]}, "email": {"S": person["email"]}},
            "ConditionExpression": "#role = :role",
            "ExpressionAttributeNames": {"#role": "role"},
            "ExpressionAttributeValues": {":role": {"S": person["role"]}},
        }
    }


def _asked(key: str, digest: str) -> dict[str, Any]:
    """The part that keeps an Idempotency-Key for this request: the enrollment itself is found by whom it connects."""
    expires = int(time.time()) + _HELD
    return {
        "Put": {
            "TableName": dynamodb.INDEX,
            "Item": {
                "pk": {"S": f"enrollment-request#{key}"},
                "sk": {"S": "-"},
                **dynamodb.item({"digest": digest, "expires": expires}),
            },
            "ConditionExpression": "attribute_not_exists(pk) OR digest = :digest",
            "ExpressionAttributeValues": {":digest": {"S": digest}},
        }
    }


def _at_version(before: Record) -> dict[str, Any]:
    return {
        "ConditionExpression": "#version = :version",
        "ExpressionAttributeNames": {"#version": "version"},
        "ExpressionAttributeValues": {":version": {"N": str(before["version"])}},
    }


def _history(before: Record | None) -> list[Record]:
    """The earlier periods of a new one."""
    if before is None:
        return []
    history = [*before["history"], {"beginDate": before["beginDate"], "endDate": before.get("endDate")}]
    if len(history) > _MOST_PERIODS:
        raise Invalid(f"this person was in this class {_MOST_PERIODS} times already")
    return history


def _check(after: Record) -> None:
    if after["primary"] and after["role"] != membership.TEACHER:
        raise Invalid(errors=[{"field": "primary", "message": "must be false: only a teacher is"}])
    begin, end = after["beginDate"], after.get("endDate")
    if end and end <= begin:
        message = f"must be after the begin date, {begin}: it is the first day on which it is over"
        raise Invalid(errors=[{"field": "endDate", "message": message}])
    for earlier in after["history"]:
        if begin < earlier["endDate"]:
            raise Overlap(f"this person was enrolled from {earlier['beginDate']} until before {earlier['endDate']}")


def _lapsed_released(class_id: str) -> bool:
    """Give back the places of those whose time is over, as nobody wrote it. Says whether there were any."""
    lapsed = [each for each in enrolled(class_id) if each["status"] == "active" and membership.is_over(each)]
    lapsed = lapsed[:_MOST_LAPSED]
    for before in lapsed:
        after = {**before, "status": "inactive", "version": before["version"] + 1, "updatedAt": clock.now()}
        put = {"TableName": dynamodb.ENROLLMENTS, "Item": dynamodb.item(after), **_at_version(before)}
        try:
            transactions.commit([{"Put": put}, _class_part(class_id, before, after)])
        except RefusedError:
            continue  # somebody else just did
    return bool(lapsed)


def _refuse_with_results(class_id: str, person_id: str) -> None:
    results = records.queried(
        {
            "TableName": dynamodb.SCORES,
            "IndexName": "student-index",
            "KeyConditionExpression": "studentId = :student AND classId = :class",
            "ExpressionAttributeValues": {":student": {"S": person_id}, ":class": {"S": class_id}},
        },
        records.MOST_REFERRERS,
    )
    if results:
        raise Referred([{"kind": "result", "id": each["key"].split("#")[1], "title": "a score"} for each in results])
