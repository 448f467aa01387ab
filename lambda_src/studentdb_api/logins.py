"""Accounts of the user pool, as far as the tables know them, and whose they are.

An access token lives up to 15 minutes, whatever becomes of its owner; what stands in an account's item of the index
table counts at once. A `sub` without an item is an account that the first admin made with AWS's own means: it is not
disabled, and its owner is found by the verified e-mail.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from studentdb_api import clock, dynamodb, locks
from studentdb_api.auth import Caller
from studentdb_api.dynamodb import Record
from studentdb_api.problems import Unauthenticated
from studentdb_api.request import Request

# The partition of the list of all accounts.
LIST = "logins"
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


def listed(sub: str) -> dict[str, Any]:
    """The part of a transaction by which an account stands in the list of all that the tables know, for the check."""
    return {"Put": {"TableName": dynamodb.INDEX, "Item": {"pk": {"S": LIST}, "sk": {"S": sub}}}}


def updated(sub: str, values: Record, condition: str = "") -> dict[str, Any]:
    """The part that sets fields of an account's item, and removes those that are None; it makes the item.

    `condition` may name `#role`.
    """
    values = {**values, "updatedAt": clock.now()}
    names = {f"#{name}": name for name in values}
    kept = {name: value for name, value in values.items() if value is not None}
    gone = [f"#{name}" for name in values if name not in kept]
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in kept)
    if "#role" in condition:
        names["#role"] = "role"
    return {
        "Update": {
            "TableName": dynamodb.INDEX,
            "Key": key(sub),
            "UpdateExpression": expression + (f" REMOVE {', '.join(gone)}" if gone else ""),
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {f":{name}": dynamodb.attribute(each) for name, each in kept.items()},
            **({"ConditionExpression": condition} if condition else {}),
        }
    }


class Login(NamedTuple):
    """What the tables know of an account: whose it is, and since when it waits for approval; "" for neither."""

    person_id: str = ""
    waiting: str = ""


def known(caller: Caller) -> Login:
    """The caller's account.

    Raises Unauthenticated for one that is disabled, and for a token with the rights that an account had before.
    """
    item = dynamodb.client.get_item(TableName=dynamodb.INDEX, Key=key(caller.sub), ConsistentRead=True).get("Item", {})
    if "disabled" in item:
        raise Unauthenticated("this account is disabled")
    # A new token, which the same session may ask for, has the new role.
    if "since" in item and caller.issued <= int(item["since"]["N"]):
        raise Unauthenticated("the account's role has changed since this token was made")
    return Login(*(str(item.get(name, {}).get("S", "")) for name in ("id", "waiting")))


def person_id(request: Request) -> str:
    """The id of the person who asks, or "". Raises Unauthenticated for a token that was revoked (JWT-10)."""
    if request.person_id:
        return request.person_id
    # Who signs up with somebody's address, and waits, is not that person yet.
    if request.waiting or not request.caller.groups:
        return ""
    # An access token carries no e-mail (JWT-03), so the pool is asked, with the caller's own token.
    address = email(request)
    return (locks.holder(locks.email(address)) or "") if address else ""


def email(request: Request) -> str:
    """The caller's verified e-mail address, or "". Raises Unauthenticated for a token that was revoked (JWT-10)."""
    found = user(token(request.headers))
    attributes = {each["Name"]: each.get("Value", "") for each in found.get("UserAttributes", [])}
    # Anybody could write somebody else's address into an attribute that nobody has checked.
    return attributes.get("email", "") if attributes.get("email_verified") == "true" else ""


def token(headers: Mapping[str, str]) -> str:
    """The caller's access token, which the gateway has checked."""
    given = headers.get("authorization", "")
    # With or without `Bearer` (JWT-09).
    return given[7:].strip() if given[:7].lower() == "bearer " else given


def user(access_token: str) -> dict[str, Any]:
    """The pool's own words about the caller (GetUser). Raises Unauthenticated for a token that was revoked (JWT-10)."""
    try:
        found: dict[str, Any] = _cognito().get_user(AccessToken=access_token)
    except ClientError as error:
        if error.response["Error"]["Code"] in _NOT_SIGNED_IN:
            raise Unauthenticated("the session has ended") from error
        raise
    return found


@cache
def _cognito() -> Any:
    """Made on first use: few requests need it. GetUser is not signed, so no IAM right is needed."""
    # The function has 30 s: botocore's own five tries could take longer than that.
    config = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})
    return boto3.client("cognito-idp", config=config)
