"""The function that the bucket invokes for each new file: it makes the file's record `ready`, or quarantines it.

An event may come twice, late, or after that of a newer version. The first version that is looked at is the file, for
ever: links name it. Any other version is removed, since nobody asked for it. What fails is raised: Lambda tries again.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import urllib.parse
from collections.abc import Mapping
from typing import Any

from studentdb_api import clock, dynamodb, log, media, media_store, media_types
from studentdb_api.dynamodb import Record
from studentdb_api.problems import NotFound

_PIECE = 1024 * 1024
_BUCKET = os.environ.get("MEDIA_BUCKET", "")


class MediaFeedError(Exception):
    """Something failed; the log says where. Without the cause, whose text may quote a record."""


def handler(event: Mapping[str, Any], _context: object) -> None:
    """S3's event. Raises MediaFeedError."""
    try:
        for each in event["Records"]:
            found = each["s3"]["object"]
            _look(urllib.parse.unquote_plus(found["key"]), str(found.get("versionId", "")))
    except Exception as error:
        log.batch(error=error)
        raise MediaFeedError("a new file could not be looked at") from None
    log.batch(files=len(event["Records"]))


def _look(key: str, version_id: str) -> None:
    media_id = key.removeprefix(media_store.PREFIX)
    try:
        record = media.stored(media_id)
    except NotFound:
        # Only forms that were made with a record lead here.
        _remove(key, version_id)
        return
    if record.get("versionId") == version_id:
        return
    if record["status"] not in ("pending", "failed") or "versionId" in record:
        _remove(key, version_id)
        return
    reason = _problem(record, key, version_id)
    if reason is None:
        return
    if not _decided(media_id, version_id, reason):
        # Another version was faster, or this event came twice at once.
        _look(key, version_id)


def _problem(record: Record, key: str, version_id: str) -> str | None:
    """Why the file is not what its record says; "" when it is, None when it is gone."""
    s3 = media_store.client()
    try:
        answer = s3.get_object(Bucket=_BUCKET, Key=key, VersionId=version_id)
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchVersion"):
            return None
        raise
    if answer["ContentLength"] != record["size"]:
        return f"it has {answer['ContentLength']} bytes, and {record['size']} were announced"
    digest = hashlib.sha256()
    with tempfile.TemporaryFile() as file:
        for piece in answer["Body"].iter_chunks(_PIECE):
            digest.update(piece)
            file.write(piece)
        if digest.hexdigest() != record["sha256"]:
            return "its SHA-256 is not the one that was announced"
        return media_types.problem(file, record["contentType"])


def _decided(media_id: str, version_id: str, reason: str) -> bool:
    """Write what was found, once: False when the record is not waiting any more."""
    values = {
        ":status": {"S": "quarantined" if reason else "ready"},
        ":id": {"S": version_id},
        ":now": {"S": clock.now()},
        ":pending": {"S": "pending"},
        ":failed": {"S": "failed"},
        ":one": {"N": "1"},
    }
    names = {"#status": "status", "#version": "version", "#reason": "reason"}
    expression = "SET #status = :status, versionId = :id, updatedAt = :now"
    if reason:
        expression += ", #reason = :reason"
        values[":reason"] = {"S": reason}
    else:
        # That of an earlier failure.
        expression += " REMOVE #reason"
    try:
        dynamodb.client.update_item(
            TableName=dynamodb.MEDIA,
            Key=media.key(media_id),
            UpdateExpression=f"{expression} ADD #version :one",
            ConditionExpression="#status IN (:pending, :failed) AND attribute_not_exists(versionId)",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
        )
    except dynamodb.client.exceptions.ConditionalCheckFailedException:
        return False
    return True


def _remove(key: str, version_id: str) -> None:
    media_store.client().delete_object(Bucket=_BUCKET, Key=key, VersionId=version_id)
