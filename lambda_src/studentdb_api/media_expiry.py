"""The function behind the media table's stream: it ends files whose time is over, and tells of those that failed.

A record of the stream says only that DynamoDB has removed a file's marker, perhaps days late, twice, or after the file
got another time. What is to be done is what the file's record says by then. Lambda sends what fails again, in halves.

Lambda also tells it of files that the function behind the bucket (media_feed.py) failed on, again and again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from studentdb_api import clock, log, media, media_life, media_look, media_store, transactions
from studentdb_api.dynamodb import Record
from studentdb_api.problems import NotFound

_TTL = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


class MediaExpiryError(Exception):
    """Something failed; the log says where. Without the cause, whose text may quote a record."""


def handler(event: Mapping[str, Any], _context: object) -> None:
    """Records of the stream, or what became of an event of the bucket. Raises MediaExpiryError."""
    try:
        if "requestPayload" in event:
            files = [media_look.id_of(each) for each in event["requestPayload"]["Records"]]
            for media_id in files:
                media_life.fail(media_id)
        else:
            files = _fired(event["Records"])
            for media_id in files:
                _follow(media_id)
    except Exception as error:
        log.batch(error=error)
        raise MediaExpiryError("what is due of a file could not be done") from None
    log.batch(files=len(files))


def _fired(records: Iterable[Mapping[str, Any]]) -> list[str]:
    """Whose markers have gone by themselves. The mapping filters as well; another one may not."""
    found: dict[str, None] = {}
    for each in records:
        keys, by = each["dynamodb"]["Keys"], each.get("userIdentity") or {}
        is_ttl = {name: by.get(name) for name in _TTL} == _TTL
        if each["eventName"] == "REMOVE" and is_ttl and keys["key"]["S"] == media_life.MARKER:
            found[keys["id"]["S"]] = None
    return list(found)


def _follow(media_id: str) -> None:
    for _ in range(transactions.ATTEMPTS):
        try:
            record = media.stored(media_id)
        except NotFound:
            return
        if "endedAt" in record:
            _remove(record)
            return
        if (moment := media_life.due(record)) is None or _done(record, moment):
            return
    raise RuntimeError("somebody keeps changing this record")


def _done(record: Record, moment: str) -> bool:
    """Whether what is due from `moment` on was done; False when the record is another one by now."""
    if moment > clock.now():
        # It got another time, and this marker was that of before.
        return media_life.remind(record, moment)
    over = media.is_over(record)
    if record["status"] == "pending" and not over and (version := media_store.earliest(record["id"])):
        # It has arrived, and the event was lost.
        media_look.ask(record["id"], version)
        return media_life.remind(record, media_life.in_a_while(media_life.ABANDONED))
    status = "expired" if over else "abandoned"
    if not media_life.end(record, "deleted" if record["status"] == "deleted" else status):
        return False
    _remove(record)
    return True


def _remove(record: Record) -> None:
    if "removedAt" not in record:
        media_store.remove_all(record["id"])
        media_life.finish(record)
