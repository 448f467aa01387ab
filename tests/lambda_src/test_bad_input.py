"""What no operation may stumble over, asked of every operation of the contract: a clear 4xx, never a 500.

Each rule of each field is broken once, as it follows from the schema; the answer names the field. The tool says the
same before it goes to the network: tests/api/test_bad_input.py breaks the same rules.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from studentdb.contract import openapi
from studentdb.contract.operation import Operation
from studentdb.contract.operations import operations
from tests.broken import broken_bodies, broken_values
from tests.examples import EXAMPLES, Arguments, School, address, example
from tests.lambda_src import files
from tests.lambda_src.events import ADMIN, event
from tests.lambda_src.functions import Functions, Reply
from tests.lambda_src.waiting import sign_up

NOBODY_S_ID = "00000000-0000-4000-8000-000000000000"

NO_JSON = {
    "nothing": "",
    "a blank": " ",
    "half an object": "{",
    "a quote that does not end": '{"version": "',
    "two values": "{} {}",
    "a name twice": '{"version": 1, "version": 1}',
    "a name twice, deep inside": '{"x": [{"y": 1, "y": 1}]}',
    "not a number": '{"version": NaN}',
    "a comment": "{} // nothing",
    "deep lists": "[" * 60_000,
    "deep objects": '{"x":' * 10_000,
    "deep and whole": '{"x":' + "[" * 20_000 + "]" * 20_000 + "}",
    "a very long number": '{"version": ' + "9" * 5000 + "}",
    "a raw NUL": '{"x": "\0"}',
    "a byte order mark": "\ufeff{}",
}
NO_OBJECT = {"a list": "[]", "text": '"x"', "a number": "7", "half a surrogate pair": '"\\ud800"', "null": "null"}
NO_KEYS = ["", " ", "a b", "ä", "\0", "x" * 256]
NO_IDS = ["x", "-", "%00", "\0", "\ud800", "é" * 36, NOBODY_S_ID.upper()[:-1] + "A", NOBODY_S_ID + "\n", "a" * 5000]


def these(found: Iterator[Operation]) -> pytest.MarkDecorator:
    """One without an example fails in tests/flows/test_permissions.py."""
    return pytest.mark.parametrize(
        "each", [each for each in found if each.name in EXAMPLES], ids=lambda each: each.name
    )


with_body = these(each for each in operations() if each.body)
with_path = these(each for each in operations() if each.parameters.model_fields)
with_cursor = these(each for each in operations() if "cursor" in each.query.model_fields)
that_create = these(each for each in operations() if openapi.creates(each))
every = these(iter(operations()))


@pytest.fixture
def api(lasting_api: Functions) -> Functions:
    """Refused requests change nothing that another test sees. Whose account it is needs no question to Cognito."""
    lasting_api.belongs(ADMIN, NOBODY_S_ID)
    return lasting_api


@pytest.fixture
def school(api: Functions) -> Iterator[School]:
    """Records for the examples."""
    files.bucket_of(api)
    asked = []

    def ask(name: str, arguments: Arguments) -> Any:
        asked.append(name)
        reply = send(api, name, arguments)
        assert 200 <= reply.status < 300, (name, reply)
        return reply.body

    yield School(ask, signed_up=lambda: sign_up(api, email=f"{secrets.token_hex(6)}@x.edu"), upload=files.uploads(api))
    if asked:
        api.empty()


def send(api: Functions, name: str, arguments: Arguments, **more: Any) -> Reply:
    method = next(each.method for each in operations() if each.name == name)
    query = arguments.query or None
    return api.send(event(method, address(name, arguments), body=arguments.body, query=query, **more))


def nobody_s(each: Operation) -> dict[str, str]:
    """Ids that have the form of one."""
    return {info.alias or name: NOBODY_S_ID for name, info in each.parameters.model_fields.items()}


@with_body
def test_a_body_that_is_no_object(api: Functions, each: Operation) -> None:
    path = address(each.name, Arguments(nobody_s(each)))
    for why, text in NO_JSON.items():
        reply = api.send(event(each.method, path, text=text))
        assert (why, reply.status, reply.slug) == (why, 400, "invalid")
        assert "valid JSON" in reply.body["detail"], why
    for why, text in NO_OBJECT.items():
        reply = api.send(event(each.method, path, text=text))
        assert (why, reply.status, reply.fields) == (why, 400, [""])


@with_body
def test_a_body_that_is_too_large(api: Functions, each: Operation) -> None:
    path = address(each.name, Arguments(nobody_s(each)))
    for text in ('{"x": "' + "x" * 65_536 + '"}', "[" + " " * 70_000 + "]", "ä" * 40_000):
        reply = api.send(event(each.method, path, text=text))
        assert (reply.status, reply.slug) == (413, "too-large")


@with_body
def test_each_rule_of_each_field(api: Functions, school: School, each: Operation) -> None:
    assert each.body
    good = example(each.name).arguments(school, False)
    tried = 0
    for path, body in broken_bodies(each.body, good.body or {}):
        reply = send(api, each.name, Arguments(nobody_s(each), good.query, body))
        said = json.dumps(body)[:200]
        assert (reply.status, reply.slug) == (400, "invalid"), said
        assert path in reply.fields, said
        assert "." in path or "[" in path or reply.fields == [path], said
        assert all(error["message"] for error in reply.body["errors"])
        tried += 1
    assert tried > len(each.body.model_fields)


@pytest.mark.slow
@every
def test_each_rule_of_each_query_parameter(api: Functions, school: School, each: Operation) -> None:
    good = example(each.name).arguments(school, False)
    reply = send(api, each.name, Arguments(good.path, {**good.query, "sort_by": "x"}, good.body))
    assert (reply.status, reply.fields) == (400, ["sort_by"])
    for name, text in broken_values(each.query):
        reply = send(api, each.name, Arguments(good.path, {**good.query, name: text}, good.body))
        assert (reply.status, reply.fields) == (400, [name]), text


@pytest.mark.slow
@every
def test_a_query_parameter_that_is_given_twice(api: Functions, school: School, each: Operation) -> None:
    """The gateway joins the two with a comma, which is as good a character as any other."""
    good = example(each.name).arguments(school, False)
    for name, info in each.query.model_fields.items():
        wire = info.alias or name
        made = event(each.method, address(each.name, Arguments(good.path)), body=good.body)
        made["queryStringParameters"] = {**good.query, wire: "5,5"}
        for second in (wire, f"%{ord(wire[0]):02X}{wire[1:]}"):
            made["rawQueryString"] = f"{wire}=5&{second}=5"
            reply = api.send(made)
            assert (reply.status, wire in reply.fields) == (400, True), reply


@with_path
def test_ids_that_are_none(api: Functions, school: School, each: Operation) -> None:
    good = example(each.name).arguments(school, False)
    for wrong in NO_IDS:
        for name in good.path:
            reply = send(api, each.name, Arguments({**good.path, name: wrong}, good.query, good.body))
            assert (reply.status, reply.slug) == (404, "not-found"), wrong


@pytest.mark.slow
@with_path
def test_ids_of_nobody_and_of_another_noun(api: Functions, school: School, each: Operation) -> None:
    good = example(each.name).arguments(school, False)
    foreign = school.new("create_subject" if "subject" not in each.name else "create_academic_session")["id"]
    for name in good.path:
        for wrong in (NOBODY_S_ID, foreign):
            reply = send(api, each.name, Arguments({**good.path, name: wrong}, good.query, good.body))
            assert (reply.status, reply.slug) == (404, "not-found"), name


@with_body
def test_ids_of_nobody_within_a_body(api: Functions, school: School, each: Operation) -> None:
    assert each.body
    for name, rule in each.body.model_json_schema(by_alias=True)["properties"].items():
        if "as the API gave it" not in json.dumps(rule) or rule.get("type") == "array":
            continue
        good = example(each.name).arguments(school, False)
        body = {**(good.body or {}), name: NOBODY_S_ID}
        reply = send(api, each.name, Arguments(good.path, good.query, body))
        assert reply.status in (400, 404), (name, reply)
        assert reply.status == 404 or name in reply.fields, (name, reply)


@with_cursor
def test_cursors_of_somebody_else(api: Functions, school: School, each: Operation) -> None:
    good = example(each.name).arguments(school, False)
    for _ in range(2):
        school.new("create_subject")
        school.new("create_academic_session")
    another = "list_subjects" if each.name != "list_subjects" else "list_academic_sessions"
    genuine = send(api, another, Arguments(query={"limit": "1"})).body["nextCursor"]
    for cursor in (genuine, genuine[:-1], genuine[:10], genuine + "AAAA", "A" * 60, "x", "-"):
        reply = send(api, each.name, Arguments(good.path, {**good.query, "cursor": cursor}))
        assert (reply.status, reply.fields) == (400, ["cursor"]), cursor


def test_a_cursor_that_lost_its_end(api: Functions, school: School) -> None:
    for _ in range(2):
        school.new("create_subject")
    genuine = send(api, "list_subjects", Arguments(query={"limit": "1"})).body["nextCursor"]

    assert send(api, "list_subjects", Arguments(query={"limit": "1", "cursor": genuine})).status == 200
    for length in range(1, len(genuine)):
        reply = send(api, "list_subjects", Arguments(query={"cursor": genuine[:length]}))
        assert (reply.status, reply.fields) == (400, ["cursor"]), length


@that_create
def test_idempotency_keys_that_are_none(api: Functions, school: School, each: Operation) -> None:
    for key in NO_KEYS:
        good = example(each.name).arguments(school, False)
        reply = send(api, each.name, good, headers={"idempotency-key": key})
        assert (reply.status, reply.slug) == (400, "invalid"), key


@that_create
def test_an_idempotency_key_means_one_record(api: Functions, school: School, each: Operation) -> None:
    good, other = (example(each.name).arguments(school, False) for _ in range(2))
    key = {"idempotency-key": f"key of {each.name}".replace(" ", "-")}
    first, again = (send(api, each.name, good, headers=key) for _ in range(2))

    # The form of an upload is signed anew.
    same = [reply.body.get("media", reply.body) for reply in (first, again)]
    assert (first.status, again.status, same[1]) == (each.status, each.status, same[0])
    assert first.headers["location"].startswith("/api/")
    refused = send(api, each.name, Arguments(good.path, good.query, other.body), headers=key)
    assert (refused.status, refused.slug) == (422, "idempotency-key-reused")
