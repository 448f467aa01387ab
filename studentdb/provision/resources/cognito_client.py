"""The user pool's app client: how the site and the command line sign in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from botocore.exceptions import BotoCoreError, ClientError

from studentdb.provision.aws import LOST_BUDGET, Aws, busy, ignoring, lost
from studentdb.provision.core import Change, Live, Outputs, Resource, giver

_GONE = "ResourceNotFoundException"


@dataclass(frozen=True, kw_only=True)
class UserPoolClient(Resource):
    """A public client: SRP and refresh only, no secret, since a browser could not keep one. Output: `id`."""

    kind: ClassVar[str] = "cognito-idp.user_pool_client"
    identity: ClassVar[tuple[str, ...]] = ("name", "user_pool_id")
    # A secret is given at creation or never; with one, SRP from a browser fails (COG-21).
    immutable: ClassVar[frozenset[str]] = frozenset({"HasSecret"})
    actions: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "read": ("cognito-idp:ListUserPoolClients", "cognito-idp:DescribeUserPoolClient"),
        "create": ("cognito-idp:CreateUserPoolClient",),
        "update": ("cognito-idp:UpdateUserPoolClient",),
        "delete": ("cognito-idp:DeleteUserPoolClient",),
    }

    user_pool_id: str
    access_token_minutes: int
    refresh_token_days: int

    @property
    def lane(self) -> str:
        return f"pool:{self.user_pool_id}"

    @property
    def goes_with(self) -> str:
        return giver(self.user_pool_id)

    def properties(self) -> dict[str, Any]:
        return {**self._settings(), "HasSecret": False}

    def _settings(self) -> dict[str, Any]:
        """Everything that UpdateUserPoolClient would otherwise reset to a default (COG-05)."""
        return {
            "ExplicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"],
            "SupportedIdentityProviders": ["COGNITO"],
            "AllowedOAuthFlowsUserPoolClient": False,
            "PreventUserExistenceErrors": "ENABLED",
            "EnableTokenRevocation": True,
            "AccessTokenValidity": self.access_token_minutes,
            "IdTokenValidity": self.access_token_minutes,
            "RefreshTokenValidity": self.refresh_token_days,
            # Without units, access tokens are counted in hours (COG-24).
            "TokenValidityUnits": {"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "days"},
            "ReadAttributes": ["email", "email_verified", "family_name", "given_name"],
            # Leaving this out would let people change any attribute, the e-mail by which they are found included.
            "WriteAttributes": ["family_name", "given_name"],
        }

    def read(self, aws: Aws) -> Live | None:
        found = self._found(aws)
        if not found:
            return None
        client = found[0]
        live = {name: _in_order(client.get(name)) for name in self._settings()}
        return Live(
            {**live, "HasSecret": bool(client.get("ClientSecret"))},
            {"id": client["ClientId"]},
            twins=tuple(twin["ClientId"] for twin in found[1:]),
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
        client = aws.client("cognito-idp")
        which = {"UserPoolId": self.user_pool_id, "ClientId": live.outputs["id"], "ClientName": self.name}
        aws.retry(lambda: client.update_user_pool_client(**which, **self._settings()), when=busy)
        return live.outputs

    def delete(self, aws: Aws, live: Live) -> None:
        client = aws.client("cognito-idp")
        for client_id in (live.outputs["id"], *live.twins):
            which = {"UserPoolId": self.user_pool_id, "ClientId": client_id}
            with ignoring(_GONE):
                aws.retry(partial(client.delete_user_pool_client, **which), when=busy)

    def _make(self, aws: Aws) -> Outputs:
        # CreateUserPoolClient has no idempotency token, and names are not unique (COG-18).
        client = aws.client("cognito-idp", retries=False)
        which = {"UserPoolId": self.user_pool_id, "ClientName": self.name, "GenerateSecret": False}
        made = aws.retry(lambda: client.create_user_pool_client(**which, **self._settings()), when=busy)
        return {"id": made["UserPoolClient"]["ClientId"]}

    def _found(self, aws: Aws) -> list[dict[str, Any]]:
        """The pool's clients of this name, the oldest first (COG-18)."""
        client = aws.client("cognito-idp")
        listing = client.get_paginator("list_user_pool_clients")
        named: list[dict[str, Any]] = []
        with ignoring(_GONE):
            for page in listing.paginate(UserPoolId=self.user_pool_id, PaginationConfig={"PageSize": 60}):
                for item in page["UserPoolClients"]:
                    if item["ClientName"] == self.name:
                        which = {"UserPoolId": self.user_pool_id, "ClientId": item["ClientId"]}
                        named.append(client.describe_user_pool_client(**which)["UserPoolClient"])
        return sorted(named, key=lambda found: (str(found.get("CreationDate", "")), found["ClientId"]))


def _in_order(value: Any) -> Any:
    """Cognito returns its lists in an order of its own."""
    return sorted(value) if isinstance(value, list) else value
