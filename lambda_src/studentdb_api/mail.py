"""Mail, as admins see it: how much waits, a test, and the import that they were told to wait for."""

from __future__ import annotations

import os

from studentdb_api import audit, dynamodb, logins, outbox, suppressions, transactions
from studentdb_api.request import Answer, Request


def get_mail(_: Request) -> Answer:
    """GET /api/mail."""
    sender = os.environ.get("MAIL_FROM")
    return Answer(
        {
            "mailFrom": sender,
            "waiting": _count(dynamodb.MAIL, outbox.PARTITION) if sender else 0,
            "suppressed": _count(dynamodb.INDEX, suppressions.PARTITION),
        }
    )


def send_test_mail(request: Request) -> Answer:
    """POST /api/mail/test-mails: it takes the way that all mail takes."""
    queued = outbox.queued("test", request.request_id, f"email#{request.body['email'].lower()}")
    if queued:
        told = audit.written(request, "mail", request.request_id, {}, {"queued": 1})
        transactions.commit([told, *queued])
    return Answer({"queued": len(queued)})


def finish_import(request: Request) -> Answer:
    """POST /api/finished-imports: the audit keeps it, and who ran it is told by mail where there is any."""
    counts = {name: request.body.get(name, 0) for name in ("added", "changed", "unchanged", "refused")}
    told = audit.written(request, "import", request.request_id, {}, {"of": request.body["of"], **counts})
    address = logins.email(request) if outbox.is_on() else ""
    queued = (
        outbox.queued("import", request.request_id, f"email#{address}", of=request.body["of"], **counts)
        if address
        else []
    )
    transactions.commit([told, *queued])
    return Answer({"queued": len(queued)})


def _count(table: str, partition: str) -> int:
    pages = dynamodb.client.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="pk = :partition",
        ExpressionAttributeValues={":partition": {"S": partition}},
        Select="COUNT",
        ConsistentRead=True,
    )
    return sum(page["Count"] for page in pages)
