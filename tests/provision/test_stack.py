"""THE stack as data: complete, acyclic, within AWS's limits for the longest names."""

from __future__ import annotations

import re
from graphlib import TopologicalSorter

import pytest

from studentdb.bundle import find
from studentdb.contract.operations import public_routes
from studentdb.provision.aws import Deployment
from studentdb.provision.core import Resource, is_unresolved
from studentdb.provision.endpoints import Endpoints
from studentdb.provision.engine import Stack
from studentdb.provision.package import package
from studentdb.provision.resources.iam_role import RolePolicy
from studentdb.provision.site_files import site_files
from studentdb.provision.stack import StackSettings, stack

# The longest region names, and the longest env that the settings allow.
LONGEST = Deployment("n234567890123456", "ap-southeast-1", "123456789012")
PROD = Deployment("prod", "eu-central-1", "123456789012")

# What AWS takes for a name; botocore checks none of this.
NAMES = {
    "dynamodb.table": r"[a-zA-Z0-9_.-]{3,255}",  # DDB-21
    "iam.role": r"[\w+=,.@-]{1,64}",  # IAM-12
    "lambda.function": r"[a-zA-Z0-9-_]{1,64}",  # LMB-38
    "logs.log_group": r"[.\-_/#A-Za-z0-9]{1,512}",  # LOG-11
    "cognito-idp.user_pool": r"[\w\s+=,.@-]{1,128}",  # COG-28
    "cognito-idp.user_pool_client": r"[\w\s+=,.@-]{1,128}",
    "s3.bucket": r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",  # S3-32
    "apigatewayv2.api": r".{1,128}",
    "cloudfront.origin_access_control": r".{1,64}",
    "cloudfront.response_headers_policy": r"[\w-]{1,128}",
}


def make(deployment: Deployment, endpoints: Endpoints | None = None) -> Stack:
    bundle = find()
    return stack(
        deployment,
        endpoints or Endpoints(deployment.region),
        StackSettings(),
        code=package(bundle.lambda_src),
        site=site_files(bundle.site),
        public_routes=public_routes(),
    )


@pytest.mark.parametrize("deployment", [PROD, LONGEST], ids=["prod", "longest"])
def test_names_fit(deployment: Deployment) -> None:
    checked = set()
    for resource in make(deployment).resources:
        if resource.kind in NAMES:
            assert re.fullmatch(NAMES[resource.kind], resource.name), resource.id
            checked.add(resource.kind)
    assert checked == set(NAMES)


def test_prod_has_the_names_of_the_owners_documents() -> None:
    ids = {resource.id for resource in make(PROD).resources}
    assert {
        "dynamodb.table/student-management-users",
        "dynamodb.table/student-management-classes",
        "dynamodb.table/student-management-subjects",
        "dynamodb.table/student-management-notifications",
        "lambda.function/student-management-api-read",
        "lambda.function/student-management-api-write",
        "apigatewayv2.api/student-management-api",
        "cognito-idp.user_pool_client/student-management-app",
    } <= ids


def test_every_dependency_is_declared_and_there_is_no_cycle() -> None:
    resources = make(PROD).resources
    ids = [resource.id for resource in resources]
    assert len(ids) == len(set(ids))
    graph = {resource.id: resource.dependencies() for resource in resources}
    assert {dep for deps in graph.values() for dep in deps} <= set(ids)
    assert list(TopologicalSorter(graph).static_order())


def test_the_sites_config_waits_for_what_it_names() -> None:
    objects = next(resource for resource in make(PROD).resources if resource.kind == "s3.objects")
    assert {
        "apigatewayv2.api/student-management-api",
        "cloudfront.distribution/student-management-site",
        "cognito-idp.user_pool/student-management-users",
        "cognito-idp.user_pool_client/student-management-app",
    } <= objects.dependencies()


def test_what_holds_data_is_stateful() -> None:
    kinds = {resource.kind for resource in make(PROD).resources if resource.stateful}
    assert {"dynamodb.table", "cognito-idp.user_pool", "cognito-idp.group"} <= kinds
    assert "lambda.function" not in kinds


def test_two_deployments_share_no_name() -> None:
    def names(deployment: Deployment) -> set[tuple[str, str]]:
        # Children are named within their parent.
        return {
            (r.kind, r.name) for r in make(deployment).resources if not _has_parent(r) and not is_unresolved(r.name)
        }

    region = PROD.region
    assert not names(PROD) & names(Deployment("test", region, PROD.account))
    elsewhere = {(kind, name) for kind, name in names(Deployment("prod", "us-east-1", PROD.account))}
    # Roles, buckets and CloudFront's objects are not regional.
    shared = {kind for kind, name in names(PROD) & elsewhere}
    assert not shared & {
        "iam.role",
        "s3.bucket",
        "cloudfront.origin_access_control",
        "cloudfront.response_headers_policy",
    }


def _has_parent(resource: Resource) -> bool:
    return bool(resource.reads_after())


def test_roles_have_least_privilege() -> None:
    policies = [resource for resource in make(PROD).resources if isinstance(resource, RolePolicy)]
    assert len(policies) == 2
    for policy in policies:
        for statement in policy.document["Statement"]:
            assert "*" not in statement["Action"]
            assert not [action for action in statement["Action"] if action.endswith(":*") or "Scan" in action]
            assert "*" not in statement["Resource"]
    reads = next(policy for policy in policies if "api-read" in policy.role_name)
    actions = {action for statement in reads.document["Statement"] for action in statement["Action"]}
    assert not {action for action in actions if re.match(r"dynamodb:(Put|Update|Delete|BatchWrite)", action)}


def test_only_the_public_routes_lack_an_authorizer() -> None:
    routes = [resource for resource in make(PROD).resources if resource.kind == "apigatewayv2.route"]
    assert {route.name for route in routes if not getattr(route, "authorizer_id")} == set(public_routes())  # noqa: B009


def test_engine_and_aws_differ_in_the_seam_only() -> None:
    here = make(PROD, Endpoints(PROD.region, "http://localhost:4566", embedded=True))
    assert [r.id for r in here.resources] == [r.id for r in make(PROD).resources]
