"""Nothing is sent that AWS would refuse for its length or its form, and no refusal shows a value."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ParamValidationError
from botocore.model import ServiceModel, Shape

from studentdb.errors import StudentDBError
from studentdb.provision import requests
from studentdb.provision.aws import Aws
from studentdb.provision.limits import LIMITS, OUTDATED_PATTERNS, Limit
from tests.provision.wire import Wire
from tests.support import Backend

LONG = "x" * 100_000


@cache
def model(service: str) -> ServiceModel:
    return botocore.session.Session().get_service_model(service)


def refused(service: str, operation: str, **params: Any) -> str:
    """Why the request is not sent."""
    with pytest.raises(StudentDBError) as raised:
        requests.check(params, model(service).operation_model(operation))
    assert raised.value.what == f"{service}:{operation} was not sent"
    assert "report it" in raised.value.hint
    return raised.value.why


def taken(service: str, operation: str, **params: Any) -> None:
    requests.check(params, model(service).operation_model(operation))


@pytest.mark.parametrize(
    ("service", "operation", "params", "why"),
    [
        ("iam", "CreateRole", {"RoleName": "r" * 65}, "RoleName has 65 characters, 64 is the most"),
        ("apigatewayv2", "CreateApi", {"Name": "n" * 129}, "Name has 129 characters, 128 is the most"),
        (
            "apigatewayv2",
            "CreateIntegration",
            {"RequestTemplates": {"application/json": "t" * (32 * 1024 + 1)}},
            "RequestTemplates.value[0] has 32769 characters, 32768 is the most",
        ),
        ("cognito-idp", "CreateUserPoolClient", {"AccessTokenValidity": 86_401}, "is 86401, 86400 is the most"),
        ("cloudfront", "ListTagsForResource", {"Resource": "arn:aws:s3:::x"}, "Resource (14 characters) has not the"),
        (
            "cognito-idp",
            "UpdateUserPoolClient",
            {"CallbackURLs": ["https://x"] * 100 + ["y" * 1025]},
            "CallbackURLs has 101 items, 100 is the most; CallbackURLs[100] has 1025 characters, 1024 is the most",
        ),
        ("logs", "CreateLogGroup", {"tags": {str(n): "" for n in range(51)}}, "tags has 51 entries, 50 is the most"),
        ("logs", "CreateLogGroup", {"tags": {"a?": ""}}, "tags.key[0] (2 characters) has not the form"),
        ("logs", "CreateLogGroup", {"tags": {"a": "b" * 257}}, "tags.value[0] has 257 characters, 256 is the most"),
        (
            "iam",
            "CreateRole",
            {"Tags": [{"Key": "a", "Value": "b"}, {"Key": "a", "Value": "b;"}]},
            "Tags[1].Value (2 characters) has not the form",
        ),
        # In Java \w is ASCII, and the whole value has to match.
        ("iam", "GetRole", {"RoleName": "rôle"}, "RoleName (4 characters) has not the form [\\w+=,.@-]+"),
        ("lambda", "AddPermission", {"StatementId": "an id"}, "StatementId (5 characters) has not the form"),
        ("lambda", "AddPermission", {"StatementId": "id\n"}, "StatementId (3 characters) has not the form"),
    ],
)
def test_what_aws_refuses(service: str, operation: str, params: dict[str, Any], why: str) -> None:
    assert why in refused(service, operation, **params)


@pytest.mark.parametrize(
    ("service", "operation", "params"),
    [
        ("iam", "CreateRole", {"RoleName": "r" * 64, "Path": "/", "Tags": [{"Key": "Schüler", "Value": "çà 1/2"}]}),
        ("apigatewayv2", "CreateApi", {"Name": "n" * 128}),
        # Cognito takes blanks within a password, whatever the model says.
        ("cognito-idp", "AdminSetUserPassword", {"Password": "correct horse Battery 1"}),
        ("cognito-idp", "CreateGroup", {"GroupName": "👩🏽‍🏫".replace("\u200d", "")}),
        # What a newer AWS may say of itself and get back.
        ("lambda", "CreateFunction", {"Runtime": "python9.99"}),
        ("sts", "GetCallerIdentity", {}),
    ],
)
def test_what_aws_takes(service: str, operation: str, params: dict[str, Any]) -> None:
    taken(service, operation, **params)


def test_a_recursive_structure() -> None:
    deep: dict[str, Any] = {"S": "x"}
    for _ in range(20):
        deep = {"M": {"k" * 65_536: deep}, "L": [deep]}
    why = refused("dynamodb", "PutItem", TableName="t", Item={"a": {"M": {"k": {"M": {"k" * 65_536: {"S": "x"}}}}}})
    assert "Item.value[0].M.value[0].M.key[0] has 65536 characters, 65535 is the most" in why
    assert "L[0]" in refused("dynamodb", "PutItem", TableName="t", Item={"a": {"L": [{"M": {LONG: {"S": "x"}}}]}})


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("AdminCreateUser", {"Username": "ada@example.edu" * 10}),
        ("AdminCreateUser", {"UserAttributes": [{"Name": "email", "Value": "ada@example.edu" * 200}]}),
        ("AdminCreateUser", {"Username": "ada @example.edu"}),
        ("AdminSetUserPassword", {"Password": "ada-s-Secret" * 30}),
        ("CreateUserPoolClient", {"ClientSecret": "ada?example.edu"}),
    ],
)
def test_no_value_is_shown(operation: str, params: dict[str, Any]) -> None:
    with pytest.raises(StudentDBError) as raised:
        requests.check(params, model("cognito-idp").operation_model(operation))
    assert "ada" not in f"{raised.value} {raised.value.hint}"


def test_names_of_tags_and_variables_are_values_as_well() -> None:
    assert "ada" not in refused("lambda", "CreateFunction", Environment={"Variables": {"ada@example.edu": "x"}})
    assert "ada" not in refused("iam", "CreateRole", Tags=[{"Key": "ada" * 100, "Value": ""}])


@pytest.mark.parametrize(("where", "limit"), LIMITS.items(), ids=[".".join(where) for where in LIMITS])
def test_documented_limits(where: tuple[str, str, str], limit: Limit) -> None:
    """Each is found in a model, holds at its number and not one beyond it, and refuses what has not its form."""
    service, structure, member = where
    shape = model(service).shape_for(structure).members[member]
    operation, wrap = next(_requests_with(service, structure))
    assert limit.most is not None
    largest, larger = _of_size(shape, limit.most), _of_size(shape, limit.most + 1)
    taken(service, operation, **wrap({member: largest}))
    assert f"{limit.most} is the most" in refused(service, operation, **wrap({member: larger}))
    if limit.pattern:
        assert "has not the form" in refused(service, operation, **wrap({member: "Ärger mit ?"}))


@pytest.mark.parametrize(
    ("service", "operation", "member", "value"),
    [
        ("s3", "CreateBucket", "Bucket", "-bucket"),
        ("s3", "CreateBucket", "Bucket", "Bucket"),
        ("ssm", "PutParameter", "Name", "/a" * 16),
        ("ssm", "PutParameter", "Name", "/a//b"),
        ("dynamodb", "CreateTable", "TableName", "a/b"),
    ],
)
def test_documented_forms(service: str, operation: str, member: str, value: str) -> None:
    assert f"{member} ({len(value)} characters) has not the form" in refused(service, operation, **{member: value})


def test_an_outdated_pattern_is_still_in_the_model_and_its_length_counts() -> None:
    for service, name in OUTDATED_PATTERNS:
        assert "pattern" in model(service).shape_for(name).metadata, f"{name} needs no exception any more"
    assert "256 is the most" in refused("cognito-idp", "AdminSetUserPassword", Password="p" * 257)


@pytest.mark.parametrize(
    ("pattern", "value", "matches"),
    [
        (r"[\p{L}]+", "Zoë王א", True),
        (r"[\p{L}]+", "Zoë1", False),
        (r"\p{Lu}\p{Ll}+", "Éva", True),
        (r"\p{Lu}\p{Ll}+", "éva", False),
        (r"[\p{L}\p{M}]+", "नेपाली", True),
        (r"[\p{L}]+", "नेपाली", False),
        (r"[\p{N}]*", "1²Ⅻ", True),
        (r"[\p{P}\p{S}]+", "“€”+]\\^-", True),
        (r"[\p{P}]+", "€", False),
        (r"[\p{Z}]", "\u2003", True),
        (r"[\p{Z}]", "\t", False),
        (r"[^\p{L}]", "é", False),
        (r"[^\p{L}]", "1", True),
        # Not assigned in any Unicode that Python knows: it passes for a letter.
        (r"[\p{L}]", "\U0003fffd", True),
        (r"a|bc", "bc", True),
        (r"a|bc", "ac", False),
        (r"^a$", "a\n", False),
        (r"\d", "٣", False),
        (r"[\u0020-\u00FF]+", "ÿ", True),
        (r"[\u0020-\u00FF]+", "Ā", False),
    ],
)
def test_patterns_are_javas(pattern: str, value: str, matches: bool) -> None:
    assert requests.matches(pattern, value) is matches


@pytest.mark.parametrize(
    "pattern",
    [
        r"\p{Print}+",  # a class of Java's own
        r"[\p{L}[a-z]]",  # a union of classes
        r"[\p{L}\u00A0]",  # characters that the stand-ins replace
        r"[\w-\/]",  # a range that begins with a class
        r"[\uD800\uDC00-\uDBFF\uDFFF]",  # pairs of surrogates
    ],
)
def test_what_python_cannot_tell_is_left_to_aws(pattern: str) -> None:
    assert requests.compile_java(pattern) is None
    assert requests.matches(pattern, "anything")


def test_a_wrong_type_is_botocores_to_report(moto: Backend) -> None:
    with pytest.raises(ParamValidationError, match="RoleName"):
        moto.root().client("iam").get_role(RoleName=7)
    with pytest.raises(ParamValidationError, match="Nonsense"):
        moto.root().client("iam").get_role(RoleName="r", Nonsense="x")


@pytest.mark.parametrize("retries", [True, False])
def test_nothing_is_sent(moto: Backend, retries: bool) -> None:
    aws = moto.root()
    wire = Wire(aws, "iam")
    with pytest.raises(StudentDBError, match="iam:CreateRole was not sent"):
        aws.client("iam", retries=retries).create_role(RoleName="r" * 65, AssumeRolePolicyDocument="{}")
    assert not wire.sent
    aws.client("iam").create_role(RoleName="r" * 64, AssumeRolePolicyDocument="{}")
    assert wire.sent == {"CreateRole": 1}


def test_another_regions_client_and_pages(moto: Backend) -> None:
    aws: Aws = moto.root()
    with pytest.raises(StudentDBError, match="cloudfront:ListTagsForResource was not sent"):
        aws.client("cloudfront", region="us-east-1").list_tags_for_resource(Resource="nothing")
    with pytest.raises(StudentDBError, match="iam:ListRolePolicies was not sent"):
        list(aws.client("iam").get_paginator("list_role_policies").paginate(RoleName="r" * 65))


def _of_size(shape: Shape, size: int) -> object:
    kinds: dict[str, Any] = {"string": "a" * size, "blob": b"a" * size}
    return kinds.get(shape.type_name, size)


def _requests_with(service: str, structure: str) -> Iterator[tuple[str, Any]]:
    """Operations that take the structure, with what puts its members into a request."""
    for name in model(service).operation_names:
        shape = model(service).operation_model(name).input_shape
        for wrap in _wraps(shape, structure, depth=4) if shape is not None else ():
            yield name, wrap


def _wraps(shape: Shape, structure: str, depth: int) -> Iterator[Any]:
    if shape.type_name != "structure" or not depth:
        return
    if shape.name == structure:
        yield lambda members: members
    for name, member in shape.members.items():
        for wrap in _wraps(member, structure, depth - 1):
            yield lambda members, name=name, wrap=wrap: {name: wrap(members)}
