"""The read function's import and first list request beside boto3's client and the same Query."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3

from benchmarks.clock import HEAD, REGION, ROOT, FailedError, compared, environment, run, table
from benchmarks.deployment import engine
from tests.lambda_src.events import event

PAGE = 25
# How many students there are: one page, and the size of the owner's real class list, whose first page has a next one.
SCHOOLS = (20, 86)

# What is timed is neither Python's start nor reading the event: on AWS these are not the function's.
_HANDLER = """
import json, sys, time
event = json.loads(sys.argv[1])
started = time.perf_counter()
from studentdb_api.read import handler
response = handler(event, None)
seconds = time.perf_counter() - started
found = json.loads(response["body"])
print(json.dumps({"seconds": seconds, "students": len(found["students"]), "more": bool(found["nextCursor"])}))
"""
_QUERY = """
import json, os, sys, time
limit = int(sys.argv[1])
started = time.perf_counter()
import boto3
client = boto3.client("dynamodb")
found = client.query(
    TableName=f"{os.environ['TABLE_PREFIX']}-users",
    IndexName="role-name-index",
    KeyConditionExpression="#role = :role",
    ExpressionAttributeNames={"#role": "role"},
    ExpressionAttributeValues={":role": {"S": "student"}},
    Limit=limit + 1,
)
seconds = time.perf_counter() - started
items = found["Items"]
print(json.dumps({"seconds": seconds, "students": len(items[:limit]), "more": len(items) > limit}))
"""


def measure(runs: int) -> None:
    """Print the table."""
    rows: list[tuple[str, ...]] = [HEAD]
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        for count in SCHOOLS:
            with engine(scratch) as env:
                run(("-m", "studentdb", "deploy", "--yes", "--json"), env)
                _fill(env["AWS_ENDPOINT_URL"], count)
                function = environment(
                    scratch,
                    AWS_ENDPOINT_URL=env["AWS_ENDPOINT_URL"],
                    PYTHONPATH=str(ROOT / "lambda_src"),
                    TABLE_PREFIX="student-management",
                )
                mine, floor = _measured(runs, function, count)
            name = f"{count} students: import, first list request"
            rows += compared(name, mine, "  boto3.client, the same Query", floor, "1.15x")
    table(
        "The read function, cold",
        (
            f"inside new processes, after Python's own start, in turn, {runs} runs each, pages of {PAGE}",
            "a list that goes on costs one GetItem more, of the key that seals the cursor; a warm function keeps it",
        ),
        rows,
    )


def _measured(runs: int, env: Mapping[str, str], count: int) -> tuple[list[float], list[float]]:
    asked = json.dumps(event("GET", "/api/students", query={"limit": str(PAGE)}))
    sides: tuple[tuple[Sequence[str], list[float]], ...] = (
        (("-c", _HANDLER, asked), []),
        (("-c", _QUERY, str(PAGE)), []),
    )
    for _ in range(runs + 1):
        for command, seconds in sides:
            found = json.loads(run(command, env)[1].splitlines()[-1])
            if (found["students"], found["more"]) != (min(count, PAGE), count > PAGE):
                raise FailedError(f"{found} instead of the first page of {count} students")
            seconds.append(found["seconds"])
    # The first ones compiled the modules.
    return sides[0][1][1:], sides[1][1][1:]


def _fill(url: str, count: int) -> None:
    dynamodb = boto3.client(
        "dynamodb",
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    for number in range(count):
        dynamodb.put_item(TableName="student-management-users", Item=_student(number))


def _student(number: int) -> dict[str, Any]:
    texts = {
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "email": f"pupil{number}@school.example",
        "identifier": f"S{number:04d}",
        "givenName": f"Given{number}",
        "familyName": f"Family{number}",
        "status": "active",
        "role": "student",
        "createdAt": "2025-01-01T00:00:00Z",
        "updatedAt": "2025-01-01T00:00:00Z",
        "name_key": f"family{number}\x1fgiven{number}\x1f{number}",
    }
    return {
        **{name: {"S": text} for name, text in texts.items()},
        "grades": {"L": [{"S": "7"}]},
        "version": {"N": "1"},
    }
