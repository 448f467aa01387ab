"""What is wrong with a field, in the words of the functions (validation.py there), before the network is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from studentdb.contract.export import ExportError, schema_of
from studentdb.contract.models import FieldProblem, RequestModel

Schema = Mapping[str, Any]

_WORDS = {
    "object": "an object",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "null",
}
# What needs no schema.
_PLAIN = {
    "missing": "is required",
    "extra_forbidden": "is not a field of this request",
    "string_unicode": "must be text",
}


def problem(model: type[BaseModel], error: Mapping[str, Any]) -> FieldProblem:
    """One of pydantic's errors as the API would tell it: `schedule[0].day`, "must be …"."""
    path, schema = _found(_schema(model), error["loc"])
    return FieldProblem(field=path, message=_message(schema, error))


def _schema(model: type[BaseModel]) -> Schema:
    try:
        return schema_of(model) if issubclass(model, RequestModel) else {}
    except ExportError:
        return {}


def _found(schema: Schema, location: Sequence[str | int]) -> tuple[str, Schema]:
    """The path of a field as it travels, and its schema; {} where the contract does not know it."""
    path = ""
    for part in location:
        if isinstance(part, int):
            path, schema = f"{path}[{part}]", schema.get("items", {})
            continue
        known = schema.get("properties", {})
        name = next((each for each in (part, to_camel(part)) if each in known), part)
        # Of an object whose names are data, all values have one rule.
        every = schema.get("additionalProperties") or {}
        path, schema = f"{path}.{name}" if path else name, known.get(name, every)
    return path, schema


def _message(schema: Schema, error: Mapping[str, Any]) -> str:
    kind = str(error["type"])
    if kind == "literal_error" and not isinstance(error["input"], str):
        kind = "string_type"
    return _PLAIN.get(kind) or _of_type(schema, kind) or _of_bounds(schema, kind) or str(error["msg"])


def _of_type(schema: Schema, kind: str) -> str:
    if kind.endswith("_type") and "type" in schema:
        types = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
        return f"must be {' or '.join(_WORDS[each] for each in types)}"
    if kind == "value_error" and schema.get("format") == "date":
        return "must be a date that exists"
    if kind in {"string_pattern_mismatch", "value_error"} and "description" in schema:
        return f"must be {schema['description']}"
    return ""


def _of_bounds(schema: Schema, kind: str) -> str:
    if kind in {"string_too_short", "string_too_long"}:
        least, most = schema.get("minLength", 0), schema.get("maxLength")
        return f"must have {least} to {most} characters" if most else f"must have {least} characters or more"
    if kind == "literal_error" and "enum" in schema:
        return f"must be {' or '.join(schema['enum'])}"
    if kind == "greater_than_equal" and "minimum" in schema:
        return f"must be {schema['minimum']} or more"
    if kind == "less_than_equal" and "maximum" in schema:
        return f"must be {schema['maximum']} or less"
    most = schema.get("maxItems", schema.get("maxProperties"))
    if kind == "too_long" and most:
        return f"must have at most {most} entries"
    return ""
