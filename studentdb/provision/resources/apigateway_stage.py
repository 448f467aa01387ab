"""The stage of an HTTP API: where it is served, its access log, its throttling."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from studentdb.errors import UsageError
from studentdb.provision.aws import Aws, busy, error_code, ignoring
from studentdb.provision.core import Change, Live, Outputs, Resource
from studentdb.provision.resources.apigateway_route import children

# One line per request, and nothing in it that tells who a person is: no address, no path (ids), no query, no claims.
ACCESS_LOG_FORMAT = json.dumps(
    {
        "requestId": "$context.requestId",
        "routeKey": "$context.routeKey",
        "status": "$context.status",
        "latency": "$context.responseLatency",
        "integrationErrorMessage": "$context.integrationErrorMessage",
    },
    separators=(",", ":"),
)

# API Gateway sets up the log delivery with the caller's rights (AGW-19).
_LOG_DELIVERY = (
    "logs:CreateLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
)


@dataclass(frozen=True, kw_only=True)
class Stage(Resource):
    """A stage that serves every change at once. `burst` is requests, `rate` requests per second.

    It is ours because the API is: tags in CreateStage would need the right to apigateway:PUT as well. It does not just
    go with the API: what writes to a log group has to be gone before the group (LOG-03), and the API waits for others.

    Raises UsageError for a limit of 0.
    """

    kind: ClassVar[str] = "apigatewayv2.stage"
    identity: ClassVar[tuple[str, ...]] = ("name", "api_id")
    actions: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "read": ("apigateway:GET",),
        "create": ("apigateway:POST", "apigateway:PATCH", *_LOG_DELIVERY),
        "update": ("apigateway:PATCH", *_LOG_DELIVERY),
        "delete": ("apigateway:DELETE", "logs:DeleteLogDelivery"),
    }

    api_id: str
    log_group_arn: str
    burst: int
    rate: float

    def __post_init__(self) -> None:
        # 0 is not "no limit": it turns every request away (AGW-35).
        if self.burst < 1 or self.rate <= 0:
            raise UsageError("the API's limits must be above 0", why=f"burst {self.burst}, rate {self.rate} per second")

    @property
    def lane(self) -> str:
        return f"api:{self.api_id}"

    def properties(self) -> dict[str, Any]:
        return {
            # No DeploymentId beside it (AGW-16).
            "AutoDeploy": True,
            "AccessLogSettings": {
                # CloudWatch Logs likes to end the ARN with `:*`, API Gateway refuses that (AGW-21).
                "DestinationArn": self.log_group_arn.removesuffix(":*"),
                "Format": ACCESS_LOG_FORMAT,
            },
            "DefaultRouteSettings": {
                "ThrottlingBurstLimit": self.burst,
                "ThrottlingRateLimit": float(self.rate),
            },
        }

    def read(self, aws: Aws) -> Live | None:
        with ignoring("NotFoundException"):
            # The listing: what else is in it is looked at as well.
            found = [item for item in children(aws, "stage", self.api_id) if item["StageName"] == self.name]
            if not found:
                return None
            stage = found[0]
            log, limits = stage.get("AccessLogSettings", {}), stage.get("DefaultRouteSettings", {})
            return Live(
                {
                    "AutoDeploy": stage.get("AutoDeploy", False),
                    "AccessLogSettings": {name: log.get(name) for name in ("DestinationArn", "Format")},
                    "DefaultRouteSettings": {
                        name: limits.get(name) for name in ("ThrottlingBurstLimit", "ThrottlingRateLimit")
                    },
                }
            )
        return None

    def create(self, aws: Aws) -> Outputs:
        client = aws.client("apigatewayv2")
        settings = {"ApiId": self.api_id, "StageName": self.name, **self.properties()}
        try:
            aws.retry(lambda: client.create_stage(**settings), when=busy)
        except ClientError as error:
            # The name is the identity: botocore's second try finds the stage of the first (AGW-12).
            if error_code(error) != "ConflictException":
                raise
            aws.retry(lambda: client.update_stage(**settings), when=busy)
        return {}

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        client = aws.client("apigatewayv2")
        aws.retry(lambda: client.update_stage(ApiId=self.api_id, StageName=self.name, **self.properties()), when=busy)
        return {}

    def delete(self, aws: Aws, live: Live) -> None:
        client = aws.client("apigatewayv2")
        with ignoring("NotFoundException"):
            aws.retry(lambda: client.delete_stage(ApiId=self.api_id, StageName=self.name), when=busy)
