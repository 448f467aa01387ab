"""Each field's rule broken once: the tool says, before it goes to the network, exactly what the functions would say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from studentdb_api import validation

from studentdb.api.problems import InvalidInputError, checked
from studentdb.contract.export import CONTRACT
from studentdb.contract.models import RequestModel
from studentdb.contract.operation import Operation
from studentdb.contract.operations import operations
from tests.broken import broken_bodies, broken_values
from tests.examples import EXAMPLES, Arguments, School, example

SCHEMAS = {each["name"]: each for each in json.loads(CONTRACT.read_text(encoding="utf-8"))["operations"]}
# Nobody is asked: records are what was sent, with ids and a version.
NOBODY_S = dict.fromkeys(("id", "classId", "personId"), "00000000-0000-4000-8000-000000000000")
NUMBERED = {"create_notification": {"id": "1"}}


def asked(name: str, arguments: Arguments) -> Any:
    """The answer that nobody gives."""
    record = {**NOBODY_S, **NUMBERED.get(name, {}), "version": 1, "status": "ready", **(arguments.body or {})}
    return {"media": record} if name in ("create_media", "create_student_avatar") else record


SCHOOL = School(asked, signed_up=lambda: NOBODY_S["id"], upload=lambda _announced, _content: None)


def said(model: type[RequestModel], fields: Mapping[str, Any]) -> set[tuple[str, str]]:
    """What the tool says: field and rule."""
    with pytest.raises(InvalidInputError) as caught:
        checked(model, fields)
    return {(each.field, each.message) for each in caught.value.fields}


def functions_say(schema: Mapping[str, Any], value: object) -> set[tuple[str, str]]:
    """What the functions say."""
    return {(each["field"], each["message"]) for each in validation.check(schema, value)}


@pytest.mark.parametrize(
    "each", [each for each in operations() if each.body and each.name in EXAMPLES], ids=lambda each: each.name
)
def test_bodies(each: Operation) -> None:
    assert each.body
    good = example(each.name).arguments(SCHOOL, False).body or {}
    checked(each.body, good)
    for path, body in broken_bodies(each.body, good):
        theirs = functions_say(SCHEMAS[each.name]["body"], body)
        assert path in {field for field, _ in theirs}
        assert said(each.body, body) == theirs, path


@pytest.mark.parametrize("each", [each for each in operations() if each.query.model_fields], ids=lambda each: each.name)
def test_queries(each: Operation) -> None:
    for name, text in broken_values(each.query):
        _, errors = validation.from_query(SCHEMAS[each.name]["query"], {name: text})
        theirs = {(error["field"], error["message"]) for error in errors}
        assert said(each.query, {name: text}) == theirs, name
