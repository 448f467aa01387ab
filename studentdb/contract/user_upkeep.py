"""Accounts in bulk: invitations of hundreds, and finding what is out of step."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from studentdb.contract.fields import LEFT_OUT, AccountEmail, Cursor, Identifier
from studentdb.contract.models import PageQuery, RequestModel, ResponseModel
from studentdb.contract.operation import Operation, Role

MOST_QUEUED = 25
InvitationState = Literal["pending", "failed", "sent"]


class InvitationCreate(RequestModel):
    """Somebody to be invited; `identifier` is the number of the person, without it whoever has the e-mail."""

    email: AccountEmail
    role: Role
    identifier: Identifier = LEFT_OUT


class InvitationBatch(RequestModel):
    """Invitations to queue; one for an e-mail that is queued already takes its place."""

    invitations: Annotated[list[InvitationCreate], Field(max_length=MOST_QUEUED)]


class InvitationsQueued(ResponseModel):
    """How many are queued by this request."""

    queued: int


class InvitationsSend(RequestModel):
    """How many of those that are pending to send at most; each takes Cognito about a second."""

    limit: Annotated[int, Field(ge=1, le=10)] = 10


class InvitationsSent(ResponseModel):
    """What became of some of them.

    `stopped` null: there may be more to do at once. "done": none is pending. "mail-limit": no more mail goes out today.
    "busy": Cognito, or another run, works on them just now.
    """

    sent: int
    failed: int
    stopped: Literal["done", "mail-limit", "busy"] | None = None


class InvitationQuery(PageQuery):
    """Which invitations."""

    state: InvitationState = "pending"


class Invitation(ResponseModel):
    """An invitation of the queue; `reason` says why it failed."""

    email: str
    role: str
    identifier: str | None = None
    state: str
    reason: str | None = None
    updated_at: str


class InvitationList(ResponseModel):
    """One page of invitations of one state, by e-mail."""

    invitations: list[Invitation]
    next_cursor: str | None = None


class InvitationsWithdraw(RequestModel):
    """E-mails whose invitations are taken out of the queue, where they have not been sent."""

    emails: Annotated[list[AccountEmail], Field(max_length=MOST_QUEUED)]


class InvitationsWithdrawn(ResponseModel):
    """How many were asked for."""

    withdrawn: int


class UserCheck(RequestModel):
    """The next part of a check of all accounts; without a cursor the first. `repair` mends what it finds."""

    repair: bool = False
    cursor: Cursor = LEFT_OUT


class UserFinding(ResponseModel):
    """What is out of step with one account. `repaired` false: it was not asked for, or needs a person's decision."""

    id: str
    email: str | None = None
    finding: str
    repaired: bool


class UserFindings(ResponseModel):
    """What one part of the check found; `next_cursor` is null after the last part."""

    checked: int
    findings: list[UserFinding]
    next_cursor: str | None = None


def _post(name: str, path: str, body: type[RequestModel], response: type[ResponseModel]) -> Operation:
    return Operation(
        name=name,
        method="POST",
        path=f"/api/users/{path}",
        body=body,
        response=response,
        allowed={"admin": "any"},
        function="accounts",
    )


# Before those of users.py: `/api/users/invitations` is nobody's id.
OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="list_invitations",
        method="GET",
        path="/api/users/invitations",
        query=InvitationQuery,
        response=InvitationList,
        allowed={"admin": "any"},
        function="accounts",
    ),
    _post("queue_invitations", "invitations", InvitationBatch, InvitationsQueued),
    _post("send_invitations", "send-invitations", InvitationsSend, InvitationsSent),
    _post("withdraw_invitations", "withdraw-invitations", InvitationsWithdraw, InvitationsWithdrawn),
    _post("check_users", "check", UserCheck, UserFindings),
)
