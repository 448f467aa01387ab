"""Who is signed in. An access token carries no e-mail (JWT-03), so the pool is asked, with the caller's own token."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from studentdb_api import locks, students
from studentdb_api.problems import NotFound, Unauthenticated
from studentdb_api.request import Answer, Request

_NOT_SIGNED_IN = frozenset(
    {
        "NotAuthorizedException",
        "UserNotFoundException",
        "UserNotConfirmedException",
        "PasswordResetRequiredException",
        # The token is the only parameter: it does not look like one.
        "InvalidParameterException",
    }
)


def me(request: Request) -> Answer:
    """GET /api/me: the caller, and the student's record that belongs to the caller's verified e-mail."""
    return Answer(
        {"sub": request.caller.sub, "groups": list(request.caller.groups), "student": _student(_email(request))}
    )


def _email(request: Request) -> str:
    """The caller's verified e-mail address, or "". Raises Unauthenticated for a token that was revoked (JWT-10)."""
    token = request.headers.get("authorization", "")
    # With or without `Bearer` (JWT-09).
    if token[:7].lower() == "bearer ":
        token = token[7:].strip()
    try:
        user = _cognito().get_user(AccessToken=token)
    except ClientError as error:
        if error.response["Error"]["Code"] in _NOT_SIGNED_IN:
            raise Unauthenticated("the session has ended") from error
        raise
    attributes = {each["Name"]: each.get("Value", "") for each in user.get("UserAttributes", [])}
    # Anybody could write somebody else's address into an attribute that nobody has checked.
    return attributes.get("email", "") if attributes.get("email_verified") == "true" else ""


def _student(email: str) -> dict[str, Any] | None:
    student_id = locks.holder(locks.email(email)) if email else None
    if student_id is None:
        return None
    try:
        return students.from_item(students.find(student_id))
    except NotFound:
        return None


@cache
def _cognito() -> Any:
    """Made on first use: only this operation needs it. GetUser is not signed, so no IAM right is needed."""
    # The function has 30 s: botocore's own five tries could take longer than that.
    config = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})
    return boto3.client("cognito-idp", config=config)
