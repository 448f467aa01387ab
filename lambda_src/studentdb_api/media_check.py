"""Media: having a file looked at again, and finding records and files that are out of step.

First come the records, the newest first, each with what S3 has of it; then what S3 has of nobody's record, files and
small pictures. One part of either is checked in a call. What is under way is not out of step: an upload, an end that
has just begun.
"""

from __future__ import annotations

import datetime
from typing import Any

from studentdb_api import (
    clock,
    cursors,
    dynamodb,
    media,
    media_avatars,
    media_changes,
    media_life,
    media_look,
    media_store,
    people,
    records,
    transactions,
)
from studentdb_api.dynamodb import Record
from studentdb_api.problems import MediaConflict, NotFound
from studentdb_api.request import Answer, Request

# Of one part: each record costs a call to S3.
PART = 20
# S3's own events take seconds, mostly; a form is good for minutes.
_ARRIVED = datetime.timedelta(hours=1)
# DynamoDB removes what is over within days (DDB-29).
_OVERDUE = datetime.timedelta(days=7)
# What is wrong, and whether it was mended.
Findings = list[tuple[str, bool]]


def retry_media(request: Request) -> Answer:
    """PUT /api/media/{id}/retry: a file that has arrived is looked at again, where that has not come to an end."""
    before = media.changeable(request, request.parameters["id"])
    media_changes.check_version(before, request.body["version"])
    status = media.shown(before)["status"]
    if status in ("ready", "quarantined"):
        return Answer(media.shown(before))
    if status not in ("pending", "failed"):
        raise MediaConflict(f"the file is {status}: there is nothing to be looked at")
    version = media_store.earliest(before["id"])
    if not version:
        raise MediaConflict("the file has not arrived: it has to be uploaded again")
    after = media_changes.changed(request, before, {"status": "pending", "reason": None})
    media_look.ask(before["id"], version)
    return Answer(media.shown(after))


def check_media(request: Request) -> Answer:
    """POST /api/media/check."""
    repair = bool(request.body.get("repair", False))
    binding, cursor = request.operation, request.body.get("cursor")
    phase, _, token = (cursors.unseal(cursor, binding) if cursor else "records ").partition(" ")
    checked, findings, position = _records(token, repair) if phase == "records" else _objects(phase, token, repair)
    more = cursors.seal(position, binding) if position else None
    return Answer({"checked": checked, "findings": findings, "nextCursor": more})


def _records(before: str, repair: bool) -> tuple[int, list[Record], str]:
    values = {":media": {"S": "media"}} | ({":before": {"S": before}} if before else {})
    asked: dict[str, Any] = {
        "TableName": dynamodb.MEDIA,
        "IndexName": "list-index",
        "KeyConditionExpression": "kind = :media" + (" AND sort_key < :before" if before else ""),
        "ExpressionAttributeValues": values,
        "ScanIndexForward": False,
    }
    found = records.queried(asked, PART + 1)
    findings: list[Record] = []
    for listed in found[:PART]:
        # The index may be late.
        record = media.stored(listed["id"])
        for text, repaired in _of_record(record, repair):
            findings.append({"id": record["id"], "name": record["name"], "finding": text, "repaired": repaired})
    return (
        min(len(found), PART),
        findings,
        f"records {found[PART - 1]['sort_key']}" if len(found) > PART else f"{media_store.PREFIX} ",
    )


def _of_record(record: Record, repair: bool) -> Findings:
    """What is wrong with one file, and whether it is not any more."""
    entries = list(media_store.everything(record))
    if "removedAt" in record:
        if repair and entries:
            media_store.remove_all(record["id"])
        return [("is at its end, and S3 still has versions of it", repair)] if entries else []
    if "endedAt" in record:
        return _of_time(record, repair)
    return [
        *_of_versions(record, entries, repair),
        *_of_hiding(record, entries, repair),
        *_of_small(record, entries, repair),
        *_of_student(record, repair),
        *_of_time(record, repair),
    ]


