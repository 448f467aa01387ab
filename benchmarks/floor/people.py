"""The user pool, its client and its groups."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from benchmarks.floor.aws import GROUPS, PREFIX, TAGS


def make_pool(cognito: Any) -> tuple[str, str]:
    pool = cognito.create_user_pool(PoolName=f"{PREFIX}-users", UserPoolTags=TAGS, **pool_settings("ACTIVE"))
    pool_id = pool["UserPool"]["Id"]
    client = cognito.create_user_pool_client(
        UserPoolId=pool_id,
        ClientName=f"{PREFIX}-app",
        GenerateSecret=False,
        ExplicitAuthFlows=["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"],
        SupportedIdentityProviders=["COGNITO"],
        AllowedOAuthFlowsUserPoolClient=False,
        PreventUserExistenceErrors="ENABLED",
        EnableTokenRevocation=True,
        AccessTokenValidity=15,
        IdTokenValidity=15,
        RefreshTokenValidity=30,
        TokenValidityUnits={"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "days"},
        ReadAttributes=["email", "email_verified", "family_name", "given_name"],
        WriteAttributes=["family_name", "given_name"],
    )
    cognito.set_user_pool_mfa_config(
        UserPoolId=pool_id, MfaConfiguration="OPTIONAL", SoftwareTokenMfaConfiguration={"Enabled": True}
    )
    return pool_id, client["UserPoolClient"]["ClientId"]


def make_groups(cognito: Any, app: Future[tuple[str, str]]) -> None:
    """One after the other, and after the client: AWS takes one change at a time of a pool."""
    pool_id, _ = app.result()
    for name, description in GROUPS.items():
        cognito.create_group(UserPoolId=pool_id, GroupName=name, Description=description, Precedence=0)


def pool_settings(protection: str) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "Policies": {
            "PasswordPolicy": {
                "MinimumLength": 12,
                "RequireLowercase": True,
                "RequireUppercase": True,
                "RequireNumbers": True,
                "RequireSymbols": True,
                "TemporaryPasswordValidityDays": 7,
            }
        },
        "AutoVerifiedAttributes": ["email"],
        "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True},
        "AccountRecoverySetting": {"RecoveryMechanisms": [{"Name": "verified_email", "Priority": 1}]},
        "DeletionProtection": protection,
        "UserPoolTier": "LITE",
    }
    if protection == "ACTIVE":
        settings |= {"UsernameAttributes": ["email"], "UsernameConfiguration": {"CaseSensitive": False}}
    return settings
