"""Registrations: people who have signed up themselves, and what an admin decides about them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from studentdb.contract.fields import LEFT_OUT, AccountEmail, Id, Identifier, Name, Reason
from studentdb.contract.models import IdPath, PageQuery, RequestModel, ResponseModel
from studentdb.contract.operation import Operation
from studentdb.contract.users import User

# What people may ask to be; admins are invited.
AskedRole = Literal["student", "lecturer"]
RegistrationState = Literal["pending", "approved", "refused"]


class SignUp(RequestModel):
    """What somebody tells who signs up. It goes to Cognito, and comes to the API only once the address is confirmed."""

    email: AccountEmail
    given_name: Name
    family_name: Name | None = None
    role: AskedRole = LEFT_OUT


class RegistrationQuery(PageQuery):
    """Which registrations: those that wait for a decision, or what was decided in the last 90 days."""

    state: RegistrationState = "pending"


class Registration(ResponseModel):
    """Somebody who has signed up and confirmed the e-mail address. `id` is the account's.

    `role` is what was asked for, null where nobody said so, and what was given once it is approved; `reason` is why it
    was refused.
    """

    id: Id
    email: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    role: str | None = None
    state: Annotated[str, Field(description="pending, approved or refused")]
    reason: str | None = None
    requested_at: str
    decided_at: str | None = None


class RegistrationList(ResponseModel):
    """One page of registrations of one state, the oldest first; `next_cursor` is null on the last page."""

    registrations: list[Registration]
    next_cursor: str | None = None


class RegistrationApprove(RequestModel):
    """In which role, and whose account it is.

    The account becomes that of the person with its e-mail address, or with the number `identifier`; where there is
    nobody, a person is made with this number and the names that were told. Of somebody who is there nothing is changed.
    `role` left out: the person's, or what was asked for.
    """

    role: AskedRole = LEFT_OUT
    identifier: Identifier = LEFT_OUT
    reason: Reason = LEFT_OUT


class RegistrationRefuse(RequestModel):
    """Why, for the audit and for other admins."""

    reason: Reason


# Before those of users.py: `/api/users/registrations` is nobody's id.
OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="list_registrations",
        method="GET",
        path="/api/users/registrations",
        query=RegistrationQuery,
        response=RegistrationList,
        allowed={"admin": "any"},
        function="accounts",
    ),
    Operation(
        name="approve_registration",
        method="POST",
        path="/api/users/registrations/{id}/approve",
        parameters=IdPath,
        body=RegistrationApprove,
        response=User,
        allowed={"admin": "any"},
        function="accounts",
    ),
    Operation(
        name="refuse_registration",
        method="POST",
        path="/api/users/registrations/{id}/refuse",
        parameters=IdPath,
        body=RegistrationRefuse,
        response=Registration,
        allowed={"admin": "any"},
        function="accounts",
    ),
)
