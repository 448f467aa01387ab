"""The first admin's account, on both backends: made, finished after an interruption, never taken over."""

from __future__ import annotations

import string
from typing import Any

import pytest

from studentdb.errors import StudentDBError, UsageError
from studentdb.provision.administrators import (
    ACTIONS,
    create_administrator,
    one_time_password,
    reset_mfa,
    set_lasting_password,
)
from studentdb.provision.aws import Aws
from tests import totp
from tests.support import Backend

EMAIL = "ada@example.edu"
LASTING = "Long enough 1-2-3"


@pytest.fixture
def pool(aws: Aws) -> str:
    """A pool with the settings that matter here, and the group admin."""
    cognito = aws.client("cognito-idp")
    policy = {"MinimumLength": 12, "RequireLowercase": True, "RequireUppercase": True, "RequireNumbers": True}
    made = cognito.create_user_pool(
        PoolName=aws.deployment.prefix, UsernameAttributes=["email"], Policies={"PasswordPolicy": policy}
    )
    pool_id = str(made["UserPool"]["Id"])
    cognito.create_group(UserPoolId=pool_id, GroupName="admin")
    return pool_id


def account(aws: Aws, pool: str) -> dict[str, Any]:
    found = aws.client("cognito-idp").admin_get_user(UserPoolId=pool, Username=EMAIL)
    attributes = {each["Name"]: each["Value"] for each in found["UserAttributes"]}
    groups = aws.client("cognito-idp").admin_list_groups_for_user(UserPoolId=pool, Username=EMAIL)["Groups"]
    return {
        "status": found["UserStatus"],
        "verified": attributes.get("email_verified"),
        "groups": [group["GroupName"] for group in groups],
    }


def test_with_a_one_time_password(aws: Aws, pool: str) -> None:
    made = create_administrator(aws, pool, EMAIL)
    assert made.email == EMAIL
    assert made.one_time_password
    assert account(aws, pool) == {"status": "FORCE_CHANGE_PASSWORD", "verified": "true", "groups": ["admin"]}
    again = create_administrator(aws, pool, EMAIL)
    assert again.one_time_password != made.one_time_password


def test_with_a_lasting_password(aws: Aws, pool: str) -> None:
    assert create_administrator(aws, pool, EMAIL, LASTING).one_time_password is None
    assert account(aws, pool) == {"status": "CONFIRMED", "verified": "true", "groups": ["admin"]}
    with pytest.raises(UsageError, match="there is an account") as caught:
        create_administrator(aws, pool, EMAIL, LASTING)
    assert caught.value.hint == f"studentdb login {EMAIL}"


def test_an_account_that_somebody_uses_joins_the_group(aws: Aws, pool: str) -> None:
    create_administrator(aws, pool, EMAIL, LASTING)
    aws.client("cognito-idp").admin_remove_user_from_group(UserPoolId=pool, Username=EMAIL, GroupName="admin")
    made = create_administrator(aws, pool, EMAIL)
    assert (made.promoted, made.one_time_password) == (True, None)
    assert account(aws, pool)["status"] == "CONFIRMED"
    assert account(aws, pool)["groups"] == ["admin"]


def test_one_whose_making_was_interrupted_is_finished(aws: Aws, pool: str) -> None:
    attributes = [{"Name": "email", "Value": EMAIL}, {"Name": "email_verified", "Value": "true"}]
    aws.client("cognito-idp").admin_create_user(
        UserPoolId=pool, Username=EMAIL, MessageAction="SUPPRESS", UserAttributes=attributes
    )
    create_administrator(aws, pool, EMAIL, LASTING)
    assert account(aws, pool)["status"] == "CONFIRMED"
    assert account(aws, pool)["groups"] == ["admin"]


def test_the_demo_makes_a_new_password_every_time(aws: Aws, pool: str) -> None:
    for _ in range(2):
        set_lasting_password(aws, pool, EMAIL, one_time_password())
        assert account(aws, pool)["status"] == "CONFIRMED"


