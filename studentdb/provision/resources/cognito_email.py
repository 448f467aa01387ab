"""Who sends the pool's own mails: invitations, and codes for a new password."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from studentdb.provision.aws import Aws, has_code
from studentdb.provision.core import Change, Live, Outputs, Resource
from studentdb.provision.resources.cognito_user_pool import described, update

# UpdateUserPool resets what it is not sent (COG-04): these are sent back as they were found.
_DECLARED = (
    *("Policies", "AutoVerifiedAttributes", "AdminCreateUserConfig", "AccountRecoverySetting", "DeletionProtection"),
    "UserPoolTier",
)
_OWN: dict[str, Any] = {"EmailSendingAccount": "COGNITO_DEFAULT"}


@dataclass(frozen=True, kw_only=True)
class UserPoolEmail(Resource):
    """The sender of our pool: SES once its identity is verified (`source_arn` is "" until then), before it Cognito's.

    Cognito refuses an identity that is not verified (COG-27), so until then nothing is wanted and the plan is empty.
    `wanted` False: mail is switched off, and only what is set to our `configuration_set` is found, to be taken back.
    What a school has set by hand is theirs until then.
    """

    kind: ClassVar[str] = "cognito-idp.user_pool_email"
    identity: ClassVar[tuple[str, ...]] = ("name", "user_pool_id")
    actions: ClassVar = {
        "read": ("cognito-idp:DescribeUserPool",),
        # Cognito makes a role of its own for it, once in an account.
        "create": ("cognito-idp:UpdateUserPool", "iam:CreateServiceLinkedRole"),
        "update": ("cognito-idp:UpdateUserPool", "iam:CreateServiceLinkedRole"),
        "delete": ("cognito-idp:UpdateUserPool",),
    }

    user_pool_id: str
    source_arn: str
    sender: str
    configuration_set: str
    wanted: bool = True

    @property
    def lane(self) -> str:
        return f"pool:{self.user_pool_id}"

    def properties(self) -> dict[str, Any]:
        return {"EmailConfiguration": self._ses() if self.source_arn else None}

    def read(self, aws: Aws) -> Live | None:
        pool = described(aws, self.user_pool_id)
        if pool is None:
            return None
        found = pool.get("EmailConfiguration") or _OWN
        ours = found.get("ConfigurationSet") == self.name
        if not (ours or self.wanted):
            return None
        return Live({"EmailConfiguration": found if ours else None}, borrowed=not ours)

    def create(self, aws: Aws) -> Outputs:
        if self.source_arn:
            self._set(aws, self._ses())
        return {}

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        self._set(aws, self._ses() if self.source_arn else _OWN)
        return {}

    def delete(self, aws: Aws, live: Live) -> None:
        if not live.borrowed:
            self._set(aws, _OWN)

    def _set(self, aws: Aws, configuration: dict[str, Any]) -> None:
        pool = described(aws, self.user_pool_id)
        if pool is None:
            return
        kept = {name: pool[name] for name in _DECLARED if pool.get(name)}
        settings = {**kept, "EmailConfiguration": configuration}
        # A block of its own, not laid over the one before: that would keep the old sender's ARN.
        before = {name: each for name, each in pool.items() if name != "EmailConfiguration"}
        aws.retry(
            lambda: update(aws, before, settings),
            # Of an identity that was verified, or a role that was made, a moment ago.
            when=has_code("InvalidEmailRoleAccessPolicyException"),
            budget=30.0,
        )

    def _ses(self) -> dict[str, str]:
        return {
            "SourceArn": self.source_arn,
            "EmailSendingAccount": "DEVELOPER",
            "From": self.sender,
            "ConfigurationSet": self.configuration_set,
        }
