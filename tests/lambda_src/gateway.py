"""The functions behind a WSGI application that does what API Gateway does with a request, for tools that want one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from studentdb.contract.operations import operations
from tests.lambda_src.events import event, public_event
from tests.lambda_src.functions import Functions

_PUBLIC = {(each.method, each.path) for each in operations() if each.public}
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
Start = Callable[[str, list[tuple[str, str]]], object]


class Gateway:
    """`subs` is role -> the account that a request with `Authorization: Bearer <role>` comes from."""

    def __init__(self, functions: Functions, subs: Mapping[str, str]) -> None:
        self.functions = functions
        self.subs = subs

    def __call__(self, environ: Mapping[str, Any], start: Start) -> Iterable[bytes]:
        """One request."""
        status, headers, text = self._answer(environ)
        start(f"{status} {HTTPStatus(status).phrase}", list(headers.items()))
        return [text.encode()]

    def _answer(self, environ: Mapping[str, Any]) -> tuple[int, Mapping[str, str], str]:
        method = environ["REQUEST_METHOD"]
        # As it was sent: WSGI would have decoded it.
        sent = urlsplit(environ.get("REQUEST_URI") or environ.get("RAW_URI") or environ["PATH_INFO"])
        # A client may take the document's server, which is `..`, for no path at all.
        path = f"/{unquote(sent.path).lstrip('/')}"
        if method not in _METHODS or not path.startswith("/api/"):
            return 404, {"content-type": "application/json"}, '{"message":"Not Found"}'
        if (method, path) in _PUBLIC:
            made = public_event(path)
        else:
            role = environ.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
            if role not in self.subs:
                return 401, {"content-type": "application/json"}, '{"message":"Unauthorized"}'
            text = environ["wsgi.input"].read().decode("utf-8", "replace")
            key = environ.get("HTTP_IDEMPOTENCY_KEY")
            made = event(
                method,
                path,
                text=text,
                headers={"idempotency-key": key} if key is not None else None,
                groups=f"[{role}]",
                sub=self.subs[role],
            )
        made["rawQueryString"] = environ.get("QUERY_STRING", "")
        # Two of one name come with a comma between them (PAY-02).
        made["queryStringParameters"] = {
            name: ",".join(values) for name, values in parse_qs(made["rawQueryString"], keep_blank_values=True).items()
        }
        reply = self.functions.send(made)
        return reply.status, reply.headers, "" if reply.body is None else json.dumps(reply.body)
