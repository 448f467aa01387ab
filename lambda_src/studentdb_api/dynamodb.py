"""The one DynamoDB client, the tables' names from the function's environment, and items as plain values."""

from __future__ import annotations

import gc
import os
from collections.abc import Mapping
from typing import Any

# What boto3 and its client are made of stays until the function ends: looking through it for garbage, again and again
# while it grows, took a sixth of a cold start.
gc.disable()

import boto3  # noqa: E402
from botocore.config import Config  # noqa: E402

# An item as the low-level client has it: {"id": {"S": "…"}}.
Item = dict[str, Any]
Record = dict[str, Any]

# The function has 30 s: an unreachable table must be an answer within them.
client: Any = boto3.client("dynamodb", config=Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard"}))

gc.freeze()
gc.enable()

_PREFIX = os.environ["TABLE_PREFIX"]
USERS = f"{_PREFIX}-users"
INDEX = f"{_PREFIX}-index"
CLASSES = f"{_PREFIX}-classes"
SUBJECTS = f"{_PREFIX}-subjects"
NOTIFICATIONS = f"{_PREFIX}-notifications"
ACADEMIC_SESSIONS = f"{_PREFIX}-academic-sessions"
ENROLLMENTS = f"{_PREFIX}-enrollments"
SCORES = f"{_PREFIX}-scores"
AUDIT = f"{_PREFIX}-audit"
# Only where the school sends mail.
MAIL = f"{_PREFIX}-mail"
MEDIA = f"{_PREFIX}-media"
ROLE_NAME_INDEX = "role-name-index"
# What stands in the e-mail key of a person without one.
NO_EMAIL = "-"
MOST_KEYS = 100  # of a BatchGetItem


def attribute(value: Any) -> dict[str, Any]:
    """A plain value (text, whole number, truth, list, object) as DynamoDB has it."""
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, Mapping):
        return {"M": {name: attribute(each) for name, each in value.items() if each is not None}}
    return {"L": [attribute(each) for each in value]}


def value(found: Mapping[str, Any]) -> Any:
    """The inverse of `attribute`; bytes stay bytes."""
    ((kind, held),) = found.items()
    if kind == "N":
        return int(held)
    if kind == "L":
        return [value(each) for each in held]
    if kind == "M":
        return {name: value(each) for name, each in held.items()}
    return held


def item(record: Mapping[str, Any]) -> Item:
    """A record as an item; what is None is not stored."""
    return {name: attribute(each) for name, each in record.items() if each is not None}


def record(stored: Mapping[str, Any]) -> Record:
    """An item as a record."""
    # Most of it is text, then truth: a sheet of scores has thousands of these, and each call counts.
    return {
        name: each["S"] if "S" in each else each["BOOL"] if "BOOL" in each else value(each)
        for name, each in stored.items()
    }


def all_queried(asked: Mapping[str, Any]) -> list[Item]:
    """All items of a Query of what is bounded; AWS may give them in several pieces of 1 MB."""
    answer = client.query(**asked)
    found: list[Item] = answer["Items"]
    while "LastEvaluatedKey" in answer:
        answer = client.query(**asked, ExclusiveStartKey=answer["LastEvaluatedKey"])
        found += answer["Items"]
    return found
