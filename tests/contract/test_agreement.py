"""The functions' validator and the pydantic models give the same verdict, on shared vectors and on generated input."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from studentdb_api import validation

from studentdb.contract.export import CONTRACT
from studentdb.contract.operations import operation

VECTORS: list[dict[str, Any]] = json.loads(Path(__file__).with_name("vectors.json").read_text(encoding="utf-8"))
OPERATIONS = {each["name"]: each for each in json.loads(CONTRACT.read_text(encoding="utf-8"))["operations"]}

PLAIN_NEW: dict[str, Any] = {"identifier": "S1", "givenName": "Ada", "familyName": "Lovelace"}


def functions_say(name: str, value: object) -> list[str]:
    """The fields that the functions refuse."""
    return [error["field"] for error in validation.check(OPERATIONS[name]["body"], value)]


def models_accept(name: str, value: object) -> bool:
    """Whether the contract's model takes the same JSON."""
    model = operation(name).body
    assert model is not None
    try:
        model.model_validate_json(json.dumps(value), by_alias=True, by_name=False)
    except ValidationError:
        return False
    return True


def invisible() -> Iterator[str]:
    """Every character that Unicode calls a control or a format, and the letters that print nothing."""
    yield from "\u115f\u1160\u3164\uffa0"
    for character in map(chr, range(sys.maxunicode + 1)):
        if unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp"}:
            yield character


@pytest.mark.parametrize(("field", "allowed"), [("identifier", ""), ("username", ""), ("givenName", "\u200c\u200d")])
def test_no_invisible_character_is_accepted(field: str, allowed: str) -> None:
    accepted = [each for each in invisible() if not functions_say("create_student", PLAIN_NEW | {field: f"Z{each}1"})]
    alone = [each for each in invisible() if not functions_say("create_student", PLAIN_NEW | {field: each})]

    assert accepted == list(allowed)
    assert alone == []


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['operation']}: {vector['why']}")
def test_vectors(vector: dict[str, Any]) -> None:
    assert functions_say(vector["operation"], vector["value"]) == vector["refused"]
    assert models_accept(vector["operation"], vector["value"]) == (not vector["refused"])


# Letters of several scripts, and what looks like nothing: spaces, controls, marks, half a surrogate pair.
ODD = st.sampled_from(
    "aZ9đé\u0301李😀 \u00a0\u2003\t\n\x00\x7f\x85\u200d\u2028\u202e\u2066\u200b\ufeff\ud800.@-_/'"
    "Ｚ\u00ad\u034f\u115f\u180e\u200c\u200f\u2060\u2800\u3164\ufe0f\uffa0\ufff9\U0001d173\U000e0041\U000e0100"
)
TEXT = st.one_of(
    st.text(ODD, max_size=12),
    st.builds("A{}b".format, ODD),
    st.builds("A{}b".format, st.characters(categories=["Cc", "Cf", "Z", "M", "Lo"])),
    st.builds(lambda part, times: part * times, ODD, st.sampled_from([9, 10, 11, 64, 65, 100, 101, 255, 256])),
)
EMAIL = st.one_of(
    st.emails(),
    st.from_regex(r"[a-z.+]{1,4}@[a-z.-]{1,6}\.[a-z]{1,3}\n?", fullmatch=True),
    st.builds("{}@{}.edu".format, st.text("ab", min_size=1, max_size=200), st.text("ab-", max_size=70)),
)
DATE = st.one_of(st.dates().map(str), st.from_regex(r"[0-9]{4}-[01][0-9]-[0-3][0-9](T00)?\n?", fullmatch=True))
NUMBER = st.one_of(
    st.integers(), st.sampled_from([0, 1, 2**53 - 1, 2**53, 2**70]), st.booleans(), st.floats(allow_nan=False)
)
ANYTHING = st.one_of(
    st.none(),
    TEXT,
    NUMBER.filter(lambda n: n not in (float("inf"), float("-inf"))),
    st.lists(TEXT, max_size=3),
    st.dictionaries(TEXT, TEXT, max_size=2),
)
GOOD: dict[str, st.SearchStrategy[Any]] = {
    "identifier": TEXT,
    "givenName": TEXT,
    "familyName": TEXT,
    "middleName": TEXT,
    "preferredGivenName": TEXT,
    "preferredMiddleName": TEXT,
    "preferredFamilyName": TEXT,
    "phone": st.from_regex(r"[+]{0,2}[0-9 (/.x-]{0,34}[0-9]?\n?", fullmatch=True),
    "directoryOptOut": st.booleans(),
    "metadata": st.dictionaries(TEXT, st.one_of(TEXT, TEXT, st.none()), max_size=22),
    "email": EMAIL,
    "username": TEXT,
    "birthDate": DATE,
    "grades": st.lists(st.one_of(st.sampled_from(["09", "KG"]), TEXT), max_size=22),
    "sourcedId": TEXT,
    "status": st.sampled_from(["active", "inactive", "Active", "tobedeleted"]),
    "version": NUMBER.filter(lambda n: n not in (float("inf"), float("-inf"))),
}
PLAIN: dict[str, Any] = PLAIN_NEW | {"version": 1}
EXTRA = st.dictionaries(st.sampled_from(["role", "id", "given_name", "GivenName", ""]), ANYTHING, max_size=1)


@st.composite
def bodies(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """Mostly valid: a plain body in which few fields are replaced, dropped or added."""
    known = OPERATIONS[name]["body"]["properties"]
    body = {field: value for field, value in PLAIN.items() if field in known}
    for field in draw(st.lists(st.sampled_from(sorted(known)), max_size=2, unique=True)):
        body[field] = draw(st.one_of(GOOD[field], GOOD[field], ANYTHING))
    for field in draw(st.lists(st.sampled_from(sorted(body)), max_size=1)):
        if draw(st.integers(0, 4)) == 0:
            del body[field]
    return body | (draw(EXTRA) if draw(st.integers(0, 9)) == 0 else {})


def test_generated_bodies_are_of_both_kinds() -> None:
    seen = {True: 0, False: 0}

    @settings(max_examples=200, deadline=None, database=None)
    @given(bodies("create_student"))
    def count(body: dict[str, Any]) -> None:
        seen[models_accept("create_student", body)] += 1

    count()
    assert min(seen.values()) >= 30, seen


@pytest.mark.parametrize("name", ["create_student", "update_student", "create_lecturer", "update_admin"])
def test_generated_bodies(name: str) -> None:
    @settings(max_examples=600, deadline=None)
    @given(bodies(name))
    def agree(body: dict[str, Any]) -> None:
        assert (not functions_say(name, body)) == models_accept(name, body)

    agree()


@settings(max_examples=100, deadline=None)
@given(ANYTHING)
def test_generated_values_that_are_no_object(value: object) -> None:
    assert (not functions_say("create_student", value)) == models_accept("create_student", value)