def test_a_weak_password(aws: Aws, pool: str) -> None:
    with pytest.raises(UsageError, match="this password is too weak"):
        create_administrator(aws, pool, EMAIL, "short")
    # Nothing that could be signed in with was made, and a better one finishes it.
    assert account(aws, pool)["status"] == "FORCE_CHANGE_PASSWORD"
    create_administrator(aws, pool, EMAIL, LASTING)


def test_no_pool(aws: Aws) -> None:
    with pytest.raises(StudentDBError, match="no deployment to administer") as caught:
        create_administrator(aws, f"{aws.region}_absent000", EMAIL)
    assert caught.value.hint == "studentdb deploy"


def signed_in(aws: Aws, pool: str) -> str:
    """An access token of EMAIL, which has the password LASTING."""
    cognito = aws.client("cognito-idp")
    client = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="test", ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    answer = cognito.admin_initiate_auth(
        UserPoolId=pool,
        ClientId=client,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": EMAIL, "PASSWORD": LASTING},
    )
    return str(answer["AuthenticationResult"]["AccessToken"])


def test_a_second_factor_that_nobody_else_can_remove(aws: Aws, pool: str) -> None:
    create_administrator(aws, pool, EMAIL, LASTING)
    totp.enrol(aws.client("cognito-idp"), signed_in(aws, pool))
    who = {"UserPoolId": pool, "Username": EMAIL}
    assert aws.client("cognito-idp").admin_get_user(**who)["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]

    for _ in range(2):
        reset_mfa(aws, pool, EMAIL)
        assert not aws.client("cognito-idp").admin_get_user(**who).get("UserMFASettingList")


def test_whose_second_factor_is_not_removed_so(aws: Aws, pool: str) -> None:
    create_administrator(aws, pool, EMAIL, LASTING)
    totp.enrol(aws.client("cognito-idp"), signed_in(aws, pool))
    aws.client("cognito-idp").admin_remove_user_from_group(UserPoolId=pool, Username=EMAIL, GroupName="admin")
    with pytest.raises(UsageError, match="is no admin's account"):
        reset_mfa(aws, pool, EMAIL)
    with pytest.raises(UsageError, match="there is no account"):
        reset_mfa(aws, pool, "nobody@example.edu")
    who = {"UserPoolId": pool, "Username": EMAIL}
    assert aws.client("cognito-idp").admin_get_user(**who)["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]


@pytest.mark.parametrize("backend", ["engine"], indirect=True)
def test_the_declared_rights_are_enough(backend: Backend, aws: Aws, pool: str) -> None:
    limited = backend.limited_to(ACTIONS, env=aws.deployment.env)
    create_administrator(limited, pool, EMAIL)
    assert account(aws, pool)["groups"] == ["admin"]
    reset_mfa(limited, pool, EMAIL)


def test_one_time_passwords() -> None:
    made = [one_time_password() for _ in range(50)]
    assert len(set(made)) == 50
    for password in made:
        assert len(password) == 20
        for kind in (string.ascii_lowercase, string.ascii_uppercase, string.digits, "!@#%^*-_=+"):
            assert set(password) & set(kind)


def test_who_only_began_to_sign_up_is_not_taken_over(aws: Aws, pool: str) -> None:
    """Somebody else may have chosen its password."""
    cognito = aws.client("cognito-idp")
    client = cognito.create_user_pool_client(UserPoolId=pool, ClientName="app")["UserPoolClient"]["ClientId"]
    cognito.sign_up(ClientId=client, Username=EMAIL, Password=LASTING)
    assert cognito.admin_get_user(UserPoolId=pool, Username=EMAIL)["UserStatus"] == "UNCONFIRMED"

    made = create_administrator(aws, pool, EMAIL)

    assert made.one_time_password
    assert account(aws, pool)["status"] == "FORCE_CHANGE_PASSWORD"
    assert account(aws, pool)["groups"] == ["admin"]
