"""The user pool, and its groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from botocore.exceptions import BotoCoreError, ClientError

from studentdb.provision.aws import LOST_BUDGET, Aws, busy, error_code, ignoring, lost
from studentdb.provision.core import Change, Live, NotOursError, Outputs, Resource, giver

# What Cognito asks of the function of `UserPool.sign_up_function_arn`. Anybody's else would undo what is checked there.
_TRIGGERS = ("PreSignUp", "PostConfirmation")

_GONE = "ResourceNotFoundException"

# UpdateUserPool resets some of what it is not sent (COG-04): what we do not declare is sent back as it was found.
_CARRIED = (
    "DeviceConfiguration",
    "EmailConfiguration",
    "EmailVerificationMessage",
    "EmailVerificationSubject",
    "LambdaConfig",
    # Set by a resource of its own (cognito_mfa.py): measured not to be reset, and documented to be.
    "MfaConfiguration",
    "SmsAuthenticationMessage",
    "SmsConfiguration",
    "SmsVerificationMessage",
    "UserAttributeUpdateSettings",
    "UserPoolAddOns",
    "UserPoolTags",
    "VerificationMessageTemplate",
)


@dataclass(frozen=True, kw_only=True)
class UserPool(Resource):
    """The people who can sign in: by e-mail, invited by an admin. Outputs: `id`, `arn`.

    `password_minimum_length` is in characters, 6 to 99 for Cognito. With a `sign_up_function_arn` people may sign up
    themselves, and the function has the first and the last word; it needs a permission, which Cognito does not ask for
    before somebody signs up (COG-26).
    """

    kind: ClassVar[str] = "cognito-idp.user_pool"
    # The schema and how people sign in are fixed at creation (COG-16). The e-mail is deliberately no required
    # attribute: the app client could not be kept from changing it, as required ones have to be writable.
    immutable: ClassVar[frozenset[str]] = frozenset({"UsernameAttributes", "UsernameConfiguration"})
    stateful: ClassVar[bool] = True
    actions: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "read": ("cognito-idp:ListUserPools", "cognito-idp:DescribeUserPool"),
        "create": ("cognito-idp:CreateUserPool", "cognito-idp:TagResource"),
        "update": ("cognito-idp:UpdateUserPool", "cognito-idp:TagResource"),
        "delete": ("cognito-idp:DeleteUserPool", "cognito-idp:UpdateUserPool"),
    }

    password_minimum_length: int
    # AWS's default, ESSENTIALS, costs more per active user. What it adds (access-token triggers, passwordless and
    # e-mail second factors, password history, managed login) is not used here; SRP, groups, TOTP and token
    # revocation are in LITE.
    tier: str = "LITE"
    sign_up_function_arn: str = ""

    def properties(self) -> dict[str, Any]:
        return {
            **self._settings(),
            "UsernameAttributes": ["email"],
            "UsernameConfiguration": {"CaseSensitive": False},
        }

    def _settings(self) -> dict[str, Any]:
        """What UpdateUserPool can change."""
        return {
            "Policies": {
                "PasswordPolicy": {
                    "MinimumLength": self.password_minimum_length,
                    "RequireLowercase": True,
                    "RequireUppercase": True,
                    "RequireNumbers": True,
                    "RequireSymbols": True,
                    "TemporaryPasswordValidityDays": 7,
                }
            },
            "AutoVerifiedAttributes": ["email"],
            "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": not self.sign_up_function_arn},
            "LambdaConfig": dict.fromkeys(_TRIGGERS, self.sign_up_function_arn) if self.sign_up_function_arn else {},
            "AccountRecoverySetting": {"RecoveryMechanisms": [{"Name": "verified_email", "Priority": 1}]},
            "DeletionProtection": "ACTIVE",
            "UserPoolTier": self.tier,
        }

    def read(self, aws: Aws) -> Live | None:
        found = self._ours(aws)
        if not found:
            return None
        return Live(
            {**_as_declared(self.properties(), found[0]), "LambdaConfig": _triggers(found[0])},
            _pool_outputs(found[0]),
            twins=tuple(twin["Id"] for twin in found[1:]),
        )

    def create(self, aws: Aws) -> Outputs:
        try:
            return self._make(aws)
        except (BotoCoreError, ClientError) as error:
            if not lost(error):
                raise
            live = aws.look(lambda: self.read(aws), budget=LOST_BUDGET)
            return self._make(aws) if live is None else live.outputs

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        pool = aws.client("cognito-idp").describe_user_pool(UserPoolId=live.outputs["id"])["UserPool"]
        # A trigger that is not declared any more has to go; other ones are the school's.
        others = {name: arn for name, arn in pool.get("LambdaConfig", {}).items() if name not in _TRIGGERS}
        self._update(aws, {**pool, "LambdaConfig": others}, self._settings())
        return live.outputs

    def delete(self, aws: Aws, live: Live) -> None:
        client = aws.client("cognito-idp")
        for pool_id in (live.outputs["id"], *live.twins):
            with ignoring(_GONE):
                pool = client.describe_user_pool(UserPoolId=pool_id)["UserPool"]
                # (COG-02). Nothing else changes: what somebody added may be refused in the tier that we declare.
                found = {name: pool[name] for name in self._settings() if pool.get(name)}
                self._update(aws, pool, {**found, "DeletionProtection": "INACTIVE"})
                aws.retry(partial(client.delete_user_pool, UserPoolId=pool_id), when=busy)

    def _make(self, aws: Aws) -> Outputs:
        # CreateUserPool has no idempotency token, and names are not unique (COG-18).
        client = aws.client("cognito-idp", retries=False)
        made = aws.retry(
            lambda: client.create_user_pool(PoolName=self.name, UserPoolTags=aws.tags, **self.properties()),
            when=busy,
        )
        return _pool_outputs(made["UserPool"])

    def _update(self, aws: Aws, pool: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
        update(aws, pool, settings)

    def _ours(self, aws: Aws) -> list[Mapping[str, Any]]:
        """Our pools of this name: those with people in them first, then the oldest (COG-18)."""
        pages = aws.client("cognito-idp").get_paginator("list_user_pools").paginate(PaginationConfig={"PageSize": 60})
        named = [pool["Id"] for page in pages for pool in page["UserPools"] if pool["Name"] == self.name]
        pools = [pool for pool_id in named if (pool := described(aws, pool_id)) is not None]
        ours = [pool for pool in pools if aws.owns(pool.get("UserPoolTags", {}))]
        if pools and not ours:
            raise NotOursError("user pool", self.name, f"pool {pools[0]['Id']} does not carry its tag")
        return sorted(ours, key=lambda p: (not p.get("EstimatedNumberOfUsers"), p["CreationDate"], p["Id"]))


@dataclass(frozen=True, kw_only=True)
class Group(Resource):
    """A group of a pool. `precedence`: the lower wins where a person is in several."""

    kind: ClassVar[str] = "cognito-idp.group"
    identity: ClassVar[tuple[str, ...]] = ("name", "user_pool_id")
    # Who is in it goes with it: a plain teardown that kept the people would leave the school without an admin.
    stateful: ClassVar[bool] = True
    actions: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "read": ("cognito-idp:GetGroup",),
        "create": ("cognito-idp:CreateGroup", "cognito-idp:UpdateGroup"),
        "update": ("cognito-idp:UpdateGroup",),
        "delete": ("cognito-idp:DeleteGroup",),
    }

    user_pool_id: str
    description: str
    precedence: int = 0

    @property
    def lane(self) -> str:
        return f"pool:{self.user_pool_id}"

    @property
    def goes_with(self) -> str:
        return giver(self.user_pool_id)

    def properties(self) -> dict[str, Any]:
        return {"Description": self.description, "Precedence": self.precedence}

    def read(self, aws: Aws) -> Live | None:
        with ignoring(_GONE):
            found = aws.client("cognito-idp").get_group(**self._key())["Group"]
            # Cognito leaves out a precedence of 0.
            return Live({"Description": found.get("Description"), "Precedence": found.get("Precedence") or 0})
        return None

    def create(self, aws: Aws) -> Outputs:
        client = aws.client("cognito-idp")
        try:
            aws.retry(lambda: client.create_group(**self._key(), **self.properties()), when=busy)
        except ClientError as error:
            if error_code(error) != "GroupExistsException":
                raise
            # After a lost answer botocore's next attempt finds the group of the first (COG-17).
            live = self.read(aws)
            if live is None or self.diff(live):
                self._update(aws)
        return {}

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        self._update(aws)
        return {}

    def delete(self, aws: Aws, live: Live) -> None:
        client = aws.client("cognito-idp")
        with ignoring(_GONE):
            aws.retry(lambda: client.delete_group(**self._key()), when=busy)

    def _update(self, aws: Aws) -> None:
        client = aws.client("cognito-idp")
        aws.retry(lambda: client.update_group(**self._key(), **self.properties()), when=busy)

    def _key(self) -> dict[str, str]:
        return {"UserPoolId": self.user_pool_id, "GroupName": self.name}


def described(aws: Aws, user_pool_id: str) -> Mapping[str, Any] | None:
    """A pool as Cognito describes it, None where it is gone; in a survey it is asked for once."""

    def fetch() -> Mapping[str, Any] | None:
        with ignoring(_GONE):
            found: Mapping[str, Any] = aws.client("cognito-idp").describe_user_pool(UserPoolId=user_pool_id)["UserPool"]
            return found
        return None

    return aws.shared(("cognito-idp.pool", user_pool_id), fetch)


def update(aws: Aws, pool: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
    """Change the settings of a pool that was described just now, and nothing that Cognito would reset beside them."""
    client = aws.client("cognito-idp")
    request = {name: pool[name] for name in _CARRIED if pool.get(name)} | _over(pool, settings)
    # Described always; refused beside the TemporaryPasswordValidityDays that it was replaced by.
    request.get("AdminCreateUserConfig", {}).pop("UnusedAccountValidityDays", None)
    aws.retry(lambda: client.update_user_pool(UserPoolId=pool["Id"], **request), when=busy)


def _pool_outputs(pool: Mapping[str, Any]) -> Outputs:
    return {"id": pool["Id"], "arn": pool["Arn"]}


def _triggers(pool: Mapping[str, Any]) -> dict[str, str]:
    return {name: arn for name, arn in (pool.get("LambdaConfig") or {}).items() if name in _TRIGGERS}


def _as_declared(wanted: Any, found: Any) -> Any:
    """`found` without what `wanted` does not name: AWS adds settings of its own to these blocks."""
    if isinstance(wanted, Mapping):
        return {name: _as_declared(value, (found or {}).get(name)) for name, value in wanted.items()}
    return found


def _over(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """`wanted`, its blocks completed with what `found` has in them beside it (COG-04)."""
    return {
        name: {**(found.get(name) or {}), **_over(found.get(name) or {}, value)}
        if isinstance(value, Mapping)
        else value
        for name, value in wanted.items()
    }
