"""Cognito: pools that are listed late, take one change at a time, and forget what an update leaves out."""

from __future__ import annotations

from typing import Any, ClassVar

from tests.aws.layer import After, Behaviour, Call, Refusal, Unlisted

SERVICE = "cognito-identity-provider"
_WRITES = (
    "CreateGroup",
    "CreateUserPoolClient",
    "DeleteGroup",
    "DeleteUserPool",
    "DeleteUserPoolClient",
    "SetUserPoolMfaConfig",
    "UpdateGroup",
    "UpdateUserPool",
    "UpdateUserPoolClient",
)


class PoolBusy(After):
    """A pool takes one change at a time."""

    ids = ("COG-06", "X-12")
    service = SERVICE
    causes, refused, key, seconds = _WRITES, _WRITES, "UserPoolId", 0.3
    code, message = "ConcurrentModificationException", "The user pool {} is being modified. Try again later."


class PoolNotVisible(After):
    """A new pool cannot be read at once."""

    ids = ("X-10",)
    service = SERVICE
    causes, refused, key, seconds = (
        ("CreateUserPool",),
        ("DescribeUserPool", "GetGroup", "GetUserPoolMfaConfig"),
        "UserPoolId",
        0.5,
    )
    code, message = "ResourceNotFoundException", "User pool {} does not exist."

    def caused(self, call: Call, answer: dict[str, Any]) -> str:
        return str(answer["UserPool"]["Id"])


class PoolUnlisted(Unlisted):
    """A new pool is not listed at once."""

    ids = ("X-10", "COG-18")
    service = SERVICE
    causes, listing, seconds = ("CreateUserPool",), "ListUserPools", 1.5

    def made(self, call: Call, answer: dict[str, Any]) -> str:
        return str(answer["UserPool"]["Id"])

    def items(self, answer: dict[str, Any]) -> list[Any]:
        pools: list[Any] = answer["UserPools"]
        return pools

    def shown(self, item: Any) -> str:
        return str(item["Id"])


class PoolKept(Behaviour):
    """A pool that is protected, or has a domain, is not deleted."""

    ids = ("COG-01", "COG-02")
    service = SERVICE

    def before(self, call: Call) -> Refusal | None:
        if call.operation != "DeleteUserPool":
            return None
        pool = self.layer.raw("cognito-idp").describe_user_pool(UserPoolId=call.params["UserPoolId"])["UserPool"]
        if pool.get("Domain"):
            words = "User pool cannot be deleted. It has a domain configured that should be deleted first."
            return Refusal("InvalidParameterException", words)
        if pool.get("DeletionProtection") == "ACTIVE":
            words = "The user pool cannot be deleted because deletion protection is activated. "
            return Refusal("InvalidParameterException", f"{words}Deletion protection must be inactivated first.")
        return None


class UpdateForgets(Behaviour):
    """What an update leaves out goes back to its default."""

    ids = ("COG-04", "COG-05")
    service = SERVICE
    _defaults: ClassVar[dict[str, dict[str, Any]]] = {
        # MfaConfiguration: by the documentation; it was measured not to.
        "UpdateUserPool": {"AutoVerifiedAttributes": [], "MfaConfiguration": "OFF"},
        "UpdateUserPoolClient": {
            "ExplicitAuthFlows": [],
            "PreventUserExistenceErrors": "LEGACY",
            "RefreshTokenValidity": 30,
        },
    }

    def asked(self, call: Call) -> None:
        for name, value in self._defaults.get(call.operation, {}).items():
            if name not in call.params:
                call.params[name] = value
                self.bite()


def behaviours() -> list[Behaviour]:
    """All of Cognito's."""
    return [PoolKept(), PoolBusy(), PoolNotVisible(), PoolUnlisted(), UpdateForgets()]
