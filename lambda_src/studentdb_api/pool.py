"""The user pool as an admin has it: only the accounts function's role may call this."""

from __future__ import annotations

import os
import secrets
import string
from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from studentdb_api.problems import Invalid, MailLimit, MailRefused, NotFound

POOL = os.environ["USER_POOL_ID"]
# The groups, in the order of lists.
ROLES = ("admin", "lecturer", "student")
# Of an account that signed up and has not confirmed its e-mail address.
UNCONFIRMED = "UNCONFIRMED"
# Of one call: Cognito gives no more.
LARGEST_PAGE = 60

# The function has 30 s, and an invitation takes some five calls.
client: Any = boto3.client(
    "cognito-idp",
    config=Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}),
)

_LENGTH = 20
_CLASSES = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "!@#%^*-_=+")
_NO_MORE_MAIL = frozenset({"LimitExceededException", "InvalidEmailRoleAccessPolicyException"})


def call(operation: Callable[..., Any], **arguments: Any) -> dict[str, Any]:
    """One call about this pool. Raises NotFound where there is no such account."""
    try:
        answer: dict[str, Any] = operation(UserPoolId=POOL, **arguments)
    except ClientError as error:
        if code(error) == "UserNotFoundException":
            raise NotFound("there is no such account") from error
        raise
    return answer


def code(error: ClientError) -> str:
    """Cognito's name of the error."""
    return str(error.response["Error"]["Code"])


def account(username: str) -> dict[str, Any]:
    """The account with this id or e-mail, in the form of lists. Raises NotFound."""
    found = call(client.admin_get_user, Username=username)
    return {**found, "Attributes": found["UserAttributes"]}


def make(email: str) -> dict[str, Any]:
    """The account with this e-mail, which exists afterwards; nobody is told of it. Raises Invalid."""
    attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
    try:
        call(client.admin_create_user, Username=email, MessageAction="SUPPRESS", UserAttributes=attributes)
    except ClientError as error:
        if code(error) == "InvalidParameterException":
            raise Invalid(errors=[{"field": "email", "message": "cannot have an account"}]) from error
        if code(error) != "UsernameExistsException":
            raise
        found = account(email)
        if found["UserStatus"] != UNCONFIRMED:
            return found
        # Whoever began to sign up with this address has not shown that it is theirs: their password must not stay.
        call(client.admin_delete_user, Username=found["Username"])
        return make(email)
    return account(email)


def mail_invitation(email: str) -> None:
    """Send the invitation, with a new one-time password. Raises MailRefused, MailLimit."""
    try:
        call(client.admin_create_user, Username=email, MessageAction="RESEND", DesiredDeliveryMediums=["EMAIL"])
    except ClientError as error:
        if code(error) == "CodeDeliveryFailureException":
            raise MailRefused("the account is there, and no mail can be sent to its address") from error
        if code(error) not in _NO_MORE_MAIL:
            raise
        # Cognito's own sender sends 50 a day for the whole AWS account (COG-20).
        raise MailLimit("the account is there, and its invitation was not sent: no more mail goes out today") from error


def set_one_time_password(sub: str) -> str:
    """A new password that the next sign-in has to change, within 7 days."""
    password = one_time_password()
    call(client.admin_set_user_password, Username=sub, Password=password, Permanent=False)
    return password


def groups(sub: str) -> list[str]:
    """The roles of an account: one, as it should be."""
    found = call(client.admin_list_groups_for_user, Username=sub)["Groups"]
    return [group["GroupName"] for group in found if group["GroupName"] in ROLES]


def put_into(sub: str, role: str) -> None:
    """The one group of an account. It leaves the others first: in between it may do less, never more."""
    for other in groups(sub):
        if other != role:
            call(client.admin_remove_user_from_group, Username=sub, GroupName=other)
    call(client.admin_add_user_to_group, Username=sub, GroupName=role)


def attribute(user: dict[str, Any], name: str) -> str:
    """An attribute of an account in the form of lists, or ""."""
    return next((str(each.get("Value", "")) for each in user["Attributes"] if each["Name"] == name), "")


def one_time_password() -> str:
    """20 random characters with one of each class that the pool's policy wants."""
    characters = [secrets.choice(one) for one in _CLASSES]
    characters += [secrets.choice("".join(_CLASSES)) for _ in range(_LENGTH - len(_CLASSES))]
    secrets.SystemRandom().shuffle(characters)
    return "".join(characters)
