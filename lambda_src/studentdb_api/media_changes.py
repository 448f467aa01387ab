"""Media: uploading, describing, sharing and deleting files.

The file itself never passes through here: the one who uploads or downloads gets a presigned request to S3.
"""

from __future__ import annotations

import datetime
import os
from typing import Any

from studentdb_api import (
    audit,
    clock,
    creation,
    dynamodb,
    logins,
    media,
    media_life,
    media_store,
    membership,
    people,
    records,
    transactions,
)
from studentdb_api.dynamodb import Record
from studentdb_api.problems import Invalid, KeyReused, MediaConflict, NotAllowed, NotFound, Problem, QuotaUsedUp
from studentdb_api.request import Answer, Request
from studentdb_api.transactions import RefusedError

_QUOTA = int(os.environ.get("MEDIA_QUOTA_MB", "0")) * 1024 * 1024


def create_media(request: Request) -> Answer:
    """POST /api/media: the record, and the form to upload the file with. A repeat answers with a new form."""
    given = records.normal(request.body)
    _check_audience(request, given)
    if given.get("expiresAt"):
        given["expiresAt"] = _future(given["expiresAt"])
    return _announced(request, given, _audience(given))


def create_student_avatar(request: Request) -> Answer:
    """POST /api/students/{id}/avatar: as create_media; once it is ready, it is the student's avatar."""
    student_id = request.parameters["id"]
    if not request.unlimited and student_id != logins.person_id(request):
        raise NotFound(f"there is no {people.STUDENT.name} with this id")
    people.find(student_id, people.STUDENT)
    given = {**records.normal(request.body), "studentId": student_id, "avatar": True}
    # In none of the lists of what is about the student.
    return _announced(request, given, f"avatar#{student_id}")


