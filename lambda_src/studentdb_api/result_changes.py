"""Results: giving, correcting and removing scores.

One transaction for all that a request writes: the results, what the audit tells of each, and the looks at what must
still be so: the line item as it was read, each student enrolled, the term open. What was refused is read and decided
on again, so that the answer names what has changed.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from studentdb_api import audit, clock, dynamodb, membership, outbox, records, scores, transactions
from studentdb_api.dynamodb import Record
from studentdb_api.problems import Busy, EditConflict, FieldError, Invalid, NotFound
from studentdb_api.request import Answer, Request
from studentdb_api.results import FLAGS, NO_RESULT, SAID, record_id, said, shown
from studentdb_api.transactions import RefusedError

_WITHOUT_SCORE = ("exempt", "not submitted", "submitted")


def set_result(request: Request) -> Answer:
    """PUT /api/classes/{classId}/line-items/{id}/results/{studentId}. The same again changes nothing."""
    given = {**request.body, "studentId": request.parameters["studentId"]}
    try:
        return Answer(shown(_set(request, [given], "")[0]))
    except Invalid as invalid:
        # It stands in the path here: there is no such place.
        if any(error["field"] == "studentId" for error in invalid.errors):
            raise NotFound("there is no student of this class with this id") from invalid
        raise


def set_results(request: Request) -> Answer:
    """PUT /api/classes/{classId}/line-items/{id}/results: all of them or none."""
    written = _set(request, request.body["results"], "results[{}].")
    return Answer({"results": [shown(each) for each in written]})


def delete_result(request: Request) -> Answer:
    """DELETE /api/classes/{classId}/line-items/{id}/results/{studentId}: as if none had been given; history stays."""
    class_id, item_id, student_id = (request.parameters[name] for name in ("classId", "id", "studentId"))
    of = membership.require_class(request, class_id, membership.TEACHER).record
    key = scores.result_key(class_id, item_id, student_id)
    for _ in range(transactions.ATTEMPTS):
        before = scores.batch([key], consistent=True).get(key)
        if before is None:
            raise NotFound(NO_RESULT)
        if request.query.get("version", before["version"]) != before["version"]:
            told = record_id(class_id, item_id, student_id)
            raise audit.conflict("result", told, shown(before), request.query["version"])
        remove = {"TableName": dynamodb.SCORES, "Key": scores.attributes(key), **_at(before["version"])}
        item = scores.line_item(class_id, item_id)
        parts = [{"Delete": remove}, _column(item, -1), _told(request, before, {})]
        try:
            scores.commit(of, parts)
        except RefusedError:
            continue
        return Answer(None)
    raise Busy


def _set(request: Request, given: list[Record], at: str) -> list[Record]:
    """The results as they are then. `at` is the path of one of them in the request."""
    class_id, item_id = request.parameters["classId"], request.parameters["id"]
    of = membership.require_class(request, class_id, membership.TEACHER).record
    given = [_normal(each) for each in given]
    students = [each["studentId"] for each in given]
    for _ in range(transactions.ATTEMPTS):
        item = scores.line_item(class_id, item_id)
        enrolled = _begun(class_id, students)
        keys = [scores.result_key(class_id, item_id, student_id) for student_id in students]
        before = scores.batch(keys, consistent=True)
        pairs = [
            (before.get(key, {}), _after(each, before.get(key, {}))) for key, each in zip(keys, given, strict=True)
        ]
        _check(item, enrolled, given, at)
        _check_versions(given, pairs, at)
        changed = [(key, old, new) for key, (old, new) in zip(keys, pairs, strict=True) if old != new]
        if not changed:
            return [new for _, new in pairs]
        parts = [_column(item, sum(not old for _, old, _ in changed))]
        for key, old, new in changed:
            stored = {**new, "classId": class_id, "key": key[1], "lineItemId": item_id}
            parts += [_put(stored, old), _enrolled(class_id, new["studentId"]), _told(request, old, stored)]
        parts += outbox.scores_posted(class_id, (new["studentId"] for _, _, new in changed))
        try:
            scores.commit(of, parts)
        except RefusedError:
            continue
        return [{**new, "classId": class_id, "lineItemId": item_id} for _, new in pairs]
    raise Busy


def _begun(class_id: str, students: list[str]) -> set[str]:
    """Who of these is a student of the class, or was: the last scores are given when it is over."""
    keys = [membership.key(class_id, each) for each in dict.fromkeys(students)]
    found: set[str] = set()
    while keys:
        asked = {dynamodb.ENROLLMENTS: {"Keys": keys, "ConsistentRead": True}}
        answer = dynamodb.client.batch_get_item(RequestItems=asked)
        for each in map(dynamodb.record, answer["Responses"].get(dynamodb.ENROLLMENTS, ())):
            if each["role"] == membership.STUDENT and each["beginDate"] <= clock.today():
                found.add(each["personId"])
        keys = answer.get("UnprocessedKeys", {}).get(dynamodb.ENROLLMENTS, {}).get("Keys", [])
    return found


def _normal(given: Record) -> Record:
    """Composed text, and one form of a number: 87.50 is 87.5."""
    normal: Record = {name: each for name, each in records.normal(given).items() if each is not None}
    if "score" in normal:
        normal["score"] = f"{Decimal(normal['score']).normalize():f}"
    return normal


def _after(given: Record, before: Record) -> Record:
    """The result as it is to be; `before` itself where nothing is different."""
    after = {**dict.fromkeys(FLAGS, False), **given}
    after.pop("version", None)
    if "scoreDate" not in after:
        same = all(before.get(name) == after.get(name) for name in ("score", "scoreStatus"))
        after["scoreDate"] = before["scoreDate"] if before and same else clock.today()
    if said(after) == said(before):
        return before
    now = clock.now()
    kept = {"version": before.get("version", 0) + 1, "createdAt": before.get("createdAt", now), "updatedAt": now}
    return {**after, **kept}


def _check(item: Record, enrolled: set[str], given: list[Record], at: str) -> None:
    """Raises Invalid that names everything that is wrong."""
    errors: list[FieldError] = []
    students = [each["studentId"] for each in given]
    for number, each in enumerate(given):
        wrong = _wrong(item, each)
        if each["studentId"] not in enrolled:
            wrong["studentId"] = "is not enrolled in this class as a student"
        elif each["studentId"] in students[:number]:
            wrong["studentId"] = "stands here twice"
        errors += [{"field": at.format(number) + name, "message": message} for name, message in wrong.items()]
    if errors:
        raise Invalid(errors=errors)


def _wrong(item: Record, given: Record) -> dict[str, str]:
    """Field -> what is wrong with it."""
    status, score = given["scoreStatus"], given.get("score")
    if score is None:
        return {"score": "is needed for what is fully graded"} if status == "fully graded" else {}
    if status in _WITHOUT_SCORE:
        return {"score": f"must be left out of what is {status}"}
    least, most = item["resultValueMin"], item["resultValueMax"]
    if not Decimal(least) <= Decimal(score) <= Decimal(most):
        return {"score": f"must be from {least} to {most}"}
    return {}


def _check_versions(given: list[Record], pairs: list[tuple[Record, Record]], at: str) -> None:
    """Raises EditConflict that says what is there now, where it is not what the caller has seen."""
    errors: list[FieldError] = []
    for number, (each, (old, new)) in enumerate(zip(given, pairs, strict=True)):
        if old == new or each.get("version") == old.get("version"):
            continue
        now = f"the current version is {old['version']}" if old else "there is no result any more"
        others = [name for name in SAID if old and old.get(name) != new.get(name)]
        path = at.format(number)
        errors.append({"field": f"{path}version", "message": now})
        errors += [{"field": path + each, "message": "is different", "current": old.get(each)} for each in others]
    if errors:
        raise EditConflict(errors)


def _put(stored: Record, old: Record) -> dict[str, Any]:
    condition = _at(old["version"]) if old else {"ConditionExpression": "attribute_not_exists(classId)"}
    return {"Put": {"TableName": dynamodb.SCORES, "Item": dynamodb.item(stored), **condition}}


def _at(version: int) -> dict[str, Any]:
    return {
        "ConditionExpression": "#version = :version",
        "ExpressionAttributeNames": {"#version": "version"},
        "ExpressionAttributeValues": {":version": {"N": str(version)}},
    }


def _column(item: Record, by: int) -> dict[str, Any]:
    """The line item is as it was read, and counts its results."""
    part = {
        "TableName": dynamodb.SCORES,
        "Key": scores.attributes((item["classId"], item["key"])),
        **_at(item["version"]),
    }
    if not by:
        return {"ConditionCheck": part}
    part["UpdateExpression"] = "ADD referrers :by"
    part["ExpressionAttributeValues"] = {**part["ExpressionAttributeValues"], ":by": {"N": str(by)}}
    return {"Update": part}


def _enrolled(class_id: str, student_id: str) -> dict[str, Any]:
    return {
        "ConditionCheck": {
            "TableName": dynamodb.ENROLLMENTS,
            "Key": membership.key(class_id, student_id),
            "ConditionExpression": "#role = :student",
            "ExpressionAttributeNames": {"#role": "role"},
            "ExpressionAttributeValues": {":student": {"S": membership.STUDENT}},
        }
    }


def _told(request: Request, old: Record, new: Record) -> dict[str, Any]:
    which = old or new
    told = record_id(which["classId"], which["lineItemId"], which["studentId"])
    return audit.written(request, "result", told, said(old), {**said(new), "version": new.get("version")})
