"""The first admin: the one account that is made with AWS credentials instead of through the API; and a way back in."""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from botocore.exceptions import ClientError

from studentdb.errors import StudentDBError, UsageError
from studentdb.provision.aws import Aws, error_code, error_message, ignoring

ACTIONS = (
    "cognito-idp:AdminCreateUser",
    "cognito-idp:AdminSetUserPassword",
    "cognito-idp:AdminAddUserToGroup",
    "cognito-idp:AdminGetUser",
    "cognito-idp:AdminListGroupsForUser",
    "cognito-idp:AdminSetUserMFAPreference",
    "cognito-idp:AdminUserGlobalSignOut",
)
GROUP = "admin"
_LENGTH = 20
_SYMBOLS = "!@#%^*-_=+"


@dataclass(frozen=True)
class Administrator:
    """`one_time_password` is None where a lasting one was given, and where an existing account became an admin's."""

    email: str
    one_time_password: str | None
    promoted: bool = False


def create_administrator(aws: Aws, user_pool_id: str, email: str, password: str | None = None) -> Administrator:
    """Make an account in the group admin, or finish one whose making was interrupted.

    Without `password` a one-time password is made that the first sign-in changes. An account that somebody uses keeps
    its password and joins the group. Raises UsageError when it is an admin's already, or the password does not meet
    the pool's policy.
    """
    with _explained(email):
        # UNCONFIRMED: somebody has begun to sign up with this address, and may not be who it belongs to. The password
        # that was chosen then is replaced, as that of an account whose making was interrupted.
        if _account(aws, user_pool_id, email) not in ("FORCE_CHANGE_PASSWORD", "UNCONFIRMED"):
            if not _is_admin(aws, user_pool_id, email):
                aws.client("cognito-idp").admin_add_user_to_group(
                    UserPoolId=user_pool_id, Username=email, GroupName=GROUP
                )
                return Administrator(email, None, promoted=True)
            raise UsageError(
                f"there is an account {email} already",
                why="it is an admin's, who has signed in before",
                hint=f"studentdb login {email}",
            )
        one_time = None if password else one_time_password()
        _make_admin(aws, user_pool_id, email, password or one_time or "", lasting=password is not None)
    return Administrator(email, one_time)


def set_lasting_password(aws: Aws, user_pool_id: str, email: str, password: str) -> None:
    """Make an admin, or take over an existing account: for the demo, whose password is made anew each time."""
    with _explained(email):
        _account(aws, user_pool_id, email)
        _make_admin(aws, user_pool_id, email, password, lasting=True)


def reset_mfa(aws: Aws, user_pool_id: str, email: str) -> None:
    """Remove the second factor of an admin for whom no other admin can do it; its sessions end.

    Raises UsageError where it is no admin's account: an admin does that for others, and the audit knows of it.
    """
    cognito = aws.client("cognito-idp")
    who = {"UserPoolId": user_pool_id, "Username": email}
    with _explained(email):
        try:
            account = cognito.admin_get_user(**who)
        except ClientError as error:
            if error_code(error) != "UserNotFoundException":
                raise
            raise UsageError(f"there is no account {email}", hint="studentdb users list") from error
        if not _is_admin(aws, user_pool_id, email):
            raise UsageError(
                f"{email} is no admin's account", hint=f"an admin can do it: studentdb users reset-mfa {email}"
            )
        # Cognito refuses a preference of somebody who never had an app.
        if account.get("UserMFASettingList"):
            off = {"Enabled": False, "PreferredMfa": False}
            cognito.admin_set_user_mfa_preference(**who, SoftwareTokenMfaSettings=off)
        cognito.admin_user_global_sign_out(**who)


def _account(aws: Aws, user_pool_id: str, email: str) -> str:
    """The status of the account, which exists afterwards."""
    cognito = aws.client("cognito-idp")
    who = {"UserPoolId": user_pool_id, "Username": email}
    # No mail: the default sender is limited to 50 a day, and the password is shown once anyway (COG-20).
    with ignoring("UsernameExistsException"):
        cognito.admin_create_user(
            **who,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
        )
    return str(cognito.admin_get_user(**who)["UserStatus"])


def _is_admin(aws: Aws, user_pool_id: str, email: str) -> bool:
    groups = aws.client("cognito-idp").admin_list_groups_for_user(UserPoolId=user_pool_id, Username=email)["Groups"]
    return GROUP in (group["GroupName"] for group in groups)


def _make_admin(aws: Aws, user_pool_id: str, email: str, password: str, *, lasting: bool) -> None:
    cognito = aws.client("cognito-idp")
    who = {"UserPoolId": user_pool_id, "Username": email}
    cognito.admin_add_user_to_group(**who, GroupName=GROUP)
    # Last, so that an account that can be used is a complete one.
    cognito.admin_set_user_password(**who, Password=password, Permanent=lasting)


@contextmanager
def _explained(email: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error_code(error) == "InvalidPasswordException":
            raise UsageError("this password is too weak", why=error_message(error)) from error
        if error_code(error) == "InvalidParameterException":
            raise UsageError(f"{email} cannot have an account", why=error_message(error)) from error
        if error_code(error) == "ResourceNotFoundException":
            raise StudentDBError("there is no deployment to administer yet", hint="studentdb deploy") from error
        raise


def one_time_password() -> str:
    """20 random characters with one of each class that the pool's policy wants."""
    classes = (string.ascii_lowercase, string.ascii_uppercase, string.digits, _SYMBOLS)
    characters = [secrets.choice(one) for one in classes]
    characters += [secrets.choice("".join(classes)) for _ in range(_LENGTH - len(classes))]
    secrets.SystemRandom().shuffle(characters)
    return "".join(characters)
