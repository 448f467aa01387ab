"""Accounts in bulk: invitations, queued and sent in bounded calls; a check of all accounts, part by part."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from studentdb.api.client import ApiClient
from studentdb.api.problems import parsed
from studentdb.contract.user_upkeep import (
    MOST_QUEUED,
    InvitationBatch,
    InvitationCreate,
    InvitationsQueued,
    InvitationsSend,
    InvitationsSent,
    InvitationsWithdraw,
    InvitationsWithdrawn,
    UserCheck,
    UserFinding,
    UserFindings,
)

# How often, and after how many seconds, it is asked again where Cognito is busy.
_TRIES = 30
_PAUSE = 2.0


def queue(client: ApiClient, rows: Sequence[InvitationCreate]) -> int:
    """Put them into the queue; again for the same people, nothing is there twice. Raises as `ApiClient.call` does."""
    queued, left = 0, iter(rows)
    while batch := list(islice(left, MOST_QUEUED)):
        answer = client.call("queue_invitations", body=InvitationBatch(invitations=batch))
        queued += parsed(InvitationsQueued, answer).queued
    return queued


def send(client: ApiClient, *, sleep: Callable[[float], None] = time.sleep) -> Iterator[InvitationsSent]:
    """What became of the pending ones, call by call; the last one says why it ended."""
    tries = 0
    while True:
        done = parsed(InvitationsSent, client.call("send_invitations", body=InvitationsSend()))
        yield done
        tries = 0 if done.sent or done.failed else tries + 1
        if done.stopped in ("done", "mail-limit") or tries >= _TRIES:
            return
        if done.stopped == "busy":
            sleep(_PAUSE)


def withdraw(client: ApiClient, emails: Sequence[str]) -> int:
    """Take those that have not been sent out of the queue."""
    withdrawn, left = 0, iter(emails)
    while batch := list(islice(left, MOST_QUEUED)):
        answer = client.call("withdraw_invitations", body=InvitationsWithdraw(emails=batch))
        withdrawn += parsed(InvitationsWithdrawn, answer).withdrawn
    return withdrawn


def check(client: ApiClient, *, repair: bool) -> Iterator[UserFinding]:
    """What is out of step among all accounts, part by part."""
    asked = UserCheck(repair=repair)
    while True:
        part = parsed(UserFindings, client.call("check_users", body=asked))
        yield from part.findings
        if part.next_cursor is None:
            return
        asked = UserCheck(repair=repair, cursor=part.next_cursor)
