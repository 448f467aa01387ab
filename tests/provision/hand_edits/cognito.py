"""The user pool, its groups, its app client, its second factor."""

from __future__ import annotations

from typing import Any

from studentdb.provision.aws import Aws
from studentdb.provision.core import Live
from tests.provision.hand_edits import Edit


def _pool(**change: Any) -> Edit:
    def edit(aws: Aws, pool: Any, live: Live) -> None:
        fixed = pool.immutable
        settings = {name: value for name, value in pool.properties().items() if name not in fixed}
        aws.client("cognito-idp").update_user_pool(
            UserPoolId=live.outputs["id"], UserPoolTags=aws.tags, **{**settings, **change}
        )

    return edit


def _client(**change: Any) -> Edit:
    def edit(aws: Aws, client: Any, live: Live) -> None:
        settings = {name: value for name, value in client.properties().items() if name != "HasSecret"}
        which = {"UserPoolId": client.user_pool_id, "ClientId": live.outputs["id"], "ClientName": client.name}
        aws.client("cognito-idp").update_user_pool_client(**which, **{**settings, **change})

    return edit


def _group(**change: Any) -> Edit:
    def edit(aws: Aws, group: Any, _: Live) -> None:
        which = {"UserPoolId": group.user_pool_id, "GroupName": group.name}
        aws.client("cognito-idp").update_group(**which, **{**group.properties(), **change})

    return edit


def _mfa(**change: Any) -> Edit:
    def edit(aws: Aws, mfa: Any, _: Live) -> None:
        aws.client("cognito-idp").set_user_pool_mfa_config(
            UserPoolId=mfa.user_pool_id, **{**mfa.properties(), **change}
        )

    return edit


EDITS: dict[str, dict[str, Edit]] = {
    "cognito-idp.user_pool": {
        "Policies": _pool(Policies={"PasswordPolicy": {"MinimumLength": 6}}),
        "AutoVerifiedAttributes": _pool(AutoVerifiedAttributes=["email", "phone_number"]),
        "AdminCreateUserConfig": _pool(AdminCreateUserConfig={"AllowAdminCreateUserOnly": False}),
        "LambdaConfig": _pool(LambdaConfig={"PreSignUp": "arn:aws:lambda:eu-central-1:000000000000:function:theirs"}),
        "AccountRecoverySetting": _pool(
            AccountRecoverySetting={"RecoveryMechanisms": [{"Name": "admin_only", "Priority": 1}]}
        ),
        "DeletionProtection": _pool(DeletionProtection="INACTIVE"),
        "UserPoolTier": _pool(UserPoolTier="ESSENTIALS"),
    },
    "cognito-idp.group": {"Description": _group(Description="by hand"), "Precedence": _group(Precedence=7)},
    "cognito-idp.user_pool_mfa_config": {
        "MfaConfiguration": _mfa(MfaConfiguration="ON"),
        "SoftwareTokenMfaConfiguration": _mfa(SoftwareTokenMfaConfiguration={"Enabled": False}),
    },
    "cognito-idp.user_pool_client": {
        "ExplicitAuthFlows": _client(ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]),
        "SupportedIdentityProviders": _client(SupportedIdentityProviders=["COGNITO", "Google"]),
        "AllowedOAuthFlowsUserPoolClient": _client(AllowedOAuthFlowsUserPoolClient=True),
        "PreventUserExistenceErrors": _client(PreventUserExistenceErrors="LEGACY"),
        "EnableTokenRevocation": _client(EnableTokenRevocation=False),
        "AccessTokenValidity": _client(AccessTokenValidity=60),
        "IdTokenValidity": _client(IdTokenValidity=60),
        "RefreshTokenValidity": _client(RefreshTokenValidity=365),
        "TokenValidityUnits": _client(
            TokenValidityUnits={"AccessToken": "hours", "IdToken": "minutes", "RefreshToken": "days"}
        ),
        "ReadAttributes": _client(ReadAttributes=["email"]),
        "WriteAttributes": _client(WriteAttributes=["email", "family_name", "given_name"]),
    },
}
