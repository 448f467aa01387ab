"""A client that knows nothing of AWS's ways: it asks once, at once, and believes the answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest
from botocore.exceptions import ClientError

from studentdb.provision.aws import error_code
from tests.aws.layer import Behaviour, Layer

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


POLICY = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]}
)

# The behaviours that some test shows to bite.
SHOWN: set[type[Behaviour]] = set()


def bites(*behaviours: type[Behaviour]) -> Callable[[Callable[[Naive], None]], Callable[[Naive], None]]:
    """The test is about these: each of them must have altered or refused something by its end."""
    SHOWN.update(behaviours)

    def about(test: Callable[[Naive], None]) -> Callable[[Naive], None]:
        @wraps(test)
        def run(naive: Naive) -> None:
            test(naive)
            assert not {behaviour.__name__ for behaviour in behaviours} - set(naive.layer.fired)

        return run

    return about


class Naive:
    """Its clients repeat nothing."""

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        self.name = layer.aws.deployment.prefix

    def __getattr__(self, service: str) -> Any:
        """`naive.iam`, `naive.s3`: a client."""
        region = "us-east-1" if service == "cloudfront" else None
        name = {"lambda_": "lambda", "cognito": "cognito-idp"}.get(service, service)
        return self.layer.aws.client(name, retries=False, region=region)

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.layer.settle(seconds)

    def refused(self, code: str, call: Callable[..., Any], **parameters: Any) -> None:
        """The call must fail with this code."""
        with pytest.raises(ClientError) as raised:
            call(**parameters)
        assert error_code(raised.value) == code

    def role(self) -> str:
        """A role; its ARN."""
        made = self.iam.create_role(RoleName=self.name, AssumeRolePolicyDocument=TRUST)
        return str(made["Role"]["Arn"])

    def function(self) -> dict[str, Any]:
        """What makes a function of a role that is ready."""
        from tests.provision.cases.lambda_ import zipped

        raw = self.layer.raw("iam")
        role = raw.create_role(RoleName=f"{self.name}-raw", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        code = {"ZipFile": zipped("def handler(event, context):\n    return 1\n")}
        return {
            "FunctionName": self.name,
            "Role": role,
            "Handler": "index.handler",
            "Runtime": "python3.13",
            "Code": code,
        }

    def table(self, *indexes: str) -> dict[str, Any]:
        """What makes a table."""
        keys = ["id", *indexes]
        request: dict[str, Any] = {
            "TableName": self.name,
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in keys],
            "BillingMode": "PAY_PER_REQUEST",
        }
        if indexes:
            request["GlobalSecondaryIndexes"] = [self.index(name) for name in indexes]
        return request

    def index(self, name: str) -> dict[str, Any]:
        """A global secondary index on the attribute of this name."""
        schema = [{"AttributeName": name, "KeyType": "HASH"}]
        return {"IndexName": f"{name}-index", "KeySchema": schema, "Projection": {"ProjectionType": "ALL"}}

    def bucket(self) -> dict[str, str]:
        """A bucket, as other calls take it."""
        where = {"LocationConstraint": self.layer.aws.region}
        self.s3.create_bucket(Bucket=self.name, CreateBucketConfiguration=where)
        return {"Bucket": self.name}

    def api(self) -> dict[str, str]:
        """An HTTP API, as other calls take it."""
        return {"ApiId": self.apigatewayv2.create_api(Name=self.name, ProtocolType="HTTP")["ApiId"]}

    def pool(self, **settings: Any) -> dict[str, str]:
        """A user pool, as other calls take it."""
        return {"UserPoolId": self.cognito.create_user_pool(PoolName=self.name, **settings)["UserPool"]["Id"]}
