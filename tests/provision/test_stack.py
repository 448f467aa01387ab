"""THE stack as data: complete, acyclic, within AWS's limits for the longest names."""

from __future__ import annotations

import re
from dataclasses import replace
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from studentdb.bundle import find
from studentdb.errors import UsageError
from studentdb.provision.aws import Deployment
from studentdb.provision.core import Resource, is_unresolved
from studentdb.provision.endpoints import Endpoints
from studentdb.provision.engine import Stack
from studentdb.provision.package import package
from studentdb.provision.policies import content_security_policy
from studentdb.provision.resources.cloudfront_access import ResponseHeadersPolicy
from studentdb.provision.resources.cloudfront_distribution import Distribution
from studentdb.provision.resources.dynamodb_table import Table
from studentdb.provision.resources.iam_role import RolePolicy
from studentdb.provision.resources.lambda_function import Function
from studentdb.provision.site_files import site_files
from studentdb.provision.stack import stack
from studentdb.provision.stack_settings import StackSettings
from studentdb.settings import load
from tests.pictures import PILLOW
from tests.support import LONGEST

PROD = Deployment("prod", "eu-central-1", "123456789012")
# With all that can be switched on.
SIGN_UP = StackSettings(self_registration=True, self_registration_domains=("example.edu",))
EVERYTHING = replace(SIGN_UP, mail_from="office@school.example")

# Kinds whose name is only ours: they are one of their parent, or carry a comment instead.
NOT_SENT = r".+"
# What AWS takes for a name; botocore checks none of this.
NAMES = {
    "apigatewayv2.api": r".{1,128}",
    "apigatewayv2.authorizer": r".{1,128}",
    "apigatewayv2.cors": NOT_SENT,
    "apigatewayv2.integration": NOT_SENT,
    "apigatewayv2.route": r"(GET|POST|PUT|PATCH|DELETE) /[a-zA-Z0-9/{}+._-]+",
    "apigatewayv2.stage": r"[a-zA-Z0-9_-]{1,128}",
    "cloudfront.distribution": NOT_SENT,
    "cloudfront.invalidation": NOT_SENT,
    "cloudfront.origin_access_control": r".{1,64}",
    "cloudfront.response_headers_policy": r"[\w-]{1,128}",
    "cognito-idp.group": r"[\w-]{1,128}",  # COG-28; no blanks (JWT-04)
    "cognito-idp.user_pool": r"[\w\s+=,.@-]{1,128}",  # COG-28
    "cognito-idp.user_pool_client": r"[\w\s+=,.@-]{1,128}",
    "cognito-idp.user_pool_email": NOT_SENT,
    "cognito-idp.user_pool_mfa_config": NOT_SENT,
    "dynamodb.schema": NOT_SENT,
    "dynamodb.signing_key": r".{1,2048}",  # the bytes of a key
    "dynamodb.table": r"[a-zA-Z0-9_.-]{3,255}",  # DDB-21
    "dynamodb.tool_version": NOT_SENT,
    "events.rule": r"[.\-_A-Za-z0-9]{1,64}",
    "iam.role": r"[\w+=,.@-]{1,64}",  # IAM-12
    "iam.role_policy": r"[\w+=,.@-]{1,128}",
    "lambda.event_invoke_config": NOT_SENT,
    "lambda.event_source_mapping": NOT_SENT,
    "lambda.function": r"[a-zA-Z0-9-_]{1,64}",  # LMB-38
    "lambda.layer": r"[a-zA-Z0-9-_]{1,140}",
    "lambda.permission": r"[a-zA-Z0-9-_]{1,100}",
    "logs.log_group": r"[.\-_/#A-Za-z0-9]{1,512}",  # LOG-11
    "s3.bucket": r"(?!xn--|sthree-)[a-z0-9][a-z0-9-]{1,61}(?<!-s3alias)[a-z0-9]",  # S3-32
    "s3.bucket_policy": NOT_SENT,
    "s3.cors": NOT_SENT,
    "s3.data_bucket": r"(?!xn--|sthree-)[a-z0-9][a-z0-9-]{1,61}(?<!-s3alias)[a-z0-9]",  # S3-32
    "s3.notification": r".{1,255}",
    "s3.objects": NOT_SENT,
    "sesv2.configuration_set": r"[a-zA-Z0-9_-]{1,64}",
    "sesv2.email_identity": r".{1,254}",
}


