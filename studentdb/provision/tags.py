"""The mark that makes a resource ours, in the shapes in which each service wants tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

# Values keep to the characters that every service allows.
DEPLOYMENT = "studentdb:deployment"
# Of the users table alone: what deployed last, and the shape of the data (docs/decisions/0014).
TOOL = "studentdb:tool-version"
SCHEMA = "studentdb:schema"


def as_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """`[{"Key": …, "Value": …}]`, the shape of DynamoDB, IAM, S3, CloudFront and SSM."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def from_list(tags: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The inverse of `as_list`."""
    return {tag["Key"]: tag["Value"] for tag in tags}
