"""Media: having a file looked at again, and finding records and files that are out of step.

First come the records, the newest first, each with what S3 has of it; then what S3 has of nobody's record. One part of
either is checked in a call. What is under way is not out of step: an upload, an end that has just begun.
"""

from __future__ import annotations

import datetime
from typing import Any

from studentdb_api import (
    clock,
    cursors,
    dynamodb,
    media,
    media_changes,
    media_life,
    media_look,
    media_store,
    records,
)
from studentdb_api.dynamodb import Record
from studentdb_api.problems import MediaConflict
from studentdb_api.request import Answer, Request

# Of one part: each record costs a call to S3.
PART = 20
# S3's own events take seconds, mostly; a form is good for minutes.
_ARRIVED = datetime.timedelta(hours=1)
# DynamoDB removes what is over within days (DDB-29).
_OVERDUE = datetime.timedelta(days=7)


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
    checked, findings, position = (_records if phase == "records" else _objects)(token, repair)
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
        f"records {found[PART - 1]['sort_key']}" if len(found) > PART else "objects ",
    )


def _of_record(record: Record, repair: bool) -> list[tuple[str, bool]]:
    """What is wrong with one file, and whether it is not any more."""
    entries = list(media_store.entries(record["id"]))
    versions = {each["versionId"] for each in entries if not each["deleteMarker"]}
    if "removedAt" in record:
        if repair and entries:
            media_store.remove_all(record["id"])
        return [("is at its end, and S3 still has versions of it", repair)] if entries else []
    found: list[tuple[str, bool]] = []
    if "versionId" in record and record["versionId"] not in versions and "endedAt" not in record:
        # Nobody can bring it back; the record is its owner's to delete.
        found.append((f"is {record['status']}, and the file itself is gone: delete it, and upload it again", False))
    elif record["status"] == "pending" and versions and _is_past(record["createdAt"], _ARRIVED):
        if repair:
            media_look.ask(record["id"], media_store.earliest(record["id"]))
        found.append(("has arrived, and was not looked at: media retry", repair))
    elif record["status"] == "failed":
        found.append(("could not be looked at: media retry", False))
    hidden = bool(entries) and entries[0]["deleteMarker"]
    if record["status"] == "deleted" and versions and not hidden and "endedAt" not in record:
        if repair:
            media_store.hide(record)
        found.append(("is deleted, and not hidden in S3", repair))
    if record["status"] in ("ready", "quarantined") and hidden:
        if repair:
            media_store.uncover(record)
        found.append((f"is {record['status']}, and hidden in S3", repair))
    moment = media_life.due(record)
    # What has just become due has its marker removed, and is being worked on.
    is_now = moment is not None and moment <= clock.now() and not _is_past(moment, _ARRIVED)
    if moment is not None and not is_now and not _is_marked(record["id"]):
        found.append(("has no marker, so nothing would end it", repair and media_life.remind(record, moment)))
    elif moment is not None and _is_past(moment, _OVERDUE):
        found.append(
            ("should have ended by itself long ago: is the media-expiry function there, and allowed to?", False)
        )
    return found


def _objects(after: str, repair: bool) -> tuple[int, list[Record], str]:
    """Files in S3 without a record: none is made without one."""
    page = media_store.page(after, PART)
    findings: list[Record] = []
    for media_id, since in page.files.items():
        if _is_past(since, _ARRIVED) and not _is_recorded(media_id):
            if repair:
                media_store.remove_all(media_id)
            findings.append({"id": media_id, "name": None, "finding": "is in S3 without a record", "repaired": repair})
    return len(page.files), findings, f"objects {page.following}" if page.following else ""


def _is_recorded(media_id: str) -> bool:
    key = media.key(media_id)
    return "Item" in dynamodb.client.get_item(TableName=dynamodb.MEDIA, Key=key, ConsistentRead=True)


def _is_marked(media_id: str) -> bool:
    key = media.key(media_id, media_life.MARKER)
    return "Item" in dynamodb.client.get_item(TableName=dynamodb.MEDIA, Key=key, ConsistentRead=True)


def _is_past(text: str, passed: datetime.timedelta) -> bool:
    return clock.text(datetime.datetime.fromisoformat(text) + passed) <= clock.now()
