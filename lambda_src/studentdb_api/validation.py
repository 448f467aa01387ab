"""Checks a value against the contract's schemas: the few keywords that studentdb/contract/export.py lets through."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any

from studentdb_api.problems import FieldError

Schema = Mapping[str, Any]

# Exact types: for isinstance, True would be an integer.
_TYPES: dict[str, type] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
    "null": type(None),
}
_WORDS = {
    "object": "an object",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "null",
}
_SURROGATE = re.compile("[\ud800-\udfff]")
_BOOLEANS = {"true": True, "false": False}
_DIGITS = re.compile(r"[0-9]{1,16}")


def check(schema: Schema, value: object) -> list[FieldError]:
    """Everything that is wrong with `value`, as field path and message; empty when it is valid."""
    errors: list[FieldError] = []
    _check(schema, value, "", errors)
    return errors


def from_query(schema: Schema, query: Mapping[str, str]) -> tuple[dict[str, Any], list[FieldError]]:
    """Query parameters as values of the schema's types, with its defaults, and everything that is wrong."""
    values: dict[str, Any] = {name: each["default"] for name, each in schema["properties"].items() if "default" in each}
    for name, text in query.items():
        wanted = schema["properties"].get(name, {}).get("type")
        if wanted == "integer" and _DIGITS.fullmatch(text):
            values[name] = int(text)
        elif wanted == "boolean" and text in _BOOLEANS:
            values[name] = _BOOLEANS[text]
        else:
            values[name] = text
    return values, check(schema, values)


def _check(schema: Schema, value: Any, at: str, errors: list[FieldError]) -> None:
    wanted = schema["type"]
    wanted = [wanted] if isinstance(wanted, str) else wanted
    if not any(type(value) is _TYPES[name] for name in wanted):
        errors.append({"field": at, "message": f"must be {' or '.join(_WORDS[name] for name in wanted)}"})
    elif type(value) is dict:
        _check_object(schema, value, at, errors)
    elif type(value) is list:
        if len(value) > schema.get("maxItems", len(value)):
            errors.append({"field": at, "message": f"must have at most {schema['maxItems']} entries"})
            return
        for index, item in enumerate(value):
            _check(schema["items"], item, f"{at}[{index}]", errors)
    elif value is not None and type(value) is not bool:
        wrong = _wrong_text(schema, value) if type(value) is str else _wrong_number(schema, value)
        if wrong:
            errors.append({"field": at, "message": wrong})


def _check_object(schema: Schema, value: dict[str, Any], at: str, errors: list[FieldError]) -> None:
    prefix = f"{at}." if at else ""
    if schema.get("additionalProperties"):
        _check_names(schema, value, prefix, errors)
        return
    properties = schema["properties"]
    errors.extend(
        {"field": prefix + name, "message": "is required"} for name in schema.get("required", ()) if name not in value
    )
    for name, item in value.items():
        if name in properties:
            _check(properties[name], item, prefix + name, errors)
        else:
            errors.append({"field": prefix + name[:100], "message": "is not a field of this request"})


def _check_names(schema: Schema, value: dict[str, Any], prefix: str, errors: list[FieldError]) -> None:
    """An object whose names are data: whether each may be there is the handler's business."""
    if len(value) > schema["maxProperties"]:
        errors.append({"field": prefix[:-1], "message": f"must have at most {schema['maxProperties']} entries"})
        return
    for name, item in value.items():
        if _SURROGATE.search(name):
            errors.append({"field": prefix[:-1], "message": "must have names that are text"})
        else:
            _check(schema["additionalProperties"], item, prefix + name[:100], errors)


def _wrong_text(schema: Schema, value: str) -> str:
    # Lengths come first: they bound the work of the patterns.
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        return _wrong_length(schema)
    # Half of a surrogate pair passes json.loads, and is no text that could be stored.
    if _SURROGATE.search(value):
        return "must be text"
    if "enum" in schema and value not in schema["enum"]:
        return f"must be {' or '.join(schema['enum'])}"
    if "pattern" in schema and not re.fullmatch(schema["pattern"], value):
        return f"must be {schema['description']}"
    if schema.get("format") == "date":
        try:
            datetime.date.fromisoformat(value)
        except ValueError:
            return "must be a date that exists"
    return ""


def _wrong_length(schema: Schema) -> str:
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    return f"must have {least} to {most} characters" if most else f"must have {least} characters or more"


def _wrong_number(schema: Schema, value: int) -> str:
    if value < schema.get("minimum", value):
        return f"must be {schema['minimum']} or more"
    if value > schema.get("maximum", value):
        return f"must be {schema['maximum']} or less"
    return ""
