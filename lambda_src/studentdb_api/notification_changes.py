"""Notifications: sending, withdrawing, and what somebody has read."""

from __future__ import annotations

import datetime
import math
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from studentdb_api import (
    audiences,
    audit,
    clock,
    creation,
    directory,
    dynamodb,
    locks,
    logins,
    notifications,
    outbox,
    people,
    records,
    transactions,
)
from studentdb_api.dynamodb import Record
from studentdb_api.problems import Busy, Invalid, KeyReused, NotFound
from studentdb_api.request import Answer, Request
from studentdb_api.transactions import RefusedError

# Ids are random numbers that JavaScript can count to exactly.
_BITS = 53


def create_notification(request: Request) -> Answer:
    """POST /api/notifications. With an Idempotency-Key a repeat answers what the first one made."""
    given = records.normal(request.body)
    if given.get("expiresAt"):
        given["expiresAt"] = _moment(given["expiresAt"], "expiresAt")
        if given["expiresAt"] <= clock.now():
            raise Invalid(errors=[{"field": "expiresAt", "message": "must be in the future"}])
    audiences.check(given["audience"], request)
    made, digest = creation.identity(request, given)
    record = sent(request, given, digest, [_number(made)] if digest else _numbers())
    return Answer(notifications.shown(record), {"location": f"/api/notifications/{record['id']}"})


def sent(request: Request, given: Record, digest: str, ids: Iterable[int]) -> Record:
    """The new notification, under the first of `ids` that nobody has; with a `digest` perhaps one sent before.

    The key holds the time as well, so a condition on the item would not keep an id unique: a lock does.
    """
    person_id = logins.person_id(request)
    for number in ids:
        record = {
            **given,
            **_sender(request, person_id),
            "id": number,
            "sent_at": clock.now(),
            "request": digest or None,
        }
        try:
            transactions.commit(_parts(request, record))
        except RefusedError as refused:
            if not digest:
                continue
            return _earlier(number, digest, refused)
        return record
    raise Busy


def delete_notification(request: Request) -> Answer:
    """DELETE /api/notifications/{id}: nobody sees it any more. The sender may, and admins."""
    record = notifications.stored(request.parameters["id"])
    if not (request.unlimited or notifications.is_sender(request, record)):
        raise NotFound(notifications.NOT_THERE)
    delete = {
        "TableName": dynamodb.NOTIFICATIONS,
        "Key": {"id": {"N": str(record["id"])}, "sent_at": {"S": record["sent_at"]}},
        "ConditionExpression": "attribute_exists(id)",
    }
    told = audit.written(request, "notification", str(record["id"]), notifications.shown(record), {})
    released = locks.released(_lock(record["id"]), str(record["id"]))
    try:
        transactions.commit([{"Delete": delete}, released, told])
    except RefusedError as refused:
        # Withdrawn since it was read.
        raise NotFound(notifications.NOT_THERE) from refused
    return Answer(None)


def read_notifications(request: Request) -> Answer:
    """POST /api/me/read-notifications: one, or all up to a time.

    What somebody has read is nothing that others are told: the audit says nothing of it.
    """
    given = [name for name in ("id", "upTo") if name in request.body]
    if len(given) != 1:
        message = "exactly one of id and upTo must be given"
        raise Invalid(errors=[{"field": name, "message": message} for name in given or ("id", "upTo")])
    if given == ["id"]:
        _mark(request.caller.sub, notifications.received(request, request.body["id"]))
    else:
        # What is sent later is not read yet, whatever the caller's clock says.
        _raise_watermark(request.caller.sub, min(_moment(request.body["upTo"], "upTo"), clock.now()))
    return Answer(None)


def _mark(sub: str, record: Record) -> None:
    # The mark goes with the notification.
    mark = {"pk": notifications.reader(sub), "sk": record["sort_key"], "expires": record.get("expires")}
    dynamodb.client.put_item(TableName=dynamodb.INDEX, Item=dynamodb.item(mark))


def _raise_watermark(sub: str, at: str) -> None:
    try:
        dynamodb.client.update_item(
            TableName=dynamodb.INDEX,
            Key=dynamodb.item({"pk": notifications.reader(sub), "sk": notifications.WATERMARK}),
            UpdateExpression="SET #at = :at",
            ConditionExpression="attribute_not_exists(#at) OR #at < :at",
            ExpressionAttributeNames={"#at": "at"},
            ExpressionAttributeValues={":at": {"S": at}},
        )
    except dynamodb.client.exceptions.ConditionalCheckFailedException:
        return  # all of this, and more, has been read


def _parts(request: Request, record: Record) -> list[dict[str, Any]]:
    number = record["id"]
    stored = {**record, "sort_key": f"{record['sent_at']}#{number:016}"}
    lock = locks.taken(_lock(number), str(number))
    if record.get("expiresAt"):
        stored["expires"] = math.ceil(datetime.datetime.fromisoformat(record["expiresAt"]).timestamp())
        lock["Put"]["Item"]["expires"] = dynamodb.attribute(stored["expires"])
    put = {
        "TableName": dynamodb.NOTIFICATIONS,
        "Item": dynamodb.item(stored),
        "ConditionExpression": "attribute_not_exists(id)",
    }
    told = audit.written(request, "notification", str(number), {}, notifications.shown(record))
    return [{"Put": put}, lock, told, *_mailed(record)]


def _mailed(record: Record) -> list[dict[str, Any]]:
    """What is public has no readers whose addresses the school knows."""
    audience = record["audience"]
    return [] if audience == audiences.PUBLIC else outbox.queued("notice", str(record["id"]), audience)


def _sender(request: Request, person_id: str) -> Record:
    try:
        name = directory.name(people.find(person_id)) if person_id else None
    except NotFound:
        name = None
    return {"sender": request.caller.sub, "senderId": person_id or None, "senderName": name}


def _earlier(number: int, digest: str, refused: RefusedError) -> Record:
    try:
        record = notifications.stored(str(number))
    except NotFound:
        # Withdrawn, or over, since its lock refused us.
        raise Busy from refused
    if record.get("request") != digest:
        raise KeyReused from refused
    return record


def _numbers() -> Iterator[int]:
    for _ in range(transactions.ATTEMPTS):
        yield _number(str(uuid.uuid4()))


def _number(made: str) -> int:
    # The lowest bits of an UUID are all random.
    return uuid.UUID(made).int % 2**_BITS or 1


def _lock(number: int) -> str:
    return f"notification#{number}"


def _moment(text: str, field: str) -> str:
    """A time as the clock has it. Raises Invalid for one that does not exist."""
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(errors=[{"field": field, "message": "must be a time that exists"}]) from error
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
