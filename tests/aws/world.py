"""All behaviours together."""

from __future__ import annotations

from tests.aws import apigateway, cloudfront, cognito, dynamodb, iam, lambda_, logs, rates, s3, ssm
from tests.aws.layer import Behaviour

SERVICES = (rates, iam, lambda_, dynamodb, s3, logs, ssm, cloudfront, cognito, apigateway)


def everything() -> list[Behaviour]:
    """A fresh world with every behaviour in it."""
    return [behaviour for service in SERVICES for behaviour in service.behaviours()]
