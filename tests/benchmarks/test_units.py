"""What an operation costs does not depend on how many students there are; and the tables in memory answer as moto's."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from benchmarks import meter, units
from benchmarks.memory import Keys, Memory, Table
from benchmarks.meter import Units
from benchmarks.school import School
from tests.support import REGION, Backend

# From here on each search fills its page.
SIZES = (1_200, 3_600)


@pytest.fixture(scope="module")
def measured() -> Iterator[dict[int, dict[str, Units]]]:
    """By size and operation."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("TABLE_PREFIX", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "")
        patch.setattr(sys, "path", [*sys.path])
        patch.setattr(boto3, "DEFAULT_SESSION", None)
        found = {}
        for size in SIZES:
            school = School(size)
            found[size] = {name: school.measured(run) for name, run in units.OPERATIONS.items()}
        yield found


@pytest.mark.parametrize("operation", units.OPERATIONS)
def test_constant_to_within_one_unit(measured: dict[int, dict[str, Units]], operation: str) -> None:
    few, many = (measured[size][operation] for size in SIZES)
    assert few.calls == many.calls
    assert few.calls > 0
    assert abs(few.read - many.read) <= 1
    assert abs(few.write - many.write) <= 1


def test_adding_a_student_writes_at_most_seven_items_and_one_per_word(measured: dict[int, dict[str, Units]]) -> None:
    words = 3
    assert words < measured[SIZES[0]]["add a student"].written <= 7 + words


def test_a_page_costs_what_it_returns(measured: dict[int, dict[str, Units]]) -> None:
    """At most two units for each student, and what looking for them costs."""
    for operation in ("search: prefix", "search: contains", "list"):
        found = measured[SIZES[1]][f"{operation}, a page of {units.PAGE}"]
        assert found.scanned <= 2 * units.PAGE + 5


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({"a": {"S": "é"}}, 3),
        ({"ab": {"N": "12345"}}, 6),
        ({"a": {"BOOL": True}}, 2),
        ({"a": {"L": [{"S": "xy"}]}}, 7),
        ({"a": {"M": {"b": {"S": "xy"}}}}, 8),
    ],
)
def test_the_size_of_an_item(item: dict[str, Any], size: int) -> None:
    assert meter.size(item) == size


def test_memory_answers_as_moto(moto: Backend) -> None:
    session = boto3.Session("test", "test", region_name=REGION)
    real, ours = session.client("dynamodb"), session.client("dynamodb")
    name = f"t{secrets.token_hex(4)}"
    texts = ("pk", "sk", "role", "place")
    real.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in texts],
        KeySchema=_schema("pk", "sk"),
        GlobalSecondaryIndexes=[
            {"IndexName": "by-place", "KeySchema": _schema("role", "place"), "Projection": {"ProjectionType": "ALL"}}
        ],
    )
    items = [
        {"pk": f"p{number % 2}", "sk": f"{number:02d}", "role": "r", "place": f"{number % 7}-{number:02d}"}
        for number in range(20)
    ]
    table = Table(Keys("pk", "sk"), {"by-place": Keys("role", "place")})
    table.fill({at: {"S": text} for at, text in item.items()} for item in items[:10])
    heard: list[str] = []
    Memory({name: table}, lambda operation, *_: heard.append(operation)).attach(ours)
    for item in items:
        stored = {at: {"S": text} for at, text in item.items()}
        real.put_item(TableName=name, Item=stored)
        ours.put_item(TableName=name, Item=stored)

    by_place = {"IndexName": "by-place"}
    within = ("pk = :a AND begins_with(sk, :b)", "p1", "1")
    between = ("pk = :a AND sk BETWEEN :b AND :c", "p1", "05")
    after = ("role = :a AND place > :b", "r", "3-10")
    before = ("role = :a AND place < :b", "r", "3-10")
    queries: list[tuple[tuple[str, str, str], dict[str, Any]]] = [
        *((within, {"Limit": limit}) for limit in (1, 3, 50)),
        *(
            (after, {**by_place, "Limit": limit, "ScanIndexForward": forward})
            for limit in (2, 50)
            for forward in (True, False)
        ),
        (between, {}),
        (before, by_place),
        (("role = :a AND place > :b", "r", "9"), by_place),
    ]
    for (condition, partition, bound), more in queries:
        asked = {
            "TableName": name,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": {
                **{":a": {"S": partition}, ":b": {"S": bound}},
                **({":c": {"S": "15"}} if ":c" in condition else {}),
            },
            **more,
        }
        assert _all(ours, asked) == _all(real, asked), (condition, more)
    key = {"pk": {"S": "p1"}, "sk": {"S": "07"}}
    assert ours.get_item(TableName=name, Key=key)["Item"] == real.get_item(TableName=name, Key=key)["Item"]
    assert {"PutItem", "Query", "GetItem"} == set(heard)


def _schema(partition: str, place: str) -> list[dict[str, str]]:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": place, "KeyType": "RANGE"}]


def _all(client: Any, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Page by page to the end."""
    found: list[dict[str, Any]] = []
    more: dict[str, Any] = {}
    while True:
        answer = client.query(**asked, **more)
        found += answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return found
        more = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
