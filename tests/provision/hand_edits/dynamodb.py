"""Tables, and the two versions on one."""

from __future__ import annotations

from typing import Any

from studentdb.provision import tags
from studentdb.provision.aws import Aws
from studentdb.provision.core import Live
from tests.provision.hand_edits import Edit


def _table(**change: Any) -> Edit:
    return lambda aws, table, _: aws.client("dynamodb").update_table(TableName=table.name, **change)


def _provisioned(aws: Aws, table: Any, _: Live) -> None:
    throughput = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    indexes = [{"Update": {"IndexName": each.name, "ProvisionedThroughput": throughput}} for each in table.indexes]
    aws.client("dynamodb").update_table(
        TableName=table.name,
        BillingMode="PROVISIONED",
        ProvisionedThroughput=throughput,
        GlobalSecondaryIndexUpdates=indexes,
    )


def _encryption(aws: Aws, table: Any, _: Live) -> None:
    """Neither the engine nor moto changes it: AWS's answers are put in front, until ours is asked for again."""
    events, default = aws.client("dynamodb").meta.events, [True]

    def described(parsed: dict[str, Any], **_: Any) -> None:
        if default:
            parsed["Table"].pop("SSEDescription", None)

    def changed(params: dict[str, Any], **_: Any) -> None:
        if params.get("SSESpecification") == {"Enabled": True, "SSEType": "KMS"}:
            default.clear()

    events.register("after-call.dynamodb.DescribeTable", described)
    events.register("provide-client-params.dynamodb.UpdateTable", changed)


def _recovery(aws: Aws, table: Any, _: Live) -> None:
    off = {"PointInTimeRecoveryEnabled": False}
    client = aws.client("dynamodb")
    client.update_continuous_backups(TableName=table.name, PointInTimeRecoverySpecification=off)


def _expiry(aws: Aws, table: Any, _: Live) -> None:
    """People's records would go with it, once something is stored in that attribute."""
    wanted = {"Enabled": True, "AttributeName": "updatedAt"}
    aws.client("dynamodb").update_time_to_live(TableName=table.name, TimeToLiveSpecification=wanted)


def _table_tag(tag: str, value: str) -> Edit:
    def edit(aws: Aws, resource: Any, _: Live) -> None:
        aws.client("dynamodb").tag_resource(ResourceArn=resource.table_arn, Tags=tags.as_list({tag: value}))

    return edit


EDITS: dict[str, dict[str, Edit]] = {
    "dynamodb.table": {
        "indexes": _table(GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "city-index"}}]),
        "billing_mode": _provisioned,
        "encryption": _encryption,
        "deletion_protection": _table(DeletionProtectionEnabled=False),
        "point_in_time_recovery": _recovery,
        "time_to_live": _expiry,
        "stream": _table(StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}),
    },
    "dynamodb.tool_version": {"version": _table_tag(tags.TOOL, "0.9.0")},
    "dynamodb.schema": {"version": _table_tag(tags.SCHEMA, "1")},
}
