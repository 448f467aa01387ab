"""The function behind the stream: whatever it is told, how often and in which order, it ends with what is stored."""

from __future__ import annotations

import importlib
import itertools
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lambda_src.functions import Functions
from tests.lambda_src.test_search import fill, follow, numbers, postings, search


def wanted(api: Functions) -> list[dict[str, Any]]:
    """What should stand there for who is stored."""
    made = importlib.import_module("studentdb_api.postings")
    dynamodb = importlib.import_module("studentdb_api.dynamodb")
    return [
        dynamodb.item(posting) for item in api.stored() for posting in made.of_parts(dynamodb.record(item)).values()
    ]


def same(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> bool:
    return sorted(map(json.dumps, found)) == sorted(map(json.dumps, expected))


@pytest.mark.slow
def test_whatever_the_order(api: Functions) -> None:
    """A new name, a new e-mail address (which is a removal and an insertion), and back again."""
    images: list[tuple[dict[str, Any] | None, dict[str, Any] | None]] = []
    made = api.add(familyName="Nguyễn", email="a@example.edu")
    stored = api.stored()[0]
    images.append((None, stored))
    for version, change in enumerate(
        ({"familyName": "Trần"}, {"email": "b@example.edu"}, {"familyName": "Nguyễn"}), start=1
    ):
        assert api.ask("PATCH", f"/api/students/{made['id']}", body={"version": version, **change}).status == 200
        before, stored = stored, api.stored()[0]
        images += [(before, None), (None, stored)] if "email" in change else [(before, stored)]
    for order in itertools.permutations(images):
        follow(api, *order)
        assert same(postings(api, "part"), wanted(api))
    for image in (*images, *reversed(images)):
        follow(api, image)
        assert same(postings(api, "part"), wanted(api))
    assert numbers(search(api, "guye", match="contains")) == [made["identifier"]]

    assert api.ask("DELETE", f"/api/students/{made['id']}").status == 204
    for image in (*images, (stored, None)):
        follow(api, image)
    assert postings(api, "part") == []


def test_one_record_at_a_time_while_more_is_written(api: Functions) -> None:
    """Each is told of when the next change has already happened: what came and went and came again is there."""
    made = api.add(familyName="Nguyễn")
    images: list[tuple[dict[str, Any] | None, dict[str, Any] | None]] = [(None, api.stored()[0])]
    names = ["Trần", "Nguyễn"]
    for version, name in enumerate(names, start=1):
        before = api.stored()[0]
        body = {"version": version, "familyName": name}
        assert api.ask("PATCH", f"/api/students/{made['id']}", body=body).status == 200
        follow(api, images[-1])
        images.append((before, api.stored()[0]))
    follow(api, images[-1])
    assert same(postings(api, "part"), wanted(api))


def test_nothing_is_written_where_no_word_changed(api: Functions) -> None:
    made = api.add()
    before = api.stored()[0]
    follow(api, (None, before))
    assert api.ask("PATCH", f"/api/students/{made['id']}", body={"version": 1, "grades": ["09"]}).status == 200
    calls: list[str] = []
    feed = importlib.import_module("studentdb_api.search_feed")
    events = feed.dynamodb.client.meta.events
    events.register("before-call.dynamodb", lambda model, **_: calls.append(model.name), unique_id="counting")
    try:
        follow(api, (before, api.stored()[0]))
    finally:
        events.unregister("before-call.dynamodb", unique_id="counting")
    # The person, and whether anybody was put aside.
    assert calls == ["Query", "Query"]


def test_what_the_table_did_not_take_is_sent_again(api: Functions) -> None:
    api.add()
    feed = importlib.import_module("studentdb_api.search_feed")
    refused: list[int] = []

    def answer(parsed: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        if not refused:
            item = next(iter(wanted(api)))
            refused.append(1)
            api.dynamodb.delete_item(TableName=api.index, Key={"pk": item["pk"], "sk": item["sk"]})
            parsed["UnprocessedItems"] = {api.index: [{"PutRequest": {"Item": item}}]}

    events = feed.dynamodb.client.meta.events
    events.register("after-call.dynamodb.BatchWriteItem", answer, unique_id="refusing")
    try:
        follow(api, (None, api.stored()[0]))
    finally:
        events.unregister("after-call.dynamodb.BatchWriteItem", unique_id="refusing")
    assert refused
    assert same(postings(api, "part"), wanted(api))


def aside(api: Functions) -> list[str]:
    """The ids of who was put aside."""
    return [item["sk"]["S"] for item in postings(api, "search")]


def test_who_cannot_be_written_is_put_aside_and_mended_later(
    api: Functions, capsys: pytest.CaptureFixture[str]
) -> None:
    """Everybody else of the batch is found; and so is this one, once the cause is gone."""
    poisoned, other = (api.add(familyName=name) for name in ("Nguyễn", "Trần"))
    sound = next(item for item in api.stored() if item["id"]["S"] == poisoned["id"])
    bad = {**sound, "identifier": {"N": "1"}}
    api.dynamodb.put_item(TableName=api.users, Item=bad)
    capsys.readouterr()

    follow(api, *((None, item) for item in sorted(api.stored(), key=lambda item: item != bad)))

    assert aside(api) == [poisoned["id"]]
    assert numbers(search(api, "rần", match="contains")) == [other["identifier"]]
    assert numbers(search(api, "uyễn", match="contains")) == []
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"aside"' in line]
    assert {line["error"]["type"] for line in lines} == {"AttributeError"}
    assert "uyễn" not in str(lines)
    # Again in vain: nobody is lost for it.
    follow(api)
    assert aside(api) == [poisoned["id"]]

    api.dynamodb.put_item(TableName=api.users, Item=sound)
    follow(api)

    assert aside(api) == []
    assert same(postings(api, "part"), wanted(api))
    assert numbers(search(api, "uyễn", match="contains")) == [poisoned["identifier"]]


@pytest.mark.parametrize("code", ["ProvisionedThroughputExceededException", "AccessDeniedException"])
def test_what_aws_cannot_do_now_is_raised_and_says_nothing_of_anybody(
    api: Functions, capsys: pytest.CaptureFixture[str], code: str
) -> None:
    api.add()
    feed = importlib.import_module("studentdb_api.search_feed")

    def refuse(**_: Any) -> None:
        raise ClientError({"Error": {"Code": code, "Message": "secret"}}, "BatchWriteItem")

    capsys.readouterr()
    events = feed.dynamodb.client.meta.events
    events.register("before-call.dynamodb.BatchWriteItem", refuse, unique_id="refusing")
    try:
        with pytest.raises(feed.FeedError) as failed:
            follow(api, (None, api.stored()[0]))
    finally:
        events.unregister("before-call.dynamodb.BatchWriteItem", unique_id="refusing")
    assert failed.value.__cause__ is None
    line = capsys.readouterr().out
    assert json.loads(line)["error"]["code"] == code
    assert "secret" not in line + str(failed.value)
    assert aside(api) == []


def test_the_migrations_piece_writes_everything(api_on_engine: Functions) -> None:
    """On the engine, which takes requests in parallel."""
    api = api_on_engine
    fill(api)
    before = {kind: postings(api, kind) for kind in ("word",)} | {"part": wanted(api)}
    for item in postings(api, "word"):
        api.dynamodb.delete_item(TableName=api.index, Key={"pk": item["pk"], "sk": item["sk"]})
    feed = importlib.import_module("studentdb_api.search_feed")
    for role in ("student", "lecturer"):
        assert feed.handler({"role": role, "after": ""}, None) == {"after": None}
    assert same(postings(api, "word"), before["word"])
    assert same(postings(api, "part"), before["part"])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=100))
def test_any_name_fits_into_the_table(lasting_api: Functions, text: str) -> None:
    """Keys have 1,024 bytes at most, and none is empty."""
    made = importlib.import_module("studentdb_api.postings")
    names = importlib.import_module("studentdb_api.names")
    person = {"id": "0" * 36, "role": "student", "email": "-", "identifier": text, "familyName": text}
    person["name_key"] = names.name_key(text, text, person["id"])
    for pk, sk in [*made.of_words(person), *made.of_parts(person)]:
        assert len(sk.encode()) <= 1024
        assert len(pk) > len("word#student#")
