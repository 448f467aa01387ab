"""How files end, and what becomes of those that nobody could look at: functions, rights, table and bucket are real.

The engine's TTL tells no stream of what it removes: the function is invoked with the record that AWS sends.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from studentdb.provision.aws import Aws
from tests.command_line import Deployed
from tests.lambda_src.test_media_life import PAST, removed
from tests.support import Backend
from tests.test_access_log import FIRST, line

PDF = b"%PDF-1.7\n" + bytes(1000)
PREFIX = "student-management"


@pytest.fixture
def root(engine: Backend) -> Aws:
    return engine.root("prod")


def upload(deployed: Deployed, folder: Path, *options: str) -> dict[str, Any]:
    path = folder / "Stundenplan.pdf"
    path.write_bytes(PDF)
    (made,) = json.loads(deployed.cli("media", "upload", str(path), *options, "--json"))
    return dict(made)


def get(deployed: Deployed, media_id: str) -> dict[str, Any]:
    return dict(json.loads(deployed.cli("media", "get", media_id, "--json")))


def used(deployed: Deployed) -> int:
    return int(json.loads(deployed.cli("media", "stats", "--json"))["used"])


def change(root: Aws, media_id: str, expression: str, **values: str) -> None:
    """The record, behind everybody's back."""
    root.client("dynamodb").update_item(
        TableName=f"{PREFIX}-media",
        Key={"id": {"S": media_id}, "key": {"S": "-"}},
        UpdateExpression=expression,
        **({"ExpressionAttributeNames": {"#status": "status"}} if "#status" in expression else {}),
        ExpressionAttributeValues={f":{name}": {"S": text} for name, text in values.items()},
    )


def fire(root: Aws, media_id: str) -> None:
    """As if DynamoDB had removed the marker."""
    answer = root.client("lambda").invoke(
        FunctionName=f"{PREFIX}-media-expiry", Payload=json.dumps({"Records": [removed(media_id)]})
    )
    assert "FunctionError" not in answer, answer["Payload"].read()


def test_a_file_whose_time_is_over_is_removed(deployed: Deployed, root: Aws, tmp_path: Path) -> None:
    before = used(deployed)
    made = upload(deployed, tmp_path, "--expires", "90d")
    assert used(deployed) == before + len(PDF)
    versions = json.loads(deployed.cli("media", "versions", made["id"], "--json"))
    assert [(each["size"], each["isFile"]) for each in versions] == [(len(PDF), True)]
    deployed.cli("media", "link", made["id"])
    (person,) = json.loads(deployed.cli("media", "stats", made["id"], "--json"))
    assert person["links"] == 1

    change(root, made["id"], "SET expiresAt = :past", past=PAST)
    fire(root, made["id"])
    after = get(deployed, made["id"])
    assert (after["status"], bool(after["removedAt"])) == ("expired", True)
    assert json.loads(deployed.cli("media", "versions", made["id"], "--json")) == []
    assert used(deployed) == before
    assert made["id"] not in {each["id"] for each in json.loads(deployed.cli("media", "check", "--json"))}


@pytest.mark.usefixtures("deployed")
def test_only_what_ttl_removes_comes_from_the_stream(root: Aws) -> None:
    """Whatever else is removed or changed there invokes nothing."""
    (mapping,) = root.client("lambda").list_event_source_mappings(FunctionName=f"{PREFIX}-media-expiry")[
        "EventSourceMappings"
    ]
    stream = root.client("dynamodb").describe_table(TableName=f"{PREFIX}-media")["Table"]["LatestStreamArn"]
    assert (mapping["EventSourceArn"], mapping["State"]) == (stream, "Enabled")
    (pattern,) = (json.loads(each["Pattern"]) for each in mapping["FilterCriteria"]["Filters"])
    record = removed("x")
    assert pattern["eventName"] == [record["eventName"]]
    assert {name: [each] for name, each in record["userIdentity"].items()} == pattern["userIdentity"]
    assert pattern["dynamodb"]["Keys"]["key"]["S"] == [record["dynamodb"]["Keys"]["key"]["S"]]


def test_a_file_whose_event_was_lost_is_looked_at(deployed: Deployed, root: Aws, tmp_path: Path) -> None:
    made = upload(deployed, tmp_path)
    change(root, made["id"], "SET #status = :pending, createdAt = :past REMOVE versionId", pending="pending", past=PAST)
    fire(root, made["id"])

    deadline = time.monotonic() + 30
    while get(deployed, made["id"])["status"] == "pending" and time.monotonic() < deadline:
        time.sleep(0.2)
    assert get(deployed, made["id"])["status"] == "ready"


@contextmanager
def failing(root: Aws) -> Iterator[None]:
    """The function that looks at files finds no bucket."""
    client, name = root.client("lambda"), f"{PREFIX}-media"
    variables = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    other = {**variables, "MEDIA_BUCKET": f"{variables['MEDIA_BUCKET']}-not-there"}
    client.update_function_configuration(FunctionName=name, Environment={"Variables": other})
    try:
        yield
    finally:
        client.update_function_configuration(FunctionName=name, Environment={"Variables": variables})


def test_a_file_that_could_not_be_looked_at_is_looked_at_again(deployed: Deployed, root: Aws, tmp_path: Path) -> None:
    with failing(root):
        made = upload(deployed, tmp_path)
    assert (made["status"], "failed" in made["reason"]) == ("failed", True)
    refused = deployed.run("media", "link", made["id"])
    assert refused.code == 1
    (found,) = [each for each in json.loads(deployed.cli("media", "check", "--json")) if each["id"] == made["id"]]
    assert "media retry" in found["finding"]

    again = json.loads(deployed.cli("media", "retry", made["id"], "--json"))
    assert (again["status"], again["reason"]) == ("ready", None)
    deployed.cli("media", "download", made["id"], "--to", str(tmp_path / "back.pdf"))
    assert (tmp_path / "back.pdf").read_bytes() == PDF


def test_downloads_are_counted_from_logs(deployed: Deployed, tmp_path: Path) -> None:
    log = tmp_path / "2026-11-26-10-15-00-EXAMPLE"
    log.write_text(f"{line()}\n{line()}\nnot a record\n", encoding="utf-8")
    done = deployed.run("media", "access-log", str(tmp_path), "--json")
    assert [(each["id"], each["whole"]) for each in json.loads(done.out)] == [(FIRST, 2)]
    assert "1 of 3 lines are no records" in done.err
    assert deployed.cli("media", "access-log", str(log), "--output", "csv").splitlines()[1].startswith(f"{FIRST},2,0,0")

    log.write_text("Some other text\n", encoding="utf-8")
    refused = deployed.run("media", "access-log", str(log))
    assert (refused.code, "is a server access log" in refused.err) == (2, True)
