"""Invitations of hundreds: a queue in the index table, which a person's command works through in bounded calls.

An item lies in the partition of its state, by e-mail, so that a list costs what it returns: pending, failed (with the
reason) or sent. Whoever sends takes a pending one for a minute, so two runs do not mail one person twice; a run that
ends in between leaves it pending, and the next one goes on from there, on any machine.
"""

from __future__ import annotations

import time
from typing import Any

from botocore.exceptions import ClientError

from studentdb_api import audit, clock, cursors, dynamodb, pool, records, transactions, user_changes
from studentdb_api.dynamodb import Record
from studentdb_api.problems import Busy, MailLimit, Problem
from studentdb_api.request import Answer, Request
from studentdb_api.transactions import RefusedError

_STATES = ("pending", "failed", "sent")
_FIELDS = ("email", "role", "identifier", "state", "reason", "updatedAt")
# Seconds: for longer nobody works on one invitation.
_TAKEN_FOR = 60
# Seconds of the function's 30 after which no further invitation is begun.
_ENOUGH = 12
_THROTTLED = frozenset({"TooManyRequestsException", "ThrottlingException"})


def queue_invitations(request: Request) -> Answer:
    """POST /api/users/invitations."""
    rows = {row["email"].lower(): row for row in records.normal(request.body["invitations"])}
    actions: list[dict[str, Any]] = []
    for email, row in rows.items():
        actions += _moved({**row, "email": email}, "pending")
    if rows:
        told = audit.written(request, "invitation", request.request_id, {}, {"queued": len(rows)})
        transactions.commit([*actions, told])
    return Answer({"queued": len(rows)})


def list_invitations(request: Request) -> Answer:
    """GET /api/users/invitations: a page of one state."""
    state, limit = request.query["state"], request.query["limit"]
    binding = f"{request.binding} {state}"
    cursor = request.query.get("cursor")
    found = _of(state, limit + 1, after=cursors.unseal(cursor, binding) if cursor else "")
    page = [{name: item.get(name) for name in _FIELDS} for item in found[:limit]]
    more = cursors.seal(found[limit - 1]["email"], binding) if len(found) > limit else None
    return Answer({"invitations": page, "nextCursor": more})


def send_invitations(request: Request) -> Answer:
    """POST /api/users/send-invitations: the next ones, until there is a reason to stop."""
    begun = time.monotonic()
    counts = {"sent": 0, "failed": 0}
    pending = _of("pending", request.body.get("limit", 10))
    stopped = None if pending else "done"
    taken = 0
    for item in pending:
        if time.monotonic() - begun > _ENOUGH:
            break
        if not _take(item):
            continue
        taken += 1
        try:
            state, reason = _sent(request, item)
        except (Busy, MailLimit, ClientError) as error:
            _give_back(item)
            stopped = _why_stopped(error)
            break
        transactions.commit(_moved({**item, "reason": reason}, state))
        counts[state] += 1
    if pending and not taken:
        stopped = "busy"
    return Answer({**counts, "stopped": stopped})


def withdraw_invitations(request: Request) -> Answer:
    """POST /api/users/withdraw-invitations."""
    emails = {email.lower() for email in request.body["emails"]}
    if emails:
        told = audit.written(request, "invitation", request.request_id, {}, {"withdrawn": len(emails)})
        gone = [_removed(state, email) for email in emails for state in ("pending", "failed")]
        transactions.commit([*gone, told])
    return Answer({"withdrawn": len(emails)})


def _sent(request: Request, item: Record) -> tuple[str, str | None]:
    """The state that the invitation is in now, and why it failed. Raises what stops all of them."""
    try:
        user_changes.invited(request, item["email"], item["role"], item.get("identifier"))
    except (Busy, MailLimit):
        raise
    except Problem as problem:
        return "failed", "; ".join(str(each["message"]) for each in problem.errors) or problem.detail or problem.title
    return "sent", None


def _why_stopped(error: Exception) -> str:
    if isinstance(error, MailLimit):
        return "mail-limit"
    if isinstance(error, ClientError) and pool.code(error) not in _THROTTLED:
        raise error
    return "busy"


def _of(state: str, count: int, after: str = "") -> list[Record]:
    asked: dict[str, Any] = {
        "TableName": dynamodb.INDEX,
        "KeyConditionExpression": "pk = :state" + (" AND sk > :after" if after else ""),
        "ExpressionAttributeValues": {":state": {"S": f"invitation#{state}"}}
        | ({":after": {"S": after}} if after else {}),
        "ConsistentRead": True,
    }
    return records.queried(asked, count)


def _key(state: str, email: str) -> dynamodb.Item:
    return {"pk": {"S": f"invitation#{state}"}, "sk": {"S": email}}


def _moved(item: Record, state: str) -> list[dict[str, Any]]:
    """The parts after which the invitation is in this state, and in no other one."""
    fields = {name: item.get(name) for name in ("email", "role", "identifier", "reason")}
    stored = dynamodb.item({**fields, "state": state, "updatedAt": clock.now()})
    put = {"Put": {"TableName": dynamodb.INDEX, "Item": {**_key(state, item["email"]), **stored}}}
    return [put, *(_removed(other, item["email"]) for other in _STATES if other != state)]


def _removed(state: str, email: str) -> dict[str, Any]:
    return {"Delete": {"TableName": dynamodb.INDEX, "Key": _key(state, email)}}


def _take(item: Record) -> bool:
    """Whether it is ours for a while: pending still, and nobody else's."""
    now = int(time.time())
    try:
        transactions.commit(
            [
                {
                    "Update": {
                        "TableName": dynamodb.INDEX,
                        "Key": _key("pending", item["email"]),
                        "UpdateExpression": "SET taken = :until",
                        "ConditionExpression": "attribute_exists(pk) AND (attribute_not_exists(taken) OR taken < :now)",
                        "ExpressionAttributeValues": {
                            ":now": {"N": str(now)},
                            ":until": {"N": str(now + _TAKEN_FOR)},
                        },
                    }
                }
            ]
        )
    except RefusedError:
        return False
    return True


def _give_back(item: Record) -> None:
    update = {"TableName": dynamodb.INDEX, "Key": _key("pending", item["email"]), "UpdateExpression": "REMOVE taken"}
    transactions.commit([{"Update": {**update, "ConditionExpression": "attribute_exists(pk)"}}])
