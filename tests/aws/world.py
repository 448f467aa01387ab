"""All behaviours together."""

from __future__ import annotations

from tests.aws import apigateway, cloudfront, cognito, dynamodb, iam, lambda_, logs, rates, s3, ssm
from tests.aws.layer import Behaviour

SERVICES = (rates, iam, lambda_, dynamodb, s3, logs, ssm, cloudfront, cognito, apigateway)


def everything() -> list[Behaviour]:
    """A fresh world with every behaviour in it."""
    return [behaviour for service in SERVICES for behaviour in service.behaviours()]


def covered() -> dict[str, list[str]]:
    """Row of the list of AWS's behaviours -> the behaviours that stand for it."""
    found: dict[str, list[str]] = {}
    for behaviour in everything():
        for row in behaviour.ids:
            found.setdefault(row, []).append(type(behaviour).__name__)
    return found
