"""Mail: how much waits, addresses that get none, a test, and imports that have finished."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from studentdb.contract.fields import Email
from studentdb.contract.models import PageQuery, RequestModel, ResponseModel
from studentdb.contract.operation import Operation

MOST_LIFTED = 25
Count = Annotated[int, Field(ge=0, le=1_000_000, description="how many rows")]

Noun = Annotated[
    str,
    Field(min_length=1, max_length=40, pattern=r"^[a-z]+(?: [a-z]+)*$", description="what was imported: students"),
]


class Mail(ResponseModel):
    """Who sends (null: nobody, no mail goes out), how many acts wait for theirs, how many addresses get none."""

    mail_from: str | None = None
    waiting: int
    suppressed: int


class Suppression(ResponseModel):
    """An address that gets no mail: `reason` is bounce or complaint."""

    email: str
    reason: str
    at: str


class SuppressionList(ResponseModel):
    """One page of addresses in their order."""

    suppressions: list[Suppression]
    next_cursor: str | None = None


class SuppressionsLift(RequestModel):
    """Addresses that are to get mail again."""

    emails: Annotated[list[Email], Field(max_length=MOST_LIFTED)]


class SuppressionsLifted(ResponseModel):
    """How many were asked for."""

    lifted: int


class TestMail(RequestModel):
    """Where a test goes."""

    # pytest takes it for a test otherwise.
    __test__ = False

    email: Email


class FinishedImport(RequestModel):
    """What an import did, row by row."""

    of: Noun
    added: Count = 0
    changed: Count = 0
    unchanged: Count = 0
    refused: Count = 0


class MailQueued(ResponseModel):
    """How many mails are on their way; 0 where the school sends none."""

    queued: int


OPERATIONS: tuple[Operation, ...] = (
    Operation(name="get_mail", method="GET", path="/api/mail", response=Mail, allowed={"admin": "any"}),
    Operation(
        name="list_suppressions",
        method="GET",
        path="/api/mail/suppressions",
        query=PageQuery,
        response=SuppressionList,
        allowed={"admin": "any"},
    ),
    Operation(
        name="lift_suppressions",
        method="POST",
        path="/api/mail/lift-suppressions",
        body=SuppressionsLift,
        response=SuppressionsLifted,
        allowed={"admin": "any"},
    ),
    Operation(
        name="send_test_mail",
        method="POST",
        path="/api/mail/test-mails",
        body=TestMail,
        response=MailQueued,
        allowed={"admin": "any"},
    ),
    Operation(
        name="finish_import",
        method="POST",
        path="/api/finished-imports",
        body=FinishedImport,
        response=MailQueued,
        # The mail goes to who ran it, whoever that is; lecturers import scores.
        allowed={"admin": "any", "lecturer": "any"},
    ),
)
