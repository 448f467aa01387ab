"""CloudWatch Logs: groups that are listed late and take one change at a time."""

from __future__ import annotations

from typing import Any

from tests.aws.layer import After, Behaviour, Call, Unlisted

_WRITES = ("DeleteLogGroup", "PutRetentionPolicy", "PutMetricFilter")


class GroupBusy(After):
    """A group takes one change at a time; a deleted one's name is not free at once."""

    ids = ("LOG-02", "X-12")
    service = "cloudwatch-logs"
    causes, refused = ("CreateLogGroup", *_WRITES), ("CreateLogGroup", *_WRITES)
    key, seconds = "logGroupName", 0.4
    code = "OperationAbortedException"
    message = "A conflicting operation is currently in progress against this resource. Please try again."


class GroupUnlisted(Unlisted):
    """A new group is not listed at once."""

    ids = ("X-10", "LOG-10")
    service = "cloudwatch-logs"
    causes, listing, seconds = ("CreateLogGroup",), "DescribeLogGroups", 1.5

    def made(self, call: Call, answer: dict[str, Any]) -> str:
        return str(call.params["logGroupName"])

    def items(self, answer: dict[str, Any]) -> list[Any]:
        groups: list[Any] = answer["logGroups"]
        return groups

    def shown(self, item: Any) -> str:
        return str(item["logGroupName"])


def behaviours() -> list[Behaviour]:
    """All of CloudWatch Logs'."""
    return [GroupBusy(), GroupUnlisted()]
