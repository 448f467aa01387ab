"""What feeds a Lambda function by itself: the mapping of a table's stream to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from botocore.exceptions import BotoCoreError, ClientError

from studentdb.errors import StudentDBError
from studentdb.provision.aws import LOST_BUDGET, Aws, error_code, error_message, has_code, ignoring, lost
from studentdb.provision.core import Change, Live, Outputs, Resource

# Terraform allows a new role and a mapping in transition that long (LMB-34, LMB-35).
_BUDGET = 300.0
# Lambda says in these words that the role's rights on the stream are not there yet (LMB-35).
_NOT_ALLOWED_YET = ("does not have permissions", "ensure the role can perform", "cannot access stream")
_SETTINGS = {
    "batch_size": "BatchSize",
    "batching_window_s": "MaximumBatchingWindowInSeconds",
    "parallelization": "ParallelizationFactor",
    "bisect": "BisectBatchOnFunctionError",
    "retries": "MaximumRetryAttempts",
    "record_age_s": "MaximumRecordAgeInSeconds",
}
_EMPTY: dict[str, tuple[str, dict[str, Any]]] = {
    "filters": ("FilterCriteria", {}),
    "destination": ("DestinationConfig", {"OnFailure": {}}),
}
_IN_TRANSITION = frozenset({"Creating", "Enabling", "Disabling", "Updating"})

_busy = has_code("ResourceInUseException")


def _not_yet(error: ClientError) -> bool:
    words = error_message(error).lower()
    if error_code(error) == "InvalidParameterValueException":
        return any(each in words for each in _NOT_ALLOWED_YET)
    # Nor may the function be visible yet (LMB-13), and botocore's own retries are off.
    return error_code(error) in ("ResourceNotFoundException", "TooManyRequestsException")


def _code(error: Exception) -> str:
    return error_code(error) if isinstance(error, ClientError) else ""


@dataclass(frozen=True, kw_only=True)
class EventSourceMapping(Resource):
    """A table's stream invokes our function, from the oldest record on, again until it succeeds. No outputs.

    A batch that fails comes again in halves, until its records are a day old; AWS keeps them no longer. It needs no
    tag, since the function is ours; that has one mapping, and others are removed. The name is ours alone.
    """

    kind: ClassVar[str] = "lambda.event_source_mapping"
    identity: ClassVar = ("name", "function_name", "table_arn")
    # A stream that was switched off and on is another one (DDB-14).
    immutable: ClassVar = frozenset({"stream_arn", "starting_position"})
    actions: ClassVar = {
        "read": ("lambda:ListEventSourceMappings",),
        "create": (
            "lambda:CreateEventSourceMapping",
            "lambda:UpdateEventSourceMapping",
            "lambda:DeleteEventSourceMapping",
        ),
        "update": ("lambda:UpdateEventSourceMapping", "lambda:DeleteEventSourceMapping"),
        "delete": ("lambda:DeleteEventSourceMapping",),
    }

    function_name: str
    table_arn: str
    stream_arn: str
    batch_size: int
    # Patterns as JSON: only records that fit one of them come. None: all do.
    patterns: tuple[str, ...] = ()

    def properties(self) -> dict[str, Any]:
        return {
            "stream_arn": self.stream_arn,
            "starting_position": "TRIM_HORIZON",
            "enabled": True,
            "batch_size": self.batch_size,
            "batching_window_s": 0,
            "parallelization": 1,
            "bisect": True,
            "retries": -1,
            "record_age_s": -1,
            "filters": [{"Pattern": each} for each in self.patterns],
            "destination": {},
            "others": [],
        }

    def read(self, aws: Aws) -> Live | None:
        found = self._mappings(aws)
        if not found:
            return None
        # Of several streams of the table the newest is in use: their ARNs end in their dates.
        ours, *others = sorted(found, key=lambda each: (self._of_table(each), each["EventSourceArn"]), reverse=True)
        return Live(
            properties={
                "stream_arn": ours["EventSourceArn"],
                "starting_position": ours.get("StartingPosition"),
                "enabled": ours["State"] not in ("Disabled", "Disabling"),
                **{name: ours.get(member) for name, member in _SETTINGS.items()},
                "filters": ours.get("FilterCriteria", {}).get("Filters", []),
                "destination": _destination(ours),
                "others": sorted(each["EventSourceArn"] for each in others),
            },
            settled=ours["State"] not in _IN_TRANSITION,
            twins=tuple(each["UUID"] for each in (ours, *others)),
        )

    def create(self, aws: Aws) -> Outputs:
        # Lambda keeps the mappings of a function that is deleted, as a replacement does: it is there again with them.
        left = self.read(aws)
        if left is not None:
            changes = self.diff(left)
            if not any(change.property in self.immutable for change in changes):
                return self.update(aws, left, changes)
            self.delete(aws, left)
        try:
            self._make(aws)
        except (BotoCoreError, ClientError) as error:
            # There is one already (LMB-36), or the answer was lost.
            if _code(error) != "ResourceConflictException" and not lost(error):
                raise
            live = aws.look(lambda: self.read(aws), budget=LOST_BUDGET)
            if live is not None:
                return self.update(aws, live, self.diff(live))
            self._make(aws)
        return {}

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        ours, *others = live.twins
        for uuid in others:
            self._delete(aws, uuid)
        differing = {change.property for change in changes} - {"others"}
        # What an update leaves out stays as it is.
        wanted = self.properties()
        emptied = {member: empty for name, (member, empty) in _EMPTY.items() if name in differing and not wanted[name]}
        if differing:
            aws.retry(
                lambda: aws.client("lambda").update_event_source_mapping(UUID=ours, **self._settings(), **emptied),
                when=_busy,
                budget=_BUDGET,
            )
        return {}

    def settle(self, aws: Aws) -> None:
        """Raises StudentDBError when it did not come into force."""

        def poll() -> Live | None:
            live = self.read(aws)
            return live if live is not None and live.settled else None

        live = aws.wait(poll, what=f"event source mapping {self.name} becoming enabled", budget=_BUDGET)
        if not live.properties["enabled"]:
            raise StudentDBError(f"Lambda did not enable the event source mapping {self.name}")
        # One that a replaced function left may not have shown before; an engine in AWS's place makes a second one then.
        for uuid in live.twins[1:]:
            self._delete(aws, uuid)

    def delete(self, aws: Aws, live: Live) -> None:
        for uuid in live.twins:
            self._delete(aws, uuid)

    def _delete(self, aws: Aws, uuid: str) -> None:
        with ignoring("ResourceNotFoundException"):
            aws.retry(lambda: aws.client("lambda").delete_event_source_mapping(UUID=uuid), when=_busy, budget=_BUDGET)

    def _make(self, aws: Aws) -> None:
        # Engines in AWS's place make a second one where AWS refuses.
        client = aws.client("lambda", retries=False)
        aws.retry(
            lambda: client.create_event_source_mapping(
                EventSourceArn=self.stream_arn, StartingPosition="TRIM_HORIZON", **self._settings()
            ),
            when=_not_yet,
            budget=_BUDGET,
        )

    def _settings(self) -> dict[str, Any]:
        wanted = self.properties()
        settings = {member: wanted[name] for name, member in _SETTINGS.items()}
        filters = {"FilterCriteria": {"Filters": wanted["filters"]}} if wanted["filters"] else {}
        return {"FunctionName": self.function_name, "Enabled": True, **settings, **filters}

    def _of_table(self, mapping: dict[str, Any]) -> bool:
        return str(mapping["EventSourceArn"]).startswith(f"{self.table_arn}/stream/")

    def _mappings(self, aws: Aws) -> list[dict[str, Any]]:
        pages = aws.client("lambda").get_paginator("list_event_source_mappings")
        try:
            found = [
                each for page in pages.paginate(FunctionName=self.function_name) for each in page["EventSourceMappings"]
            ]
        except ClientError as error:
            if error_code(error) == "ResourceNotFoundException":
                return []
            raise
        return [each for each in found if each["State"] != "Deleting"]


def _destination(mapping: dict[str, Any]) -> dict[str, str]:
    """Where records go that were given up; AWS answers with an empty one, or none."""
    found = mapping.get("DestinationConfig", {}).get("OnFailure", {})
    return {name: each for name, each in found.items() if each}
