"""Events as an HTTP API of AWS sends them (payload 2.0): event.json has every field, with the stage in rawPath."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

_TEMPLATE: dict[str, Any] = json.loads(Path(__file__).with_name("event.json").read_text(encoding="utf-8"))

ADMIN = "93641842-0091-70bf-3a5a-1e9b6b1d7f4c"


def event(
    method: str,
    path: str,
    *,
    body: object = None,
    text: str | None = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    claims: Mapping[str, Any] | None = None,
    groups: object = "[admin]",
    sub: str = ADMIN,
) -> dict[str, Any]:
    """One event. `body` is sent as JSON, `text` as it is; a claim of None is left out, as AWS does (JWT-05)."""
    made = copy.deepcopy(_TEMPLATE)
    context = made["requestContext"]
    made["routeKey"] = context["routeKey"] = f"{method} /api/{{proxy+}}"
    made["rawPath"] = context["http"]["path"] = f"/prod{path}"
    made["pathParameters"]["proxy"] = path.removeprefix("/api/")
    context["http"]["method"] = method
    made["headers"] |= headers or {}
    if query:
        made["queryStringParameters"] = dict(query)
        made["rawQueryString"] = urlencode(query)
    sent = text if text is not None else None if body is None else json.dumps(body)
    if sent:
        made["body"] = sent
        made["headers"] |= {"content-type": "application/json", "content-length": str(len(sent.encode()))}
    wanted = {
        "sub": sub,
        "username": sub,
        "cognito:groups": groups,
        "exp": str(int(time.time()) + 900),
        **(claims or {}),
    }
    known = context["authorizer"]["jwt"]["claims"] | wanted
    context["authorizer"]["jwt"]["claims"] = {name: value for name, value in known.items() if value is not None}
    return made


def public_event(path: str) -> dict[str, Any]:
    """An event of a route that has no authorizer and a route key of its own."""
    made = event("GET", path)
    context = made["requestContext"]
    made["routeKey"] = context["routeKey"] = f"GET {path}"
    del made["pathParameters"], context["authorizer"], made["headers"]["authorization"]
    return made