def make(deployment: Deployment, endpoints: Endpoints | None = None, settings: StackSettings = EVERYTHING) -> Stack:
    bundle = find()
    return stack(
        deployment,
        endpoints or Endpoints(deployment.region),
        settings,
        code=package(bundle.lambda_src),
        site=site_files(bundle.site),
        public_routes=find().public_routes,
        account_routes=find().account_routes,
        pillow=PILLOW,
    )


@pytest.mark.parametrize("deployment", [PROD, LONGEST], ids=["prod", "longest"])
def test_names_fit(deployment: Deployment) -> None:
    """Those of every kind that there is."""
    resources = make(deployment, settings=EVERYTHING).resources
    assert {resource.kind for resource in resources} == set(NAMES)
    for resource in resources:
        assert re.fullmatch(NAMES[resource.kind], resource.name), resource.id
        if isinstance(resource, Table):
            assert all(re.fullmatch(r"[a-zA-Z0-9_.-]{3,255}", index.name) for index in resource.indexes)
        if isinstance(resource, Distribution):
            assert len(resource.comment) <= 128  # CF-35


def test_no_longer_names_are_possible() -> None:
    """The longest names are those of the longest settings, and beyond them the settings say no."""
    assert load({"env": LONGEST.env, "region": LONGEST.region}, {}, Path()).env == LONGEST.env
    with pytest.raises(UsageError) as refused:
        load({"env": f"{LONGEST.env}7"}, {}, Path())
    assert str(refused.value) == (
        "wrong setting in flag --env: 'n2345678901234567' is not 1 to 16 of the characters a-z, 0-9 and -, "
        "beginning with a letter"
    )


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


@pytest.mark.parametrize("settings", [StackSettings(), EVERYTHING], ids=["as it is", "all switched on"])
def test_every_dependency_is_declared_and_there_is_no_cycle(settings: StackSettings) -> None:
    resources = make(PROD, settings=settings).resources
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
    assert {
        "dynamodb.table",
        "dynamodb.schema",
        "cognito-idp.user_pool",
        "cognito-idp.group",
        "s3.data_bucket",
    } <= kinds
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
        "s3.data_bucket",
        "cloudfront.origin_access_control",
        "cloudfront.response_headers_policy",
    }


def test_names_that_begin_alike_are_nobody_elses() -> None:
    """Every env is made of others' names here: what one is called, with or without an ending, is no other one's."""
    envs = ["prod", "a", "a-b", "api", "a-api", "api-read", "a-api-read", "site", "users", "a-users", "index"]
    owners: dict[tuple[str, str], str] = {}
    for env in envs:
        for resource in make(Deployment(env, PROD.region, PROD.account)).resources:
            if not _has_parent(resource):
                assert owners.setdefault((resource.kind, resource.name), env) == env, resource.id
    assert len(owners) > 100


def _has_parent(resource: Resource) -> bool:
    # Of one domain there is one identity, which all that send from it use.
    return bool(resource.reads_after()) or resource.kind == "sesv2.email_identity"


def test_a_feature_that_is_switched_off_is_declared_absent() -> None:
    """Whatever it adds, and what goes with it: nothing of it stays when it is switched off."""
    off, on = make(PROD, settings=StackSettings()), make(PROD, settings=SIGN_UP)
    added = {each.id for each in on.resources} - {each.id for each in off.resources}

    assert added == {
        "lambda.function/student-management-sign-up",
        "lambda.permission/sign-up",
        "iam.role/student-management-sign-up-eu-central-1",
        "iam.role_policy/sign-up",
        "logs.log_group//aws/lambda/student-management-sign-up",
    }
    assert added <= {each.id for each in off.absent}
    assert not added & {each.id for each in on.absent}


