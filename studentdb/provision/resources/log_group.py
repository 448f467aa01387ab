"""A CloudWatch log group with retention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from studentdb.provision.aws import EXISTING_BUDGET, Aws, error_code, has_code, ignoring
from studentdb.provision.core import Change, Live, NotOursError, Outputs, Resource

# Another change of the same group is under way (LOG-02).
_busy = has_code("OperationAbortedException")
_BUSY_BUDGET = 60.0


@dataclass(frozen=True, kw_only=True)
class LogGroup(Resource):
    """`retention_days` is one of the values that CloudWatch takes (LOG-06)."""

    kind: ClassVar[str] = "logs.log_group"
    actions: ClassVar = {
        "read": ("logs:DescribeLogGroups", "logs:ListTagsForResource"),
        "create": ("logs:CreateLogGroup", "logs:TagResource", "logs:PutRetentionPolicy"),
        "update": ("logs:TagResource", "logs:PutRetentionPolicy"),
        "delete": ("logs:DeleteLogGroup",),
    }

    retention_days: int

    def properties(self) -> dict[str, Any]:
        return {"retention_days": self.retention_days, "marked": True}

    def read(self, aws: Aws) -> Live | None:
        group = self._find(aws)
        if group is None:
            return None
        found = aws.client("logs").list_tags_for_resource(resourceArn=self._arn(aws))["tags"]
        if not aws.owns(found) and not self._left_by_our_function(aws, found):
            raise NotOursError(self.kind, self.name, "it does not carry this deployment's tag")
        return Live(
            properties={"retention_days": group.get("retentionInDays"), "marked": aws.owns(found)},
            outputs=self._outputs(aws),
        )

    def create(self, aws: Aws) -> Outputs:
        logs = aws.client("logs")
        try:
            aws.retry(
                lambda: logs.create_log_group(logGroupName=self.name, tags=aws.tags),
                when=_busy,
                budget=_BUSY_BUDGET,
            )
        except ClientError as error:
            exists = error_code(error) == "ResourceAlreadyExistsException"
            live = aws.look(lambda: self.read(aws), budget=EXISTING_BUDGET) if exists else None
            if live is None:
                raise
            return self.update(aws, live, self.diff(live))
        self._set_retention(aws)
        return self._outputs(aws)

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        differing = {change.property for change in changes}
        if "marked" in differing:
            aws.client("logs").tag_resource(resourceArn=self._arn(aws), tags=aws.tags)
        if "retention_days" in differing:
            self._set_retention(aws)
        return self._outputs(aws)

    def delete(self, aws: Aws, live: Live) -> None:
        with ignoring("ResourceNotFoundException"):
            aws.retry(
                lambda: aws.client("logs").delete_log_group(logGroupName=self.name),
                when=_busy,
                budget=_BUSY_BUDGET,
            )

    def _find(self, aws: Aws) -> dict[str, Any] | None:
        # In a survey one list for all groups whose names begin alike: CloudWatch takes few such calls a second.
        before, prefix, _ = self.name.partition(aws.deployment.prefix)
        begin = before + prefix
        pages = aws.client("logs").get_paginator("describe_log_groups")

        def fetch() -> dict[str, dict[str, Any]]:
            # By exact names: the prefix also finds `<name>-something` (LOG-10), and other deployments' groups.
            return {
                group["logGroupName"]: group
                for page in pages.paginate(logGroupNamePrefix=begin)
                for group in page["logGroups"]
            }

        return aws.shared(("logs.groups", begin), fetch).get(self.name)

    def _left_by_our_function(self, aws: Aws, found: dict[str, str]) -> bool:
        """Whether Lambda made this group again, for a log line written after we had deleted it.

        Such a group has no tags and no retention (LMB-22, LOG-03). Its name says that a function of exactly our
        deterministic name wrote to it, so it is adopted; a group that carries anybody's tag is not.
        """
        return not found and self.name.startswith(f"/aws/lambda/{aws.deployment.prefix}-")

    def _set_retention(self, aws: Aws) -> None:
        aws.retry(
            lambda: aws.client("logs").put_retention_policy(
                logGroupName=self.name, retentionInDays=self.retention_days
            ),
            when=_busy,
            budget=_BUSY_BUDGET,
        )

    def _arn(self, aws: Aws) -> str:
        # DescribeLogGroups reports it with `:*` behind, which tagging and access logs refuse.
        return aws.arn("logs", f"log-group:{self.name}")

    def _outputs(self, aws: Aws) -> Outputs:
        return {"name": self.name, "arn": self._arn(aws)}
