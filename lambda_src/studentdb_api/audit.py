"""Who did what, when, to which record: one item per act, written in the transaction of the act.

Both functions may put items into the table and neither may change or remove one; a key is taken once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from studentdb_api import clock, dynamodb
from studentdb_api.problems import VersionConflict
from studentdb_api.request import Request

# They change with every write and say nothing about it.
_OF_EVERY_WRITE = frozenset({"version", "createdAt", "updatedAt"})
# Looks are among them: a record that is looked at all the time must not make a conflict dear.
_LATEST = 100


def entity(kind: str, record_id: str) -> str:
    """What the acts on one record have in common."""
    return f"{kind}#{record_id}"


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The fields that differ: field -> {"before": …, "after": …}; what is not there is null."""
    return {
        name: {"before": before.get(name), "after": after.get(name)}
        for name in sorted(before.keys() | after.keys())
        if name not in _OF_EVERY_WRITE and before.get(name) != after.get(name)
    }


def written(
    request: Request,
    kind: str,
    record_id: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    reason: str = "",
) -> dict[str, Any]:
    """The transaction's part that tells of a write; {} stands for a record that is not there."""
    more = {"changes": json.dumps(changes(before, after)), "reason": reason, "version": after.get("version")}
    return {"Put": _put(request, kind, record_id, more)}


def read(request: Request, kind: str, record_id: str) -> None:
    """Tell of a look at a full record, before it is shown."""
    dynamodb.client.put_item(**_put(request, kind, record_id, {}))


def conflict(kind: str, record_id: str, now: Mapping[str, Any], version: int) -> VersionConflict:
    """That a record, shown as it is `now`, is no longer at `version`: what the acts since then have changed.

    As far as its latest acts tell. Who may change a record may see it, so the values that stand there now are told too.
    """
    answer = dynamodb.client.query(
        TableName=dynamodb.AUDIT,
        KeyConditionExpression="entity = :entity",
        ExpressionAttributeValues={":entity": {"S": entity(kind, record_id)}},
        ScanIndexForward=False,
        Limit=_LATEST,
        ConsistentRead=True,
    )
    acts = [dynamodb.record(item) for item in answer["Items"]]
    changed = {field for act in acts if act.get("version", 0) > version for field in json.loads(act["changes"])}
    return VersionConflict(now["version"], {field: now.get(field) for field in sorted(changed)})


def _put(request: Request, kind: str, record_id: str, more: Mapping[str, Any]) -> dict[str, Any]:
    now = clock.now()
    act = {
        "entity": entity(kind, record_id),
        # Acts of one millisecond are told apart by the request.
        "at": f"{now} {request.request_id}",
        "day": now[:10],
        "actor": request.caller.sub,
        "operation": request.operation,
        **{name: each for name, each in more.items() if each},
    }
    return {
        "TableName": dynamodb.AUDIT,
        "Item": dynamodb.item(act),
        "ConditionExpression": "attribute_not_exists(entity)",
    }
