"""Reading the audit: the acts on one record, of one account, or of one day."""

from __future__ import annotations

import json
from typing import Any

from studentdb_api import audit, cursors, dynamodb, records
from studentdb_api.dynamodb import Record
from studentdb_api.problems import Invalid
from studentdb_api.request import Answer, Request

# What is asked for -> the index that answers; the table itself is by record.
_INDEXES = {"entity": None, "actor": "actor-index", "day": "day-index"}
_SEPARATOR = "\x1f"


def list_audit(request: Request) -> Answer:
    """GET /api/audit: one page, the newest first. Who reads the audit is told to it as well."""
    given = [name for name in _INDEXES if name in request.query]
    if len(given) != 1:
        message = f"exactly one of {', '.join(_INDEXES)} must be given"
        raise Invalid(errors=[{"field": name, "message": message} for name in given or _INDEXES])
    asked, value = given[0], request.query[given[0]]
    acts, more = page(request, asked, value)
    audit.read(request, "audit", f"{asked} {value}")
    return Answer({"audit": acts, "nextCursor": more})


def page(request: Request, asked: str, value: str) -> tuple[list[Record], str | None]:
    """The acts of one entity, actor or day: a page of them, the newest first, and the cursor of the next one."""
    binding = f"{request.binding} {asked} {value}"
    cursor = request.query.get("cursor")
    after = cursors.unseal(cursor, binding) if cursor else ""
    limit = request.query["limit"]
    # One more than asked for says whether there is another page.
    found = records.queried(_query(asked, value, after), limit + 1)
    shown = found[:limit]
    more = cursors.seal(_position(shown[-1]), binding) if len(found) > limit else None
    return [_act(each) for each in shown], more


def _query(asked: str, value: str, after: str) -> dict[str, Any]:
    query: dict[str, Any] = {
        "TableName": dynamodb.AUDIT,
        "KeyConditionExpression": "#asked = :value",
        "ExpressionAttributeNames": {"#asked": asked},
        "ExpressionAttributeValues": {":value": {"S": value}},
        "ScanIndexForward": False,
    }
    if _INDEXES[asked]:
        query["IndexName"] = _INDEXES[asked]
    else:
        query["ConsistentRead"] = True
    if after:
        # The whole key, since the acts of one request have the same time.
        at, _, entity = after.partition(_SEPARATOR)
        query["ExclusiveStartKey"] = dynamodb.item({asked: value, "at": at, "entity": entity})
    return query


def _position(act: Record) -> str:
    return f"{act['at']}{_SEPARATOR}{act['entity']}"


def _act(stored: Record) -> Record:
    at, _, request_id = stored["at"].partition(" ")
    changes: dict[str, dict[str, Any]] = json.loads(stored.get("changes", "{}"))
    return {
        "at": at,
        "actor": stored["actor"],
        "operation": stored["operation"],
        "entity": stored["entity"],
        "changes": [{"field": field, **change} for field, change in changes.items()],
        "reason": stored.get("reason"),
        "requestId": request_id,
    }
