"""From event to answer: route, caller, role, schemas, handler. What can be asked stands in contract.json."""

from __future__ import annotations

import importlib
import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from botocore.exceptions import ClientError, HTTPClientError

from studentdb_api import auth, log, logins, request, validation
from studentdb_api.problems import Busy, Invalid, MethodNotAllowed, NotApproved, NotFound, Problem
from studentdb_api.request import Answer, Request

Handler = Callable[[Request], Answer]
Event = Mapping[str, Any]

# Where a school requires no second factor, nothing is loaded or asked for it.
_MFA_REQUIRED_ROLES = frozenset(os.environ.get("MFA_REQUIRED_ROLES", "").split())
_NOBODY = auth.Caller("", ())
# What a handler makes of stored records holds no circles.
_encoded = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
_THROTTLED = frozenset(
    {
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "TooManyRequestsException",
    }
)


class Operation(NamedTuple):
    """A row of the contract's operation table."""

    name: str
    method: str
    path: str
    status: int
    function: str
    public: bool
    signed_in: bool
    allowed: Mapping[str, str]
    parameters: validation.Schema
    query: validation.Schema
    body: validation.Schema | None

    def match(self, path: str) -> dict[str, str] | None:
        """The path's parameters, or None where it is another path."""
        mine, theirs = self.path.split("/"), path.split("/")
        if len(mine) != len(theirs):
            return None
        parameters = {}
        for wanted, found in zip(mine, theirs, strict=True):
            if wanted.startswith("{"):
                parameters[wanted[1:-1]] = found
            elif wanted != found:
                return None
        return parameters


def contract() -> tuple[Operation, ...]:
    """The operation table as the deployer's contract wrote it."""
    text = Path(__file__).with_name("contract.json").read_text(encoding="utf-8")
    return tuple(Operation(**row) for row in json.loads(text)["operations"])


def later(module: str, *names: str) -> dict[str, Handler]:
    """Handlers whose module is imported when one of them is first asked for: a cold start waits for one noun only."""

    def named(name: str) -> Handler:
        def handle(request: Request) -> Answer:
            answer: Answer = getattr(importlib.import_module(f"studentdb_api.{module}"), name)(request)
            return answer

        return handle

    return {name: named(name) for name in names}


class Api:
    """The Lambda handler for the operations of some methods, of one of the contract's functions.

    Raises RuntimeError where operations and handlers are not the same set: a route without a schema cannot exist, nor
    an operation that nobody answers.
    """

    def __init__(self, methods: frozenset[str], handlers: Mapping[str, Handler], function: str = "api") -> None:
        self.contract = contract()
        self.operations = [each for each in self.contract if each.method in methods and each.function == function]
        if {operation.name for operation in self.operations} != set(handlers):
            raise RuntimeError("contract.json and the handlers do not name the same operations")
        self.handlers = handlers

    def __call__(self, event: Event, _context: object) -> dict[str, Any]:
        """Answer one event of an HTTP API."""
        started = time.perf_counter()
        request_id = str(event.get("requestContext", {}).get("requestId", ""))
        seen: dict[str, str] = {"route": "-", "sub": ""}
        error: Exception | None = None
        try:
            response = self._answer(event, seen)
        except Problem as problem:
            response = problem.response(request_id)
        except Exception as caught:
            error = caught
            response = (Busy() if _transient(caught) else Problem()).response(request_id)
        log.request(
            request_id=request_id,
            status=response["statusCode"],
            ms=(time.perf_counter() - started) * 1000,
            error=error,
            **seen,
        )
        return response

    def _answer(self, event: Event, seen: dict[str, str]) -> dict[str, Any]:
        method, path = request.route(event)
        found = [(each, parameters) for each in self.operations if (parameters := each.match(path)) is not None]
        operation, parameters = next((pair for pair in found if pair[0].method == method), (None, {}))
        if operation:
            seen["route"] = f"{operation.method} {operation.path}"
        caller = _NOBODY
        # Before anything else is said, even about paths that do not exist.
        if operation is None or not operation.public:
            caller = auth.caller(event)
            seen["sub"] = caller.sub
        if operation is None:
            methods = {each.method for each in self.contract if each.match(path) is not None}
            raise MethodNotAllowed(sorted(methods)) if methods else NotFound
        relations, login = _admitted(operation, caller)
        if _MFA_REQUIRED_ROLES.intersection(caller.groups) and operation.name != "me":
            _require_mfa(caller, event)
        query, body = _checked(operation, parameters, event)
        answer = self.handlers[operation.name](
            Request(
                operation.name,
                caller,
                relations,
                parameters,
                query,
                body,
                event.get("headers") or {},
                str(event.get("requestContext", {}).get("requestId", "")),
                *login,
            )
        )
        return _success(operation.status, answer)


def _require_mfa(caller: auth.Caller, event: Event) -> None:
    from studentdb_api import mfa  # noqa: PLC0415 - loaded only where it is required

    mfa.require(caller, logins.token(event.get("headers") or {}))


def _admitted(operation: Operation, caller: auth.Caller) -> tuple[frozenset[str], logins.Login]:
    """By which relations the caller may do it, and what the tables know of the account."""
    if operation.public:
        return frozenset(), logins.Login()
    if operation.signed_in:
        return frozenset({"self"}), logins.known(caller)
    # Who is in no group is told why; who waits for one is told that.
    if not caller.groups and logins.known(caller).waiting:
        raise NotApproved("an admin has to approve it; then sign in again")
    return caller.relations(operation.allowed), logins.known(caller)


def _checked(operation: Operation, parameters: dict[str, str], event: Event) -> tuple[dict[str, Any], dict[str, Any]]:
    if validation.check(operation.parameters, parameters):
        raise NotFound
    query, errors = validation.from_query(operation.query, event.get("queryStringParameters") or {})
    errors += request.repeated(event)
    body: Any = {}
    if operation.body is not None:
        body = request.body(event)
        errors += validation.check(operation.body, body)
    if errors:
        raise Invalid(errors=errors)
    return query, body


def _success(status: int, answer: Answer) -> dict[str, Any]:
    response: dict[str, Any] = {"statusCode": status, "headers": {"cache-control": "no-store", **answer.headers}}
    if answer.body is not None:
        response["headers"]["content-type"] = "application/json"
        # A body that is not text is answered with a 500 by the gateway (PAY-08).
        response["body"] = _encoded(answer.body)
    return response


def _transient(error: Exception) -> bool:
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code") in _THROTTLED
    return isinstance(error, HTTPClientError)
