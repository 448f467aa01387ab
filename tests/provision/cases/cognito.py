"""Cognito: the user pool, its groups, its app client, its second factor."""

from __future__ import annotations

from dataclasses import replace

from studentdb.provision.aws import Aws
from studentdb.provision.core import Resource
from studentdb.provision.resources.cognito_client import UserPoolClient
from studentdb.provision.resources.cognito_mfa import UserPoolMfa
from studentdb.provision.resources.cognito_user_pool import Group, UserPool
from tests.provision.lifecycle import Case

Parents = tuple[Resource, ...]


def _pool(aws: Aws, _parents: Parents = ()) -> UserPool:
    return UserPool(name=f"{aws.deployment.prefix}-users", password_minimum_length=12)


def _pool_with_sign_up(aws: Aws, parents: Parents = ()) -> UserPool:
    return replace(
        _pool(aws, parents), sign_up_function_arn=aws.arn("lambda", f"function:{aws.deployment.prefix}-sign-up")
    )


def _another_trigger(aws: Aws, resource: Resource) -> None:
    live = resource.read(aws)
    assert live is not None
    pool = aws.client("cognito-idp").describe_user_pool(UserPoolId=live.outputs["id"])["UserPool"]
    triggers = {**pool["LambdaConfig"], "PreSignUp": aws.arn("lambda", "function:lets-everybody-in")}
    aws.client("cognito-idp").update_user_pool(
        UserPoolId=live.outputs["id"],
        AutoVerifiedAttributes=["email"],
        AdminCreateUserConfig={"AllowAdminCreateUserOnly": False},
        DeletionProtection="ACTIVE",
        LambdaConfig=triggers,
    )


def _in_a_pool(aws: Aws) -> Parents:
    return (_pool(aws),)


def _group(aws: Aws, parents: Parents) -> Group:
    return Group(name="lecturer", user_pool_id=parents[0].out("id"), description="Keeps rosters", precedence=1)


def _client(aws: Aws, parents: Parents) -> UserPoolClient:
    return UserPoolClient(
        name=f"{aws.deployment.prefix}-app",
        user_pool_id=parents[0].out("id"),
        access_token_minutes=15,
        refresh_token_days=7,
    )


def _mfa(aws: Aws, parents: Parents) -> UserPoolMfa:
    return UserPoolMfa(name="totp", user_pool_id=parents[0].out("id"))


def _open_sign_up(aws: Aws, resource: Resource) -> None:
    live = resource.read(aws)
    assert live is not None
    aws.client("cognito-idp").update_user_pool(
        UserPoolId=live.outputs["id"],
        AutoVerifiedAttributes=["email"],
        AdminCreateUserConfig={"AllowAdminCreateUserOnly": False},
        DeletionProtection="INACTIVE",
    )


def _allow_plain_passwords(aws: Aws, resource: Resource) -> None:
    assert isinstance(resource, UserPoolClient)
    live = resource.read(aws)
    assert live is not None
    aws.client("cognito-idp").update_user_pool_client(
        UserPoolId=resource.user_pool_id,
        ClientId=live.outputs["id"],
        ClientName=resource.name,
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    )


def _switch_off_totp(aws: Aws, resource: Resource) -> None:
    assert isinstance(resource, UserPoolMfa)
    aws.client("cognito-idp").set_user_pool_mfa_config(
        UserPoolId=resource.user_pool_id,
        MfaConfiguration="ON",
        SoftwareTokenMfaConfiguration={"Enabled": False},
    )


CASES = [
    Case(
        name="user-pool",
        resource=_pool,
        changed=lambda aws, parents: replace(_pool(aws), password_minimum_length=16),
        drift=_open_sign_up,
        without_moto="its UpdateUserPool forgets UsernameAttributes and UsernameConfiguration",
    ),
    Case(
        name="user-pool-with-sign-up",
        resource=_pool_with_sign_up,
        # Switched off again.
        changed=_pool,
        drift=_another_trigger,
        without_moto="its UpdateUserPool forgets UsernameAttributes and UsernameConfiguration",
    ),
    Case(name="user-pool-as-made", resource=_pool, changed=None),
    Case(
        name="user-pool-group",
        parents=_in_a_pool,
        resource=_group,
        # The engine has no UpdateGroup; test_recorded_cognito.py changes a group on moto.
        changed=None,
        tagged=False,
    ),
    Case(
        name="user-pool-client",
        parents=_in_a_pool,
        resource=_client,
        changed=lambda aws, parents: replace(_client(aws, parents), refresh_token_days=30),
        drift=_allow_plain_passwords,
        tagged=False,
    ),
    Case(
        name="user-pool-mfa",
        parents=_in_a_pool,
        resource=_mfa,
        changed=None,
        drift=_switch_off_totp,
        tagged=False,
    ),
]
