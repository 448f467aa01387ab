"""A DynamoDB table: on demand, encrypted with the AWS-managed key, protected, with point-in-time recovery."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from studentdb.provision import tags
from studentdb.provision.aws import Aws, error_code, error_message, ignoring
from studentdb.provision.core import Change, Live, NotOursError, Outputs, Resource
from studentdb.provision.resources import dynamodb_shape as shape
from studentdb.provision.resources import dynamodb_upkeep
from studentdb.provision.resources.dynamodb_shape import Attribute, Index

CHANGE_BUDGET = 600.0
_INDEX_BUDGET = 1800.0

_IMAGES = "NEW_AND_OLD_IMAGES"
_STREAM = {"StreamEnabled": True, "StreamViewType": _IMAGES}


def _too_many_at_once(error: ClientError) -> bool:
    # DDB-02, DDB-09. An account that may have no more tables at all gets the same code (terraform-provider-aws#2274).
    words = error_message(error)
    no_more = "Subscriber limit exceeded" in words and "simultaneously" not in words
    return error_code(error) == "LimitExceededException" and not no_more


def busy(error: ClientError) -> bool:
    """The table is being changed (DDB-10, DDB-18), or too many are at once."""
    return error_code(error) == "ResourceInUseException" or _too_many_at_once(error)


def _cannot_delete_yet(error: ClientError) -> bool:
    # AWS gives several codes to these two; only the words tell them apart (DDB-17, DDB-19).
    words = error_message(error).lower()
    return busy(error) or "indexes are being" in words or "protected against deletion" in words


@dataclass(frozen=True, kw_only=True)
class Table(Resource):
    """A table and its indexes. Outputs: `name`, `arn`, and `stream_arn` ("" without a stream).

    A table still being made (by a deploy that was killed) is read as live but not settled; it has no point-in-time
    recovery yet, so there is always something to update, and `update` waits for it. One being deleted is waited for:
    its name is free only afterwards (DDB-20).
    """

    kind: ClassVar[str] = "dynamodb.table"
    immutable: ClassVar = frozenset({"key_schema"})
    stateful: ClassVar[bool] = True
    actions: ClassVar = {
        "read": (
            "dynamodb:DescribeTable",
            "dynamodb:DescribeContinuousBackups",
            "dynamodb:DescribeTimeToLive",
            "dynamodb:ListTagsOfResource",
        ),
        "create": (
            "dynamodb:CreateTable",
            "dynamodb:TagResource",
            "dynamodb:UpdateTimeToLive",
            "dynamodb:UpdateContinuousBackups",
        ),
        "update": ("dynamodb:UpdateTable", "dynamodb:UpdateTimeToLive", "dynamodb:UpdateContinuousBackups"),
        "delete": ("dynamodb:UpdateTable", "dynamodb:DeleteTable"),
    }

    hash: Attribute
    range: Attribute | None = None
    indexes: tuple[Index, ...] = ()
    # The attribute with the second (Unix time) after which AWS removes an item, within days; "" for none.
    time_to_live: str = ""
    # Whether a stream tells of every change of an item, with the item before and after it.
    stream: bool = False
    # Beside the mark of ownership, from the call that makes it; afterwards they are resources of their own.
    tags: Mapping[str, str] = field(default_factory=dict)

    def changed_outputs(self, changes: tuple[Change, ...]) -> frozenset[str]:
        # A stream that is switched on again is a new one (DDB-14).
        return frozenset({"stream_arn"} if any(change.property == "stream" for change in changes) else ())

    def properties(self) -> dict[str, Any]:
        return {
            "key_schema": shape.key(self.hash, self.range),
            "indexes": {
                index.name: {"key_schema": shape.key(index.hash, index.range), "projection": index.projection}
                for index in self.indexes
            },
            "billing_mode": "PAY_PER_REQUEST",
            "encryption": "KMS",
            "deletion_protection": True,
            "time_to_live": self.time_to_live,
            "point_in_time_recovery": True,
            "stream": _IMAGES if self.stream else None,
        }

    def read(self, aws: Aws) -> Live | None:
        table = self._ours(aws)
        if table is None:
            return None
        return Live(
            properties={
                "key_schema": shape.live_key(table, table["KeySchema"]),
                "indexes": shape.live_indexes(table),
                **_settings(table),
                "time_to_live": dynamodb_upkeep.time_to_live(aws, self.name),
                "point_in_time_recovery": dynamodb_upkeep.recovery_enabled(aws, self.name),
            },
            outputs=_outputs(table),
            settled=_is_settled(table),
        )

    def find(self, aws: Aws) -> Live | None:
        table = self._ours(aws)
        return None if table is None else Live(_settings(table), _outputs(table), settled=_is_settled(table))

    def create(self, aws: Aws) -> Outputs:
        try:
            self._create(aws)
        except ClientError as error:
            if error_code(error) != "ResourceInUseException":
                raise
            # Made meanwhile, or still going away (DDB-01).
            live = self.read(aws)
            if live is not None:
                return self.update(aws, live, self.diff(live))
            self._create(aws)
        table = self._wait_settled(aws)
        # Before the recovery, which would keep it waiting (DDB-05).
        if self.time_to_live:
            dynamodb_upkeep.set_time_to_live(aws, self.name, self.time_to_live, enabled=True)
        dynamodb_upkeep.enable_recovery(aws, self.name)
        return _outputs(table)

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        differing = {change.property for change in changes}
        table = self._wait_settled(aws)
        settings: dict[str, dict[str, Any]] = {
            "billing_mode": {"BillingMode": "PAY_PER_REQUEST"},
            "encryption": {"SSESpecification": {"Enabled": True, "SSEType": "KMS"}},
            "deletion_protection": {"DeletionProtectionEnabled": True},
        }
        wanted = self.properties()
        for name, setting in settings.items():
            if name in differing:
                table = self._change(aws, setting, done=lambda now, n=name: _settings(now)[n] == wanted[n])  # type: ignore[misc]
        if "indexes" in differing:
            table = self._update_indexes(aws, table)
        if "stream" in differing:
            table = self._update_stream(aws, table)
        if "point_in_time_recovery" in differing:
            dynamodb_upkeep.enable_recovery(aws, self.name)
        # The last, since AWS may put it off (DDB-07).
        if "time_to_live" in differing:
            self._change_time_to_live(aws)
        return _outputs(table)

    def delete(self, aws: Aws, live: Live) -> None:
        dynamodb = aws.client("dynamodb")
        with ignoring("ResourceNotFoundException"):
            protected = live.properties["deletion_protection"]
            if not live.settled:
                table = self._wait_settled(aws)
                protected = _settings(table)["deletion_protection"]
            # A change that changes nothing is refused (DDB-11).
            if protected:
                # Not waited for: the table refuses to go until it is through (DDB-17, DDB-18).
                self._ask_for(
                    aws,
                    {"DeletionProtectionEnabled": False},
                    done=lambda now: not _settings(now)["deletion_protection"],
                )
            aws.retry(
                lambda: dynamodb.delete_table(TableName=self.name),
                when=_cannot_delete_yet,
                budget=CHANGE_BUDGET,
            )
        self._wait_gone(aws)

    def _create(self, aws: Aws) -> None:
        attributes = shape.attribute_types(self.hash, self.range)
        for index in self.indexes:
            attributes |= shape.attribute_types(index.hash, index.range)
        request: dict[str, Any] = {
            "TableName": self.name,
            "KeySchema": shape.key_schema(self.hash, self.range),
            "AttributeDefinitions": shape.definitions(attributes),
            "BillingMode": "PAY_PER_REQUEST",
            "SSESpecification": {"Enabled": True, "SSEType": "KMS"},
            "DeletionProtectionEnabled": True,
            "Tags": tags.as_list({**self.tags, **aws.tags}),
        }
        if self.stream:
            request["StreamSpecification"] = _STREAM
        if self.indexes:
            request["GlobalSecondaryIndexes"] = [shape.index_request(index) for index in self.indexes]
        aws.retry(
            lambda: aws.client("dynamodb").create_table(**request),
            when=_too_many_at_once,
            budget=CHANGE_BUDGET,
        )

    def _update_indexes(self, aws: Aws, table: dict[str, Any]) -> dict[str, Any]:
        """One index per call, each waited for (DDB-09); one of another shape is removed and made again."""
        wanted = {index.name: index for index in self.indexes}
        shapes = self.properties()["indexes"]
        for name, live in shape.live_indexes(table).items():
            if shapes.get(name) == live:
                del wanted[name]
            else:
                table = self._change(
                    aws,
                    {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": name}}]},
                    done=lambda now, n=name: n not in shape.live_indexes(now),  # type: ignore[misc]
                )
        for name, index in wanted.items():
            # Exactly the attributes in use once the index is there: fewer and more are both refused (DDB-12).
            attributes = shape.types_in_use(table) | shape.attribute_types(index.hash, index.range)
            table = self._change(
                aws,
                {
                    "AttributeDefinitions": shape.definitions(attributes),
                    "GlobalSecondaryIndexUpdates": [{"Create": shape.index_request(index)}],
                },
                done=lambda now, n=name: shape.live_indexes(now).get(n) == shapes[n],  # type: ignore[misc]
            )
        return table

    def _update_stream(self, aws: Aws, table: dict[str, Any]) -> dict[str, Any]:
        """A stream is of another type only after it was switched off (DDB-14)."""
        if _settings(table)["stream"]:
            off = {"StreamSpecification": {"StreamEnabled": False}}
            table = self._change(aws, off, done=lambda now: not _settings(now)["stream"])
        if self.stream:
            on = {"StreamSpecification": _STREAM}
            table = self._change(aws, on, done=lambda now: _settings(now)["stream"] == _IMAGES)
        return table

    def _change(self, aws: Aws, request: dict[str, Any], *, done: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """One UpdateTable, and the table when it is through. `done` says whether a table shows the change."""
        self._ask_for(aws, request, done=done)
        return self._wait_settled(aws)

    def _ask_for(self, aws: Aws, request: dict[str, Any], *, done: Callable[[dict[str, Any]], bool]) -> None:
        try:
            aws.retry(
                lambda: aws.client("dynamodb").update_table(TableName=self.name, **request),
                when=busy,
                budget=CHANGE_BUDGET,
            )
        except ClientError:
            # After a lost answer botocore's next attempt finds nothing left to change, and is refused (X-06, DDB-11).
            if self._describe(aws) is None or not done(self._wait_settled(aws)):
                raise

    def _change_time_to_live(self, aws: Aws) -> None:
        # Looked at again: `live` may have been read while the table was still being made.
        live = dynamodb_upkeep.time_to_live(aws, self.name)
        # One attribute goes before another one comes (DDB-08). AWS takes the second only an hour later (DDB-07): this
        # deploy then ends with an error, and one after that hour goes on from here.
        if live and live != self.time_to_live:
            dynamodb_upkeep.set_time_to_live(aws, self.name, live, enabled=False)
        if self.time_to_live and live != self.time_to_live:
            dynamodb_upkeep.set_time_to_live(aws, self.name, self.time_to_live, enabled=True)

    def _ours(self, aws: Aws) -> dict[str, Any] | None:
        table = self._describe(aws)
        if table is None:
            return None
        if table["TableStatus"] == "DELETING":
            self._wait_gone(aws)
            return None
        found = table_tags(aws, table["TableArn"], creating=table["TableStatus"] == "CREATING")
        if not aws.owns(found):
            raise NotOursError(self.kind, self.name, "it does not carry this deployment's tag")
        return table

    def _describe(self, aws: Aws) -> dict[str, Any] | None:
        try:
            table: dict[str, Any] = aws.client("dynamodb").describe_table(TableName=self.name)["Table"]
        except ClientError as error:
            if error_code(error) == "ResourceNotFoundException":
                return None
            raise
        return table

    def _wait_settled(self, aws: Aws) -> dict[str, Any]:
        """Wait until the table and every index is ACTIVE and return its description."""

        def poll() -> dict[str, Any] | None:
            table = self._describe(aws)
            return table if table is not None and _is_settled(table) else None

        return aws.wait(poll, what=f"table {self.name} becoming active", budget=_INDEX_BUDGET)

    def _wait_gone(self, aws: Aws) -> None:
        aws.wait(
            lambda: True if self._describe(aws) is None else None,
            what=f"deletion of table {self.name}",
            budget=CHANGE_BUDGET,
        )


def table_tags(aws: Aws, arn: str, *, creating: bool = False) -> dict[str, str]:
    """All tags of a table; in a survey they are fetched once."""
    pages = aws.client("dynamodb").get_paginator("list_tags_of_resource")

    def fetch() -> dict[str, str]:
        return {
            key: value
            for page in pages.paginate(ResourceArn=arn)
            for key, value in tags.from_list(page["Tags"]).items()
        }

    return aws.shared(
        ("dynamodb.tags", arn), lambda: aws.retry(fetch, when=lambda error: creating and dynamodb_upkeep.not_yet(error))
    )


def _outputs(table: Mapping[str, Any]) -> Outputs:
    # The last stream's ARN stays when it is switched off.
    stream = table.get("LatestStreamArn", "") if _settings(table)["stream"] else ""
    return {"name": table["TableName"], "arn": table["TableArn"], "stream_arn": stream}


def _is_settled(table: Mapping[str, Any]) -> bool:
    indexes = table.get("GlobalSecondaryIndexes", [])
    return table["TableStatus"] == "ACTIVE" and all(index.get("IndexStatus", "ACTIVE") == "ACTIVE" for index in indexes)


def _settings(table: Mapping[str, Any]) -> dict[str, Any]:
    """What UpdateTable can change, in the shape of `properties()`."""
    stream = table.get("StreamSpecification", {})
    return {
        "billing_mode": table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
        "encryption": table.get("SSEDescription", {}).get("SSEType", "DEFAULT"),
        "deletion_protection": table.get("DeletionProtectionEnabled", False),
        "stream": stream.get("StreamViewType") if stream.get("StreamEnabled") else None,
    }
