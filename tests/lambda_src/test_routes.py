"""Who may do what: every operation x every role, and every token that is no access token."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from studentdb.contract.operation import Operation
from studentdb.contract.operations import operations
from tests.lambda_src.events import ADMIN, event, public_event
from tests.lambda_src.functions import Functions

NOBODY_S_ID = "00000000-0000-4000-8000-000000000000"
CALLERS = {
    "admin": "[admin]",
    "lecturer": "[lecturer]",
    "student": "[student]",
    "lecturer and student": "[lecturer student]",
    "no group": None,
    "a group that sounds like it": "[administrator admins Admin]",
}
PRIVATE = [operation for operation in operations() if not operation.public]
# What tells a caller who got through from one who did not: there is nothing of this id, and the body says nothing.
_THROUGH = {"GET": 404, "POST": 400, "PATCH": 404, "PUT": 400, "DELETE": 404}


# What an operation cannot do without.
_QUERIES = {"list_audit": {"day": "2026-09-01"}, "list_notifications": {"audience": "everyone"}}


def through(operation: Operation) -> int:
    if operation.name in ("restore_media", "retry_media"):  # for which a version is enough
        return 404
    return 200 if operation.method == "GET" and not operation.parameters.model_fields else _THROUGH[operation.method]


@pytest.fixture
def api(lasting_api: Functions) -> Functions:
    """These tests change nothing that another one sees. Whose account it is needs no question to Cognito."""
    lasting_api.belongs(ADMIN, NOBODY_S_ID[:-1] + "1")
    return lasting_api


def ask(api: Functions, operation: Operation, **more: Any) -> int:
    path = re.sub(r"\{[^}]+\}", NOBODY_S_ID, operation.path)
    body = {"version": 1} if operation.body else None
    query = _QUERIES.get(operation.name)
    return api.send(event(operation.method, path, body=body, query=query, **more)).status


@pytest.mark.parametrize("groups", CALLERS.values(), ids=CALLERS.keys())
@pytest.mark.parametrize("operation", [each for each in PRIVATE if each.allowed], ids=lambda each: each.name)
def test_role_and_route(api: Functions, operation: Operation, groups: str | None) -> None:
    """Whose records the roles may do it with is another matter: tests/flows/test_permissions.py."""
    held = set((groups or "").strip("[]").split())

    assert ask(api, operation, groups=groups) == (through(operation) if held & set(operation.allowed) else 403)


GROUP_FORMS = ["[admin staff]", "[staff admin]", "admin", "staff,admin", "[staff, admin]", ["staff", "admin"]]


@pytest.mark.parametrize("groups", GROUP_FORMS, ids=str)
def test_groups_in_every_form(api: Functions, groups: object) -> None:
    assert api.ask("GET", "/api/students", groups=groups).status == 200


@pytest.mark.parametrize("groups", ["", "[]", [], {"admin": 1}, "[adminstaff]", 7], ids=str)
def test_groups_that_are_not_admin(api: Functions, groups: object) -> None:
    assert api.ask("GET", "/api/students", groups=groups).status == 403


WRONG_TOKENS: dict[str, dict[str, Any]] = {
    "an ID token": {"token_use": "id"},
    "a refresh token": {"token_use": "refresh"},
    "no token_use": {"token_use": None},
    "no exp": {"exp": None},
    "an empty exp": {"exp": ""},
    "an exp that is no number": {"exp": "soon"},
    "an exp of nan": {"exp": "nan"},
    "an exp of infinity": {"exp": "inf"},
    "an exp of true": {"exp": True},
    "expired": {"exp": str(int(time.time()) - 1)},
    "no sub": {"sub": None},
    "an empty sub": {"sub": ""},
}


@pytest.mark.parametrize("operation", PRIVATE, ids=lambda each: each.name)
@pytest.mark.parametrize("claims", WRONG_TOKENS.values(), ids=WRONG_TOKENS.keys())
def test_not_an_access_token(api: Functions, operation: Operation, claims: dict[str, Any]) -> None:
    assert ask(api, operation, claims=claims) == 401


@pytest.mark.parametrize("operation", PRIVATE, ids=lambda each: each.name)
def test_without_authorizer(api: Functions, operation: Operation) -> None:
    path = re.sub(r"\{[^}]+\}", NOBODY_S_ID, operation.path)
    made = event(operation.method, path)
    del made["requestContext"]["authorizer"]

    assert api.send(made).status == 401


@pytest.mark.parametrize("exp", [19_000_000_000, 1.9e10, "19000000000", "1.9E10"], ids=str)
def test_exp_as_number_or_text(api: Functions, exp: object) -> None:
    assert api.ask("GET", "/api/students", claims={"exp": exp}).status == 200


def test_health_is_public(api: Functions) -> None:
    reply = api.send(public_event("/api/health"))

    assert (reply.status, reply.body) == (200, {"status": "ok"})


def test_unknown_path_is_a_problem(api: Functions) -> None:
    reply = api.ask("GET", "/api/teachers")

    assert (reply.status, reply.slug) == (404, "not-found")
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.body["requestId"] == "UQ1yxhYDliAEMbg="


@pytest.mark.parametrize("path", ["/api/", "/api/students/", "/api/students/x/y", "/api//students", "/students"])
def test_paths_that_nearly_fit(api: Functions, path: str) -> None:
    assert api.ask("GET", path).status == 404


@pytest.mark.parametrize("student_id", ["x", "-", NOBODY_S_ID.upper()[:-1] + "A", "é" * 40, "a" * 5000])
def test_an_id_that_cannot_be_one_is_not_looked_up(api: Functions, student_id: str) -> None:
    assert api.ask("GET", f"/api/students/{student_id}").status == 404


def test_method_that_the_path_does_not_have(api: Functions) -> None:
    reply = api.ask("PUT", f"/api/students/{NOBODY_S_ID}")

    assert (reply.status, reply.headers["allow"]) == (405, "DELETE, GET, PATCH")
    # The other function's methods count as well.
    reply = api.ask("GET", f"/api/academic-sessions/{NOBODY_S_ID}/lock")
    assert (reply.status, reply.headers["allow"]) == (405, "PUT")


def test_each_function_answers_its_own_methods_only(api: Functions) -> None:
    assert {operation.method for operation in api.read.handler.operations} == {"GET"}
    assert "GET" not in {operation.method for operation in api.write.handler.operations}


def test_every_operation_has_exactly_one_handler(api: Functions) -> None:
    handled = [name for part in (api.read, api.write, api.accounts) for name in part.handler.handlers]

    assert sorted(handled) == sorted(operation.name for operation in operations())


def test_operation_without_handler_and_handler_without_operation_fail(api: Functions) -> None:
    whole = dict(api.write.handler.handlers)
    methods = frozenset({"POST", "PUT", "PATCH", "DELETE"})
    lacking = {name: handler for name, handler in whole.items() if name != "delete_student"}
    for handlers in (lacking, whole | {"expel_student": whole["delete_student"]}):
        with pytest.raises(RuntimeError, match=r"contract\.json"):
            type(api.write.handler)(methods, handlers)
