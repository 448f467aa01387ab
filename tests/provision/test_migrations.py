"""Data go from the first schema to the third, whatever happens on the way. The migrations are the tests' own."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest

from studentdb.provision import engine, tags
from studentdb.provision.aws import Aws
from studentdb.provision.engine import Plan, Stack
from studentdb.provision.events import silent
from studentdb.provision.migrations import find_people_by_words
from studentdb.provision.resources.dynamodb_shape import Attribute
from studentdb.provision.resources.dynamodb_table import Table
from studentdb.provision.resources.dynamodb_versions import Migration, Schema, ToolVersion
from studentdb.provision.stack import stack
from tests.provision.cases.lambda_ import zipped
from tests.provision.deployers import KilledError, Writes, agree, deployer, shown
from tests.provision.migrating import MIGRATIONS, PEOPLE, add_people, people
from tests.support import Backend, fresh_env

# The product before its first migration.
OLDEST = partial(stack, version="0.0.1", migrations=())
# More than one piece of the product's own migration.
MANY = 105
DONE = {name: {"name": name, "letter": name[0]} for name in PEOPLE}


def _stack(aws: Aws, migrations: Sequence[Migration]) -> Stack:
    """A table and what stands on it: enough for both backends."""
    users = Table(
        name=f"{aws.deployment.prefix}-users",
        hash=Attribute("id", "S"),
        range=Attribute("email", "S"),
        tags={tags.TOOL: "1.0.0", tags.SCHEMA: str(1 + len(migrations))},
    )
    arn = users.out("arn")
    return Stack(
        (
            users,
            ToolVersion(name=users.name, table_arn=arn, version="1.0.0"),
            Schema(name=users.name, table_arn=arn, migrations=tuple(migrations)),
        )
    )


def _deploy(aws: Aws, migrations: Sequence[Migration] = MIGRATIONS) -> Plan:
    declared = _stack(aws, migrations)
    lives = engine.survey(declared.all, aws, silent)
    planned = engine.plan(declared, lives)
    engine.apply(planned, lives, aws, silent)
    return planned


def _schema(aws: Aws) -> str:
    dynamodb = aws.client("dynamodb")
    arn = dynamodb.describe_table(TableName=f"{aws.deployment.prefix}-users")["Table"]["TableArn"]
    return tags.from_list(dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"]).get(tags.SCHEMA, "")


def _untagged(aws: Aws) -> None:
    dynamodb = aws.client("dynamodb")
    arn = dynamodb.describe_table(TableName=f"{aws.deployment.prefix}-users")["Table"]["TableArn"]
    dynamodb.untag_resource(ResourceArn=arn, TagKeys=[tags.SCHEMA])


def test_a_new_deployment_is_of_the_newest_schema(backend: Backend) -> None:
    aws = backend.root()

    def run(_: Aws) -> None:
        raise AssertionError("there is nothing to migrate")

    _deploy(aws, (Migration("fails", run),))
    assert _schema(aws) == "2"
    assert not _deploy(aws, (Migration("fails", run),))


@pytest.mark.parametrize("known", ["with its tag", "from before the tags"])
def test_from_the_first_schema_to_the_third(backend: Backend, known: str) -> None:
    aws = backend.root()
    _deploy(aws, ())
    assert _schema(aws) == "1"
    if known == "from before the tags":
        _untagged(aws)
    add_people(aws)
    schema = f"dynamodb.schema/{aws.deployment.prefix}-users"
    planned = _deploy(aws)
    assert shown(planned) == ({f"~ {schema}"} if known == "with its tag" else {f"+ {schema}"})
    assert (_schema(aws), people(aws)) == ("3", DONE)
    assert not _deploy(aws)


def test_one_after_the_other_over_several_releases(backend: Backend) -> None:
    aws = backend.root()
    _deploy(aws, ())
    add_people(aws)
    _deploy(aws, MIGRATIONS[:1])
    assert (_schema(aws), people(aws)["b1"]) == ("2", {"name": "b1", "initial": "b"})
    _deploy(aws)
    assert (_schema(aws), people(aws)) == ("3", DONE)


@pytest.mark.parametrize("backend", ["engine", pytest.param("moto", marks=pytest.mark.slow)], indirect=True)
def test_killed_before_every_write(backend: Backend) -> None:
    """Each run gets one write further; the tag never says more than is true."""
    env = fresh_env()
    aws = backend.root(env)
    _deploy(aws, ())
    add_people(aws)
    deaths = 0
    while True:
        run = backend.root(env)
        writes = Writes(run, last=1)
        try:
            _deploy(run)
        except KilledError:
            deaths += 1
        else:
            break
        assert len(writes.calls) == 1
        _assert_true(_schema(aws), people(aws))
    assert deaths == len(MIGRATIONS) * (len(PEOPLE) + 1) - 1
    assert (_schema(aws), people(aws)) == ("3", DONE)


def _assert_true(schema: str, found: dict[str, Any]) -> None:
    assert set(found) == set(PEOPLE)
    if schema >= "2":
        assert all("initial" in each or "letter" in each for each in found.values())
    if schema >= "3":
        assert found == DONE


def test_a_schema_tag_removed_by_hand_does_no_harm(backend: Backend) -> None:
    """The migrations run again over data that they have changed already."""
    aws = backend.root()
    _deploy(aws, ())
    add_people(aws)
    _deploy(aws)
    _untagged(aws)
    _deploy(aws)
    assert (_schema(aws), people(aws)) == ("3", DONE)


def test_the_functions_are_at_work_first(engine: Backend) -> None:
    """What the old ones still wrote is migrated as well; an update goes on after its call has answered (LMB-05)."""
    env = fresh_env()
    aws = engine.root(env)
    assert deployer(aws, OLDEST).deploy(agree) is not None
    add_people(aws)

    def newer(*arguments: Any, **named: Any) -> Stack:
        code = zipped("def handler(event, context):\n    return {}\n")
        return stack(*arguments, **{**named, "code": code}, version="2.0.0", migrations=MIGRATIONS)

    run = engine.root(env)
    writes, busy = Writes(run), _Updating(run)
    assert deployer(run, newer).deploy(agree) is not None
    assert writes.calls[0] == "dynamodb.TagResource"
    assert writes.calls.count("lambda.UpdateFunctionCode") == 6
    assert writes.calls.count("dynamodb.UpdateItem") == len(MIGRATIONS) * len(PEOPLE)
    assert busy.at_first_migration == {}
    assert (_schema(aws), people(aws)) == ("3", DONE)
    deployer(aws, newer).teardown(delete_data=True)


class _Updating:
    """Lambda says `InProgress` for some looks after each change of the code; `left` has how many are to come."""

    def __init__(self, aws: Aws) -> None:
        self.left: dict[str, int] = {}
        self.at_first_migration: dict[str, int] | None = None
        events = aws.session.events
        events.register("provide-client-params.lambda.UpdateFunctionCode", self._changed)
        events.register("after-call.lambda.GetFunction", self._looked)
        events.register("before-call.dynamodb.UpdateItem", self._migrates)

    def _changed(self, params: dict[str, Any], **_: Any) -> None:
        self.left[params["FunctionName"]] = 5

    def _looked(self, parsed: dict[str, Any], **_: Any) -> None:
        # One that is not there has none.
        config = parsed.get("Configuration", {})
        name = config.get("FunctionName")
        if name in self.left:
            config["LastUpdateStatus"] = "InProgress"
            self.left[name] -= 1
            self.left = {name: looks for name, looks in self.left.items() if looks}

    def _migrates(self, **_: Any) -> None:
        if self.at_first_migration is None:
            self.at_first_migration = dict(self.left)


@pytest.mark.slow
def test_a_process_killed_in_the_middle_of_a_migration(engine: Backend) -> None:
    env = fresh_env()
    aws = engine.root(env)
    assert deployer(aws, OLDEST).deploy(agree) is not None
    add_people(aws)
    assert engine.endpoint_url is not None
    program = [sys.executable, "-m", "tests.provision.migrating", engine.endpoint_url, engine.account, env]
    assert subprocess.run(program, check=False, timeout=120).returncode == -signal.SIGKILL
    assert sum("initial" in each for each in people(aws).values()) == 4
    assert _schema(aws) == "1"

    newer = partial(stack, version="2.0.0", migrations=MIGRATIONS)
    assert shown(deployer(aws, newer).plan()) == {f"~ dynamodb.schema/{aws.deployment.prefix}-users"}
    assert deployer(aws, newer).deploy(agree) is not None
    assert (_schema(aws), people(aws)) == ("3", DONE)
    deployer(aws, newer).teardown(delete_data=True)


@pytest.mark.slow
def test_people_from_before_the_search_are_found_by_words(engine: Backend) -> None:
    """The product's own: a function writes the postings, of everybody, however often it is called."""
    env = fresh_env()
    aws = engine.root(env)
    assert deployer(aws, OLDEST).deploy(agree) is not None
    dynamodb, prefix = aws.client("dynamodb"), aws.deployment.prefix
    stored: list[dict[str, Any]] = []
    for number in range(MANY):
        person = {
            "id": f"00000000-0000-4000-8000-{number:012d}",
            "email": "-",
            "role": "student" if number else "lecturer",
            "identifier": f"S{number}",
            "familyName": "Nguyễn",
            "givenName": f"Ba{number}",
            "name_key": f"nguyen\x1fba{number}\x1f{number:012d}",
        }
        stored.append({name: {"S": text} for name, text in person.items()} | {"version": {"N": "1"}})
    _write(dynamodb, f"{prefix}-users", [{"PutRequest": {"Item": item}} for item in stored])
    # The stream has told the function of them all, as it would not have in those days.
    said = partial(_starting_with, aws, "guyen")
    aws.wait(lambda: said() == MANY or None, what="the stream", budget=120)
    _write(dynamodb, f"{prefix}-index", [{"DeleteRequest": {"Key": at}} for at in _postings(aws, "")])
    assert said() == 0

    assert shown(deployer(aws).plan()) == {
        f"~ dynamodb.schema/{prefix}-users",
        f"~ dynamodb.tool_version/{prefix}-users",
    }
    assert deployer(aws).deploy(agree) is not None
    assert _schema(aws) == "2"
    assert len(_postings(aws, "word")) == 2 * MANY
    assert said() == MANY
    parts = _postings(aws, "part")
    assert {at["pk"]["S"].split("#")[1] for at in parts} == {"student", "lecturer"}
    # Run again it makes nothing else.
    find_people_by_words(aws)
    assert (len(_postings(aws, "word")), _postings(aws, "part")) == (2 * MANY, parts)
    deployer(aws).teardown(delete_data=True)


def _write(dynamodb: Any, table: str, requests: list[dict[str, Any]]) -> None:
    for start in range(0, len(requests), 25):
        dynamodb.batch_write_item(RequestItems={table: requests[start : start + 25]})


def _starting_with(aws: Aws, word: str) -> int:
    """How many people have this part."""
    return sum(at["sk"]["S"].startswith(f"{word}\x1f") for at in _postings(aws, "part"))


def _postings(aws: Aws, kind: str) -> list[dict[str, Any]]:
    """The keys of the postings of a kind, or of all."""
    pages = aws.client("dynamodb").get_paginator("scan").paginate(TableName=f"{aws.deployment.prefix}-index")
    keys = [{"pk": item["pk"], "sk": item["sk"]} for page in pages for item in page["Items"]]
    found = [at for at in keys if at["pk"]["S"].startswith(("word#", "part#") if not kind else f"{kind}#")]
    return sorted(found, key=str)