def _announced(request: Request, given: Record, audience: str | None) -> Answer:
    media_id, digest = creation.identity(request, given)
    now = clock.now()
    record = {
        **{name: value for name, value in given.items() if value is not None},
        **{"id": media_id, "key": media.RECORD, "kind": "media", "status": "pending", "version": 1},
        **{"owner": request.caller.sub, "ownerId": logins.person_id(request) or None},
        **{"audience": audience, "sort_key": f"{now}#{media_id}", "createdAt": now, "updatedAt": now},
        **{"request": digest or None},
    }
    put = {
        "TableName": dynamodb.MEDIA,
        "Item": dynamodb.item(record),
        "ConditionExpression": "attribute_not_exists(id)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    told = audit.written(request, "media", media_id, {}, media.shown(record))
    try:
        due = media_life.marker(media_id, media_life.due(record))
        transactions.commit([{"Put": put}, _counted(request.caller.sub, record["size"]), due, told])
    except RefusedError as refused:
        if 0 not in refused.items:
            raise QuotaUsedUp(_QUOTA // (1024 * 1024)) from refused
        record = dynamodb.record(refused.items[0])
        if not digest or record.get("request") != digest or record["owner"] != request.caller.sub:
            raise KeyReused from refused
    # Of a picture the record may by now have the size of what was made of it.
    form = media_store.upload_form({**record, "size": given["size"]})
    return Answer({"media": media.shown(record), **form}, {"location": f"/api/media/{media_id}"})


def update_media(request: Request) -> Answer:
    """PATCH /api/media/{id}: what is said about the file."""
    before = media.changeable(request, request.parameters["id"])
    given = records.normal(request.body)
    check_version(before, given.pop("version"))
    if "expiresAt" in given and before.get("avatar"):
        raise MediaConflict("the time of an avatar is over when another one takes its place, or when it is deleted")
    if "expiresAt" in given and "endedAt" in before:
        raise MediaConflict("the file itself is gone: its time cannot be changed any more")
    if given.get("expiresAt"):
        given["expiresAt"] = _future(given["expiresAt"])
    return Answer(media.shown(changed(request, before, given)))


def delete_media(request: Request) -> Answer:
    """DELETE /api/media/{id}: nobody gets a link any more; for 30 days it can be restored, and counts in the quota."""
    before = media.changeable(request, request.parameters["id"])
    if before["status"] != "deleted":
        if "version" in request.query:
            check_version(before, request.query["version"])
        # First the record: what fails after that is a file that nobody gets, and a repeat, of any version, hides it.
        changes = {"status": "deleted", "statusBefore": before["status"], "deletedAt": clock.now()}
        changed(request, before, changes)
    if "endedAt" not in before:
        _cover(before)
    return Answer(None)


def restore_media(request: Request) -> Answer:
    """PUT /api/media/{id}/restore: as it was before it was deleted."""
    before = media.changeable(request, request.parameters["id"])
    check_version(before, request.body["version"])
    if before["status"] != "deleted":
        raise MediaConflict("it is not deleted")
    deleted = datetime.datetime.fromisoformat(before["deletedAt"])
    if "endedAt" in before:
        raise MediaConflict("the file itself is gone")
    if datetime.datetime.now(datetime.UTC) - deleted >= datetime.timedelta(days=media_life.RESTORE_DAYS):
        raise MediaConflict(f"it was deleted more than {media_life.RESTORE_DAYS} days ago")
    # An upload that was under way is over by now: its file comes as a version of its own, or not at all.
    versions = media_store.uncover(before)
    try:
        if before.get("versionId", "") not in {"", *versions}:
            raise MediaConflict("the file itself is gone")
        changes = {"status": before["statusBefore"], "statusBefore": None, "deletedAt": None}
        after = changed(request, before, changes)
    except Problem:
        # Left uncovered, it would be there for ever: the lifecycle removes what is behind a delete marker.
        _cover(before)
        raise
    return Answer(media.shown(after))


def _cover(record: Record) -> None:
    """Hide the file of a record that is deleted; a restore that came in between is not undone, nor its end."""
    media_store.hide(record)
    now = media.stored(record["id"])
    if now["status"] != "deleted" or "endedAt" in now:
        media_store.uncover(record)


def create_media_link(request: Request) -> Answer:
    """POST /api/media/{id}/links: a link that downloads the file or a small one, counted by file and person."""
    record = media.readable(request, request.parameters["id"])
    status = media.shown(record)["status"]
    if status != "ready":
        raise MediaConflict(f"the file is {status}")
    part = _part(request, record)
    # No link outlives the file.
    seconds = min([request.body.get("minutes", 10) * 60, *_left(record)])
    count = {
        "UpdateExpression": "ADD links :one",
        "ConditionExpression": "attribute_exists(id) AND #status = :ready",
        "ExpressionAttributeNames": {"#status": "status"},
        "ExpressionAttributeValues": {":one": {"N": "1"}, ":ready": {"S": "ready"}},
    }
    by_person: dict[str, Any] = {
        "UpdateExpression": "ADD links :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    if person_id := logins.person_id(request):
        by_person["UpdateExpression"] = "SET personId = :person ADD links :one"
        by_person["ExpressionAttributeValues"][":person"] = {"S": person_id}
    person = media.key(record["id"], f"links#{request.caller.sub}")
    parts: list[dict[str, Any]] = [
        {"Update": {"TableName": dynamodb.MEDIA, "Key": media.key(record["id"]), **count}},
        {"Update": {"TableName": dynamodb.MEDIA, "Key": person, **by_person}},
        audit.written(request, "media", record["id"], {}, {}),
    ]
    try:
        transactions.commit(parts)
    except RefusedError as refused:
        raise MediaConflict("the file is not there any more") from refused
    return Answer(media_store.link(record, seconds, part))


def _part(request: Request, record: Record) -> str:
    """What the link is to lead to. Raises Invalid and MediaConflict."""
    square, thumbnail = request.body.get("square"), request.body.get("thumbnail", False)
    if square and thumbnail:
        message = "only one of thumbnail and square may be given"
        raise Invalid(errors=[{"field": name, "message": message} for name in ("thumbnail", "square")])
    part = str(square) if square else media_store.THUMBNAIL if thumbnail else media_store.FILE
    if part not in media_store.parts(record):
        raise MediaConflict(
            "the file has no square: only avatars do" if square else "the file has no thumbnail: only pictures do"
        )
    return part


def _left(record: Record) -> list[int]:
    """For how many more seconds the file is there, where it is not there for good."""
    if not record.get("expiresAt"):
        return []
    end = datetime.datetime.fromisoformat(record["expiresAt"])
    return [max(1, int((end - datetime.datetime.now(datetime.UTC)).total_seconds()))]


def changed(request: Request, before: Record, changes: dict[str, Any]) -> Record:
    """Write `changes` (None removes a field) to the record that was read as `before`; returns it as it is then.

    Raises VersionConflict.
    """
    after = {name: value for name, value in {**before, **changes}.items() if value is not None}
    after |= {"version": before["version"] + 1, "updatedAt": clock.now()}
    wanted = {*changes, "version", "updatedAt"}
    names = {f"#{at}": name for at, name in enumerate(sorted(wanted))}
    place = {name: at for at, name in names.items()}
    sets = [name for name in wanted if name in after]
    expression = "SET " + ", ".join(f"{place[name]} = :{place[name][1:]}" for name in sets)
    if removed := [name for name in wanted if name not in after]:
        expression += " REMOVE " + ", ".join(place[name] for name in removed)
    update = {
        "TableName": dynamodb.MEDIA,
        "Key": media.key(before["id"]),
        "UpdateExpression": expression,
        "ConditionExpression": f"{place['version']} = :before",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {
            **{f":{place[name][1:]}": dynamodb.attribute(after[name]) for name in sets},
            ":before": {"N": str(before["version"])},
        },
    }
    told = audit.written(request, "media", before["id"], media.shown(before), media.shown(after))
    due = media_life.marker(before["id"], media_life.due(after))
    try:
        transactions.commit([{"Update": update}, due, told])
    except RefusedError:
        check_version(media.stored(before["id"]), before["version"])
        raise
    return after


def check_version(now: Record, version: int) -> None:
    """Raises VersionConflict where a record is another one than was decided on."""
    if now["version"] != version:
        raise audit.conflict("media", now["id"], media.shown(now), version)


def _counted(owner: str, size: int) -> dict[str, Any]:
    """The transaction's part that counts a new file. Raises QuotaUsedUp where it alone is too much."""
    if size > _QUOTA:
        raise QuotaUsedUp(_QUOTA // (1024 * 1024))
    return media_life.counted(owner, size, _QUOTA - size)


def _audience(given: Record) -> str | None:
    if given.get("classId"):
        return f"class#{given['classId']}"
    return f"person#{given['studentId']}" if given.get("studentId") else None


def _check_audience(request: Request, given: Record) -> None:
    """Whether the caller may upload for them. Raises Invalid, NotAllowed and NotFound."""
    class_id, student_id = given.get("classId"), given.get("studentId")
    if class_id and student_id:
        message = "only one of classId and studentId may be given"
        raise Invalid(errors=[{"field": name, "message": message} for name in ("classId", "studentId")])
    if class_id:
        if not request.unlimited and "own class" not in request.relations:
            raise NotAllowed("only lecturers upload for their classes")
        membership.require_class(request, class_id, membership.TEACHER)
    elif student_id and request.unlimited:
        try:
            people.find(student_id)
        except NotFound as missing:
            raise Invalid(errors=[{"field": "studentId", "message": missing.detail}]) from missing
    elif student_id and student_id != (own := logins.person_id(request)) and not membership.teaches(own, student_id):
        raise NotFound("there is no student of yours with this id")


def _future(text: str) -> str:
    try:
        moment = clock.text(datetime.datetime.fromisoformat(text))
    except (ValueError, OverflowError) as error:
        raise Invalid(errors=[{"field": "expiresAt", "message": "must be a time that exists"}]) from error
    if moment <= clock.now():
        raise Invalid(errors=[{"field": "expiresAt", "message": "must be in the future"}])
    return moment


HANDLERS = {
    "create_media": create_media,
    "create_student_avatar": create_student_avatar,
    "update_media": update_media,
    "delete_media": delete_media,
    "restore_media": restore_media,
    "create_media_link": create_media_link,
}
