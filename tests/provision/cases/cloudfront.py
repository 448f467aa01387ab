"""What stands in front of the site and the API."""

from __future__ import annotations

import dataclasses
from typing import Any

from studentdb.provision.aws import Aws
from studentdb.provision.core import Resource
from studentdb.provision.resources.cloudfront_access import OriginAccessControl, ResponseHeadersPolicy
from studentdb.provision.resources.cloudfront_distribution import Distribution
from studentdb.provision.resources.cloudfront_invalidation import SITE_DIGEST, Invalidation
from tests.provision.cases.s3 import bucket
from tests.provision.lifecycle import Case

NO_POLICIES = "no response headers policies"
# AWS checks CreateDistribution and TagResource for this call.
CREATES_AS_ITSELF = ("cloudfront:CreateDistributionWithTags",)


def access(aws: Aws) -> OriginAccessControl:
    """The site's."""
    return OriginAccessControl(name=f"{aws.deployment.prefix}-site-{aws.deployment.digest}")


def headers(aws: Aws, csp: str = "default-src 'self'", **differing: Any) -> ResponseHeadersPolicy:
    """The site's."""
    name = f"{aws.deployment.prefix}-site-{aws.deployment.digest}"
    return ResponseHeadersPolicy(name=name, content_security_policy=csp, **differing)


def parents(aws: Aws) -> tuple[Resource, ...]:
    """What a distribution refers to."""
    return (bucket(aws), access(aws), headers(aws))


def distribution(aws: Aws, made: tuple[Resource, ...], **differing: Any) -> Distribution:
    """The distribution of the cases, some fields of which may differ."""
    origin = aws.endpoints.api_origin("a1b2c3", "prod")
    first = Distribution(
        name=f"{aws.deployment.prefix}-site",
        comment=f"studentdb {aws.deployment.prefix}",
        bucket_domain_name=made[0].out("regional_domain_name"),
        origin_access_control_id=made[1].out("id"),
        response_headers_policy_id=made[2].out("id"),
        api_domain=origin["domain"],
        api_path=origin["path"],
        api_http_port=origin["http_port"],
        api_protocol=origin["protocol"],
        viewer_protocol_policy=aws.endpoints.viewer_protocol_policy,
    )
    return dataclasses.replace(first, **differing)


def _https_only(aws: Aws, made: tuple[Resource, ...]) -> Distribution:
    return distribution(aws, made, viewer_protocol_policy="https-only", api_path="/other")


def _with_distribution(aws: Aws) -> tuple[Resource, ...]:
    made = parents(aws)
    return (*made, distribution(aws, made))


def _invalidation(aws: Aws, made: tuple[Resource, ...], digest: str) -> Invalidation:
    return Invalidation(
        name="site", distribution_id=made[3].out("id"), distribution_arn=made[3].out("arn"), digest=digest
    )


def _signs_nothing(aws: Aws, resource: Resource) -> None:
    live = resource.read(aws)
    assert live is not None
    cloudfront, found = aws.client("cloudfront", region="us-east-1"), live.outputs["id"]
    now = cloudfront.get_origin_access_control(Id=found)
    config = {**now["OriginAccessControl"]["OriginAccessControlConfig"], "SigningBehavior": "never"}
    cloudfront.update_origin_access_control(Id=found, IfMatch=now["ETag"], OriginAccessControlConfig=config)


def _other_headers(aws: Aws, resource: Resource) -> None:
    live = resource.read(aws)
    assert live is not None
    cloudfront, found = aws.client("cloudfront", region="us-east-1"), live.outputs["id"]
    now = cloudfront.get_response_headers_policy(Id=found)
    config = now["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]
    config["SecurityHeadersConfig"]["FrameOptions"] = {"Override": False, "FrameOption": "SAMEORIGIN"}
    config["CustomHeadersConfig"] = {
        "Quantity": 1,
        "Items": [{"Header": "X-Powered-By", "Value": "hand", "Override": True}],
    }
    cloudfront.update_response_headers_policy(Id=found, IfMatch=now["ETag"], ResponseHeadersPolicyConfig=config)


def _disabled_and_extended(aws: Aws, resource: Resource) -> None:
    live = resource.read(aws)
    assert live is not None
    cloudfront, found = aws.client("cloudfront", region="us-east-1"), live.outputs["id"]
    now = cloudfront.get_distribution_config(Id=found)
    config = {**now["DistributionConfig"], "Enabled": False}
    config["CustomErrorResponses"] = {
        "Quantity": 1,
        "Items": [
            {"ErrorCode": 404, "ResponsePagePath": "/index.html", "ResponseCode": "200", "ErrorCachingMinTTL": 0}
        ],
    }
    first = config["CacheBehaviors"]["Items"][0]
    config["CacheBehaviors"] = {"Quantity": 2, "Items": [first, {**first, "PathPattern": "/v2/*"}]}
    cloudfront.update_distribution(Id=found, IfMatch=now["ETag"], DistributionConfig=config)


def _untagged(aws: Aws, resource: Resource) -> None:
    assert isinstance(resource, Invalidation)
    tags = {"Items": [{"Key": SITE_DIGEST, "Value": "by-hand"}]}
    aws.client("cloudfront", region="us-east-1").tag_resource(Resource=resource.distribution_arn, Tags=tags)


CASES: list[Case] = [
    Case(
        name="cloudfront-origin-access-control",
        resource=lambda aws, _: access(aws),
        changed=None,
        drift=_signs_nothing,
        tagged=False,
    ),
    Case(
        name="cloudfront-response-headers-policy",
        resource=lambda aws, _: headers(aws),
        changed=lambda aws, _: headers(aws, "default-src 'none'", permissions_policy="camera=()"),
        drift=_other_headers,
        tagged=False,
        without_moto=NO_POLICIES,
    ),
    Case(
        name="cloudfront-distribution",
        parents=parents,
        resource=distribution,
        changed=_https_only,
        drift=_disabled_and_extended,
        without_moto=NO_POLICIES,
        emulator_actions=CREATES_AS_ITSELF,
    ),
    Case(
        name="cloudfront-invalidation",
        parents=_with_distribution,
        resource=lambda aws, made: _invalidation(aws, made, "a" * 64),
        changed=lambda aws, made: _invalidation(aws, made, "b" * 64),
        drift=_untagged,
        tagged=False,
        without_moto=NO_POLICIES,
        emulator_actions=CREATES_AS_ITSELF,
    ),
]
