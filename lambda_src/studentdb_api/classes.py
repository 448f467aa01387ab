"""Classes: a subject in a term. Who is in one: enrollments.py."""

from __future__ import annotations

from typing import Any

from studentdb_api import directory, dynamodb, locks, logins, membership, records
from studentdb_api.dynamodb import Record
from studentdb_api.names import fold
from studentdb_api.problems import FieldError, Invalid
from studentdb_api.request import Answer, Request

# Filter -> index.
_FILTERS = {"academicSessionId": "session-index", "subjectId": "subject-index"}


def overlap(one: Record, other: Record) -> bool:
    """Whether two periods of the week meet."""
    return bool(one["weekday"] == other["weekday"] and one["starts"] < other["ends"] and other["starts"] < one["ends"])


def _check(made: Record) -> list[FieldError]:
    periods = made["periods"]
    errors: list[FieldError] = []
    for at, period in enumerate(periods):
        if period["ends"] <= period["starts"]:
            errors.append({"field": f"periods[{at}].ends", "message": "must be after it starts"})
        earlier = next((number for number in range(at) if overlap(periods[number], period)), None)
        if earlier is not None:
            errors.append({"field": f"periods[{at}]", "message": f"overlaps with periods[{earlier}]"})
    return errors


def _needed_by(class_id: str) -> list[dict[str, str]]:
    of_class: dict[str, Any] = {
        "KeyConditionExpression": "classId = :id",
        "ExpressionAttributeValues": {":id": {"S": class_id}},
    }
    enrolled = records.queried({"TableName": dynamodb.ENROLLMENTS, **of_class}, records.MOST_REFERRERS)
    people = directory.found({each["personId"]: each["email"] for each in enrolled}).values()
    found = [{"kind": "enrollment", "id": each["id"], "title": directory.name(each)} for each in people]
    of_class["KeyConditionExpression"] += " AND begins_with(#key, :items)"
    of_class["ExpressionAttributeNames"] = {"#key": "key"}
    of_class["ExpressionAttributeValues"] = {":id": {"S": class_id}, ":items": {"S": "item#"}}
    items = records.queried({"TableName": dynamodb.SCORES, **of_class}, records.MOST_REFERRERS)
    found += [{"kind": "line item", "id": each["key"][5:], "title": each.get("title", "")} for each in items]
    return found[: records.MOST_REFERRERS]


CLASS = records.kind(
    records.Kind(
        name="class",
        table=dynamodb.CLASSES,
        path="/api/classes",
        fields=(
            *("id", "classCode", "title", "classType", "subjectId", "academicSessionId", "capacity", "enrolled"),
            *("location", "periods", "primaryTeacherId", "sourcedId", "status", "version", "createdAt", "updatedAt"),
        ),
        order=lambda made: f"{fold(made['title'])}\x1f{fold(made['classCode'])}",
        unique={"classCode": locks.same, "sourcedId": str},
        refers={"subjectId": "subject", "academicSessionId": "academic session"},
        limits={"capacity": "enrolled"},
        check=_check,
        needed_by=_needed_by,
    )
)


def list_classes(request: Request) -> Answer:
    """GET /api/classes: one page, by title; of a session, of a subject, or the one that has the code."""
    given = [name for name in ("classCode", *_FILTERS) if name in request.query]
    if len(given) > 1:
        raise Invalid(errors=[{"field": given[1], "message": f"cannot be combined with {given[0]}"}])
    if not request.unlimited:
        return _own(request, given[0] if given else "")
    if given == ["classCode"]:
        return Answer(
            {"classes": records.by_unique(CLASS, "classCode", request.query["classCode"]), "nextCursor": None}
        )
    if given:
        of = (given[0], request.query[given[0]])
        found, cursor = records.page(CLASS, request, index=_FILTERS[given[0]], partition=of)
    else:
        found, cursor = records.page(CLASS, request)
    return Answer({"classes": found, "nextCursor": cursor})


def get_class(request: Request) -> Answer:
    """GET /api/classes/{id}."""
    return Answer(records.shown(CLASS, membership.require_class(request, request.parameters["id"]).record))


def create_class(request: Request) -> Answer:
    """POST /api/classes."""
    defaults = {"classType": "scheduled", "periods": [], "status": "active", "enrolled": 0}
    return records.create(CLASS, _stripped(request), defaults)


def update_class(request: Request) -> Answer:
    """PATCH /api/classes/{id}. Places that are taken stay, and nobody of the class is to be in two classes at once."""
    request = _stripped(request)
    if "periods" in request.body or "academicSessionId" in request.body:
        _refuse_clashes(request)
    return records.update(CLASS, request)


def delete_class(request: Request) -> Answer:
    """DELETE /api/classes/{id}; one that somebody is or was enrolled in stays."""
    return records.delete(CLASS, request)


def _refuse_clashes(request: Request) -> None:
    from studentdb_api import clashes  # noqa: PLC0415 - it needs this module, and few requests need it

    before = records.stored(CLASS, request.parameters["id"])
    after = {**before, **records.normal(request.body)}
    # What is refused for another reason is refused for that one.
    if after["version"] == before["version"] and not _check(after):
        clashes.refuse_for_class(before, after)


def _own(request: Request, by: str) -> Answer:
    """The classes that the caller is in: few, so they are put in order here."""
    person_id = logins.person_id(request)
    wanted = request.query.get(by, "")
    same = locks.same if by == "classCode" else str
    found = membership.classes(membership.classes_of(person_id)).values()
    own = [each for each in found if not by or same(each[by]) == same(wanted)]
    some, cursor = records.sliced(own, request, binding=f"{request.binding} {person_id} {by} {wanted}")
    return Answer({"classes": [records.shown(CLASS, each) for each in some], "nextCursor": cursor})


def _stripped(request: Request) -> Request:
    """What is null in a period is not stored, so that the same schedule is no change."""
    if "periods" not in request.body:
        return request
    periods = [{name: each for name, each in period.items() if each is not None} for period in request.body["periods"]]
    return request._replace(body={**request.body, "periods": periods})
