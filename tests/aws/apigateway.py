"""API Gateway: one write at a time per API, issuers that are too young, parts that are referred to."""

from __future__ import annotations

import re
from typing import Any

from tests.aws.layer import After, Behaviour, Call, Instead, Refusal, Unlisted

SERVICE = "apigatewayv2"


class ApiBusy(After):
    """Writes to one API at the same time; now and then two that follow each other closely."""

    ids = ("AGW-01", "X-12")
    service = SERVICE
    key, seconds = "ApiId", 0.2
    every = 4
    code, status = "ConflictException", 409
    message = "Unable to complete operation due to concurrent modification. Please try again later."

    def __init__(self) -> None:
        super().__init__()
        self._writes = 0

    def refuses(self, call: Call) -> bool:
        return call.writes and bool(self.named(call))

    def before(self, call: Call) -> Refusal | Instead | None:
        others = [other for other in self.layer.under_way if other.service == SERVICE and self.refuses(other)]
        if self.refuses(call) and any(self.named(other) == self.named(call) for other in others):
            return Refusal(self.code, self.message, self.status)
        return super().before(call)

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        if self.refuses(call):
            self._writes += 1
            if self._writes % self.every == 0:
                self.until[self.named(call)] = self.now + self.seconds


class PoolTooYoung(Behaviour):
    """The issuer of a new user pool does not answer yet when the authorizer is written."""

    ids = ("AGW-06",)
    seconds = 12.0

    def __init__(self) -> None:
        self._answers: dict[str, float] = {}

    def sees(self, call: Call) -> bool:
        return call.operation in ("CreateUserPool", "CreateAuthorizer", "UpdateAuthorizer")

    def before(self, call: Call) -> Refusal | None:
        issuer = call.params.get("JwtConfiguration", {}).get("Issuer", "")
        until = self._answers.get(issuer.rpartition("/")[2], 0.0)
        if self.now >= until:
            return None
        words = f"Caught exception when connecting to {issuer}/.well-known/openid-configuration for issuer {issuer}."
        return Refusal("BadRequestException", f"{words} Please try again later. Error: Invalid issuer", 400, until)

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        if call.operation == "CreateUserPool":
            self._answers[answer["UserPool"]["Id"]] = self.now + self.seconds


class ApiUnlisted(Unlisted):
    """A new API is not listed at once."""

    ids = ("X-10", "AGW-14")
    service = SERVICE
    causes, listing, seconds = ("CreateApi",), "GetApis", 1.5

    def made(self, call: Call, answer: dict[str, Any]) -> str:
        return str(answer["ApiId"])

    def items(self, answer: dict[str, Any]) -> list[Any]:
        apis: list[Any] = answer["Items"]
        return apis

    def shown(self, item: Any) -> str:
        return str(item["ApiId"])


class ApiNotVisible(After):
    """A new API cannot be read at once."""

    ids = ("X-10",)
    service = SERVICE
    causes, refused = ("CreateApi",), ("GetApi", "GetRoutes", "GetIntegrations", "GetAuthorizers", "GetStage")
    key, seconds = "ApiId", 0.8
    code, message, status = "NotFoundException", "Invalid API identifier specified {}", 404

    def caused(self, call: Call, answer: dict[str, Any]) -> str:
        return str(answer["ApiId"])


class PartReferenced(Behaviour):
    """An authorizer or an integration that a route names is not deleted."""

    ids = ("AGW-08", "AGW-10")
    service = SERVICE

    def before(self, call: Call) -> Refusal | None:
        if call.operation not in ("DeleteAuthorizer", "DeleteIntegration"):
            return None
        part = call.params.get("AuthorizerId") or call.params.get("IntegrationId")
        for route in self.layer.raw("apigatewayv2").get_routes(ApiId=call.params["ApiId"])["Items"]:
            if part in (route.get("AuthorizerId"), route.get("Target", "").removeprefix("integrations/")):
                kind = call.operation.removeprefix("Delete").lower()
                words = f"Cannot delete {kind} '{part}', is referenced in route: {route['RouteKey']}"
                return Refusal("ConflictException", words, 409)
        return None


class PartExists(Behaviour):
    """A route's key and a stage's name serve once."""

    ids = ("AGW-11", "AGW-12")
    service = SERVICE

    def before(self, call: Call) -> Refusal | None:
        raw, api = self.layer.raw("apigatewayv2"), call.params.get("ApiId")
        if call.operation == "CreateRoute":
            key = call.params["RouteKey"]
            if any(route["RouteKey"] == key for route in raw.get_routes(ApiId=api)["Items"]):
                return Refusal("ConflictException", f"Route with key {key} already exists for this API", 409)
        if call.operation == "CreateStage":
            name = call.params["StageName"]
            if any(stage["StageName"] == name for stage in raw.get_stages(ApiId=api)["Items"]):
                return Refusal("ConflictException", "Stage already exists", 409)
        return None


class StageChecked(Behaviour):
    """A stage's log group has to exist and to be named plainly; an automatic stage takes no deployment."""

    ids = ("AGW-16", "AGW-19", "AGW-21")
    service = SERVICE

    def before(self, call: Call) -> Refusal | None:
        if call.operation not in ("CreateStage", "UpdateStage"):
            return None
        if call.params.get("AutoDeploy") and call.params.get("DeploymentId"):
            return Refusal("BadRequestException", "Deployment ID cannot be set on a stage with AutoDeploy")
        arn = call.params.get("AccessLogSettings", {}).get("DestinationArn")
        if not arn:
            return None
        found = re.fullmatch(r"arn:aws[\w-]*:logs:[^:]+:\d+:log-group:([^:]+)", arn)
        raw = self.layer.raw("logs")
        groups = raw.describe_log_groups(logGroupNamePrefix=found.group(1))["logGroups"] if found else []
        if found and any(group["logGroupName"] == found.group(1) for group in groups):
            return None
        return Refusal("BadRequestException", "Insufficient permissions to enable logging")


class EmptyCors(Behaviour):
    """An empty CORS configuration in an update clears nothing."""

    ids = ("AGW-36",)
    service = SERVICE

    def asked(self, call: Call) -> None:
        if call.operation == "UpdateApi" and call.params.get("CorsConfiguration") == {}:
            del call.params["CorsConfiguration"]
            self.bite()


def behaviours() -> list[Behaviour]:
    """All of API Gateway's."""
    return [
        PoolTooYoung(),
        PartReferenced(),
        PartExists(),
        StageChecked(),
        ApiBusy(),
        ApiNotVisible(),
        ApiUnlisted(),
        EmptyCors(),
    ]
