"""Searching on the command line; the stream really invokes the function that keeps the parts of words."""

from __future__ import annotations

import json
import secrets
import time

from tests.command_line import Deployed
from tests.support import Backend


def _added(deployed: Deployed, noun: str, family_name: str, *more: str) -> str:
    number = f"F{secrets.token_hex(4)}"
    deployed.cli(noun, "add", "--number", number, "--given-name", "Đào", "--family-name", family_name, *more)
    return number


def _found(deployed: Deployed, noun: str, text: str, *more: str) -> list[str]:
    listed = json.loads(deployed.cli(noun, "list", "--search", text, "--json", *more))
    return [each["identifier"] for each in listed]


def _found_in_time(deployed: Deployed, noun: str, text: str) -> list[str]:
    """The stream is told of within seconds."""
    until = time.monotonic() + 30
    while not (found := _found(deployed, noun, text, "--contains")) and time.monotonic() < until:
        time.sleep(0.5)
    return found


def test_at_once_by_beginnings_and_soon_by_parts(deployed: Deployed) -> None:
    mark = secrets.token_hex(5)
    address = f"{mark}@example.edu"
    number = _added(deployed, "students", f"Nguyễn{mark}", "--email", address)
    assert _found(deployed, "students", f"dao NGUYEN{mark}") == [number]
    assert _found(deployed, "students", number.lower()) == [number]
    assert _found(deployed, "students", address) == [number]
    assert number in deployed.cli("students", "list", "--search", f"nguyen{mark}")
    assert _found(deployed, "lecturers", f"nguyen{mark}") == []

    assert _found_in_time(deployed, "students", f"guyen{mark}") == [number]
    deployed.cli("students", "update", number, "--family-name", f"Trần{mark}")
    assert _found(deployed, "students", f"nguyen{mark}") == []
    assert _found_in_time(deployed, "students", f"ran{mark}") == [number]
    deployed.cli("students", "delete", number, "--yes")
    assert _found(deployed, "students", f"ran{mark}", "--contains") == []


def test_lecturers_too(deployed: Deployed) -> None:
    mark = secrets.token_hex(5)
    number = _added(deployed, "lecturers", f"Øster{mark}")
    assert _found(deployed, "lecturers", f"oster{mark}") == [number]
    assert _found_in_time(deployed, "lecturers", f"ster{mark}") == [number]


def test_what_the_stream_lost_is_rebuilt(engine: Backend, deployed: Deployed) -> None:
    mark = secrets.token_hex(5)
    number = _added(deployed, "students", f"Nguyễn{mark}")
    assert _found_in_time(deployed, "students", f"guyen{mark}") == [number]
    aws = engine.root("prod")
    table, client = f"{aws.deployment.prefix}-index", aws.client("dynamodb")
    parts = client.query(
        TableName=table,
        KeyConditionExpression="pk = :g AND begins_with(sk, :part)",
        ExpressionAttributeValues={":g": {"S": "part#student#g"}, ":part": {"S": f"guyen{mark}"}},
    )["Items"]
    for each in parts:
        client.delete_item(TableName=table, Key={name: each[name] for name in ("pk", "sk")})
    assert _found(deployed, "students", f"guyen{mark}", "--contains") == []

    deployed.cli("admin", "rebuild-search")

    assert _found(deployed, "students", f"guyen{mark}", "--contains") == [number]


def test_nobody_and_bad_input(deployed: Deployed) -> None:
    nobody = deployed.run("students", "list", "--search", "zzzzqqqq")
    assert (nobody.code, len(nobody.out.splitlines())) == (0, 1)
    assert "--contains looks into words" in nobody.err
    wrong = deployed.run("students", "list", "--contains")
    assert (wrong.code, wrong.out) == (2, "")
    assert "--search TEXT --contains" in wrong.err
    assert deployed.run("students", "list", "--search", " ").code == 2
