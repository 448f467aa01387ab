"""The log: one line of JSON per request, and nobody's data in it."""

from __future__ import annotations

import json

import pytest
from botocore.stub import Stubber

from tests.lambda_src.events import ADMIN, event, public_event
from tests.lambda_src.functions import Functions


def test_one_line_per_request(api: Functions, capsys: pytest.CaptureFixture[str]) -> None:
    api.send(public_event("/api/health"))
    api.ask("GET", "/api/students", groups="[student]")
    api.ask("GET", "/api/nowhere")

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert [(line["route"], line["status"], line["sub"]) for line in lines] == [
        ("GET /api/health", 200, ""),
        ("GET /api/students", 403, ADMIN),
        ("-", 404, ADMIN),
    ]
    assert all(line["requestId"] == "UQ1yxhYDliAEMbg=" and line["ms"] >= 0 for line in lines)


def test_no_field_value_is_logged(api: Functions, capsys: pytest.CaptureFixture[str]) -> None:
    body = {"identifier": "secret-1", "givenName": "secret-2", "familyName": "secret-3", "email": "secret@x.edu"}
    api.ask("POST", "/api/students", body=body)
    api.ask("POST", "/api/students", body=body)
    api.ask("POST", "/api/students", body=body | {"secret-4": "secret-5"})
    api.ask("POST", "/api/students", text='{"secret-6"')

    written = capsys.readouterr()

    assert "secret" not in written.out + written.err
    assert len(written.out.splitlines()) == 4


def test_an_unforeseen_error_tells_the_client_nothing(api: Functions, capsys: pytest.CaptureFixture[str]) -> None:
    from studentdb_api import dynamodb

    with Stubber(dynamodb.client) as stub:
        stub.add_response("get_item", {})
        stub.add_client_error("query", service_error_code="ValidationException", service_message="secret value")
        reply = api.ask("GET", "/api/students")

    line = json.loads(capsys.readouterr().out)
    assert (reply.status, reply.body["detail"], reply.body["errors"]) == (500, "", [])
    assert reply.body["requestId"] == line["requestId"]
    assert (line["error"]["type"], line["error"]["code"]) == ("ClientError", "ValidationException")
    assert any(place.startswith("people.py:") for place in line["error"]["at"])
    assert "secret" not in json.dumps([line, reply.body])


@pytest.mark.parametrize("broken", [{}, {"routeKey": None}, {"requestContext": {}}], ids=str)
def test_events_that_no_gateway_sends(api: Functions, broken: dict[str, object]) -> None:
    assert api.read.handler(broken, None)["statusCode"] == 401
    assert api.read.handler(event("GET", "/api/students") | {"headers": None}, None)["statusCode"] == 200
