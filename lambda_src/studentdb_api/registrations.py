"""Registrations: who has signed up, and waits for an admin's decision; and what was decided lately.

A registration lies in the partition of its state, the oldest first, so that a list costs what it returns. While it is
pending, the account's item (logins.py) says since when the account waits: both are written in one transaction, and go
in one. What was decided is forgotten after 90 days, since people who were refused are nobody of ours; the audit stays.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from studentdb_api import audit, clock, cursors, dynamodb, logins, outbox, records, transactions, validation
from studentdb_api.dynamodb import Record
from studentdb_api.problems import NotFound
from studentdb_api.request import Answer, Request
from studentdb_api.router import contract
from studentdb_api.transactions import RefusedError

# What people may ask to be; admins are invited.
ROLES = ("student", "lecturer")

_KEPT_S = 90 * 24 * 60 * 60
_FIELDS = ("id", "email", "givenName", "familyName", "role", "state", "reason", "requestedAt", "decidedAt")
# What is told at a sign-up -> operation and field whose rules hold for it: those of the person that comes of it.
_RULES = {
    "email": ("invite_user", "email"),
    "givenName": ("create_student", "givenName"),
    "familyName": ("create_student", "familyName"),
}


def of_attributes(attributes: Mapping[str, str]) -> dict[str, str | None]:
    """What somebody has told, of the attributes that Cognito keeps."""
    return {
        "email": str(attributes.get("email", "")).lower(),
        "givenName": attributes.get("given_name") or None,
        "familyName": attributes.get("family_name") or None,
    }


def wrong(told: Mapping[str, str | None]) -> dict[str, str]:
    """What is wrong with what somebody tells: field -> why. `told` has all of `_RULES`, None for what is left out."""
    bodies = {each.name: each.body for each in contract()}
    found: dict[str, str] = {}
    for field, (operation, theirs) in _RULES.items():
        errors = validation.check((bodies[operation] or {})["properties"][theirs], told[field])
        if errors:
            found[field] = str(errors[0]["message"]) if told[field] is not None else "is needed"
    return found


def register(request: Request, sub: str, told: Mapping[str, str | None]) -> bool:
    """Make the account wait for approval. False where it does already, or has a role: nothing is changed then.

    Of what is told, what breaks a rule is left out: the account is there, and somebody has to see it.
    """
    since = clock.now()
    broken = wrong(told)
    kept = {name: value for name, value in told.items() if name not in broken}
    record = records.normal({**kept, "id": sub, "state": "pending", "requestedAt": since})
    parts = [
        logins.updated(
            sub,
            {"email": told["email"], "waiting": since},
            "attribute_not_exists(#role) AND attribute_not_exists(waiting)",
        ),
        logins.listed(sub),
        {"Put": {"TableName": dynamodb.INDEX, "Item": {**_key("pending", since, sub), **dynamodb.item(record)}}},
        audit.written(request, "registration", sub, {}, {name: record.get(name) for name in ("email", "role")}),
        *outbox.queued("signed-up", sub, "admins"),
    ]
    try:
        transactions.commit(parts)
    except RefusedError as refused:
        if 0 not in refused.items:
            raise
        return False
    return True


def pending(sub: str, since: str) -> Record:
    """The registration of an account that waits since then. Raises NotFound for one that does not."""
    found: Record = {}
    if since:
        key = _key("pending", since, sub)
        stored = dynamodb.client.get_item(TableName=dynamodb.INDEX, Key=key, ConsistentRead=True).get("Item")
        found = dynamodb.record(stored) if stored else {}
    if not found:
        raise NotFound("no registration with this id waits for a decision")
    return found


def shown(record: Record) -> Record:
    """A registration as the API shows it."""
    return {name: record.get(name) for name in _FIELDS}


def decided(record: Record, state: str, **more: Any) -> tuple[Record, list[dict[str, Any]]]:
    """A pending registration as decided, and the parts of a transaction that make it so."""
    now = int(time.time())
    since, sub = record["requestedAt"], record["id"]
    after = {**record, **more, "state": state, "decidedAt": clock.now(), "expires": now + _KEPT_S}
    after = {name: value for name, value in after.items() if name not in ("pk", "sk")}
    return after, [
        forgotten(sub, since),
        {"Put": {"TableName": dynamodb.INDEX, "Item": {**_key(state, since, sub), **dynamodb.item(after)}}},
    ]


def forgotten(sub: str, since: str) -> dict[str, Any]:
    """The part of a transaction after which no registration of the account is pending."""
    return {"Delete": {"TableName": dynamodb.INDEX, "Key": _key("pending", since, sub)}}


def list_registrations(request: Request) -> Answer:
    """GET /api/users/registrations: a page of one state, the oldest first."""
    state, limit = request.query["state"], request.query["limit"]
    binding = f"{request.binding} {state}"
    cursor = request.query.get("cursor")
    after = cursors.unseal(cursor, binding) if cursor else ""
    asked: dict[str, Any] = {
        "TableName": dynamodb.INDEX,
        "KeyConditionExpression": "pk = :state" + (" AND sk > :after" if after else ""),
        "ExpressionAttributeValues": {":state": {"S": f"registration#{state}"}}
        | ({":after": {"S": after}} if after else {}),
        "ConsistentRead": True,
    }
    found = records.queried(asked, limit + 1)
    more = cursors.seal(found[limit - 1]["sk"], binding) if len(found) > limit else None
    return Answer({"registrations": [shown(each) for each in found[:limit]], "nextCursor": more})


def _key(state: str, since: str, sub: str) -> dynamodb.Item:
    return {"pk": {"S": f"registration#{state}"}, "sk": {"S": f"{since} {sub}"}}
