"""The HTTP API and its children."""

from __future__ import annotations

from typing import Any

from studentdb.provision.aws import Aws
from studentdb.provision.core import Live
from tests.provision.hand_edits import Edit


def _api(**change: Any) -> Edit:
    return lambda aws, _, live: aws.client("apigatewayv2").update_api(ApiId=live.outputs["id"], **change)


def _cors(**change: Any) -> Edit:
    def edit(aws: Aws, cors: Any, _: Live) -> None:
        wanted = {**cors.properties(), **change}
        aws.client("apigatewayv2").update_api(ApiId=cors.api_id, CorsConfiguration=wanted)

    return edit


def _child(**change: Any) -> Edit:
    def edit(aws: Aws, child: Any, live: Live) -> None:
        call = getattr(aws.client("apigatewayv2"), f"update_{child.noun}")
        call(ApiId=child.api_id, **{child.id_field: live.outputs["id"]}, **change)

    return edit


def _other_integration(aws: Aws, route: Any, live: Live) -> None:
    client = aws.client("apigatewayv2")
    found = [item["IntegrationId"] for item in client.get_integrations(ApiId=route.api_id)["Items"]]
    other = next(each for each in found if each != route.integration_id)
    client.update_route(ApiId=route.api_id, RouteId=live.outputs["id"], Target=f"integrations/{other}")


def _other_authorizer(aws: Aws, route: Any, live: Live) -> None:
    client = aws.client("apigatewayv2")
    made = client.create_authorizer(
        ApiId=route.api_id,
        Name="lenient",
        AuthorizerType="JWT",
        IdentitySource=["$request.header.Authorization"],
        JwtConfiguration={"Audience": ["anybody"], "Issuer": aws.endpoints.issuer(f"{aws.region}_bbbbbbbbb")},
    )
    client.update_route(
        ApiId=route.api_id, RouteId=live.outputs["id"], AuthorizationType="JWT", AuthorizerId=made["AuthorizerId"]
    )


def _stage(**change: Any) -> Edit:
    return lambda aws, stage, _: aws.client("apigatewayv2").update_stage(
        ApiId=stage.api_id, StageName=stage.name, **change
    )


EDITS: dict[str, dict[str, Edit]] = {
    "apigatewayv2.api": {
        "Description": _api(Description="by hand"),
        "DisableExecuteApiEndpoint": _api(DisableExecuteApiEndpoint=True),
    },
    "apigatewayv2.cors": {
        "AllowOrigins": _cors(AllowOrigins=["*"]),
        "AllowHeaders": _cors(AllowHeaders=["*"]),
        "AllowMethods": _cors(AllowMethods=["*"]),
        "AllowCredentials": _cors(AllowCredentials=True),
        "MaxAge": _cors(MaxAge=5),
        "ExposeHeaders": _cors(ExposeHeaders=["x-hand"]),
    },
    "apigatewayv2.integration": {
        "IntegrationType": _child(IntegrationType="HTTP_PROXY"),
        "IntegrationMethod": _child(IntegrationMethod="GET"),
        "IntegrationUri": _child(IntegrationUri="arn:aws:lambda:eu-central-1:123456789012:function:other"),
        "PayloadFormatVersion": _child(PayloadFormatVersion="1.0"),
        "TimeoutInMillis": _child(TimeoutInMillis=50),
    },
    "apigatewayv2.authorizer": {
        "IdentitySource": _child(IdentitySource=["$request.querystring.token"]),
        "JwtConfiguration": _child(JwtConfiguration={"Audience": ["anybody"], "Issuer": "https://issuer.example"}),
    },
    "apigatewayv2.route": {
        "Target": _other_integration,
        "AuthorizerId": _other_authorizer,
        # An authorizer goes with the type that needs it.
        "AuthorizationType AuthorizerId": _child(AuthorizationType="NONE"),
    },
    "apigatewayv2.stage": {
        "AutoDeploy": _stage(AutoDeploy=False),
        "AccessLogSettings": _stage(AccessLogSettings={}),
        "DefaultRouteSettings": _stage(
            DefaultRouteSettings={"ThrottlingBurstLimit": 5000, "ThrottlingRateLimit": 10000.0}
        ),
    },
}
