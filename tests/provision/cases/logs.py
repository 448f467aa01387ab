"""Log groups."""

from __future__ import annotations

from studentdb.provision.aws import Aws
from studentdb.provision.core import Resource
from studentdb.provision.resources.log_group import LogGroup
from tests.provision.lifecycle import Case


def _group(aws: Aws, days: int) -> LogGroup:
    return LogGroup(name=f"/aws/lambda/{aws.deployment.prefix}-api-read", retention_days=days)


def _made_again_by_lambda(aws: Aws, group: Resource) -> None:
    logs = aws.client("logs")
    logs.delete_log_group(logGroupName=group.name)
    # A neighbour whose name begins the same must not be taken for it.
    logs.create_log_group(logGroupName=f"{group.name}-2")
    logs.create_log_group(logGroupName=group.name)


CASES: list[Case] = [
    Case(
        name="log-group",
        resource=lambda aws, _: _group(aws, 30),
        changed=lambda aws, _: _group(aws, 90),
        drift=_made_again_by_lambda,
    ),
]
