"""Addresses that get no mail any more: one bounced for good, or somebody complained. An admin lifts that.

By address, in one partition of the index table: it outlives the person's record, and the mail's being switched off.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from studentdb_api import audit, clock, cursors, dynamodb, outbox, records, transactions
from studentdb_api.dynamodb import Record
from studentdb_api.request import Answer, Request

PARTITION = "suppressed"


def list_suppressions(request: Request) -> Answer:
    """GET /api/mail/suppressions: a page, by address. The look is told to the audit."""
    audit.read(request, "mail", PARTITION)
    limit, binding, cursor = request.query["limit"], request.binding, request.query.get("cursor")
    after = cursors.unseal(cursor, binding) if cursor else ""
    asked: dict[str, Any] = {
        "TableName": dynamodb.INDEX,
        "KeyConditionExpression": "pk = :suppressed" + (" AND sk > :after" if after else ""),
        "ExpressionAttributeValues": {":suppressed": {"S": PARTITION}} | ({":after": {"S": after}} if after else {}),
        "ConsistentRead": True,
    }
    found = records.queried(asked, limit + 1)
    more = cursors.seal(found[limit - 1]["sk"], binding) if len(found) > limit else None
    shown = [{"email": each["sk"], "reason": each["reason"], "at": each["at"]} for each in found[:limit]]
    return Answer({"suppressions": shown, "nextCursor": more})


def lift_suppressions(request: Request) -> Answer:
    """POST /api/mail/lift-suppressions. SES keeps a list of its own, from which the mail function takes them too.

    Without mail there is nobody who could, so that none is lifted.
    """
    emails = sorted({email.lower() for email in request.body["emails"]}) if outbox.is_on() else []
    if emails:
        parts = [{"Delete": {"TableName": dynamodb.INDEX, "Key": key(each)}} for each in emails]
        told = [audit.written(request, "suppression", each, {"suppressed": True}, {}) for each in emails]
        queued = outbox.queued("lifted", request.request_id, "", emails=emails)
        transactions.commit([*parts, *told, *queued])
    return Answer({"lifted": len(emails)})


def add(address: str, reason: str) -> None:
    """From now on nothing is sent there; `reason` is bounce or complaint."""
    item = {**key(address), **dynamodb.item({"reason": reason, "at": clock.now()})}
    dynamodb.client.put_item(TableName=dynamodb.INDEX, Item=item)


def among(addresses: Iterable[str]) -> set[str]:
    """Those of some addresses, in lower case, that get no mail; at most 100 are asked about."""
    found = batch([key(each) for each in {address.lower() for address in addresses}])
    return {str(item["sk"]) for item in found}


def batch(keys: list[dynamodb.Item]) -> list[Record]:
    """Items of the index table, at most 100, as of now."""
    found: list[Record] = []
    while keys:
        asked = {dynamodb.INDEX: {"Keys": keys, "ConsistentRead": True}}
        answer = dynamodb.client.batch_get_item(RequestItems=asked)
        found += map(dynamodb.record, answer["Responses"].get(dynamodb.INDEX, ()))
        keys = answer.get("UnprocessedKeys", {}).get(dynamodb.INDEX, {}).get("Keys", [])
    return found


def key(address: str) -> dynamodb.Item:
    """The item's key."""
    return {"pk": {"S": PARTITION}, "sk": {"S": address.lower()}}
