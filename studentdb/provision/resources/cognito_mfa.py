"""The second factor that a user pool offers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from studentdb.provision.aws import Aws, busy, ignoring
from studentdb.provision.core import Change, Live, Outputs, Resource, giver

_GONE = "ResourceNotFoundException"


@dataclass(frozen=True, kw_only=True)
class UserPoolMfa(Resource):
    """Codes of an authenticator app (TOTP, RFC 6238), for whoever wants them.

    Neither CreateUserPool nor UpdateUserPool can offer them (COG-13), hence a resource of its own. A pool in which no
    second factor is on has none.
    """

    kind: ClassVar[str] = "cognito-idp.user_pool_mfa_config"
    identity: ClassVar[tuple[str, ...]] = ("user_pool_id",)
    # A plain teardown keeps the people, and what protects their accounts stays on.
    stateful: ClassVar[bool] = True
    actions: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "read": ("cognito-idp:GetUserPoolMfaConfig",),
        "create": ("cognito-idp:SetUserPoolMfaConfig",),
        "update": ("cognito-idp:SetUserPoolMfaConfig",),
        "delete": ("cognito-idp:SetUserPoolMfaConfig",),
    }

    user_pool_id: str

    @property
    def lane(self) -> str:
        return f"pool:{self.user_pool_id}"

    @property
    def goes_with(self) -> str:
        return giver(self.user_pool_id)

    def properties(self) -> dict[str, Any]:
        return {"MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": {"Enabled": True}}

    def read(self, aws: Aws) -> Live | None:
        with ignoring(_GONE):
            found = aws.client("cognito-idp").get_user_pool_mfa_config(UserPoolId=self.user_pool_id)
            mode = found.get("MfaConfiguration") or "OFF"
            if mode != "OFF":
                # A factor that was never on is left out.
                enabled = bool((found.get("SoftwareTokenMfaConfiguration") or {}).get("Enabled"))
                return Live({"MfaConfiguration": mode, "SoftwareTokenMfaConfiguration": {"Enabled": enabled}})
        return None

    def create(self, aws: Aws) -> Outputs:
        # Both, always: what is left out is off (COG-14).
        self._set(aws, **self.properties())
        return {}

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        self._set(aws, **self.properties())
        return {}

    def delete(self, aws: Aws, live: Live) -> None:
        with ignoring(_GONE):
            # OFF beside a factor is refused (COG-14).
            self._set(aws, MfaConfiguration="OFF")

    def _set(self, aws: Aws, **config: Any) -> None:
        client = aws.client("cognito-idp")
        aws.retry(lambda: client.set_user_pool_mfa_config(UserPoolId=self.user_pool_id, **config), when=busy)