def _of_versions(record: Record, entries: list[Record], repair: bool) -> Findings:
    """The file: whether it is there, and was looked at."""
    versions = {each["versionId"] for each in entries if not each["deleteMarker"] and each["part"] == media_store.FILE}
    if "versionId" in record and record["versionId"] not in versions:
        # Nobody can bring it back; the record is its owner's to delete.
        return [(f"is {record['status']}, and the file itself is gone: delete it, and upload it again", False)]
    if record["status"] == "pending" and versions and _is_past(record["createdAt"], _ARRIVED):
        if repair:
            media_look.ask(record["id"], media_store.earliest(record["id"]))
        return [("has arrived, and was not looked at: media retry", repair)]
    return [("could not be looked at: media retry", False)] if record["status"] == "failed" else []


def _of_hiding(record: Record, entries: list[Record], repair: bool) -> Findings:
    """Whether what the record names is behind delete markers, or not."""
    named = {media_store.FILE, *media_store.parts(record)}
    # On top of each is the newest, which comes first.
    tops = {each["key"]: each["deleteMarker"] for each in reversed(entries) if each["part"] in named}
    if record["status"] == "deleted" and not all(tops.values()):
        if repair:
            media_store.hide(record)
        return [("is deleted, and not hidden in S3", repair)]
    if record["status"] in ("ready", "quarantined") and any(tops.values()):
        if repair:
            media_store.uncover(record)
        return [(f"is {record['status']}, and hidden in S3", repair)]
    return []


def _of_small(record: Record, entries: list[Record], repair: bool) -> Findings:
    """What is made of a picture: all that the record names, and nothing else once that was decided."""
    small = {each["versionId"] for each in entries if not each["deleteMarker"] and each["part"] != media_store.FILE}
    named = media_store.versions_of(record) - {record.get("versionId")}
    found: Findings = []
    if named - small:
        found.append((f"is {record['status']}, and a small picture of it is gone: upload it again", False))
    if small - named and record["status"] in ("ready", "quarantined") and _is_past(record["updatedAt"], _ARRIVED):
        if repair:
            media_store.keep_only(record)
        found.append(("has small pictures in S3 that its record does not name", repair))
    return found


def _of_student(record: Record, repair: bool) -> Findings:
    """An avatar that was under way while its student was deleted."""
    if not record.get("avatar") or record["status"] != "ready" or media.is_over(record):
        return []
    try:
        people.find(record["studentId"], people.STUDENT)
    except NotFound:
        if repair:
            transactions.commit(media_avatars.over(record["id"]))
        return [("is an avatar of a student who is gone", repair)]
    return []


def _of_time(record: Record, repair: bool) -> Findings:
    """Whether something will end it when its time has come, and has done so."""
    moment = media_life.due(record)
    # What has just become due has its marker removed, and is being worked on.
    is_now = moment is not None and moment <= clock.now() and not _is_past(moment, _ARRIVED)
    if moment is not None and not is_now and not _is_marked(record["id"]):
        return [("has no marker, so nothing would end it", repair and media_life.remind(record, moment))]
    if moment is not None and _is_past(moment, _OVERDUE):
        return [("should have ended by itself long ago: is the media-expiry function there, and allowed to?", False)]
    return []


def _objects(prefix: str, after: str, repair: bool) -> tuple[int, list[Record], str]:
    """Files in S3, and then small pictures, without a record: none is made without one."""
    page = media_store.page(prefix, after, PART)
    findings: list[Record] = []
    for media_id, since in page.files.items():
        if _is_past(since, _ARRIVED) and not _is_recorded(media_id):
            if repair:
                media_store.remove_all(media_id)
            findings.append({"id": media_id, "name": None, "finding": "is in S3 without a record", "repaired": repair})
    if page.following:
        return len(page.files), findings, f"{prefix} {page.following}"
    return len(page.files), findings, f"{media_store.SMALL} " if prefix == media_store.PREFIX else ""


def _is_recorded(media_id: str) -> bool:
    key = media.key(media_id)
    return "Item" in dynamodb.client.get_item(TableName=dynamodb.MEDIA, Key=key, ConsistentRead=True)


def _is_marked(media_id: str) -> bool:
    key = media.key(media_id, media_life.MARKER)
    return "Item" in dynamodb.client.get_item(TableName=dynamodb.MEDIA, Key=key, ConsistentRead=True)


def _is_past(text: str, passed: datetime.timedelta) -> bool:
    return clock.text(datetime.datetime.fromisoformat(text) + passed) <= clock.now()
