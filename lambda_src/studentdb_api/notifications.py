"""Notifications: reading them.

One notification is one item of the notifications table, whoever it is for. A person's notifications are merged, as
they are read, from the audiences that the person belongs to: a Query for each, so what it costs depends on these and
on the page, not on how many notifications or people there are. Items that are over stay for some days (DDB-29), so
every read looks at the time.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from studentdb_api import audiences, audit, clock, cursors, dynamodb, records
from studentdb_api.dynamodb import Record
from studentdb_api.problems import NotFound
from studentdb_api.request import Answer, Request

NOT_THERE = "there is no notification with this id"

# A page of unread ones, and their number, are found among so many.
MOST_EXAMINED = 100
# What one Query brings; a full page of the usual size comes with the first one.
_PIECE = 26
_PUBLIC_SECONDS = 60
# Before and after everything that begins with a time.
_FIRST, _LAST = "-", "~"


def list_received_notifications(request: Request) -> Answer:
    """GET /api/me/notifications: one page of what the caller may read, the newest first."""
    sub, limit, unread = request.caller.sub, request.query["limit"], request.query["unread"]
    binding = f"{request.binding} {sub}"
    seen = _watermark(sub)
    size = MOST_EXAMINED if unread else limit
    # One more than is looked at says whether there is another page.
    found = list(
        islice(
            _newest(audiences.of(request), before=_position(request, binding), after=seen if unread else ""), size + 1
        )
    )
    read = _read(sub, found, seen)
    page: list[Record] = []
    examined = 0
    for record in found[:size]:
        if len(page) == limit:
            break
        examined += 1
        if not (unread and record["sort_key"] in read):
            page.append(shown(record) | {"read": record["sort_key"] in read})
    more = cursors.seal(found[examined - 1]["sort_key"], binding) if examined < len(found) else None
    return Answer({"receivedNotifications": page, "nextCursor": more})


def count_unread_notifications(request: Request) -> Answer:
    """GET /api/me/unread-notifications: among the newest ones."""
    sub = request.caller.sub
    seen = _watermark(sub)
    found = list(islice(_newest(audiences.of(request)), MOST_EXAMINED + 1))
    newest = found[:MOST_EXAMINED]
    return Answer({"unread": len(newest) - len(_read(sub, newest, seen)), "more": len(found) > MOST_EXAMINED})


def list_notifications(request: Request) -> Answer:
    """GET /api/notifications: one page of what was sent to one audience, the newest first."""
    audience = request.query["audience"]
    if audience.startswith("person#") and not audiences.is_own(audience, request):
        audit.read(request, "notifications", audience)
    page, more = _page(request, audience)
    return Answer({"notifications": [shown(each) for each in page], "nextCursor": more})


def list_public_notifications(request: Request) -> Answer:
    """GET /api/public/notifications: for visitors. Everybody gets the same, so caches may keep it for a minute."""
    page, more = _page(request, audiences.PUBLIC)
    found = [{"title": each["title"], "body": each["body"], "sentAt": each["sent_at"]} for each in page]
    return Answer(
        {"publicNotifications": found, "nextCursor": more}, {"cache-control": f"public, max-age={_PUBLIC_SECONDS}"}
    )


def get_notification(request: Request) -> Answer:
    """GET /api/notifications/{id}: one that is for the caller, or that the caller has sent."""
    record = stored(request.parameters["id"])
    audience = record["audience"]
    if not (is_sender(request, record) or audience in audiences.of(request)):
        if not request.unlimited:
            raise NotFound(NOT_THERE)
        if audience.startswith("person#"):
            audit.read(request, "notification", str(record["id"]))
    return Answer(shown(record))


def received(request: Request, notification_id: str) -> Record:
    """A notification that is for the caller. Raises NotFound."""
    record = stored(notification_id)
    if record["audience"] not in audiences.of(request):
        raise NotFound(NOT_THERE)
    return record


def stored(notification_id: str) -> Record:
    """The notification with what is stored beside it, as of now. Raises NotFound."""
    found = records.queried(
        {
            "TableName": dynamodb.NOTIFICATIONS,
            "KeyConditionExpression": "id = :id",
            "ExpressionAttributeValues": {":id": {"N": notification_id}},
            "ConsistentRead": True,
        },
        1,
    )
    if not found or is_over(found[0], clock.now()):
        raise NotFound(NOT_THERE)
    return found[0]


def is_sender(request: Request, record: Record) -> bool:
    """Whether the caller has sent it."""
    return bool(record["sender"] == request.caller.sub)


def is_over(record: Record, now: str) -> bool:
    """Whether nobody sees it any more."""
    return bool(record.get("expiresAt", _LAST) <= now)


def shown(record: Record) -> Record:
    """The notification as the API shows it."""
    fields = ("audience", "title", "body", "senderId", "senderName", "expiresAt")
    return {"id": str(record["id"]), "sentAt": record["sent_at"], **{name: record.get(name) for name in fields}}


def merged(streams: Iterable[Iterable[Record]], now: str) -> Iterator[Record]:
    """What is not over of several streams, each of which begins with its newest; read no further than is needed."""
    newest = heapq.merge(*streams, key=lambda record: str(record["sort_key"]), reverse=True)
    return (record for record in newest if not is_over(record, now))


def reader(sub: str) -> str:
    """The partition of the index table that holds what an account has read."""
    return f"read#{sub}"


# What the watermark's item is called among the marks, which begin with a time.
WATERMARK = "-"


def _newest(chosen: Iterable[str], *, before: str = "", after: str = "") -> Iterator[Record]:
    return merged([_stream(each, before, after) for each in dict.fromkeys(chosen)], clock.now())


def _stream(audience: str, before: str, after: str) -> Iterator[Record]:
    """What was sent to an audience before the one at `before`, and later than the time `after`; the newest first."""
    asked: dict[str, Any] = {
        "TableName": dynamodb.NOTIFICATIONS,
        "IndexName": "audience-index",
        "KeyConditionExpression": "audience = :audience AND sort_key BETWEEN :after AND :before",
        "ExpressionAttributeValues": {
            ":audience": {"S": audience},
            ":after": {"S": f"{after}{_LAST}" if after else _FIRST},
            ":before": {"S": before or _LAST},
        },
        "ScanIndexForward": False,
        "Limit": _PIECE,
    }
    while True:
        answer = dynamodb.client.query(**asked)
        yield from (each for each in map(dynamodb.record, answer["Items"]) if each["sort_key"] != before)
        if "LastEvaluatedKey" not in answer:
            return
        asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _page(request: Request, audience: str) -> tuple[list[Record], str | None]:
    """A page of one audience, and the cursor of the next one."""
    binding = f"{request.binding} {audience}"
    limit = request.query["limit"]
    found = list(islice(_newest([audience], before=_position(request, binding)), limit + 1))
    more = cursors.seal(found[limit - 1]["sort_key"], binding) if len(found) > limit else None
    return found[:limit], more


def _position(request: Request, binding: str) -> str:
    cursor = request.query.get("cursor")
    return cursors.unseal(cursor, binding) if cursor else ""


def _read(sub: str, found: list[Record], seen: str) -> set[str]:
    """Which of `found`, by their sort key, the account has read: marked, or sent by the time `seen`."""
    if not found:
        return set()
    marks = records.queried(
        {
            "TableName": dynamodb.INDEX,
            "KeyConditionExpression": "pk = :reader AND sk BETWEEN :oldest AND :newest",
            "ExpressionAttributeValues": {
                ":reader": {"S": reader(sub)},
                ":oldest": {"S": found[-1]["sort_key"]},
                ":newest": {"S": found[0]["sort_key"]},
            },
            "ConsistentRead": True,
        },
        10_000,
    )
    marked = {mark["sk"] for mark in marks}
    return {each["sort_key"] for each in found if each["sent_at"] <= seen or each["sort_key"] in marked}


def _watermark(sub: str) -> str:
    """The time up to which the account has read everything, or ""."""
    key = {"pk": {"S": reader(sub)}, "sk": {"S": WATERMARK}}
    item = dynamodb.client.get_item(TableName=dynamodb.INDEX, Key=key, ConsistentRead=True).get("Item", {})
    return str(item.get("at", {}).get("S", ""))
