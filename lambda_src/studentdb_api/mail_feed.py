"""The function behind the outbox: it sends what waits there, and keeps what SES says of addresses.

What drives it is the outbox's own stream. A record of it says only that an item is there or has changed; the item as
it is stored by then says what is left to do. One page of its audience is sent, then the item's cursor moves, and that
is the next record: a crash or the end of the function's time goes on from the last page, and a record that comes twice
finds the work done. Items lie in one partition, whose records come one after the other, so that no two pages go out at
the same time.

Where no mail goes out now (rate, daily quota, an address that is not verified) the item says until when it waits. A
schedule looks every five minutes and touches what is due, which is a record of the stream again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from studentdb_api import dynamodb, log, mail_recipients, mail_sending, mail_texts, outbox, suppressions
from studentdb_api.dynamodb import Record
from studentdb_api.mail_recipients import Page
from studentdb_api.mail_sending import NotNowError

# Milliseconds that a mail and the word of it may take: none is begun with less.
_MARGIN = 25_000
# Seconds without a sign of life after which an item is touched all the same: a stream keeps records for a day only.
_FORGOTTEN = 3600


class FeedError(Exception):
    """Something failed; the log says where. Without the cause, whose text may quote a record."""


def handler(event: Mapping[str, Any], context: Any) -> None:
    """Records of the outbox's stream, an event of SES, or the schedule's. Raises FeedError."""
    try:
        if "Records" in event:
            _follow(event["Records"], context)
        elif event.get("source") == "aws.ses":
            _suppress(event["detail"])
        else:
            _wake()
    except Exception as error:
        log.batch(error=error)
        raise FeedError("the outbox could not be worked on") from None


def _follow(records: Iterable[Mapping[str, Any]], context: Any) -> None:
    changed = {record["dynamodb"]["Keys"]["sk"]["S"]: None for record in records if record["eventName"] != "REMOVE"}
    for name in changed:
        if _left(context) < _MARGIN:
            _touch(name)
        else:
            _work(name, context)


def _work(name: str, context: Any) -> None:
    item = _stored(name)
    now = time.time()
    if not item or item.get("after", 0) > now:
        return
    if item["expires"] <= now:
        # AWS takes its time with that (DDB-29).
        _remove(name)
        return
    try:
        if item["kind"] == "lifted":
            for email in item["emails"]:
                mail_sending.allow_again(email)
            _remove(name)
            return
        message = mail_texts.message(item)
        if message is None:
            _remove(name)
            return
        _send(item, mail_recipients.page(item), message, context)
    except Exception as error:
        # One that fails must not keep back those behind it. Where the table does not answer, this raises too.
        log.batch(error=error)
        _wait(name, mail_sending.SOON)


def _send(item: Record, page: Page, message: mail_texts.Message, context: Any) -> None:
    reached: list[str] = []
    sent = refused = wait = 0
    error: BaseException | None = None
    for recipient in page.recipients:
        if _left(context) < _MARGIN:
            break
        if recipient.address:
            try:
                taken = mail_sending.send(recipient.address, message)
            except NotNowError as stop:
                wait, error = stop.wait, stop.__cause__
                break
            sent, refused = sent + taken, refused + (not taken)
        reached.append(recipient.position)
    log.batch(error=error, sent=sent, refused=refused, skipped=len(reached) - sent - refused, waits=wait)
    _keep(item, reached, finished=page.last and len(reached) == len(page.recipients))
    if wait:
        _wait(item["sk"], wait)
    elif not reached:
        _touch(item["sk"])


def _keep(item: Record, reached: list[str], *, finished: bool) -> None:
    """What is done is not done again."""
    name = item["sk"]
    if "people" in item:
        if reached:
            _update(name, "DELETE people :reached", {":reached": {"SS": reached}})
        if finished:
            # Unless somebody was added meanwhile.
            _remove(name, "attribute_not_exists(people)")
    elif finished:
        _remove(name)
    elif reached:
        before = {":before": {"S": item["cursor"]}} if "cursor" in item else {}
        _update(
            name,
            "SET #cursor = :now",
            {":now": {"S": reached[-1]}, **before},
            {"#cursor": "cursor"},
            "#cursor = :before" if before else "attribute_not_exists(#cursor)",
        )


def _suppress(detail: Mapping[str, Any]) -> None:
    """A soft bounce says nothing of the address, and `not-spam` takes a complaint back."""
    bounce, complaint = detail.get("bounce"), detail.get("complaint")
    found: list[tuple[str, str]] = []
    if bounce and bounce["bounceType"] == "Permanent":
        found += [(each["emailAddress"], "bounce") for each in bounce["bouncedRecipients"]]
    if complaint and complaint.get("complaintFeedbackType") != "not-spam":
        found += [(each["emailAddress"], "complaint") for each in complaint["complainedRecipients"]]
    for address, reason in found:
        suppressions.add(address, reason)
    log.batch(suppressed=len(found))


def _wake() -> None:
    """Touch what has waited long enough, and what the stream seems to have lost."""
    now = int(time.time())
    asked = {
        "TableName": dynamodb.MAIL,
        "KeyConditionExpression": "pk = :outbox",
        "ExpressionAttributeValues": {":outbox": {"S": outbox.PARTITION}},
        "ConsistentRead": True,
    }
    touched = 0
    for found in dynamodb.client.get_paginator("query").paginate(**asked):
        for item in map(dynamodb.record, found["Items"]):
            lost = now - item.get("touched", item["expires"] - outbox.LASTS) > _FORGOTTEN
            if item["after"] <= now if "after" in item else lost:
                _touch(item["sk"])
                touched += 1
    log.batch(touched=touched)


def _stored(name: str) -> Record:
    answer = dynamodb.client.get_item(TableName=dynamodb.MAIL, Key=_key(name), ConsistentRead=True)
    return dynamodb.record(answer.get("Item", {}))


def _touch(name: str) -> None:
    _update(name, "SET touched = :now REMOVE #after", {":now": _in(0)}, {"#after": "after"})


def _wait(name: str, seconds: int) -> None:
    _update(name, "SET #after = :then", {":then": _in(seconds)}, {"#after": "after"})


def _in(seconds: int) -> dict[str, str]:
    return {"N": str(int(time.time()) + seconds)}


def _update(
    name: str, expression: str, values: dict[str, Any], names: dict[str, str] | None = None, condition: str = ""
) -> None:
    """Change an item that is still there, and as `condition` says; otherwise others were faster."""
    try:
        dynamodb.client.update_item(
            TableName=dynamodb.MAIL,
            Key=_key(name),
            UpdateExpression=expression,
            ConditionExpression=" AND ".join(filter(None, ("attribute_exists(pk)", condition))),
            ExpressionAttributeValues=values,
            **({"ExpressionAttributeNames": names} if names else {}),
        )
    except dynamodb.client.exceptions.ConditionalCheckFailedException:
        return


def _remove(name: str, condition: str = "") -> None:
    more = {"ConditionExpression": condition} if condition else {}
    try:
        dynamodb.client.delete_item(TableName=dynamodb.MAIL, Key=_key(name), **more)
    except dynamodb.client.exceptions.ConditionalCheckFailedException:
        return


def _key(name: str) -> dynamodb.Item:
    return {"pk": {"S": outbox.PARTITION}, "sk": {"S": name}}


def _left(context: Any) -> int:
    """Milliseconds until the function's time is over."""
    return int(context.get_remaining_time_in_millis())
