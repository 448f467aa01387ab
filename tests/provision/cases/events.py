"""Rules of EventBridge."""

from __future__ import annotations

import dataclasses
from typing import Any

from studentdb.provision.aws import Aws
from studentdb.provision.core import Resource
from studentdb.provision.resources.events_rule import Rule
from tests.provision.cases.lambda_ import function, parents
from tests.provision.lifecycle import Case


def _with_function(aws: Aws) -> tuple[Resource, ...]:
    made = parents(aws)
    return (*made, function(aws, made))


def _rule(aws: Aws, made: tuple[Resource, ...], **differing: Any) -> Rule:
    first = Rule(
        name=f"{aws.deployment.prefix}-events",
        description="Bounces",
        pattern={"source": ["aws.ses"], "detail-type": ["Email Bounced"]},
        function_arn=made[2].out("arn"),
    )
    return dataclasses.replace(first, **differing)


def _disabled(aws: Aws, resource: Resource) -> None:
    aws.client("events").disable_rule(Name=resource.name)


CASES: list[Case] = [
    Case(
        name="rule",
        parents=_with_function,
        resource=_rule,
        changed=lambda aws, made: _rule(aws, made, description="Complaints", pattern={"source": ["aws.ses"]}),
        drift=_disabled,
    ),
    Case(
        name="rule-schedule",
        parents=_with_function,
        resource=lambda aws, made: _rule(aws, made, pattern={}, schedule="rate(5 minutes)"),
        changed=lambda aws, made: _rule(aws, made, pattern={}, schedule="rate(1 hour)"),
    ),
]
