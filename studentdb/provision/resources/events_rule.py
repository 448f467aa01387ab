"""A rule of EventBridge: an event, or a time, invokes a function."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from studentdb.provision import tags
from studentdb.provision.aws import Aws, error_code, has_code, ignoring
from studentdb.provision.core import Change, Live, NotOursError, Outputs, Resource

_GONE = "ResourceNotFoundException"
_busy = has_code("ConcurrentModificationException")


@dataclass(frozen=True, kw_only=True)
class Rule(Resource):
    """Of the default bus. Outputs: `name`, `arn`.

    Either `pattern`, which an event has to fit, or `schedule` (`rate(5 minutes)`); the function needs a permission.
    """

    kind: ClassVar[str] = "events.rule"
    actions: ClassVar = {
        "read": ("events:DescribeRule", "events:ListTargetsByRule", "events:ListTagsForResource"),
        "create": ("events:PutRule", "events:TagResource", "events:PutTargets", "events:RemoveTargets"),
        "update": ("events:PutRule", "events:PutTargets", "events:RemoveTargets"),
        "delete": ("events:ListTargetsByRule", "events:RemoveTargets", "events:DeleteRule"),
    }

    description: str
    function_arn: str
    pattern: Mapping[str, Any] = field(default_factory=dict)
    schedule: str = ""

    def properties(self) -> dict[str, Any]:
        return {
            "pattern": dict(self.pattern),
            "schedule": self.schedule,
            "description": self.description,
            "enabled": True,
            "targets": [{"Id": self.name, "Arn": self.function_arn}],
        }

    def read(self, aws: Aws) -> Live | None:
        client = aws.client("events")
        try:
            rule = client.describe_rule(Name=self.name)
            found = tags.from_list(client.list_tags_for_resource(ResourceARN=rule["Arn"])["Tags"])
            targets = self._targets(aws)
        except ClientError as error:
            if error_code(error) == _GONE:
                return None
            raise
        if not aws.owns(found):
            raise NotOursError(self.kind, self.name, "it does not carry this deployment's tag")
        return Live(
            {
                "pattern": json.loads(rule.get("EventPattern") or "{}"),
                "schedule": rule.get("ScheduleExpression") or "",
                "description": rule.get("Description") or "",
                "enabled": rule["State"] == "ENABLED",
                "targets": targets,
            },
            self._outputs(aws),
        )

    def create(self, aws: Aws) -> Outputs:
        # PutRule changes one that is there, whoever's it is.
        live = self.read(aws)
        if live is not None:
            return self.update(aws, live, self.diff(live))
        # Tags count only where it is new.
        self._put(aws, Tags=tags.as_list(aws.tags))
        self._put_target(aws)
        return self._outputs(aws)

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        differing = {change.property for change in changes}
        if differing - {"targets"}:
            self._put(aws)
        if "targets" in differing:
            others = [each["Id"] for each in live.properties["targets"] if each["Id"] != self.name]
            self._remove_targets(aws, others)
            self._put_target(aws)
        return self._outputs(aws)

    def delete(self, aws: Aws, live: Live) -> None:
        with ignoring(_GONE):
            self._remove_targets(aws, [each["Id"] for each in self._targets(aws)])
            aws.retry(lambda: aws.client("events").delete_rule(Name=self.name), when=_busy)

    def _put(self, aws: Aws, **more: Any) -> None:
        when = {"EventPattern": json.dumps(dict(self.pattern), sort_keys=True)} if self.pattern else {}
        when |= {"ScheduleExpression": self.schedule} if self.schedule else {}
        client = aws.client("events")
        aws.retry(
            lambda: client.put_rule(Name=self.name, Description=self.description, State="ENABLED", **when, **more),
            when=_busy,
        )

    def _put_target(self, aws: Aws) -> None:
        client = aws.client("events")
        aws.retry(lambda: client.put_targets(Rule=self.name, Targets=self.properties()["targets"]), when=_busy)

    def _remove_targets(self, aws: Aws, ids: list[str]) -> None:
        if ids:
            aws.retry(lambda: aws.client("events").remove_targets(Rule=self.name, Ids=ids), when=_busy)

    def _targets(self, aws: Aws) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = aws.client("events").list_targets_by_rule(Rule=self.name)["Targets"]
        return sorted(found, key=lambda each: str(each["Id"]))

    def _outputs(self, aws: Aws) -> Outputs:
        return {"name": self.name, "arn": aws.arn("events", f"rule/{self.name}")}
