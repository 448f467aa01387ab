"""What a client may send: exactly the contract, in any encoding that the gateway makes of it."""

from __future__ import annotations

import base64
import json

import pytest

from tests.lambda_src.events import event
from tests.lambda_src.functions import Functions

ADA = {"identifier": "S1001", "givenName": "Ada", "familyName": "Lovelace"}

NO_JSON = {
    "nothing": "",
    "half": '{"identifier": ',
    "two values": "{} {}",
    "single quotes": "{'identifier': 'S1'}",
    "a name twice": '{"identifier": "S1", "identifier": "S2", "givenName": "A", "familyName": "B"}',
    "NaN": '{"identifier": NaN}',
    "Infinity": '{"version": Infinity}',
    "a byte order mark": "\ufeff{}",
    "very deep": "[" * 60_000,
    "a very long number": '{"version": ' + "9" * 5000 + "}",
}


@pytest.fixture
def api(lasting_api: Functions) -> Functions:
    """These tests change nothing that another one sees."""
    return lasting_api


@pytest.mark.parametrize("text", NO_JSON.values(), ids=NO_JSON.keys())
def test_malformed_json(api: Functions, text: str) -> None:
    reply = api.ask("POST", "/api/students", text=text)

    assert (reply.status, reply.slug) == (400, "invalid")
    assert "valid JSON" in reply.body["detail"]


@pytest.mark.parametrize("body", [[], "text", 7, True, [ADA]], ids=str)
def test_json_that_is_no_object(api: Functions, body: object) -> None:
    reply = api.ask("POST", "/api/students", body=body)

    assert (reply.status, reply.fields) == (400, [""])


def test_every_wrong_field_is_named_at_once(api: Functions) -> None:
    reply = api.ask(
        "POST", "/api/students", body={"givenName": 7, "familyName": "", "grades": ["09", None], "role": "admin"}
    )

    assert reply.status == 400
    assert sorted(reply.fields) == ["familyName", "givenName", "grades[1]", "identifier", "role"]
    assert api.stored() == []


def test_thousands_of_wrong_fields_are_answered_briefly(api: Functions) -> None:
    reply = api.ask("POST", "/api/students", body={f"field{n}": n for n in range(3000)})

    assert reply.status == 400
    assert len(reply.body["errors"]) == 50


@pytest.mark.parametrize("field", ["role", "id", "version", "createdAt", "name_key", "request", "given_name"])
def test_fields_that_are_not_the_client_s(api: Functions, field: str) -> None:
    reply = api.ask("POST", "/api/students", body=ADA | {field: "x"})

    assert (reply.status, reply.fields) == (400, [field])


def test_base64_encoded_body(api: Functions) -> None:
    made = event("POST", "/api/students", text=base64.b64encode(json.dumps(ADA).encode()).decode())
    made["isBase64Encoded"] = True

    assert api.send(made).status == 201


@pytest.mark.parametrize("text", ["%%%", base64.b64encode(b'{"identifier": "\xff"}').decode(), "e30"])
def test_base64_that_holds_no_json(api: Functions, text: str) -> None:
    made = event("POST", "/api/students", text=text)
    made["isBase64Encoded"] = True

    assert api.send(made).status == 400


@pytest.mark.parametrize("encoded", [False, True])
def test_oversize(api: Functions, encoded: bool) -> None:
    large = json.dumps(ADA | {"middleName": "x" * 65_536})
    made = event("POST", "/api/students", text=base64.b64encode(large.encode()).decode() if encoded else large)
    made["isBase64Encoded"] = encoded

    reply = api.send(made)

    assert (reply.status, reply.slug) == (413, "too-large")


def test_size_counts_bytes(api: Functions) -> None:
    reply = api.ask("POST", "/api/students", text=json.dumps(ADA | {"middleName": "李" * 25_000}, ensure_ascii=False))

    assert reply.status == 413


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"limit": "1e1"}, "limit"),
        ({"limit": "-5"}, "limit"),
        ({"limit": "5,6"}, "limit"),
        ({"limit": "٥"}, "limit"),
        ({"limit": ""}, "limit"),
        ({"limit": "9" * 5000}, "limit"),
        ({"cursor": ""}, "cursor"),
        ({"cursor": "a b"}, "cursor"),
        ({"cursor": "a" * 5000}, "cursor"),
        ({"sort": "email"}, "sort"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_query_parameters(api: Functions, query: dict[str, str], field: str) -> None:
    reply = api.ask("GET", "/api/students", query=query)

    assert (reply.status, reply.fields) == (400, [field])


def test_answers_are_not_cached(api: Functions) -> None:
    for reply in (api.ask("GET", "/api/students"), api.ask("GET", "/api/nowhere")):
        assert reply.headers["cache-control"] == "no-store"
