"""Avatars: which picture is a student's, and what becomes of the one before.

An item of its own, beside the records of files, says which one: the newest of those that were looked at and fit. It is
written in the transaction that makes the picture `ready`; in the same one the time of the picture before is over, so
that it ends as any other file does (media_expiry.py). A student has one or none at any moment, in whatever order and
however often events come.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from studentdb_api import clock, dynamodb, media, media_life, people
from studentdb_api.dynamodb import Record
from studentdb_api.problems import NotFound
from studentdb_api.request import Answer, Request


class Place(NamedTuple):
    """What is written with a picture that becomes `ready`: `sets` of its own record, and `parts` beside it."""

    sets: dict[str, str]
    parts: list[dict[str, Any]]


NO_PLACE = Place({}, [])


def get_student_avatar(request: Request) -> Answer:
    """GET /api/students/{id}/avatar: its record, for whoever may read the student."""
    student_id = request.parameters["id"]
    if not request.unlimited and not people.concerns(request, student_id):
        raise NotFound(f"there is no {people.STUDENT.name} with this id")
    held = _held(student_id)
    if held is None:
        people.find(student_id, people.STUDENT)
        raise NotFound("this student has no avatar")
    found = media.shown(media.stored(held["mediaId"]))
    if found["status"] != "ready":
        raise NotFound("this student has no avatar")
    return Answer(found)


def placed(record: Record) -> Place:
    """What makes a picture its student's avatar, on the condition that no other one becomes it meanwhile.

    A newer one stays: then the time of this one is over at once.
    """
    held, now = _held(record["studentId"]), clock.now()
    if held is not None and held["mediaId"] == record["id"]:
        # Written meanwhile by the same event that came twice: the record's own condition says so.
        return NO_PLACE
    if held is not None and held["since"] > record["sort_key"]:
        return Place({"expiresAt": now}, [media_life.marker(record["id"], now)])
    values = {":id": {"S": record["id"]}, ":since": {"S": record["sort_key"]}}
    condition = "attribute_not_exists(mediaId)"
    if held is not None:
        condition = "mediaId = :held"
        values[":held"] = {"S": held["mediaId"]}
    hold = {
        "TableName": dynamodb.MEDIA,
        "Key": _key(record["studentId"]),
        "UpdateExpression": "SET mediaId = :id, since = :since",
        "ConditionExpression": condition,
        "ExpressionAttributeValues": values,
    }
    return Place({}, [{"Update": hold}, *(over(held["mediaId"]) if held else ())])


def ended(student_id: str) -> list[dict[str, Any]]:
    """The transaction's parts that end a student's avatar together with the student; nothing refuses them."""
    held = _held(student_id)
    return over(held["mediaId"]) if held else []


def over(media_id: str) -> list[dict[str, Any]]:
    """The transaction's parts after which its time is over; nothing refuses them.

    Whatever became of it: what was deleted ends now as well, and what has ended stays so.
    """
    now = clock.now()
    update = {
        "TableName": dynamodb.MEDIA,
        "Key": media.key(media_id),
        "UpdateExpression": "SET expiresAt = :now, updatedAt = :now ADD #version :one",
        "ExpressionAttributeNames": {"#version": "version"},
        "ExpressionAttributeValues": {":now": {"S": now}, ":one": {"N": "1"}},
    }
    return [{"Update": update}, media_life.marker(media_id, now)]


def _held(student_id: str) -> Record | None:
    answer = dynamodb.client.get_item(TableName=dynamodb.MEDIA, Key=_key(student_id), ConsistentRead=True)
    return dynamodb.record(answer["Item"]) if "Item" in answer else None


def _key(student_id: str) -> dynamodb.Item:
    """No file has such an id, and no index this item."""
    return media.key(f"avatar#{student_id}")
