"""Schemathesis asks for what the OpenAPI document describes, as each role: every answer is as the document says.

Half of the requests are about records that there are, the others about ids that nobody has.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from moto import mock_aws
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from studentdb.contract.operation import ROLES, Operation, Role
from studentdb.contract.operations import operations
from tests.examples import EXAMPLES, Arguments, School, address
from tests.lambda_src import files
from tests.lambda_src.events import event
from tests.lambda_src.functions import Functions, cold_start
from tests.lambda_src.gateway import Gateway
from tests.lambda_src.waiting import sign_up
from tests.support import MOTO_ACCOUNT, Backend

pytestmark = pytest.mark.slow

SUBS: dict[Role, str] = {role: f"00000000-0000-4000-9000-00000000000{number}" for number, role in enumerate(ROLES)}
EMAILS: dict[Role, str] = {role: f"{role}@school.example" for role in ROLES}
REQUESTS = settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
MODES = {"valid": GenerationMode.POSITIVE, "broken": GenerationMode.NEGATIVE}


class Described:
    """The document as the function gives it, and a school for each role."""

    def __init__(self, functions: Functions) -> None:
        self.schema = schemathesis.openapi.from_wsgi(
            "/api/openapi.json", Gateway(functions, {str(role): sub for role, sub in SUBS.items()})
        )
        self.schools: dict[Role, School] = {role: self._school(functions, role) for role in ROLES}

    def paths(self, role: Role, each: Operation) -> list[dict[str, str]]:
        """The path's parameters of records that there are: one that is not the caller's, and its own if it may have."""
        own = (True,) if each.allowed.get(role, "any") != "any" else ()
        arguments = EXAMPLES[each.name].arguments
        return [dict(arguments(self.schools[role], mine).path) for mine in (False, *own)]

    def _school(self, functions: Functions, role: Role) -> School:
        def asked(groups: str, sub: str) -> Any:
            def ask(name: str, arguments: Arguments) -> Any:
                method = next(each.method for each in operations() if each.name == name)
                body, query = arguments.body, arguments.query or None
                sent = event(method, address(name, arguments), body=body, query=query, groups=groups, sub=sub)
                reply = functions.send(sent)
                assert 200 <= reply.status < 300, (name, reply)
                return reply.body

            return ask

        school = School(
            asked("[admin]", SUBS["admin"]),
            role,
            EMAILS[role],
            asked(f"[{role}]", SUBS[role]),
            upload=files.uploads(functions),
            signed_up=lambda: sign_up(functions, email=f"{secrets.token_hex(6)}@x.edu"),
        )
        functions.belongs(SUBS[role], school.person(role, True)["id"])
        return school


@pytest.fixture(scope="module")
def described() -> Iterator[Described]:
    """One cold start on moto for all."""
    with mock_aws(), pytest.MonkeyPatch.context() as monkeypatch:
        # Whose accounts they are is known before anything is asked.
        functions = cold_start(Backend("moto", MOTO_ACCOUNT), monkeypatch)
        files.bucket_of(functions)
        for sub in SUBS.values():
            functions.belongs(sub, "00000000-0000-4000-8000-000000000000")
        yield Described(functions)


def modes(each: Operation) -> list[str]:
    """Nothing can be broken in a request that has no part."""
    parts = (each.parameters.model_fields, each.query.model_fields, each.body)
    return ["valid", "broken"] if any(parts) else ["valid"]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("each", "mode"),
    [pytest.param(each, mode, id=f"{each.name}-{mode}") for each in operations() for mode in modes(each)],
)
def test_answers_are_as_described(described: Described, each: Operation, role: Role, mode: str) -> None:
    asked = described.schema[each.path][each.method]
    # What is broken may be the path: only a valid request is about something that there is.
    found = described.paths(role, each) if mode == "valid" and each.parameters.model_fields else []
    headers = {} if each.public else {"Authorization": f"Bearer {role}"}

    @REQUESTS
    @given(data=st.data())
    def ask(data: st.DataObject) -> None:
        case = data.draw(asked.as_strategy(generation_mode=MODES[mode], headers=headers))
        path = data.draw(st.sampled_from([None, *found]))
        if path:
            case.path_parameters = path
        # Rules that no schema can tell may refuse it: a cursor's signature, an end that comes before the begin.
        case.call_and_validate(excluded_checks=[positive_data_acceptance])

    ask()
