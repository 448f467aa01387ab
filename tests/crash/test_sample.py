"""A sample of the crash matrix (`make crash`): every kind of resource, made, changed and removed, in every mode."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

from studentdb.provision.core import Resource
from studentdb.provision.events import Event
from tests.crash.calls import Call, Calls, Doing
from tests.crash.duplicates import duplicates
from tests.crash.faults import MODES, Trap
from tests.crash.matrix import Case
from tests.crash.place import FIRST, PHASES, TEARDOWN, UPDATE, WITH_DATA
from tests.crash.versions import Versions
from tests.crash.worker import Worker, working
from tests.inventory import inventory
from tests.support import Backend

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")]


@pytest.fixture(scope="module")
def worker(engine: Backend) -> Iterator[Worker]:
    assert engine.endpoint_url is not None
    with working(engine.endpoint_url) as started:
        yield started


@pytest.fixture(scope="module")
def recorded(worker: Worker) -> Callable[[str], dict[Call, Doing]]:
    """The calls of a phase when nothing goes wrong."""
    return cache(worker.record)


@pytest.mark.parametrize(
    ("phase", "mode"),
    [pytest.param(phase, mode, id=f"{phase}, {mode}") for phase in PHASES for mode in MODES],
)
def test_the_first_call_of_every_kind(
    worker: Worker, recorded: Callable[[str], dict[Call, Doing]], phase: str, mode: str
) -> None:
    """SIGKILL there, in one run after the other; the other faults all in one run."""
    found = worker.sample(phase, mode)
    assert found.problems == ()
    assert found.kinds == {doing.kind for doing in recorded(phase).values()}


def test_every_kind_is_made_changed_and_removed(
    recorded: Callable[[str], dict[Call, Doing]], engine: Backend, tmp_path: Path
) -> None:
    declared = Versions(tmp_path).present(engine.root()).stack
    every = {resource.kind for resource in declared.resources} | {"lock"}
    kinds = {phase: {doing.kind for doing in recorded(phase).values()} for phase in PHASES}
    # Tags of a table are made in the call that makes the table.
    assert kinds[FIRST] == every - {"dynamodb.schema", "dynamodb.tool_version"}
    # The key and what the pool offers never change, and the embedded engine has no call that changes a group.
    unchanging = {"dynamodb.signing_key", "cognito-idp.group", "cognito-idp.user_pool_mfa_config"}
    unchanging |= {"sesv2.email_identity"}
    # An earlier sender's identity is swept in tests/provision/test_mailing.py.
    absent = {resource.kind for resource in declared.absent} - {"sesv2.undeclared_identities"}
    assert kinds[UPDATE] == every - unchanging | absent
    assert kinds[TEARDOWN] == _removed([each for each in declared.resources if not each.stateful]) | {"lock"}
    assert kinds[WITH_DATA] == _removed(declared.resources) | {"lock"}


def _removed(resources: Sequence[Resource]) -> set[str]:
    """The kinds of these without those that go with a parent among them."""
    names = {resource.id for resource in resources}
    return {resource.kind for resource in resources if resource.goes_with not in names}


@pytest.mark.parametrize("phase", PHASES)
def test_a_call_of_every_kind_in_a_life_of_its_own(
    worker: Worker, recorded: Callable[[str], dict[Call, Doing]], phase: str
) -> None:
    """By name the last one; the modes take turns."""
    calls = recorded(phase)
    chosen = {calls[call].kind: call for call in sorted(calls, key=str)}
    cases = [
        Case(phase, MODES[number % len(MODES)], call)
        for number, (_, call) in enumerate(sorted(chosen.items()), PHASES.index(phase))
    ]
    failed = {str(case): result.problems for case in cases if (result := worker.run(case)).problems}
    assert failed == {}


def test_a_look_at_the_lock_in_between_hides_no_call(engine: Backend) -> None:
    aws, trap = engine.root(), Trap()
    calls = Calls(aws.session, aws.deployment, trap)
    aws.before_write.append(lambda: aws.client("ssm").get_parameters_by_path(Path="/studentdb/"))
    calls.emit(Event("events.rule/a", "events.rule", "a", "start", "create"))
    aws.client("events").put_rule(Name="a", ScheduleExpression="rate(1 day)")
    aws.before_write.clear()
    aws.client("events").delete_rule(Name="a")
    assert [str(call) for call in trap.seen] == ["eventbridge.PutRule a", "eventbridge.DeleteRule a"]


def test_what_is_there_twice_is_seen(engine: Backend) -> None:
    aws = engine.root()
    name = aws.deployment.prefix
    gateway, cognito = aws.client("apigatewayv2"), aws.client("cognito-idp")
    apis = [gateway.create_api(Name=name, ProtocolType="HTTP")["ApiId"] for _ in range(2)]
    pools = [cognito.create_user_pool(PoolName=name)["UserPool"]["Id"] for _ in range(2)]
    for _ in range(2):
        gateway.create_authorizer(
            ApiId=apis[0],
            Name="people",
            AuthorizerType="JWT",
            IdentitySource=["$request.header.Authorization"],
            JwtConfiguration={"Issuer": "https://example.edu", "Audience": ["app"]},
        )
        cognito.create_user_pool_client(UserPoolId=pools[0], ClientName="app")
    found = duplicates(inventory(aws))
    for api in apis:
        gateway.delete_api(ApiId=api)
    for pool in pools:
        cognito.delete_user_pool(UserPoolId=pool)
    assert found == [f"API {name}", f"API {name}, authorizer people", f"pool {name}", f"pool {name}, client app"]
    assert duplicates(inventory(aws)) == []
