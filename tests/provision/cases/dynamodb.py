"""Tables: with indexes, with a number as key; and the item that holds the signing key."""

from __future__ import annotations

from studentdb.provision.aws import Aws
from studentdb.provision.core import Resource
from studentdb.provision.resources.dynamodb_signing_key import SigningKey
from studentdb.provision.resources.dynamodb_table import Attribute, Index, Table
from tests.provision.lifecycle import Case

_ROLE = Attribute("role", "S")
_NAME = Attribute("name_key", "S")


def _users(aws: Aws, indexes: tuple[Index, ...], **tags: str) -> Table:
    return Table(
        name=f"{aws.deployment.prefix}-users",
        hash=Attribute("id", "S"),
        range=Attribute("email", "S"),
        indexes=indexes,
        tags={f"studentdb:{name}": value for name, value in tags.items()},
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
        version="2",
    )


def _unprotected(aws: Aws, table: Resource) -> None:
    dynamodb = aws.client("dynamodb")
    dynamodb.update_table(TableName=table.name, DeletionProtectionEnabled=False)
    dynamodb.update_continuous_backups(
        TableName=table.name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )


def _index_table(aws: Aws) -> Table:
    return Table(name=f"{aws.deployment.prefix}-index", hash=Attribute("pk", "S"), range=Attribute("sk", "S"))


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
            version="1",
            retired="x",
        ),
        changed=lambda aws, _: _with_other_indexes(aws),
        drift=_unprotected,
    ),
    Case(
        name="table-without-indexes",
        resource=lambda aws, _: Table(
            name=f"{aws.deployment.prefix}-notifications",
            hash=Attribute("id", "N"),
            range=Attribute("sent_at", "S"),
        ),
        changed=None,
        drift=_unprotected,
    ),
    Case(
        name="signing-key",
        parents=lambda aws: (_index_table(aws),),
        resource=lambda _, parents: SigningKey(name="cursor", table_name=parents[0].out("name")),
        changed=None,
        tagged=False,
    ),
]
