"""The gateway's event, read with suspicion (payload format 2.0)."""

from __future__ import annotations

import base64
import binascii
import json
import urllib.parse
from collections.abc import Mapping
from typing import Any, NamedTuple

from studentdb_api.auth import Caller
from studentdb_api.problems import FieldError, Invalid, TooLarge

# The largest valid body is about 10 KB.
MOST_BYTES = 64 * 1024


class Request(NamedTuple):
    """A request that has passed the contract: values have the schemas' types."""

    operation: str
    caller: Caller
    # Whose records the caller may do this with, by the permission matrix: "any", "own class", "self".
    relations: frozenset[str]
    parameters: dict[str, str]
    query: dict[str, Any]
    body: dict[str, Any]
    # Lower-case names (PAY-01).
    headers: Mapping[str, str]
    # The gateway's, which stands in every log line and in the audit.
    request_id: str = ""
    # Whose account it is, where the tables say so; see logins.person_id.
    person_id: str = ""
    # Since when the account waits for approval; "" for one that does not.
    waiting: str = ""

    @property
    def unlimited(self) -> bool:
        """Whether the caller may do it with everybody's records."""
        return "any" in self.relations

    @property
    def binding(self) -> str:
        """What a cursor of this list belongs to."""
        return f"{self.operation} {' '.join(sorted(self.relations))}"


class Answer(NamedTuple):
    """What a handler returns; the status stands in the contract."""

    body: dict[str, Any] | None
    headers: Mapping[str, str] = {}


def route(event: Mapping[str, Any]) -> tuple[str, str]:
    """Method and path.

    Not from rawPath: AWS puts the stage into it, and a custom domain its mapping (PAY-04, PAY-05).
    """
    method, _, template = str(event.get("routeKey", "")).partition(" ")
    parameters = event.get("pathParameters") or {}
    return method, template.replace("{proxy+}", parameters.get("proxy", ""))


def repeated(event: Mapping[str, Any]) -> list[FieldError]:
    """The query parameters that were given more than once: the gateway joins them, as if it were one with a comma."""
    given = urllib.parse.parse_qsl(str(event.get("rawQueryString", "")), keep_blank_values=True)
    names = [name for name, _ in given]
    twice = {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else ()
    return [{"field": name[:100], "message": "must be given once"} for name in sorted(twice)]


def body(event: Mapping[str, Any]) -> object:
    """The JSON body. Raises Invalid for what is not exactly one JSON value, and TooLarge."""
    text = event.get("body") or ""
    if len(text) > MOST_BYTES * 4 // 3 + 4:
        raise TooLarge(f"at most {MOST_BYTES} bytes")
    try:
        # Whatever the gateway does not take for text arrives encoded (PAY-06).
        raw = base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode()
        if len(raw) > MOST_BYTES:
            raise TooLarge(f"at most {MOST_BYTES} bytes")
        return json.loads(raw.decode(), object_pairs_hook=_object, parse_constant=_refused)
    except (ValueError, RecursionError, binascii.Error) as error:
        # The parser's own text would quote the body.
        raise Invalid("the body is not valid JSON") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice in one object")
    return found


def _refused(name: str) -> None:
    raise ValueError(name)
