"""What an HTTP API consists of: integrations, the JWT authorizer, routes.

They have no tags and belong to whoever owns the API. All of an API's children are in one lane (AGW-01).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from botocore.exceptions import BotoCoreError, ClientError

from studentdb.provision.aws import (
    EXISTING_BUDGET,
    LOST_BUDGET,
    Aws,
    busy,
    error_code,
    error_message,
    ignoring,
    lost,
)
from studentdb.provision.core import Change, Live, Outputs, Resource, giver

# How long a new user pool's issuer may stay unreachable (AGW-06).
ISSUER_BUDGET_S = 60.0
INTEGRATION_TIMEOUT_MS = 30_000


def children(aws: Aws, noun: str, api_id: str) -> list[dict[str, Any]]:
    """All of one kind in an API; in a survey they are listed once."""
    pages = aws.client("apigatewayv2").get_paginator(f"get_{noun}s").paginate(ApiId=api_id)
    return aws.shared((noun, api_id), lambda: [item for page in pages for item in page["Items"]])


@dataclass(frozen=True, kw_only=True)
class _Child(Resource):
    """A child that AWS names with a generated id: found by what we gave it, in the listing of its kind."""

    identity: ClassVar[tuple[str, ...]] = ("name", "api_id")
    actions: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "read": ("apigateway:GET",),
        "create": ("apigateway:POST",),
        "update": ("apigateway:PATCH",),
        "delete": ("apigateway:DELETE",),
    }
    # boto3's noun, and the field that holds our name.
    noun: ClassVar[str]
    name_field: ClassVar[str]

    api_id: str

    @property
    def lane(self) -> str:
        return f"api:{self.api_id}"

    @property
    def goes_with(self) -> str:
        return giver(self.api_id)

    @property
    def id_field(self) -> str:
        return f"{self.noun.capitalize()}Id"

    def live(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """The item of a listing in the shape of `properties()`."""
        return {name: item.get(name) for name in self.properties()}

    def request(self) -> dict[str, Any]:
        """The arguments of both the create and the update call."""
        return self.properties()

    def read(self, aws: Aws) -> Live | None:
        found = self._found(aws)
        return Live(self.live(found[0]), {"id": found[0][self.id_field]}) if found else None

    def create(self, aws: Aws) -> Outputs:
        try:
            return self._make(aws)
        except (BotoCoreError, ClientError) as error:
            # A route of this key may be there already (AGW-11).
            exists = isinstance(error, ClientError) and error_code(error) == "ConflictException"
            if not exists and not lost(error):
                raise
            live = aws.look(lambda: self.read(aws), budget=EXISTING_BUDGET if exists else LOST_BUDGET)
            if live is not None:
                return self.update(aws, live, ()) if self.diff(live) else live.outputs
            if exists:
                raise
            return self._make(aws)

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        call = getattr(aws.client("apigatewayv2"), f"update_{self.noun}")
        # Without the name, which is the same: a route's own key may be taken for a second one of it (AGW-11).
        self.write(aws, call, **{self.id_field: live.outputs["id"]}, **self.request())
        return live.outputs

    def delete(self, aws: Aws, live: Live) -> None:
        call = getattr(aws.client("apigatewayv2"), f"delete_{self.noun}")
        with ignoring("NotFoundException"):
            # Of two of one name (a lost answer) the other one goes with the API.
            self.write(aws, call, **{self.id_field: live.outputs["id"]})

    def write(self, aws: Aws, call: Any, **arguments: Any) -> Any:
        """One control call, again while the API is busy."""
        return aws.retry(lambda: call(ApiId=self.api_id, **arguments), when=busy)

    def _make(self, aws: Aws) -> Outputs:
        call = getattr(aws.client("apigatewayv2", retries=False), f"create_{self.noun}")
        return {"id": self.write(aws, call, **{self.name_field: self.name}, **self.request())[self.id_field]}

    def _found(self, aws: Aws) -> list[dict[str, Any]]:
        """Ours in the listing, in a fixed order: a lost answer may have left two of one name."""
        with ignoring("NotFoundException"):
            listed = children(aws, self.noun, self.api_id)
            ours = [item for item in listed if item.get(self.name_field) == self.name]
            return sorted(ours, key=lambda item: str(item[self.id_field]))
        return []


@dataclass(frozen=True, kw_only=True)
class Integration(_Child):
    """How the API calls a function. The name is kept as its description. Output: `id`."""

    kind: ClassVar[str] = "apigatewayv2.integration"
    noun: ClassVar[str] = "integration"
    name_field: ClassVar[str] = "Description"

    function_arn: str

    def properties(self) -> dict[str, Any]:
        return {
            "IntegrationType": "AWS_PROXY",
            "IntegrationMethod": "POST",
            "IntegrationUri": self.function_arn,
            "PayloadFormatVersion": "2.0",
            "TimeoutInMillis": INTEGRATION_TIMEOUT_MS,
        }


@dataclass(frozen=True, kw_only=True)
class Authorizer(_Child):
    """Lets in bearers of tokens that `issuer` signed for the client `audience`. Output: `id`."""

    kind: ClassVar[str] = "apigatewayv2.authorizer"
    noun: ClassVar[str] = "authorizer"
    name_field: ClassVar[str] = "Name"

    issuer: str
    audience: str

    def properties(self) -> dict[str, Any]:
        return {
            "AuthorizerType": "JWT",
            "IdentitySource": ["$request.header.Authorization"],
            # Access tokens have no `aud`; the gateway compares their `client_id` instead (JWT-01).
            "JwtConfiguration": {"Audience": [self.audience], "Issuer": self.issuer},
        }

    def write(self, aws: Aws, call: Any, **arguments: Any) -> Any:
        return aws.retry(
            lambda: super(Authorizer, self).write(aws, call, **arguments), when=_no_issuer, budget=ISSUER_BUDGET_S
        )


@dataclass(frozen=True, kw_only=True)
class Route(_Child):
    """A route; its name is the route key, such as `GET /api/{proxy+}`. Public only where the authorizer is None."""

    kind: ClassVar[str] = "apigatewayv2.route"
    noun: ClassVar[str] = "route"
    name_field: ClassVar[str] = "RouteKey"

    integration_id: str
    authorizer_id: str | None = None

    def properties(self) -> dict[str, Any]:
        return {
            "Target": f"integrations/{self.integration_id}",
            # An update that leaves the type out would keep the old authorizer (AGW-09). One that an engine lacks, whose
            # id is empty, opens nothing.
            "AuthorizationType": "NONE" if self.authorizer_id is None else "JWT",
            "AuthorizerId": self.authorizer_id or "",
        }

    def live(self, item: Mapping[str, Any]) -> dict[str, Any]:
        public = item.get("AuthorizationType", "NONE") == "NONE"
        return {
            "Target": item.get("Target", ""),
            "AuthorizationType": item.get("AuthorizationType", "NONE"),
            "AuthorizerId": "" if public else item.get("AuthorizerId", ""),
        }

    def request(self) -> dict[str, Any]:
        arguments = super().request()
        if not self.authorizer_id:
            del arguments["AuthorizerId"]
        return arguments


def _no_issuer(error: ClientError) -> bool:
    """API Gateway fetches the issuer's configuration when the authorizer is written (AGW-06)."""
    message = error_message(error)
    unreachable = "Invalid issuer" in message or "openid-configuration" in message
    return error_code(error) == "BadRequestException" and unreachable
