"""Accounts: who can sign in, in which role, and which person's account it is."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from studentdb.contract.fields import LEFT_OUT, AccountEmail, Id, Identifier, Reason
from studentdb.contract.models import IdPath, PageQuery, RequestModel, ResponseModel
from studentdb.contract.operation import Operation, Role

State = Annotated[
    str,
    Field(
        description="invited: has not chosen a password yet; confirmed: has; waits for approval: has signed up; "
        "anything else in Cognito's own word"
    ),
]


class UserInvite(RequestModel):
    """A new account. `identifier` is the number of the person whose account it is; without it, whoever has the e-mail.

    `mail` false: no invitation is sent, and the answer holds a one-time password.
    """

    email: AccountEmail
    role: Role
    identifier: Identifier = LEFT_OUT
    mail: bool = True


class UserRole(RequestModel):
    """The role that an account is to have, instead of the one that it has."""

    role: Role
    reason: Reason = LEFT_OUT


class UserReason(RequestModel):
    """Why, for the audit."""

    reason: Reason = LEFT_OUT


class UserPerson(ResponseModel):
    """Whose account it is."""

    id: str
    identifier: str | None = None
    given_name: str | None = None
    family_name: str | None = None


class User(ResponseModel):
    """An account. `id` is Cognito's `sub`; `role` null: in no group, so that it may do nothing.

    `mfa` says whether a second factor is asked for; null in lists, where Cognito does not tell.
    """

    id: Id
    email: str | None = None
    role: str | None = None
    status: Literal["active", "disabled"]
    state: State
    mfa: bool | None = None
    person: UserPerson | None = None
    created_at: str
    updated_at: str


class UserWithPassword(User):
    """An account, and the password for its next sign-in, which is shown only now."""

    one_time_password: str | None = None


class UserQuery(PageQuery):
    """Which accounts: of one role, or all that have one, role by role; or the one with this e-mail.

    A page may hold fewer than `limit`: Cognito gives 60 at most, and each role begins one.
    """

    role: Role = LEFT_OUT
    email: AccountEmail = LEFT_OUT


class UserList(ResponseModel):
    """One page of accounts; `next_cursor` is null on the last page."""

    users: list[User]
    next_cursor: str | None = None


def _change(name: str, verb: str, body: type[RequestModel], response: type[ResponseModel] = User) -> Operation:
    return Operation(
        name=name,
        method="POST",
        path=f"/api/users/{{id}}/{verb}",
        parameters=IdPath,
        body=body,
        response=response,
        allowed={"admin": "any"},
        function="accounts",
    )


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="list_users",
        method="GET",
        path="/api/users",
        query=UserQuery,
        response=UserList,
        allowed={"admin": "any"},
        function="accounts",
    ),
    Operation(
        name="get_user",
        method="GET",
        path="/api/users/{id}",
        parameters=IdPath,
        response=User,
        allowed={"admin": "any"},
        function="accounts",
    ),
    Operation(
        name="invite_user",
        method="POST",
        path="/api/users",
        body=UserInvite,
        response=UserWithPassword,
        allowed={"admin": "any"},
        function="accounts",
    ),
    _change("disable_user", "disable", UserReason),
    _change("enable_user", "enable", UserReason),
    _change("reset_user_password", "reset-password", UserReason, UserWithPassword),
    _change("reset_user_mfa", "reset-mfa", UserReason),
    _change("set_user_role", "role", UserRole),
)
