"""Accounts of the user pool, as far as the tables know them, and whose they are.

An access token lives up to 15 minutes, whatever becomes of its owner; what stands in an account's item of the index
table counts at once. A `sub` without an item is an account that the first admin made with AWS's own means: it is not
disabled, and its owner is found by the verified e-mail.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from studentdb_api import dynamodb, locks
from studentdb_api.auth import Caller
from studentdb_api.problems import Unauthenticated
from studentdb_api.request import Request

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


def key(sub: str) -> dynamodb.Item:
    """The item's key."""
    return {"pk": {"S": f"login#{sub}"}, "sk": {"S": "-"}}


def known_person_id(caller: Caller) -> str:
    """Whose account it is; "" where nobody has said so.

    Raises Unauthenticated for one that is disabled, and for a token with the rights that an account had before.
    """
    item = dynamodb.client.get_item(TableName=dynamodb.INDEX, Key=key(caller.sub), ConsistentRead=True).get("Item", {})
    if "disabled" in item:
        raise Unauthenticated("this account is disabled")
    # A new token, which the same session may ask for, has the new role.
    if "since" in item and caller.issued <= int(item["since"]["N"]):
        raise Unauthenticated("the account's role has changed since this token was made")
    return str(item.get("id", {}).get("S", ""))


def person_id(request: Request) -> str:
    """The id of the person who asks, or "". Raises Unauthenticated for a token that was revoked (JWT-10)."""
    if request.person_id:
        return request.person_id
    # An access token carries no e-mail (JWT-03), so the pool is asked, with the caller's own token.
    address = email(request)
    return (locks.holder(locks.email(address)) or "") if address else ""


def email(request: Request) -> str:
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


@cache
def _cognito() -> Any:
    """Made on first use: only this operation needs it. GetUser is not signed, so no IAM right is needed."""
    # The function has 30 s: botocore's own five tries could take longer than that.
    config = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})
    return boto3.client("cognito-idp", config=config)
