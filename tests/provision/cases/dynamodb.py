"""Tables: with indexes, with a number as key; and the item that holds the signing key."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

from studentdb.provision import tags
from studentdb.provision.aws import Aws
from studentdb.provision.core import Resource
from studentdb.provision.resources.dynamodb_shape import Attribute, Index
from studentdb.provision.resources.dynamodb_signing_key import SigningKey
from studentdb.provision.resources.dynamodb_table import Table
from studentdb.provision.resources.dynamodb_versions import Migration, Schema, ToolVersion
from tests.provision.lifecycle import Case

_ROLE = Attribute("role", "S")
_NAME = Attribute("name_key", "S")


def _users(aws: Aws, indexes: tuple[Index, ...], tags: Mapping[str, str] | None = None) -> Table:
    return Table(
        name=f"{aws.deployment.prefix}-users",
        hash=Attribute("id", "S"),
        range=Attribute("email", "S"),
        indexes=indexes,
        tags=tags or {},
    )


def _with_other_indexes(aws: Aws) -> Table:
    # Against the first form: one index kept, one of another shape, one gone, one new.
    return _users(
        aws,
        (
            Index("role-index", _ROLE, projection="KEYS_ONLY"),
            Index("role-name-index", _ROLE, Attribute("name_key", "S")),
            Index("status-index", Attribute("status", "S"), Attribute("since", "N")),
        ),
    )


def _unprotected(aws: Aws, table: Resource) -> None:
    dynamodb = aws.client("dynamodb")
    dynamodb.update_table(TableName=table.name, DeletionProtectionEnabled=False)
    dynamodb.update_continuous_backups(
        TableName=table.name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )


def _notifications(aws: Aws, time_to_live: str) -> Table:
    return Table(
        name=f"{aws.deployment.prefix}-notifications",
        hash=Attribute("id", "N"),
        range=Attribute("sent_at", "S"),
        time_to_live=time_to_live,
    )


def _expiring(aws: Aws, table: Resource) -> None:
    on = {"Enabled": True, "AttributeName": "sent_at"}
    aws.client("dynamodb").update_time_to_live(TableName=table.name, TimeToLiveSpecification=on)


def _of_nothing(aws: Aws) -> tuple[Resource, ...]:
    """A table from before the tags."""
    return (_users(aws, ()),)


def _tool(parents: tuple[Resource, ...], version: str) -> ToolVersion:
    return ToolVersion(name=parents[0].name, table_arn=parents[0].out("arn"), version=version)


def _fill(aws: Aws) -> None:
    """Every item gets an attribute, a page at a time."""
    dynamodb, table = aws.client("dynamodb"), f"{aws.deployment.prefix}-users"
    for page in dynamodb.get_paginator("scan").paginate(TableName=table):
        aws.pause(0)
        for item in page["Items"]:
            dynamodb.update_item(
                TableName=table,
                Key={"id": item["id"], "email": item["email"]},
                UpdateExpression="SET filled = :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
            )


FILL = Migration("fills every item", _fill, ("dynamodb:Scan", "dynamodb:UpdateItem"))


def _schema(parents: tuple[Resource, ...], *migrations: Migration) -> Schema:
    return Schema(name=parents[0].name, table_arn=parents[0].out("arn"), migrations=migrations)


def _retagged(tag: str, value: str) -> Callable[[Aws, Resource], None]:
    def by_hand(aws: Aws, resource: Resource) -> None:
        assert isinstance(resource, ToolVersion | Schema)
        dynamodb = aws.client("dynamodb")
        dynamodb.tag_resource(ResourceArn=resource.table_arn, Tags=[{"Key": tag, "Value": value}])

    return by_hand


def _index_table(aws: Aws) -> Table:
    return Table(name=f"{aws.deployment.prefix}-index", hash=Attribute("pk", "S"), range=Attribute("sk", "S"))


def _without_stream(aws: Aws, table: Resource) -> None:
    aws.client("dynamodb").update_table(TableName=table.name, StreamSpecification={"StreamEnabled": False})


CASES: list[Case] = [
    Case(
        name="table",
        resource=lambda aws, _: _users(
            aws,
            (
                Index("role-index", _ROLE, projection="KEYS_ONLY"),
                Index("role-name-index", _ROLE, _NAME, projection="KEYS_ONLY"),
                Index("city-index", Attribute("city", "S")),
            ),
        ),
        changed=lambda aws, _: _with_other_indexes(aws),
        drift=_unprotected,
    ),
    Case(
        name="table-without-indexes",
        resource=lambda aws, _: _notifications(aws, "expires"),
        changed=lambda aws, _: _notifications(aws, ""),
        drift=_expiring,
    ),
    Case(
        name="table-gets-a-stream",
        resource=lambda aws, _: _index_table(aws),
        changed=lambda aws, _: dataclasses.replace(_index_table(aws), stream=True),
        drift=_without_stream,
        without_moto="a stream that was switched off is not switched on again",
    ),
    Case(
        name="table-loses-its-stream",
        resource=lambda aws, _: dataclasses.replace(_index_table(aws), stream=True),
        changed=lambda aws, _: _index_table(aws),
    ),
    Case(
        name="tool-version",
        parents=_of_nothing,
        resource=lambda _, parents: _tool(parents, "1.0.0"),
        changed=lambda _, parents: _tool(parents, "1.1.0"),
        drift=_retagged(tags.TOOL, "0.9.0"),
        tagged=False,
    ),
    Case(
        name="schema",
        parents=_of_nothing,
        resource=lambda _, parents: _schema(parents, FILL),
        changed=lambda _, parents: _schema(parents, FILL, FILL, FILL),
        drift=_retagged(tags.SCHEMA, "3"),
        tagged=False,
    ),
    Case(
        name="signing-key",
        parents=lambda aws: (_index_table(aws),),
        resource=lambda _, parents: SigningKey(name="cursor", table_name=parents[0].out("name")),
        changed=None,
        tagged=False,
    ),
]