def test_who_signs_up_reaches_three_partitions_and_no_pool() -> None:
    """Anybody on the internet can make the function run."""
    resources = {each.id: each for each in make(PROD, settings=SIGN_UP).resources}
    policy = resources["iam.role_policy/sign-up"]
    assert isinstance(policy, RolePolicy)
    index, audit = (resources[f"dynamodb.table/student-management-{name}"].out("arn") for name in ("index", "audit"))

    of_tables = [each for each in policy.document["Statement"] if each["Action"][0].startswith("dynamodb:")]
    assert of_tables == [
        {
            "Effect": "Allow",
            "Action": ["dynamodb:UpdateItem"],
            "Resource": [index],
            "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["login#*"]}},
        },
        {
            "Effect": "Allow",
            "Action": ["dynamodb:PutItem"],
            "Resource": [index],
            "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["logins", "registration#pending"]}},
        },
        {"Effect": "Allow", "Action": ["dynamodb:PutItem"], "Resource": [audit]},
    ]
    others = {action for each in policy.document["Statement"] if each not in of_tables for action in each["Action"]}
    assert others == {"logs:CreateLogStream", "logs:PutLogEvents"}
    permission, pool = (
        resources["lambda.permission/sign-up"],
        resources["cognito-idp.user_pool/student-management-users"],
    )
    assert permission.properties()["source_arn"] == pool.out("arn")
    assert pool.id not in resources["lambda.function/student-management-sign-up"].dependencies()


def test_who_sends_mail_reaches_the_pool_only_where_people_sign_up() -> None:
    """To tell the accounts of admins that somebody waits."""
    of_pool = {}
    for signs_up in (False, True):
        resources = {
            each.id: each for each in make(PROD, settings=replace(EVERYTHING, self_registration=signs_up)).resources
        }
        policy, sends = resources["iam.role_policy/mail"], resources["lambda.function/student-management-mail"]
        assert isinstance(policy, RolePolicy)
        assert isinstance(sends, Function)
        actions = [action for each in policy.document["Statement"] for action in each["Action"]]
        of_pool[signs_up] = (
            ["USER_POOL_ID"] * ("USER_POOL_ID" in sends.environment),
            [action for action in actions if action.startswith("cognito-idp:")],
        )
    assert of_pool == {False: ([], []), True: (["USER_POOL_ID"], ["cognito-idp:ListUsersInGroup"])}


def test_roles_have_least_privilege() -> None:
    policies = [resource for resource in make(PROD).resources if isinstance(resource, RolePolicy)]
    assert len(policies) == 9
    for policy in policies:
        for statement in policy.document["Statement"]:
            assert "*" not in statement["Action"]
            assert not [action for action in statement["Action"] if action.endswith(":*") or "Scan" in action]
            # Which has nothing smaller than an account.
            if statement["Action"] != ["ses:DeleteSuppressedDestination"]:
                assert "*" not in statement["Resource"]
    of_accounts = {
        resource
        for policy in policies
        for statement in policy.document["Statement"]
        if any(action.startswith("cognito-idp:") for action in statement["Action"])
        for resource in statement["Resource"]
    }
    assert of_accounts == {
        next(each for each in make(PROD).resources if each.kind == "cognito-idp.user_pool").out("arn")
    }
    reads = next(policy for policy in policies if "api-read" in policy.role_name)
    writing = [
        (action, resource)
        for statement in reads.document["Statement"]
        for action in statement["Action"]
        for resource in statement["Resource"]
        if re.match(r"dynamodb:(Put|Update|Delete|BatchWrite)", action)
    ]
    audit = next(table for table in make(PROD).resources if table.name.endswith("-audit")).out("arn")
    assert writing == [("dynamodb:PutItem", audit)]


