"""CloudFront, API Gateway, Cognito and the rates bite who does not expect it, and let go when the time is over."""

from __future__ import annotations

from typing import Any

import pytest

from tests.aws import apigateway, cloudfront, cognito, rates, world
from tests.aws.layer import Layer
from tests.aws.naive import Naive, bites
from tests.support import Backend


@pytest.fixture
def naive(moto: Backend, engine: Backend, request: pytest.FixtureRequest) -> Naive:
    """moto knows no headers policies and no authorizers."""
    on_engine = "distribution" in request.node.name or "api" in request.node.name
    backend = engine if on_engine else moto
    calm = [each for each in world.everything() if not isinstance(each, rates.Rate) or "often" in request.node.name]
    return Naive(Layer(backend.root(), calm))


def _config(naive: Naive, access: str, headers: str, **changed: Any) -> dict[str, Any]:
    origin = {
        "Id": "site",
        "DomainName": f"{naive.name}.s3.eu-central-1.amazonaws.com",
        "OriginAccessControlId": access,
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    behaviour = {
        "TargetOriginId": "site",
        "ViewerProtocolPolicy": "allow-all",
        "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
        "ResponseHeadersPolicyId": headers,
    }
    return {
        "CallerReference": naive.name,
        "Comment": naive.name,
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": behaviour,
        **changed,
    }


def _parts(naive: Naive) -> tuple[str, str]:
    control = {
        "Name": naive.name,
        "SigningProtocol": "sigv4",
        "SigningBehavior": "always",
        "OriginAccessControlOriginType": "s3",
    }
    made = naive.cloudfront.create_origin_access_control(OriginAccessControlConfig=control)
    policy = {"Name": naive.name, "SecurityHeadersConfig": {"ContentTypeOptions": {"Override": True}}}
    headers = naive.cloudfront.create_response_headers_policy(ResponseHeadersPolicyConfig=policy)
    return made["OriginAccessControl"]["Id"], headers["ResponseHeadersPolicy"]["Id"]


@bites(
    cloudfront.NewPart,
    cloudfront.ReferenceUsed,
    cloudfront.NotTaggable,
    cloudfront.DistributionUnlisted,
    cloudfront.Spreading,
    cloudfront.StaleVersion,
    cloudfront.WholeConfig,
    cloudfront.PartInUse,
)
def test_a_distribution_takes_its_time(naive: Naive) -> None:
    """CF-01, CF-02, CF-03, CF-04, CF-05, CF-10, CF-11, CF-33, X-10."""
    cdn, (access, headers) = naive.cloudfront, _parts(naive)
    config = _config(naive, access, headers)
    naive.refused("InvalidOriginAccessControl", cdn.create_distribution, DistributionConfig=config)
    naive.later(2)
    made = cdn.create_distribution(DistributionConfig=config)["Distribution"]
    naive.refused("DistributionAlreadyExists", cdn.create_distribution, DistributionConfig=config)
    naive.refused("NoSuchResource", cdn.list_tags_for_resource, Resource=made["ARN"])
    listed = cdn.list_distributions()["DistributionList"].get("Items", ())
    assert made["Id"] not in {item["Id"] for item in listed}

    naive.later(2)
    known = {"Id": made["Id"]}
    now = cdn.get_distribution_config(**known)
    naive.refused("DistributionNotDisabled", cdn.delete_distribution, **known, IfMatch=now["ETag"])
    off = {**now["DistributionConfig"], "Enabled": False}
    required = {"CallerReference", "Comment", "DefaultCacheBehavior", "Enabled", "Origins"}
    partial = {key: value for key, value in off.items() if key in required}
    naive.refused("PreconditionFailed", cdn.update_distribution, **known, IfMatch=now["ETag"], DistributionConfig=off)
    naive.refused("IllegalUpdate", cdn.update_distribution, **known, IfMatch=now["ETag"], DistributionConfig=partial)
    etag = cdn.update_distribution(**known, IfMatch=now["ETag"], DistributionConfig=off)["ETag"]
    # The old status still shows, and is no leave to delete.
    assert cdn.get_distribution(**known)["Distribution"]["Status"] == "Deployed"
    naive.refused("DistributionNotDisabled", cdn.delete_distribution, **known, IfMatch=etag)
    naive.later(100)
    assert cdn.get_distribution(**known)["Distribution"]["Status"] == "InProgress"
    naive.later(65)
    naive.refused("PreconditionFailed", cdn.delete_distribution, **known, IfMatch=etag)

    control = cdn.get_origin_access_control(Id=access)
    part = {"Id": access, "IfMatch": control["ETag"]}
    naive.refused("OriginAccessControlInUse", cdn.delete_origin_access_control, **part)
    cdn.delete_distribution(**known, IfMatch=etag)
    naive.refused("OriginAccessControlInUse", cdn.delete_origin_access_control, **part)
    naive.later(4)
    cdn.delete_origin_access_control(**part)


@bites(cloudfront.Redirected, cloudfront.TooManyInvalidations)
def test_a_distribution_of_a_new_buckets_global_name(naive: Naive) -> None:
    """S3-25, CF-27, CF-32."""
    cdn, (access, headers) = naive.cloudfront, _parts(naive)
    naive.later(2)
    config = _config(naive, access, headers)
    config["Origins"]["Items"][0]["DomainName"] = f"{naive.name}.s3.amazonaws.com"
    made = cdn.create_distribution(DistributionConfig=config)["Distribution"]
    assert naive.layer.wrongs == [f"visitors of {naive.name}.s3.amazonaws.com get 307"]

    def invalidate(number: int) -> dict[str, Any]:
        batch = {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": str(number)}
        return {"DistributionId": made["Id"], "InvalidationBatch": batch}

    for number in range(15):
        cdn.create_invalidation(**invalidate(number))
    naive.refused("TooManyInvalidationsInProgress", cdn.create_invalidation, **invalidate(16))
    naive.later(20)
    cdn.create_invalidation(**invalidate(16))


@bites(apigateway.PoolTooYoung, apigateway.ApiNotVisible, apigateway.ApiUnlisted, apigateway.ApiBusy)
def test_an_api_is_late_and_busy_and_its_issuer_too_young(naive: Naive) -> None:
    """AGW-01, AGW-06, X-10."""
    api, pool = naive.api(), naive.pool()["UserPoolId"]
    naive.refused("NotFoundException", naive.apigatewayv2.get_api, **api)
    assert api["ApiId"] not in {item["ApiId"] for item in naive.apigatewayv2.get_apis()["Items"]}
    issuer = f"https://cognito-idp.eu-central-1.amazonaws.com/{pool}"
    authorizer = {
        **api,
        "Name": "cognito",
        "AuthorizerType": "JWT",
        "IdentitySource": ["$request.header.Authorization"],
        "JwtConfiguration": {"Audience": ["x"], "Issuer": issuer},
    }
    naive.refused("BadRequestException", naive.apigatewayv2.create_authorizer, **authorizer)
    naive.later(12)
    naive.apigatewayv2.create_authorizer(**authorizer)
    for number in range(3):
        naive.apigatewayv2.create_route(**api, RouteKey=f"GET /{number}")
    naive.refused("ConflictException", naive.apigatewayv2.create_route, **api, RouteKey="GET /x")


@bites(apigateway.PartExists, apigateway.PartReferenced, apigateway.StageChecked, apigateway.EmptyCors)
def test_an_apis_parts_are_checked(naive: Naive) -> None:
    """AGW-08, AGW-10, AGW-11, AGW-12, AGW-16, AGW-19, AGW-21, AGW-36."""
    gateway, api = naive.apigatewayv2, naive.api()
    where = {"IntegrationType": "AWS_PROXY", "PayloadFormatVersion": "2.0", "IntegrationUri": "arn:aws:lambda:x"}
    integration = gateway.create_integration(**api, **where)["IntegrationId"]
    gateway.create_route(**api, RouteKey="GET /x", Target=f"integrations/{integration}")
    naive.later(1)
    naive.refused("ConflictException", gateway.create_route, **api, RouteKey="GET /x")
    naive.refused("ConflictException", gateway.delete_integration, **api, IntegrationId=integration)
    arn = f"arn:aws:logs:eu-central-1:000000000000:log-group:{naive.name}"
    logged = {"AccessLogSettings": {"DestinationArn": arn, "Format": "$context.requestId"}}
    stage = {**api, "StageName": "prod", "AutoDeploy": True}
    naive.refused("BadRequestException", gateway.create_stage, **stage, **logged)
    naive.refused("BadRequestException", gateway.create_stage, **stage, DeploymentId="x")
    gateway.create_stage(**stage)
    naive.later(1)
    naive.refused("ConflictException", gateway.create_stage, **stage)
    gateway.update_api(**api, CorsConfiguration={"AllowOrigins": ["https://x.example"]})
    naive.later(1)
    gateway.update_api(**api, CorsConfiguration={})
    assert gateway.get_api(**api)["CorsConfiguration"]["AllowOrigins"] == ["https://x.example"]


@bites(cognito.PoolNotVisible, cognito.PoolUnlisted, cognito.PoolBusy, cognito.PoolKept, cognito.UpdateForgets)
def test_a_pool_is_late_and_busy_and_forgets(naive: Naive) -> None:
    """COG-01, COG-02, COG-04, COG-05, COG-06, COG-18, X-10."""
    pool = naive.pool(DeletionProtection="ACTIVE", AutoVerifiedAttributes=["email"])
    naive.refused("ResourceNotFoundException", naive.cognito.describe_user_pool, **pool)
    assert naive.cognito.list_user_pools(MaxResults=60)["UserPools"] == []
    naive.later(2)
    naive.cognito.create_group(**pool, GroupName="one")
    naive.refused("ConcurrentModificationException", naive.cognito.create_group, **pool, GroupName="two")
    naive.later(1)
    naive.refused("InvalidParameterException", naive.cognito.delete_user_pool, **pool)
    naive.cognito.update_user_pool(**pool, DeletionProtection="INACTIVE")
    assert not naive.cognito.describe_user_pool(**pool)["UserPool"].get("AutoVerifiedAttributes")
    naive.later(1)
    naive.cognito.create_user_pool_domain(**pool, Domain=naive.name)
    naive.refused("InvalidParameterException", naive.cognito.delete_user_pool, **pool)


@bites(rates.ApiGatewayRate, rates.LambdaRate, rates.CloudFrontRate, rates.CognitoRate)
def test_who_calls_too_often_is_refused(naive: Naive) -> None:
    """AGW-02, COG-29, LMB-40, X-05."""
    calls: dict[tuple[Any, str], dict[str, Any]] = {
        (naive.apigatewayv2.get_apis, "TooManyRequestsException"): {},
        (naive.lambda_.list_functions, "TooManyRequestsException"): {},
        (naive.cognito.list_user_pools, "TooManyRequestsException"): {"MaxResults": 60},
        (naive.cloudfront.delete_distribution, "Throttling"): {"Id": "x", "IfMatch": "x"},
    }
    for (call, code), parameters in calls.items():
        for _ in range(20):
            try:
                call(**parameters)
            except naive.cloudfront.exceptions.ClientError as error:
                if error.response["Error"]["Code"] == code:
                    break
        naive.refused(code, call, **parameters)
