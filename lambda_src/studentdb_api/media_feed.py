"""The function that the bucket invokes for each new file: it makes the file's record `ready`, or quarantines it.

An event may come twice, late, or after that of a newer version. The first version that is looked at is the file, for
ever: links name it. Any other version is removed, since nobody asked for it. What fails is raised: Lambda tries again.

Of a picture the file is what is made of it here, a version of its own that says so: its own event changes nothing, and
until the record names it, another try may make another one. Whoever writes the record, or finds it written, removes the
versions that it does not name: what was uploaded, and what an interrupted try has left.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import urllib.parse
from collections.abc import Mapping
from typing import Any, BinaryIO

from studentdb_api import (
    clock,
    dynamodb,
    log,
    media,
    media_avatars,
    media_images,
    media_life,
    media_store,
    media_types,
    transactions,
)
from studentdb_api.dynamodb import Record
from studentdb_api.problems import NotFound
from studentdb_api.transactions import RefusedError

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
        media_store.remove(key, version_id)
        return
    if record.get("versionId") == version_id:
        return
    if record["status"] not in ("pending", "failed") or "versionId" in record:
        media_store.keep_only(record)
        return
    with tempfile.TemporaryFile() as file:
        reason = _problem(record, key, version_id, file)
        if reason is None:
            return
        found: Record = {"versionId": version_id}
        if not reason and record["contentType"] in media_images.FORMATS:
            try:
                found = _remade(record, version_id, file)
            except media_images.NoPictureError as error:
                reason = error.reason
    if not _decided(record, found, reason):
        # Another version was faster, or this event came twice at once.
        _look(key, version_id)
    elif found["versionId"] != version_id:
        media_store.keep_only({**record, **found})


def _problem(record: Record, key: str, version_id: str, file: BinaryIO) -> str | None:
    """Why what is written to `file` is not what its record says; "" when it is, None when it is not to be looked at."""
    s3 = media_store.client()
    try:
        answer = s3.get_object(Bucket=_BUCKET, Key=key, VersionId=version_id)
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchVersion"):
            return None
        raise
    if media_store.MADE_FROM in answer.get("Metadata", {}):
        # Made here of a file whose own event is still to write the record, or will be tried again.
        return None
    if answer["ContentLength"] != record["size"]:
        return f"it has {answer['ContentLength']} bytes, and {record['size']} were announced"
    digest = hashlib.sha256()
    for piece in answer["Body"].iter_chunks(_PIECE):
        digest.update(piece)
        file.write(piece)
    if digest.hexdigest() != record["sha256"]:
        return "its SHA-256 is not the one that was announced"
    return media_types.problem(file, record["contentType"])


def _remade(record: Record, version_id: str, file: BinaryIO) -> Record:
    """Store what is made of a picture; returns what the record is to say of it. Raises NoPictureError."""
    with tempfile.TemporaryFile() as made:
        small = media_images.remade(file, record["contentType"], made, squares=record.get("avatar", False))
        size = made.tell()
        made.seek(0)
        sha256 = hashlib.file_digest(made, "sha256").hexdigest()
        made.seek(0)
        stored = media_store.put_made(record, made, version_id)
    found: Record = {"versionId": stored, "size": size, "sha256": sha256}
    beside = {media_store.THUMBNAIL: small.thumbnail, **{str(side): each for side, each in small.squares.items()}}
    for part, content in beside.items():
        version = media_store.put_small(record["id"], part, content, media_images.SMALL_TYPE)
        found[media_store.version_field(part)] = version
    return found


def _decided(record: Record, found: Record, reason: str) -> bool:
    """Write what was found, once: False when the record is not waiting any more."""
    sets = {**found, "status": "quarantined" if reason else "ready", "updatedAt": clock.now()}
    if reason:
        sets["reason"] = reason
    for _ in range(transactions.ATTEMPTS):
        place = media_avatars.placed(record) if record.get("avatar") and not reason else media_avatars.NO_PLACE
        parts = [_update(record, {**sets, **place.sets}), *place.parts]
        if more := found.get("size", record["size"]) - record["size"]:
            # The owner's bytes are those that are stored; a picture that grew may go over the quota a little.
            parts.append(media_life.counted(record["owner"], more))
        try:
            transactions.commit(parts)
        except RefusedError as refused:
            if 0 in refused.items:
                return False
            # Another avatar of the student was faster.
        else:
            return True
    raise RuntimeError("avatars of one student keep coming")


def _update(record: Record, sets: Record) -> dict[str, Any]:
    names = {f"#{name}": name for name in (*sets, "reason", "version")}
    # That of an earlier failure.
    removed = "" if "reason" in sets else " REMOVE #reason"
    return {
        "Update": {
            "TableName": dynamodb.MEDIA,
            "Key": media.key(record["id"]),
            "UpdateExpression": f"SET {', '.join(f'#{name} = :{name}' for name in sets)}{removed} ADD #version :one",
            "ConditionExpression": "#status IN (:pending, :failed) AND attribute_not_exists(#versionId)",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {
                **{f":{name}": dynamodb.attribute(value) for name, value in sets.items()},
                ":pending": {"S": "pending"},
                ":failed": {"S": "failed"},
                ":one": {"N": "1"},
            },
        }
    }