def test_the_audit_can_only_grow() -> None:
    audit = next(table for table in make(PROD).resources if table.name.endswith("-audit")).out("arn")
    for policy in make(PROD, settings=EVERYTHING).resources:
        for statement in policy.document["Statement"] if isinstance(policy, RolePolicy) else ():
            if audit in statement["Resource"]:
                assert not {each for each in statement["Action"] if "Update" in each or "Delete" in each}


def test_only_the_public_routes_lack_an_authorizer() -> None:
    routes = [resource for resource in make(PROD).resources if resource.kind == "apigatewayv2.route"]
    assert {route.name for route in routes if not getattr(route, "authorizer_id")} == set(find().public_routes)  # noqa: B009


def test_what_is_switched_off_is_swept() -> None:
    """All that a feature has is declared absent where it is off, but for what is found by its tag."""
    off = make(PROD, settings=StackSettings())
    swept = {resource.id for resource in off.absent}
    everything = make(PROD)
    left = {resource.id for resource in everything.resources} - {resource.id for resource in off.resources} - swept
    assert left == {"sesv2.email_identity/school.example"}
    assert "sesv2.undeclared_identities/mail" in swept
    # What holds nothing that anybody entered goes.
    kept = [resource.id for resource in off.absent if resource.stateful]
    assert not kept


def test_mail_is_sent_by_one_function_from_one_address() -> None:
    sending = {
        (policy.name, action, resource, str(statement.get("Condition")))
        for policy in make(PROD).resources
        for statement in (policy.document["Statement"] if isinstance(policy, RolePolicy) else ())
        for action in statement["Action"]
        if action.startswith("ses:Send")
        for resource in statement["Resource"]
    }
    from_office = "{'StringEquals': {'ses:FromAddress': 'office@school.example'}}"
    assert sending == {
        ("mail", "ses:SendEmail", "arn:aws:ses:eu-central-1:123456789012:identity/*", from_office),
        ("mail", "ses:SendEmail", "⟦sesv2.configuration_set/student-management-mail#arn⟧", from_office),
    }


def test_the_page_may_talk_to_cognito_and_the_bucket_of_files_alone() -> None:
    (headers,) = [each for each in make(PROD).resources if isinstance(each, ResponseHeadersPolicy)]
    media = f"student-management-media-{PROD.digest}"
    (talks_to,) = [part for part in headers.content_security_policy.split("; ") if part.startswith("connect-src")]
    assert talks_to == (
        "connect-src 'self' https://cognito-idp.eu-central-1.amazonaws.com "
        f"https://⟦s3.data_bucket/{media}#regional_domain_name⟧"
    )


@pytest.mark.parametrize(
    ("endpoints", "origin"),
    [
        (Endpoints("eu-central-1"), "https://files.s3.eu-central-1.amazonaws.com"),
        (Endpoints("eu-central-1", "http://localhost:4567", embedded=True), "http://127.0.0.1:4567"),
        (Endpoints("eu-central-1", "https://engine.example:8443/path"), "https://engine.example:8443"),
    ],
    ids=["aws", "engine", "another-engine"],
)
def test_where_files_are_sent_to(endpoints: Endpoints, origin: str) -> None:
    assert endpoints.bucket_origin("files.s3.eu-central-1.amazonaws.com") == origin


def test_one_address_for_both_is_named_once() -> None:
    assert "connect-src 'self' https://one; " in content_security_policy("https://one", "https://one")


def test_engine_and_aws_differ_in_the_seam_only() -> None:
    here = make(PROD, Endpoints(PROD.region, "http://localhost:4566", embedded=True))
    assert [r.id for r in here.resources] == [r.id for r in make(PROD).resources]
