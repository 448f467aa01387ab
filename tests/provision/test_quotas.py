"""A deployment with the longest names that the settings allow: what it sends is taken, and far from AWS's quotas."""

from __future__ import annotations

import copy
import dataclasses
import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import boto3
import pytest
from botocore.model import OperationModel, Shape

from studentdb.bundle import find
from studentdb.provision.administrators import create_administrator
from studentdb.provision.aws import Aws
from studentdb.provision.deployer import Deployer, Source
from studentdb.provision.endpoints import Endpoints
from studentdb.provision.events import silent
from studentdb.provision.requests import compile_java
from studentdb.provision.stack_settings import StackSettings
from tests.pictures import PILLOW
from tests.support import LONGEST, Backend

# Everything that a school may choose at its upper end.
LARGEST = StackSettings(
    password_minimum_length=99,
    log_retention_days=3653,
    api_burst=5_000,
    api_rate=10_000,
    school_name="S" * 60,
    mail_from=f"{'o' * 64}@{'.'.join(('d' * 63, 'd' * 63, 'd' * 53, 'example'))}",
)


@dataclass
class Sent:
    """Every call of one life: deploy, an admin, changed settings, teardown with data."""

    calls: list[tuple[OperationModel, dict[str, Any]]] = field(default_factory=list)
    function_policies: list[str] = field(default_factory=list)

    def record(self, params: dict[str, Any], model: OperationModel, **_: Any) -> None:
        # botocore goes on to change them.
        self.calls.append((model, copy.deepcopy(params)))

    def all(self, where: str) -> list[Any]:
        """What stands at `Operation.Member.Member` in all calls of the operation, of which there are some."""
        operation, *path = where.split(".")
        found = [params for model, params in self.calls if model.name == operation]
        assert found, operation
        for member in path:
            found = [value[member] for value in found if member in value]
        return found

    def count(self, operation: str) -> int:
        return len(self.all(operation))

    def largest(self, where: str) -> int:
        """The largest number, or length of a text, list or file."""
        return max(value if isinstance(value, int) else len(value) for value in self.all(where))


@pytest.fixture(scope="module")
def sent(engine: Backend) -> Sent:
    """The calls of a life in which nothing was refused, here or by the engine."""
    sent = Sent()
    session = boto3.Session("test", "test", region_name=LONGEST.region)
    session.events.register_first("provide-client-params", sent.record)
    deployment = dataclasses.replace(LONGEST, account=engine.account)
    aws = Aws(session, deployment, Endpoints(LONGEST.region, engine.endpoint_url, embedded=True))
    source = Source(find().lambda_src, find().site, find().public_routes, find().account_routes, PILLOW)

    outcome = Deployer(aws, StackSettings(), source, silent).deploy(lambda _: True)
    assert outcome is not None
    create_administrator(aws, outcome.addresses.user_pool_id, "head@example.edu")
    assert Deployer(aws, LARGEST, source, silent).deploy(lambda _: True)
    for half in ("read", "write"):
        name = f"{deployment.prefix}-api-{half}"
        sent.function_policies.append(aws.client("lambda").get_policy(FunctionName=name)["Policy"])
    assert Deployer(aws, LARGEST, source, silent).teardown(delete_data=True).removed
    return sent


def test_it_is_a_whole_life(sent: Sent) -> None:
    services = {model.service_model.service_name for model, _ in sent.calls}
    assert services == {
        "apigatewayv2",
        "cloudfront",
        "cognito-idp",
        "dynamodb",
        "events",
        "iam",
        "lambda",
        "logs",
        "s3",
        "sesv2",
        "ssm",
    }
    operations = {model.name for model, _ in sent.calls}
    assert {"CreateBucket", "UpdateUserPool", "PutRetentionPolicy", "UpdateStage", "DeleteRole"} <= operations


def test_every_pattern_of_what_is_called_can_be_checked(sent: Sent) -> None:
    patterns = {shape.metadata["pattern"] for shape in _shapes(sent) if "pattern" in shape.metadata}
    assert len(patterns) > 50
    assert [pattern for pattern in patterns if compile_java(pattern) is None] == []


def test_every_choice_is_one_of_the_models(sent: Sent) -> None:
    """Only here: at run time AWS may know more choices than the installed botocore."""
    checked, wrong = 0, []
    for model, params in sent.calls:
        for shape, value in _values(model.input_shape, params):
            if "enum" in shape.metadata:
                checked += 1
                wrong += [] if value in shape.metadata["enum"] else [(model.name, shape.name, value)]
    assert checked > 100
    assert wrong == []


def test_tags(sent: Sent) -> None:
    """X-07, X-08: what every service takes, though some would take more."""
    sets = [tags for _, params in sent.calls for tags in _tag_sets(params)]
    # Tables, roles, functions, log groups, the pool, the API, the bucket, the distribution, the lock.
    assert len(sets) > 12
    for tags in sets:
        assert len(tags) <= 50
        for text, most in chain(((key, 128) for key in tags), ((value, 256) for value in tags.values())):
            assert len(text) <= most
            assert not text.startswith("aws:")
            # Of the separators only these are documented everywhere.
            assert all(character.isascii() and (character.isalnum() or character in "._:/=+-") for character in text)


