"""What somebody added to a parent of ours: shown by name, removed by the next deploy, and nothing beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from studentdb.provision import engine as provisioning
from studentdb.provision.aws import Aws
from studentdb.provision.core import Live, Resource, Undeclared
from studentdb.provision.engine import Plan, Stack
from studentdb.provision.events import silent
from studentdb.provision.resources.apigateway_undeclared import UndeclaredChildren
from studentdb.provision.resources.iam_role import UndeclaredPolicies
from studentdb.provision.undeclared import undeclared
from tests.inventory import inventory
from tests.provision.cases import apigateway, iam, lambda_
from tests.provision.lifecycle import Case
from tests.support import Backend, fresh_env


def _case(module: Any, name: str) -> Case:
    found: Case = next(case for case in module.CASES if case.name == name)
    return found


def _declared(aws: Aws, *cases: Case) -> Stack:
    resources: dict[str, Resource] = {}
    for case in cases:
        parents = case.parents(aws)
        resources |= {resource.id: resource for resource in (*parents, case.resource(aws, parents))}
    declared = tuple(resources.values())
    return Stack(declared, absent=undeclared(declared))


def _survey(aws: Aws, stack: Stack) -> dict[str, Live | None]:
    return provisioning.survey(stack.all, aws, silent)


def _deploy(aws: Aws, stack: Stack) -> Plan:
    lives = _survey(aws, stack)
    planned = provisioning.plan(stack, lives)
    provisioning.apply(planned, lives, aws, silent)
    return planned


def _to_the_api(aws: Aws, lives: dict[str, Live | None]) -> None:
    """A route to the table of students that asks for no token, and all that it needs."""
    api = {"ApiId": next(live.outputs["id"] for node, live in lives.items() if live and "v2.api/" in node)}
    client = aws.client("apigatewayv2")
    proxy = {"IntegrationType": "HTTP_PROXY", "IntegrationMethod": "GET", "PayloadFormatVersion": "1.0"}
    made = client.create_integration(**api, **proxy, IntegrationUri="https://example.com", Description="by hand")
    target = f"integrations/{made['IntegrationId']}"
    client.create_route(**api, RouteKey="GET /open", Target=target, AuthorizationType="NONE")
    client.create_stage(**api, StageName="beta", AutoDeploy=True)
    client.create_authorizer(
        **api,
        Name="lenient",
        AuthorizerType="JWT",
        IdentitySource=["$request.header.Authorization"],
        JwtConfiguration={"Audience": ["anybody"], "Issuer": aws.endpoints.issuer(f"{aws.region}_bbbbbbbbb")},
    )


def _to_the_function(aws: Aws, _: dict[str, Live | None]) -> None:
    for name in ("everybody", "another"):
        aws.client("lambda").add_permission(
            FunctionName=f"{aws.deployment.prefix}-api-read",
            StatementId=name,
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
        )


def _to_the_role(aws: Aws, _: dict[str, Live | None]) -> None:
    right = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [right]})
    client, name = aws.client("iam"), f"{aws.deployment.prefix}-api-read"
    client.put_role_policy(RoleName=name, PolicyName="by-hand", PolicyDocument=document)
    managed = client.create_policy(PolicyName=f"{name}-managed", PolicyDocument=document)["Policy"]
    client.attach_role_policy(RoleName=name, PolicyArn=managed["Arn"])


API = (_case(apigateway, "api-route"), _case(apigateway, "api-stage"))
CELLS = [
    pytest.param(
        API,
        _to_the_api,
        {
            "routes": ["GET /open"],
            "integrations": ["by hand"],
            "authorizers": ["lenient"],
            "stages": ["beta"],
        },
        "engine",
        id="api-engine",
    ),
    *(
        pytest.param(cases, by_hand, shown, backend, id=f"{name}-{backend}")
        for name, cases, by_hand, shown in (
            ("function", (_case(lambda_, "permission"),), _to_the_function, {"permissions": ["another", "everybody"]}),
            ("role", (_case(iam, "role-policy"),), _to_the_role, {"inline": ["by-hand"], "attached": 1}),
        )
        for backend in ("engine", "moto")
    ),
]


@pytest.mark.parametrize(("cases", "by_hand", "listed", "backend"), CELLS, indirect=["backend"])
def test_what_was_added_by_hand_goes(
    cases: tuple[Case, ...],
    by_hand: Callable[[Aws, dict[str, Live | None]], None],
    listed: dict[str, Any],
    backend: Backend,
) -> None:
    env = fresh_env()
    root = backend.root(env)
    stack = _declared(root, *cases)
    actions = {action for resource in stack.all for each in resource.actions.values() for action in each}
    aws = backend.limited_to(actions, env=env)
    _deploy(aws, stack)
    assert not provisioning.plan(stack, _survey(aws, stack))
    intact = _of_the_deployment(root, backend)
    by_hand(root, _survey(root, stack))

    planned = _deploy(aws, stack)
    (step,) = planned.pending
    assert isinstance(step.resource, Undeclared)
    assert step.action == "delete"
    found = {change.property: change.before for change in step.changes}
    assert set(found) == set(listed)
    assert {name: value for name, value in found.items() if name != "attached"} == {
        name: value for name, value in listed.items() if name != "attached"
    }
    assert not provisioning.plan(stack, _survey(aws, stack))
    assert _of_the_deployment(root, backend) == intact


def _of_the_deployment(aws: Aws, backend: Backend) -> dict[str, Any]:
    """Without the managed policy, which is nobody's child and stays, and what counts a policy's changes."""
    services = ("iam", "lambda", "apigatewayv2") if backend.name == "engine" else ("iam", "lambda")
    found = inventory(aws, *services)
    for name in found:
        if name.startswith("lambda/") and isinstance(found[name], list) and "RevisionId" in found[name][1]:
            del found[name][1]["RevisionId"]
    prefix = aws.deployment.prefix
    return {name: each for name, each in found.items() if prefix in name and not name.startswith("iam/policy")}


def test_of_two_of_a_declared_name_one_stays(engine: Backend) -> None:
    """A lost answer leaves two; whichever is taken for the right one, routes lead to it, and the other goes."""
    aws = engine.root()
    stack = _declared(aws, *API)
    _deploy(aws, stack)
    integration = _case(apigateway, "api-integration").resource(aws, stack.resources[:1])
    api = _survey(aws, stack)[stack.resources[0].id]
    assert api is not None
    client = aws.client("apigatewayv2")
    for _ in range(3):
        integration.resolve({stack.resources[0].id: api.outputs}).create(aws)
    assert len(client.get_integrations(ApiId=api.outputs["id"])["Items"]) == 5
    _deploy(aws, stack)
    left = [found["Description"] for found in client.get_integrations(ApiId=api.outputs["id"])["Items"]]
    assert sorted(left) == ["api-read", "api-write"]
    assert not provisioning.plan(stack, _survey(aws, stack))


def test_what_came_after_the_survey_is_not_removed(engine: Backend) -> None:
    """A deploy does nothing that it did not show."""
    aws = engine.root()
    stack = _declared(aws, *API)
    _deploy(aws, stack)
    _to_the_api(aws, _survey(aws, stack))
    lives = _survey(aws, stack)
    planned = provisioning.plan(stack, lives)
    api_id = next(live.outputs["id"] for node, live in lives.items() if live and "v2.api/" in node)
    aws.client("apigatewayv2").create_stage(ApiId=api_id, StageName="late")
    provisioning.apply(planned, lives, aws, silent)
    (step,) = provisioning.plan(stack, _survey(aws, stack)).pending
    assert [(change.property, change.before) for change in step.changes] == [("stages", ["late"])]


def test_gone_meanwhile_is_fine(engine: Backend) -> None:
    aws = engine.root()
    stack = _declared(aws, *API)
    _deploy(aws, stack)
    _to_the_api(aws, _survey(aws, stack))
    stale = _survey(aws, stack)
    _deploy(aws, stack)
    provisioning.apply(provisioning.plan(stack, stale), stale, aws, silent)


def test_the_children_of_what_is_not_there_are_not_there(engine: Backend) -> None:
    aws = engine.root()
    names = dict.fromkeys(("route", "integration", "authorizer", "stage"), ())
    assert UndeclaredChildren(name="x", api_id="a1b2c3d4e5", names=names).read(aws) is None
    assert UndeclaredPolicies(name="x", role_name=f"{aws.deployment.prefix}-none", names=()).read(aws) is None
