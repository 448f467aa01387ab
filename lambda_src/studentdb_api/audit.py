"""Who did what, when, to which record: one item per act, written in the transaction of the act.

Both functions may put items into the table and neither may change or remove one; a key is taken once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from studentdb_api import clock, dynamodb
from studentdb_api.request import Request

# They change with every write and say nothing about it.
_OF_EVERY_WRITE = frozenset({"version", "createdAt", "updatedAt"})


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
    return {"Put": _put(request, kind, record_id, {"changes": json.dumps(changes(before, after)), "reason": reason})}


def read(request: Request, kind: str, record_id: str) -> None:
    """Tell of a look at a full record, before it is shown."""
    dynamodb.client.put_item(**_put(request, kind, record_id, {}))


def _put(request: Request, kind: str, record_id: str, more: Mapping[str, str]) -> dict[str, Any]:
    now = clock.now()
    act = {
        "entity": entity(kind, record_id),
        # Acts of one millisecond are told apart by the request.
        "at": f"{now} {request.request_id}",
        "day": now[:10],
        "actor": request.caller.sub,
        "operation": request.operation,
        **{name: text for name, text in more.items() if text},
    }
    return {
        "TableName": dynamodb.AUDIT,
        "Item": dynamodb.item(act),
        "ConditionExpression": "attribute_not_exists(entity)",
    }
