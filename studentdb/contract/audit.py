"""The audit: who did what, when, to which record. Only the admins read it, and nobody changes it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from studentdb.contract.fields import LEFT_OUT, Date
from studentdb.contract.models import PageQuery, ResponseModel
from studentdb.contract.operation import Operation

# As the functions name records towards the audit; other systems' ids may hold any visible ASCII.
Entity = Annotated[
    str,
    Field(
        min_length=3,
        max_length=300,
        pattern=r"^[a-z][a-z -]*#[!-~](?:[ -~]*[!-~])?$",
        description="a kind and an id such as student#8f7c3a52-0d5c-4b9e-9d1f-3f0a2b6c4d5e",
    ),
]
Actor = Annotated[
    str,
    Field(
        min_length=1,
        max_length=128,
        pattern=r"^[0-9A-Za-z_-]+$",
        description="the id (sub) of an account",
    ),
]


class AuditQuery(PageQuery):
    """Which acts: those on one record, of one account, or of one day (UTC). Exactly one of the three is asked for."""

    entity: Entity = LEFT_OUT
    actor: Actor = LEFT_OUT
    day: Date = LEFT_OUT


class FieldChange(ResponseModel):
    """What a write made of one field; null is a field that was not there, or is there no more."""

    field: str
    before: Any = None
    after: Any = None


class Act(ResponseModel):
    """One act. `at` is UTC with milliseconds; `changes` is empty for a read; `actor` is the account's id (sub)."""

    at: str
    actor: str
    operation: str
    entity: str
    changes: list[FieldChange] = Field(default_factory=list)
    reason: str | None = None
    request_id: str


class Audit(ResponseModel):
    """One page of acts, the newest first; `next_cursor` is null on the last page."""

    audit: list[Act]
    next_cursor: str | None = None


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="list_audit",
        method="GET",
        path="/api/audit",
        query=AuditQuery,
        response=Audit,
        allowed={"admin": "any"},
    ),
)
