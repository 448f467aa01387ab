"""Values that break exactly one rule of the contract, as they follow from the models' schemas."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from studentdb.contract.export import schema_of
from studentdb.contract.models import RequestModel

Schema = Mapping[str, Any]

# One of every JSON type.
_OF_TYPE: dict[str, Any] = {"string": "x", "integer": 7, "boolean": True, "array": [], "object": {}, "null": None}
_UNSEEN = ("\0", "a\0b", "\ud800", "a\ud800", "\u202e", "\n")


def broken_bodies(model: type[RequestModel], good: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The body `good` with one rule broken, and the path of the field whose rule it is."""
    yield from _objects(schema_of(model), dict(good), "")


def broken_values(model: type[RequestModel]) -> Iterator[tuple[str, str]]:
    """Query parameters that break their rule: name and text."""
    for name, schema in schema_of(model)["properties"].items():
        if schema["type"] == "string":
            # What is no UTF-8 does not come through an address.
            yield from ((name, wrong) for wrong in _texts(schema) if "\ud800" not in wrong)
        else:
            yield from ((name, wrong) for wrong in ("", "x", "1e1", "-1", "True", "1.0", "null", "٥", "9" * 5000, " 1"))


def _objects(schema: Schema, good: dict[str, Any], at: str) -> Iterator[tuple[str, dict[str, Any]]]:
    prefix = f"{at}." if at else ""
    if schema.get("additionalProperties"):
        # Names are data there.
        yield from ((path, {"x": wrong}) for path, wrong in _values(schema["additionalProperties"], None, f"{at}.x"))
        yield at, {f"x{number}": "x" for number in range(schema["maxProperties"] + 1)}
        return
    for name in schema.get("required", ()):
        yield prefix + name, {other: each for other, each in good.items() if other != name}
    for name in ("nobodyKnowsThis", "__proto__", ""):
        yield prefix + name, {**good, name: 1}
    for name, rule in schema["properties"].items():
        for path, wrong in _values(rule, good.get(name), prefix + name):
            yield path, {**copy.deepcopy(good), name: wrong}


def _values(schema: Schema, good: Any, at: str) -> Iterator[tuple[str, Any]]:
    types = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    yield from ((at, wrong) for name, wrong in _OF_TYPE.items() if name not in types)
    if "integer" in types:
        yield from ((at, wrong) for wrong in (1.5, 1.0))
        yield from ((at, schema[bound] + by) for bound, by in (("minimum", -1), ("maximum", 1)) if bound in schema)
    if "string" in types:
        yield from ((at, wrong) for wrong in _texts(schema))
    if "array" in types:
        yield from _lists(schema, good, at)
    if "object" in types:
        yield from _objects(schema, good or {}, at)


def _lists(schema: Schema, good: Any, at: str) -> Iterator[tuple[str, Any]]:
    first = good[0] if good else None
    for path, wrong in _values(schema["items"], first, f"{at}[0]"):
        yield path, [wrong]
    if "maxItems" in schema:
        yield at, [first] * (schema["maxItems"] + 1)


def _texts(schema: Schema) -> Iterator[str]:
    """Texts that are none of the schema's."""
    if schema.get("minLength"):
        yield ""
    if "maxLength" in schema:
        yield "a" * (schema["maxLength"] + 1)
    if "enum" in schema:
        first = schema["enum"][0]
        # Digits have no upper case.
        yield from (wrong for wrong in ("nonsense", "", first.upper(), f"{first} ") if wrong not in schema["enum"])
    if "pattern" in schema:
        yield from (wrong for wrong in _UNSEEN if schema.get("minLength", 0) <= len(wrong))
        yield " "
    if schema.get("format") == "date":
        yield from ("2026-02-30", "0000-01-01", "2026-13-01", "2026-W01-1")
