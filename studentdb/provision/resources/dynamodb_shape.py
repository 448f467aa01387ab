"""The shape of a DynamoDB table: key attributes and indexes, as declared, as requested, and as AWS describes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Attribute:
    """A key attribute; `type` is S, N or B."""

    name: str
    type: str


@dataclass(frozen=True)
class Index:
    """A global secondary index; `projection` is ALL or KEYS_ONLY."""

    name: str
    hash: Attribute
    range: Attribute | None = None
    projection: str = "ALL"


def live_indexes(table: Mapping[str, Any]) -> dict[str, Any]:
    """The indexes that are not on their way out, in the shape of `properties()`."""
    return {
        index["IndexName"]: {
            "key_schema": live_key(table, index["KeySchema"]),
            "projection": index["Projection"]["ProjectionType"],
        }
        for index in table.get("GlobalSecondaryIndexes", [])
        if index.get("IndexStatus") != "DELETING"
    }


def attribute_types(*attributes: Attribute | None) -> dict[str, str]:
    """Name -> type of the attributes that there are."""
    return {attribute.name: attribute.type for attribute in attributes if attribute}


def types_in_use(table: Mapping[str, Any]) -> dict[str, str]:
    """Name -> type of the attributes that are keys of the table or of an index."""
    types = _live_types(table)
    schemas = [table["KeySchema"], *(i["KeySchema"] for i in table.get("GlobalSecondaryIndexes", []))]
    return {part["AttributeName"]: types[part["AttributeName"]] for schema in schemas for part in schema}


def _live_types(table: Mapping[str, Any]) -> dict[str, str]:
    return {found["AttributeName"]: found["AttributeType"] for found in table["AttributeDefinitions"]}


def definitions(types: Mapping[str, str]) -> list[dict[str, str]]:
    """AttributeDefinitions of a request."""
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in sorted(types.items())]


def key_schema(partition: Attribute, sort: Attribute | None) -> list[dict[str, str]]:
    """KeySchema of a request."""
    keys = [{"AttributeName": partition.name, "KeyType": "HASH"}]
    if sort:
        keys.append({"AttributeName": sort.name, "KeyType": "RANGE"})
    return keys


def index_request(index: Index) -> dict[str, Any]:
    """An index in a request that makes it."""
    return {
        "IndexName": index.name,
        "KeySchema": key_schema(index.hash, index.range),
        "Projection": {"ProjectionType": index.projection},
    }


def key(partition: Attribute, sort: Attribute | None) -> dict[str, str]:
    """`{"HASH": "id:S", "RANGE": "email:S"}`, in plans and for comparing."""
    parts = {"HASH": f"{partition.name}:{partition.type}"}
    return parts | ({"RANGE": f"{sort.name}:{sort.type}"} if sort else {})


def live_key(table: Mapping[str, Any], schema: list[dict[str, str]]) -> dict[str, str]:
    """The same of a KeySchema that AWS describes."""
    types = _live_types(table)
    return {
        part["KeyType"]: f"{part['AttributeName']}:{types[part['AttributeName']]}"
        for part in sorted(schema, key=lambda part: part["KeyType"])
    }
