"""A kind no longer declared, a renamed thing: an older stack is deployed, then the present one."""

from __future__ import annotations

from typing import Any

import pytest

from studentdb.provision.engine import Plan
from studentdb.ui.plan_view import as_data, show_plan
from tests.inventory import inventory
from tests.provision.deployers import KilledError, Writes, agree, deployer, shown
from tests.provision.older_stack import older, report, retiring
from tests.support import Backend, fresh_env
from tests.ui.terminal import in_pipe


@pytest.mark.slow
def test_what_an_older_version_made_goes(engine: Backend) -> None:
    """Shown, in an order in which nothing is missing that is still used, and nothing else is touched."""
    env = fresh_env()
    aws = engine.root(env)
    prefix, gone, empty = aws.deployment.prefix, report(aws.deployment), inventory(aws)
    assert deployer(aws, older).deploy(agree) is not None
    before = inventory(aws)

    planned = deployer(aws, retiring).plan()
    assert shown(planned) == {
        f"+ lambda.function/{prefix}-api-write",
        "+ lambda.permission/api-write",
        "~ apigatewayv2.integration/write",
        f"- lambda.function/{prefix}-api-change",
        f"- lambda.function/{gone}",
        "- lambda.permission/api-report",
        f"- iam.role/{gone}-{aws.region}",
        "- iam.role_policy/report",
        f"- logs.log_group//aws/lambda/{gone}",
        f"- apigatewayv2.undeclared/{prefix}-api",
    }
    _assert_said(planned, prefix)

    run = engine.root(env)
    writes = Writes(run)
    outcome = deployer(run, retiring).deploy(agree)
    assert outcome is not None
    _assert_in_order(writes.calls)
    assert not deployer(aws, retiring).plan()
    assert deployer(aws, retiring).status().state == "deployed"
    after = inventory(aws)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert {name for name in changed if not name.startswith("ssm/")} == {
        f"lambda/{prefix}-api-write",
        f"lambda/{prefix}-api-change",
        f"lambda/{gone}",
        f"iam/role {gone}-{aws.region}",
        f"logs//aws/lambda/{gone}",
        *(name for name in before if name.startswith("apigatewayv2/") and prefix in name),
    }
    assert after[f"dynamodb/{prefix}-parents"] == before[f"dynamodb/{prefix}-parents"]

    removed = deployer(aws, retiring).teardown(delete_data=True)
    assert f"dynamodb.table/{prefix}-parents" in removed.removed
    assert inventory(aws) == empty


def _assert_said(planned: Plan, prefix: str) -> None:
    console, out, _ = in_pipe()
    show_plan(console, planned, to="out")
    lines = out.getvalue().splitlines()
    at = lines.index(f"- apigatewayv2.undeclared {prefix}-api")
    assert lines[at + 1 : at + 3] == [
        '    routes: ["GET /report"] -> (absent)',
        '    integrations: ["report"] -> (absent)',
    ]
    kept = "(no longer used; it holds data and stays)"
    assert f"= dynamodb.table {prefix}-parents  {kept}" in lines
    assert f"= cognito-idp.group parent  {kept}" in lines
    data: Any = as_data(planned)
    assert {each["name"] for each in data["kept"]} == {f"{prefix}-parents", "parent"}
    surplus = next(each for each in data["changes"] if each["kind"] == "apigatewayv2.undeclared")
    assert surplus["action"] == "delete"
    assert surplus["properties"]["routes"] == {"before": ["GET /report"], "after": None}


def _assert_in_order(calls: list[str]) -> None:
    def first(call: str) -> int:
        return calls.index(call)

    def last(call: str) -> int:
        return len(calls) - 1 - calls[::-1].index(call)

    assert last("apigatewayv2.UpdateIntegration") < first("lambda.DeleteFunction")
    assert last("lambda.CreateFunction") < first("lambda.DeleteFunction")
    assert last("lambda.DeleteFunction") < first("iam.DeleteRole")
    assert last("lambda.DeleteFunction") < first("logs.DeleteLogGroup")
    assert last("apigatewayv2.DeleteRoute") < first("apigatewayv2.DeleteIntegration")


@pytest.mark.slow
def test_a_sweep_killed_before_every_write_goes_on(engine: Backend) -> None:
    env = fresh_env()
    aws = engine.root(env)
    empty = inventory(aws)
    assert deployer(aws, older).deploy(agree) is not None
    deaths = 0
    while True:
        run = engine.root(env)
        writes = Writes(run, last=1)
        try:
            deployer(run, retiring).deploy(agree)
        except KilledError:
            assert len(writes.calls) == 1
            deaths += 1
        else:
            break
    assert deaths >= 8
    assert not deployer(aws, retiring).plan()
    deployer(aws, retiring).teardown(delete_data=True)
    assert inventory(aws) == empty
