"""The HTTP API itself, and its CORS settings.

CORS is a resource of its own: its origin is the site, whose distribution points at the API.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from botocore.exceptions import BotoCoreError, ClientError

from studentdb.provision.aws import LOST_BUDGET, Aws, busy, ignoring, lost
from studentdb.provision.core import Change, Live, NotOursError, Outputs, Resource, giver

# What the site's requests need; the page sends its token in a header, so credentials (cookies) stay off.
CORS_HEADERS = ("authorization", "content-type", "idempotency-key")
CORS_METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")
CORS_MAX_AGE_S = 3600


@dataclass(frozen=True, kw_only=True)
class Api(Resource):
    """An HTTP API. Outputs: `id`, and `arn`, the prefix of `source_arn` in permissions to invoke a function."""

    kind: ClassVar[str] = "apigatewayv2.api"
    actions: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "read": ("apigateway:GET",),
        "create": ("apigateway:POST", "apigateway:TagResource"),
        "update": ("apigateway:PATCH",),
        "delete": ("apigateway:DELETE",),
    }

    description: str

    def properties(self) -> dict[str, Any]:
        # The distribution calls the default endpoint (AGW-37).
        return {"Description": self.description, "DisableExecuteApiEndpoint": False}

    def read(self, aws: Aws) -> Live | None:
        found = self._ours(aws)
        if not found:
            return None
        api = found[0]
        return Live(
            {
                "Description": api.get("Description", ""),
                "DisableExecuteApiEndpoint": api.get("DisableExecuteApiEndpoint", False),
            },
            self._outputs(aws, api["ApiId"]),
            # An answer was lost, and the process died before it could look again.
            twins=tuple(twin["ApiId"] for twin in found[1:]),
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
        client = aws.client("apigatewayv2")
        aws.retry(lambda: client.update_api(ApiId=live.outputs["id"], **self.properties()), when=busy)
        return live.outputs

    def delete(self, aws: Aws, live: Live) -> None:
        client = aws.client("apigatewayv2")
        for api in (live.outputs["id"], *live.twins):
            with ignoring("NotFoundException"):
                aws.retry(partial(client.delete_api, ApiId=api), when=busy)

    def _make(self, aws: Aws) -> Outputs:
        # CreateApi has no idempotency token; without quick create no stage or route appears by itself (AGW-13).
        client = aws.client("apigatewayv2", retries=False)
        api = aws.retry(
            lambda: client.create_api(Name=self.name, ProtocolType="HTTP", Tags=aws.tags, **self.properties()),
            when=busy,
        )
        return self._outputs(aws, api["ApiId"])

    def _ours(self, aws: Aws) -> list[dict[str, Any]]:
        """Our APIs of this name, the oldest first: names are not unique (AGW-14)."""
        pages = aws.client("apigatewayv2").get_paginator("get_apis").paginate()
        named = [api for page in pages for api in page["Items"] if api["Name"] == self.name]
        ours = [api for api in named if aws.owns(api.get("Tags", {}))]
        if named and not ours:
            raise NotOursError("HTTP API", self.name, f"API {named[0]['ApiId']} does not carry its tag")
        return sorted(ours, key=lambda api: (api["CreatedDate"], api["ApiId"]))

    def _outputs(self, aws: Aws, api_id: str) -> Outputs:
        return {"id": api_id, "arn": aws.arn("execute-api", api_id)}


@dataclass(frozen=True, kw_only=True)
class Cors(Resource):
    """Which sites may call the API from a browser. `origins` are scheme and host, without a path."""

    kind: ClassVar[str] = "apigatewayv2.cors"
    identity: ClassVar[tuple[str, ...]] = ("name", "api_id")
    actions: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "read": ("apigateway:GET",),
        "create": ("apigateway:PATCH",),
        "update": ("apigateway:PATCH",),
        "delete": ("apigateway:DELETE",),
    }

    api_id: str
    origins: tuple[str, ...]

    @property
    def lane(self) -> str:
        return f"api:{self.api_id}"

    @property
    def goes_with(self) -> str:
        return giver(self.api_id)

    def properties(self) -> dict[str, Any]:
        return {
            "AllowOrigins": sorted(self.origins),
            "AllowHeaders": list(CORS_HEADERS),
            "AllowMethods": list(CORS_METHODS),
            "AllowCredentials": False,
            "MaxAge": CORS_MAX_AGE_S,
            "ExposeHeaders": [],
        }

    def read(self, aws: Aws) -> Live | None:
        with ignoring("NotFoundException"):
            api = aws.client("apigatewayv2").get_api(ApiId=self.api_id)
            cors = api.get("CorsConfiguration")
            if cors:
                return Live(
                    {
                        "AllowOrigins": sorted(cors.get("AllowOrigins", [])),
                        "AllowHeaders": sorted(header.lower() for header in cors.get("AllowHeaders", [])),
                        "AllowMethods": sorted(cors.get("AllowMethods", [])),
                        "AllowCredentials": cors.get("AllowCredentials", False),
                        "MaxAge": cors.get("MaxAge"),
                        "ExposeHeaders": sorted(cors.get("ExposeHeaders", [])),
                    }
                )
        return None

    def create(self, aws: Aws) -> Outputs:
        client = aws.client("apigatewayv2")
        # The whole of it is replaced, so that an empty list needs no mention.
        wanted = {name: value for name, value in self.properties().items() if value != []}
        aws.retry(lambda: client.update_api(ApiId=self.api_id, CorsConfiguration=wanted), when=busy)
        return {}

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        return self.create(aws)

    def delete(self, aws: Aws, live: Live) -> None:
        client = aws.client("apigatewayv2")
        # An empty configuration in UpdateApi clears nothing (AGW-36).
        with ignoring("NotFoundException"):
            aws.retry(lambda: client.delete_cors_configuration(ApiId=self.api_id), when=busy)
