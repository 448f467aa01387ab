"""All behaviours together."""

from __future__ import annotations

from tests.aws import dynamodb, iam, lambda_
from tests.aws.layer import Behaviour

SERVICES = (iam, lambda_, dynamodb)


def everything() -> list[Behaviour]:
    """A fresh world with every behaviour in it."""
    return [behaviour for service in SERVICES for behaviour in service.behaviours()]
