"""The OpenAPI document: valid, complete, and saying of every operation what the contract says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from studentdb.contract import openapi
from studentdb.contract.operation import Operation
from studentdb.contract.operations import operations

DOCUMENT: dict[str, Any] = json.loads(openapi.rendered())

each_operation = pytest.mark.parametrize("operation", operations(), ids=lambda each: each.name)


def described(operation: Operation) -> Any:
    return DOCUMENT["paths"][operation.path][operation.method.lower()]


def test_it_is_openapi_3_1() -> None:
    assert DOCUMENT["openapi"].startswith("3.1.")
    assert [str(error) for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_the_validator_would_find_something() -> None:
    broken = json.loads(openapi.rendered())
    del broken["info"]["title"]

    assert list(OpenAPIV31SpecValidator(broken).iter_errors())


def test_every_operation_is_in_it_and_nothing_else() -> None:
    found = [(each["operationId"], m, path) for path, item in DOCUMENT["paths"].items() for m, each in item.items()]

    assert sorted(found) == sorted((each.name, each.method.lower(), each.path) for each in operations())


@each_operation
def test_who_may(operation: Operation) -> None:
    found = described(operation)

    assert found["security"] == ([] if operation.public else [{"token": []}])
    assert found["x-permissions"] == openapi.permissions(operation)
    assert ("401" in found["responses"]) == (not operation.public)
    assert ("403" in found["responses"]) == bool(operation.allowed)


@each_operation
def test_what_it_takes(operation: Operation) -> None:
    found = described(operation)
    names = {(each["in"], each["name"]) for each in found.get("parameters", ())}
    wanted = {("path", each.alias or name) for name, each in operation.parameters.model_fields.items()}
    wanted |= {("query", each.alias or name) for name, each in operation.query.model_fields.items()}
    if operation.method == "POST" and operation.status == 201:
        wanted.add(("header", "Idempotency-Key"))

    assert names == wanted
    assert ("requestBody" in found) == (operation.body is not None) == ("413" in found["responses"])


@each_operation
def test_what_it_answers(operation: Operation) -> None:
    success = described(operation)["responses"][str(operation.status)]

    assert ("content" in success) == (operation.response is not None)
    if operation.response is not None:
        (reference,) = success["content"]["application/json"]["schema"].values()
        assert reference == f"#/components/schemas/{operation.response.__name__}"


def test_names_of_fields_are_those_of_the_wire() -> None:
    text = json.dumps(DOCUMENT, ensure_ascii=False)

    assert "next_cursor" not in text
    assert "nextCursor" in text


def test_it_names_no_pydantic() -> None:
    """Titles, and the order of keywords, change with its version."""
    schemas = DOCUMENT["components"]["schemas"]

    assert [name for name, schema in schemas.items() if "title" in schema] == []
    assert "pydantic" not in json.dumps(DOCUMENT)
