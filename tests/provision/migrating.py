"""Two made-up migrations of people: from schema 1 to 2 they get an initial, from 2 to 3 it is called a letter.

As a program it deploys both and dies by SIGKILL in the middle of the first:
`python -m tests.provision.migrating ENDPOINT ACCOUNT ENV`
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from studentdb.provision.aws import Aws, ignoring
from studentdb.provision.resources.dynamodb_versions import Migration
from studentdb.provision.stack import stack
from tests.provision.deployers import agree, deployer
from tests.support import Backend

PEOPLE = tuple(f"{letter}{number}" for letter in "abc" for number in range(3))
ACTIONS = ("dynamodb:Scan", "dynamodb:UpdateItem")


def table(aws: Aws) -> str:
    """Where the people are."""
    return f"{aws.deployment.prefix}-users"


def add_people(aws: Aws) -> None:
    """As the first schema has them."""
    for name in PEOPLE:
        item = {"id": {"S": name}, "email": {"S": f"{name}@example.edu"}, "name": {"S": name}}
        aws.client("dynamodb").put_item(TableName=table(aws), Item=item)


def people(aws: Aws) -> dict[str, dict[str, Any]]:
    """By id, without the keys."""
    found = aws.client("dynamodb").scan(TableName=table(aws), ConsistentRead=True)["Items"]
    return {
        item["id"]["S"]: {name: value["S"] for name, value in item.items() if name not in ("id", "email")}
        for item in found
    }


def _pages(aws: Aws, missing: str) -> Iterator[list[dict[str, Any]]]:
    pages = (
        aws.client("dynamodb")
        .get_paginator("scan")
        .paginate(
            TableName=table(aws),
            ConsistentRead=True,
            FilterExpression=missing,
            PaginationConfig={"PageSize": 2},
        )
    )
    for page in pages:
        aws.pause(0)
        yield page["Items"]


def _update(aws: Aws, item: dict[str, Any], expression: str, condition: str, **values: Any) -> None:
    # Somebody may have changed the person meanwhile, or the run before this one.
    with ignoring("ConditionalCheckFailedException"):
        aws.client("dynamodb").update_item(
            TableName=table(aws),
            Key={"id": item["id"], "email": item["email"]},
            UpdateExpression=expression,
            ConditionExpression=condition,
            **values,
        )


def give_initials(aws: Aws, then: Callable[[], None] = lambda: None) -> None:
    """1 to 2; `then` is called after every person."""
    missing = "attribute_not_exists(initial) AND attribute_not_exists(letter)"
    for page in _pages(aws, missing):
        for item in page:
            initial = {":initial": {"S": item["name"]["S"][0]}}
            _update(aws, item, "SET initial = :initial", missing, ExpressionAttributeValues=initial)
            then()


def call_them_letters(aws: Aws) -> None:
    """2 to 3; it needs what the one before it made."""
    missing = "attribute_exists(initial)"
    for page in _pages(aws, missing):
        for item in page:
            _update(aws, item, "SET letter = initial REMOVE initial", missing)


MIGRATIONS = (
    Migration("gives everybody an initial", give_initials, ACTIONS),
    Migration("calls it a letter", call_them_letters, ACTIONS),
)


def _killed_after(count: int) -> Callable[[Aws], None]:
    def run(aws: Aws) -> None:
        left = iter(range(count - 1))
        give_initials(aws, lambda: None if next(left, None) is not None else os.kill(os.getpid(), signal.SIGKILL))

    return run


if __name__ == "__main__":
    endpoint, account, env = sys.argv[1:]
    dying = (Migration("dies", _killed_after(4)), MIGRATIONS[1])
    here = Backend("engine", account, endpoint_url=endpoint).root(env)
    deployer(here, partial(stack, version="2.0.0", migrations=dying)).deploy(agree)