def test_quotas(sent: Sent) -> None:
    """Each below half of what an account has at first, so that no school comes near it."""
    distribution = "CreateDistributionWithTags.DistributionConfigWithTags.DistributionConfig"
    headers = "CreateResponseHeadersPolicy.ResponseHeadersPolicyConfig"
    quotas = {
        "AGW-34 routes of an API": (sent.count("CreateRoute"), 300),
        "AGW-34 integrations of an API": (sent.count("CreateIntegration"), 300),
        "AGW-34 stages of an API": (sent.count("CreateStage"), 10),
        "AGW-34 authorizers of an API": (sent.count("CreateAuthorizer"), 10),
        "AGW-34 audiences": (sent.largest("CreateAuthorizer.JwtConfiguration.Audience"), 50),
        "AGW-34 access log template": (sent.largest("CreateStage.AccessLogSettings.Format"), 3 * 1024),
        "CF-35 origins": (sent.largest(f"{distribution}.Origins.Quantity"), 25),
        "CF-35 behaviours": (sent.largest(f"{distribution}.CacheBehaviors.Quantity"), 25),
        "CloudFront: length of a CSP": (
            sent.largest(f"{headers}.SecurityHeadersConfig.ContentSecurityPolicy.ContentSecurityPolicy"),
            1_783,
        ),
        "CloudFront: headers of one's own": (sent.largest(f"{headers}.CustomHeadersConfig.Quantity"), 10),
        "DDB-02 tables at once": (sent.count("CreateTable"), 500),
        "DynamoDB: indexes of a table": (sent.largest("CreateTable.GlobalSecondaryIndexes"), 20),
        "IAM-13 trust policy": (sent.largest("CreateRole.AssumeRolePolicyDocument"), 2_048),
        "IAM-13 inline policies of a role": (max(_inline_policies(sent).values()), 10_240),
        "LMB-17 policy of a function": (max(map(len, sent.function_policies)), 20 * 1024),
        "LMB-23 zip": (sent.largest("CreateFunction.Code.ZipFile"), 52_428_800),
        "LMB-24 what is in it": (max(map(_unzipped, sent.all("CreateFunction.Code.ZipFile"))), 262_144_000),
        "LMB-27 variables": (max(len(json.dumps(v)) for v in sent.all("CreateFunction.Environment")), 4 * 1024),
        "S3-34 bucket policy": (sent.largest("PutBucketPolicy.Policy"), 20 * 1024),
        "S3: bytes of a key": (max(len(key.encode()) for key in sent.all("PutObject.Key")), 1_024),
        "SSM: levels of a name": (max(name.count("/") for name in sent.all("PutParameter.Name")), 15),
        "SSM: length of a value": (sent.largest("PutParameter.Value"), 4_096),
    }
    assert {what: numbers for what, numbers in quotas.items() if not 0 < numbers[0] <= numbers[1] / 2} == {}


def _unzipped(archive: bytes) -> int:
    return sum(entry.file_size for entry in zipfile.ZipFile(io.BytesIO(archive)).infolist())


def _inline_policies(sent: Sent) -> Counter[str]:
    """Characters by role. A policy that was written twice counts once."""
    documents = {
        (params["RoleName"], params["PolicyName"]): params["PolicyDocument"] for params in sent.all("PutRolePolicy")
    }
    sizes: Counter[str] = Counter()
    for (role, _), document in documents.items():
        sizes[role] += len(document)
    return sizes


def _shapes(sent: Sent) -> Iterator[Shape]:
    """All shapes within the inputs of the operations that were called."""
    seen: set[tuple[str, str]] = set()
    for model in {model.name: model for model, _ in sent.calls}.values():
        waiting = [model.input_shape] if model.input_shape is not None else []
        while waiting:
            shape = waiting.pop()
            key = (model.service_model.service_name, shape.name)
            if key not in seen:
                seen.add(key)
                yield shape
                waiting += _within(shape)


def _within(shape: Shape) -> list[Shape]:
    if shape.type_name == "structure":
        return list(shape.members.values())
    if shape.type_name == "map":
        return [shape.key, shape.value]
    return [shape.member] if shape.type_name == "list" else []


def _values(shape: Shape, value: Any) -> Iterator[tuple[Shape, Any]]:
    """Every simple value with its shape."""
    if shape.type_name == "structure":
        for name, item in value.items():
            yield from _values(shape.members[name], item)
    elif shape.type_name == "list":
        for item in value:
            yield from _values(shape.member, item)
    elif shape.type_name == "map":
        for key, item in value.items():
            yield from chain(_values(shape.key, key), _values(shape.value, item))
    else:
        yield shape, value


def _tag_sets(params: Any) -> Iterator[dict[str, str]]:
    """Sets of tags in whatever shape the service has them."""
    if isinstance(params, list):
        if params and all(isinstance(item, dict) and set(item) == {"Key", "Value"} for item in params):
            yield {tag["Key"]: tag["Value"] for tag in params}
        for item in params:
            yield from _tag_sets(item)
    elif isinstance(params, dict):
        for name, value in params.items():
            if name in {"Tags", "tags", "UserPoolTags"} and isinstance(value, dict) and "Items" not in value:
                yield value
            yield from _tag_sets(value)
