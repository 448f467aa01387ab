"""Writes what the functions need of the contract: `python -m studentdb.contract.export [--check]`.

The functions check requests with a small validator of their own (pydantic would add 70 ms to a cold start), so only
the keywords in `KEYWORDS` may appear; any other one fails the export, and with it the build.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studentdb.contract.models import RequestModel
from studentdb.contract.operation import Operation
from studentdb.contract.operations import operations

CONTRACT = Path(__file__).parents[2] / "lambda_src" / "studentdb_api" / "contract.json"

KEYWORDS = frozenset(
    {
        "type",
        "properties",
        "required",
        "additionalProperties",
        "maxProperties",
        "items",
        "maxItems",
        "minLength",
        "maxLength",
        "pattern",
        "description",  # of a pattern, in the words that a person reads when it does not match
        "format",
        "enum",
        "minimum",
        "maximum",
        "default",
    }
)
TYPES = frozenset({"object", "array", "string", "integer", "boolean", "null"})
# Says nothing about what is valid.
_ANNOTATIONS = frozenset({"title", "$defs"})
# Rust's, Python's and JavaScript's regular expressions disagree on these.
_UNPORTABLE_ESCAPE = re.compile(r"\\[dDwWsSbBpPAzZkU1-9]")
_UNPORTABLE_SYNTAX = re.compile(r"\(\?[^:]|[*+?}]\+")
_CHARACTER_CLASS = re.compile(r"\[[^\]]*\]")


class ExportError(Exception):
    """A model says something that the functions' validator does not understand."""


def contract() -> dict[str, Any]:
    """The contract as the functions read it."""
    return {"operations": [_operation(operation) for operation in operations()]}


def rendered() -> str:
    """The text of contract.json."""
    return json.dumps(contract(), indent=1, ensure_ascii=True) + "\n"


def schema_of(model: type[RequestModel]) -> dict[str, Any]:
    """The model's JSON schema in the capped set of keywords. Raises ExportError for anything outside it."""
    raw = model.model_json_schema(by_alias=True)
    return _reduced(raw, raw.get("$defs", {}), model.__name__)


def _operation(operation: Operation) -> dict[str, Any]:
    return {
        "name": operation.name,
        "method": operation.method,
        "path": operation.path,
        "status": operation.status,
        "function": operation.function,
        "public": operation.public,
        "signed_in": operation.signed_in,
        "allowed": dict(operation.allowed),
        "parameters": schema_of(operation.parameters),
        "query": schema_of(operation.query),
        "body": operation.body and _without_defaults(schema_of(operation.body)),
    }


def _reduced(schema: Mapping[str, Any], definitions: Mapping[str, Any], at: str) -> dict[str, Any]:
    if "$ref" in schema:
        return _reduced(definitions[schema["$ref"].rpartition("/")[2]], definitions, at)
    if "anyOf" in schema:
        return _nullable(schema["anyOf"], definitions, at)
    # In an order that does not depend on the version of pydantic.
    kept = {key: schema[key] for key in sorted(schema) if key not in _ANNOTATIONS}
    if "pattern" not in kept:
        kept.pop("description", None)
    # "absent" is not a value: a field that may be left out but not be null has no default.
    if "default" in kept and kept["default"] is None:
        del kept["default"]
    unknown = kept.keys() - KEYWORDS
    if unknown:
        raise ExportError(f"{at}: {', '.join(sorted(unknown))} is not in the set that the functions understand")
    if kept.get("type") not in TYPES:
        raise ExportError(f"{at}: type {kept.get('type')!r}")
    if "pattern" in kept:
        _check_pattern(kept["pattern"], at)
        if "description" not in kept:
            raise ExportError(f"{at}: a pattern needs a description for the person whose input does not match")
    if kept.get("format", "date") != "date":
        raise ExportError(f"{at}: format {kept['format']!r}")
    if kept["type"] == "object":
        _reduce_object(kept, definitions, at)
    if kept["type"] == "array":
        kept["items"] = _reduced(kept["items"], definitions, f"{at}[]")
    return kept


def _reduce_object(kept: dict[str, Any], definitions: Mapping[str, Any], at: str) -> None:
    more = kept.get("additionalProperties")
    if isinstance(more, Mapping):
        # Names that are data themselves, all with one kind of value.
        if "properties" in kept or "maxProperties" not in kept:
            raise ExportError(f"{at}: an object with names of any kind has no fields, and a largest number of names")
        kept["additionalProperties"] = _reduced(more, definitions, f"{at}.*")
        return
    if more is not False:
        raise ExportError(f"{at}: an object must refuse unknown fields")
    kept["properties"] = {
        name: _reduced(value, definitions, f"{at}.{name}") for name, value in kept.get("properties", {}).items()
    }


def _nullable(choices: list[Mapping[str, Any]], definitions: Mapping[str, Any], at: str) -> dict[str, Any]:
    others = [choice for choice in choices if choice.get("type") != "null"]
    if len(others) != 1 or len(choices) != 2:
        raise ExportError(f"{at}: a choice of types other than `X or null`")
    reduced = _reduced(others[0], definitions, at)
    if "enum" in reduced:
        raise ExportError(f"{at}: an enumeration that may be null")
    return {**reduced, "type": [reduced["type"], "null"]}


def _check_pattern(pattern: str, at: str) -> None:
    if not (pattern.startswith("^") and pattern.endswith("$")):
        raise ExportError(f"{at}: a pattern must be anchored at both ends")
    if _UNPORTABLE_ESCAPE.search(pattern) or _UNPORTABLE_SYNTAX.search(_CHARACTER_CLASS.sub("x", pattern)):
        raise ExportError(f"{at}: {pattern} does not mean the same in every language")


def _without_defaults(schema: dict[str, Any]) -> dict[str, Any]:
    """Defaults of a body are the handler's business: what a client left out must stay visible to it."""
    for value in schema["properties"].values():
        value.pop("default", None)
    return schema


def main(arguments: list[str], folder: Path = CONTRACT.parent) -> int:
    """Write contract.json and openapi.json, or with --check say whether they are current. Returns the exit code."""
    from studentdb.contract import openapi  # it is made with this module

    code = 0
    for path, text in ((folder / CONTRACT.name, rendered()), (folder / "openapi.json", openapi.rendered())):
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        if "--check" in arguments:
            sys.stderr.write(f"{path.name} is not current: run python -m studentdb.contract.export\n")
            code = 1
        else:
            path.write_text(text, encoding="utf-8")
            sys.stderr.write(f"wrote {path}\n")
    return code


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
