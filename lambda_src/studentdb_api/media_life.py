"""When something is to be done to a file by itself, and the bytes that count against its owner's quota.

Beside a record lies a marker, whose only use is that DynamoDB removes it when its time has come, and that the table's
stream tells the function behind it (media_expiry.py). It is written in the transaction of whatever changes the record;
the record alone says what is due, so that a marker that is early, late or removed twice does no harm.

A file ends in two steps: the record says so (`endedAt`), and from then on nothing brings the file back; when no version
of it is left the record says that too (`removedAt`), and only then its owner's quota is given back.
"""

from __future__ import annotations

import datetime
import math
from typing import Any

from studentdb_api import clock, dynamodb, media, transactions
from studentdb_api.dynamodb import Record
from studentdb_api.transactions import RefusedError

MARKER = "expiry"
# As long as S3 keeps what is behind a delete marker.
RESTORE_DAYS = 30
# Since it was announced; its form is good for minutes.
ABANDONED = datetime.timedelta(days=1)
_AGAIN = datetime.timedelta(hours=1)


def due(record: Record) -> str | None:
    """From which moment on something is to be done to the file; None for never."""
    if "removedAt" in record:
        return None
    if "endedAt" in record:
        return _after(record["endedAt"], _AGAIN)
    moments = [record["expiresAt"]] if record.get("expiresAt") else []
    if record["status"] == "pending":
        moments.append(_after(record["createdAt"], ABANDONED))
    if record["status"] == "deleted":
        moments.append(_after(record["deletedAt"], datetime.timedelta(days=RESTORE_DAYS)))
    return min(moments, default=None)


def marker(media_id: str, moment: str | None) -> dict[str, Any]:
    """The transaction's part that has the file looked at from that moment on, or never."""
    if moment is None:
        return {"Delete": {"TableName": dynamodb.MEDIA, "Key": media.key(media_id, MARKER)}}
    # Never early: a second that has begun is not over.
    second = math.ceil(datetime.datetime.fromisoformat(moment).timestamp())
    # An update, so that who only updates records may have one looked at.
    return {
        "Update": {
            "TableName": dynamodb.MEDIA,
            "Key": media.key(media_id, MARKER),
            "UpdateExpression": "SET expires = :second",
            "ExpressionAttributeValues": {":second": {"N": str(second)}},
        }
    }


def remind(record: Record, moment: str) -> bool:
    """Have the file looked at then; False when its record is another one by now."""
    unchanged = {
        "TableName": dynamodb.MEDIA,
        "Key": media.key(record["id"]),
        "ConditionExpression": "#version = :version",
        "ExpressionAttributeNames": {"#version": "version"},
        "ExpressionAttributeValues": {":version": {"N": str(record["version"])}},
    }
    return _committed([{"ConditionCheck": unchanged}, marker(record["id"], moment)])


def end(record: Record, status: str) -> bool:
    """Say that the file is at its end; False when its record is another one by now."""
    now = clock.now()
    update = {
        "TableName": dynamodb.MEDIA,
        "Key": media.key(record["id"]),
        "UpdateExpression": "SET #status = :status, endedAt = :now, updatedAt = :now ADD #version :one",
        "ConditionExpression": "#version = :version",
        "ExpressionAttributeNames": {"#status": "status", "#version": "version"},
        "ExpressionAttributeValues": {
            ":status": {"S": status},
            ":now": {"S": now},
            ":one": {"N": "1"},
            ":version": {"N": str(record["version"])},
        },
    }
    # What is not finished is begun again.
    return _committed([{"Update": update}, marker(record["id"], _after(now, _AGAIN))])


def finish(record: Record) -> bool:
    """Say that no version of the file is left, and give its owner the quota back: once, however often it is said."""
    update = {
        "TableName": dynamodb.MEDIA,
        "Key": media.key(record["id"]),
        "UpdateExpression": "SET removedAt = :now, updatedAt = :now ADD #version :one",
        "ConditionExpression": "attribute_exists(endedAt) AND attribute_not_exists(removedAt)",
        "ExpressionAttributeNames": {"#version": "version"},
        "ExpressionAttributeValues": {":now": {"S": clock.now()}, ":one": {"N": "1"}},
    }
    return _committed([{"Update": update}, counted(record["owner"], -record["size"]), marker(record["id"], None)])


def fail(media_id: str) -> None:
    """Say that a file that still waits could not be looked at; its owner can have it looked at again."""
    update = {
        "TableName": dynamodb.MEDIA,
        "Key": media.key(media_id),
        "UpdateExpression": "SET #status = :failed, #reason = :reason, updatedAt = :now ADD #version :one",
        "ConditionExpression": "#status = :pending AND attribute_not_exists(versionId)",
        "ExpressionAttributeNames": {"#status": "status", "#reason": "reason", "#version": "version"},
        "ExpressionAttributeValues": {
            ":failed": {"S": "failed"},
            ":reason": {"S": "looking at it failed, more than once; it can be looked at again"},
            ":pending": {"S": "pending"},
            ":now": {"S": clock.now()},
            ":one": {"N": "1"},
        },
    }
    _committed([{"Update": update}])


def counted(owner: str, size: int, most: int | None = None) -> dict[str, Any]:
    """The transaction's part that counts the bytes of an owner's files, where there is room for `most` before."""
    condition = {}
    values = {":size": {"N": str(size)}}
    if most is not None:
        condition = {"ConditionExpression": "attribute_not_exists(used) OR used <= :most"}
        values[":most"] = {"N": str(most)}
    key = quota_key(owner)
    update = {"UpdateExpression": "ADD used :size", "ExpressionAttributeValues": values, **condition}
    return {"Update": {"TableName": dynamodb.INDEX, "Key": key, **update}}


def quota_key(owner: str) -> dynamodb.Item:
    """Where the bytes of an owner's files are counted."""
    return {"pk": {"S": f"media#{owner}"}, "sk": {"S": "-"}}


def in_a_while(passed: datetime.timedelta) -> str:
    """The moment when that has passed."""
    return clock.text(datetime.datetime.now(datetime.UTC) + passed)


def _after(text: str, passed: datetime.timedelta) -> str:
    return clock.text(datetime.datetime.fromisoformat(text) + passed)


def _committed(parts: list[dict[str, Any]]) -> bool:
    try:
        transactions.commit(parts)
    except RefusedError:
        return False
    return True
