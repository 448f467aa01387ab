"""Media: reading the records of files, and who may.

A record is the item "-" of its partition in the media table. Whose it is: its owner's, who uploaded it; a class's, for
whoever teaches or attends that today; a student's, for that student and who teaches them today. An avatar is also for
those, and is its student's as much as its owner's.
"""

from __future__ import annotations

from typing import Any

from studentdb_api import clock, cursors, dynamodb, logins, membership, records
from studentdb_api.dynamodb import Record
from studentdb_api.problems import Invalid, NotAllowed, NotFound
from studentdb_api.request import Answer, Request

NOT_THERE = "there is no file with this id"
RECORD = "-"
FIELDS = (
    *("id", "name", "caption", "contentType", "size", "sha256", "classId", "studentId", "ownerId", "status"),
    *("reason", "expiresAt", "deletedAt", "removedAt", "createdAt", "updatedAt", "version"),
)


def list_media(request: Request) -> Answer:
    """GET /api/media: one page of the caller's files, or of a class's, or of a student's, the newest first."""
    index, attribute, value = _partition(request)
    binding = f"{request.binding} {value} {request.caller.sub}"
    cursor, limit = request.query.get("cursor"), request.query["limit"]
    values = {":value": {"S": value}}
    condition = "#partition = :value"
    if cursor:
        condition += " AND sort_key < :before"
        values[":before"] = {"S": cursors.unseal(cursor, binding)}
    asked: dict[str, Any] = {
        "TableName": dynamodb.MEDIA,
        "IndexName": index,
        "KeyConditionExpression": condition,
        "ExpressionAttributeNames": {"#partition": attribute},
        "ExpressionAttributeValues": values,
        "ScanIndexForward": False,
    }
    found = records.queried(asked, limit + 1)
    page = found[:limit]
    more = cursors.seal(page[-1]["sort_key"], binding) if len(found) > limit else None
    # What was deleted, or is not usable yet, is its owner's business.
    seen = [each for each in page if shown(each)["status"] == "ready" or request.unlimited or is_theirs(request, each)]
    return Answer({"media": [shown(each) for each in seen], "nextCursor": more})


def get_media(request: Request) -> Answer:
    """GET /api/media/{id}."""
    return Answer(shown(readable(request, request.parameters["id"])))


def stored(media_id: str) -> Record:
    """The record as of now. Raises NotFound."""
    answer = dynamodb.client.get_item(TableName=dynamodb.MEDIA, Key=key(media_id), ConsistentRead=True)
    if "Item" not in answer:
        raise NotFound(NOT_THERE)
    return dynamodb.record(answer["Item"])


def key(media_id: str, part: str = RECORD) -> dynamodb.Item:
    """Of an item in the file's partition."""
    return {"id": {"S": media_id}, "key": {"S": part}}


def shown(record: Record) -> Record:
    """As the API shows it. From `expiresAt` on it is expired; that is removed later, when DynamoDB comes to it."""
    status = record["status"]
    if status in ("ready", "pending", "failed") and is_over(record):
        status = "expired"
    made = {"status": status, "links": record.get("links", 0), "thumbnail": "thumbnailVersionId" in record}
    return {name: record.get(name) for name in FIELDS} | made | {"avatar": record.get("avatar", False)}


def is_over(record: Record) -> bool:
    """Whether nobody gets the file any more."""
    return bool(record.get("expiresAt", "~") <= clock.now())


def is_theirs(request: Request, record: Record) -> bool:
    """Whether the caller has uploaded it, or it is the caller's avatar."""
    if record["owner"] == request.caller.sub:
        return True
    return bool(record.get("avatar", False) and record["studentId"] == logins.person_id(request))


def readable(request: Request, media_id: str) -> Record:
    """The record, where the caller may see it. Raises NotFound, whether there is none or it is somebody else's."""
    record = stored(media_id)
    if request.unlimited or is_theirs(request, record):
        return record
    if shown(record)["status"] == "ready" and _is_for(request, record):
        return record
    raise NotFound(NOT_THERE)


def changeable(request: Request, media_id: str) -> Record:
    """The record, where the caller may change or delete it: its owner, who teaches its class, and admins.

    And an avatar's student.
    """
    record = stored(media_id)
    if request.unlimited or is_theirs(request, record):
        return record
    class_id = record.get("classId") if "own class" in request.relations else None
    if class_id and membership.is_member(class_id, logins.person_id(request), membership.TEACHER):
        return record
    raise NotFound(NOT_THERE)


def _is_for(request: Request, record: Record) -> bool:
    person_id = logins.person_id(request)
    if not person_id:
        return False
    if "classId" in record:
        return membership.is_member(record["classId"], person_id)
    student_id = record.get("studentId")
    return student_id is not None and (student_id == person_id or membership.teaches(person_id, student_id))


def _partition(request: Request) -> tuple[str, str, str]:
    """Index, attribute and value that the list is read from."""
    chosen = [name for name in ("classId", "studentId", "every") if request.query.get(name)]
    if len(chosen) > 1:
        raise Invalid(errors=[{"field": name, "message": "must be given alone"} for name in chosen])
    if not chosen:
        return "owner-index", "owner", request.caller.sub
    if chosen == ["every"]:
        if not request.unlimited:
            raise NotAllowed("only admins see every file")
        return "list-index", "kind", "media"
    if chosen == ["classId"]:
        class_id = request.query["classId"]
        membership.require_class(request, class_id)
        return "audience-index", "audience", f"class#{class_id}"
    student_id = request.query["studentId"]
    if not (request.unlimited or _is_for(request, {"studentId": student_id})):
        raise NotFound("there is no student with this id")
    return "audience-index", "audience", f"person#{student_id}"
