"""What an older version may have declared, and the present one with all of that retired."""

from __future__ import annotations

import dataclasses
from typing import Any

from studentdb.provision.aws import Deployment
from studentdb.provision.core import Resource
from studentdb.provision.engine import Stack
from studentdb.provision.resources.apigateway_route import Integration, Route
from studentdb.provision.resources.cognito_user_pool import Group
from studentdb.provision.resources.dynamodb_shape import Attribute
from studentdb.provision.resources.dynamodb_table import Table
from studentdb.provision.resources.iam_role import Role, RolePolicy
from studentdb.provision.resources.lambda_function import Function
from studentdb.provision.resources.lambda_permission import Permission
from studentdb.provision.resources.log_group import LogGroup
from studentdb.provision.stack import stack
from studentdb.provision.undeclared import undeclared


def older(deployment: Deployment, *arguments: Any, **named: Any) -> Stack:
    """The present stack with a report that is gone since, two stateful things, and another name for `api-write`."""
    present = stack(deployment, *arguments, **named)
    before = _renamed(_write(deployment, present))
    write = _write(deployment, present)
    outputs = {write.id: {output: before.out(output) for output in ("arn", "name")}}
    kept = [resource.resolve(outputs) for resource in present.resources if resource.id != write.id]
    resources = (*kept, before, *_report(deployment, present), *_children(present), *_with_data(deployment, present))
    return Stack(resources, absent=undeclared(resources))


def retiring(deployment: Deployment, *arguments: Any, **named: Any) -> Stack:
    """The present stack; what `older` has beside it is retired. The children of live parents need no mention."""
    present = stack(deployment, *arguments, **named)
    retired = (_renamed(_write(deployment, present)), *_report(deployment, present), *_with_data(deployment, present))
    return Stack(present.resources, absent=(*present.absent, *retired))


def report(deployment: Deployment) -> str:
    """The name of the function that is gone."""
    return f"{deployment.prefix}-report"


def _write(deployment: Deployment, present: Stack) -> Function:
    return next(
        resource
        for resource in present.resources
        if isinstance(resource, Function) and resource.name == f"{deployment.prefix}-api-write"
    )


def _renamed(write: Function) -> Function:
    return dataclasses.replace(write, name=write.name.replace("api-write", "api-change"))


def _report(deployment: Deployment, present: Stack) -> tuple[Resource, ...]:
    name = report(deployment)
    group = LogGroup(name=f"/aws/lambda/{name}", retention_days=30)
    role = Role(name=f"{name}-{deployment.region}", service="lambda.amazonaws.com", description="Reports")
    statement = {"Effect": "Allow", "Action": ["logs:PutLogEvents"], "Resource": [group.out("arn")]}
    policy = RolePolicy(
        name="report", role_name=role.out("name"), document={"Version": "2012-10-17", "Statement": [statement]}
    )
    function = dataclasses.replace(
        _write(deployment, present),
        name=name,
        role_arn=role.out("arn"),
        role_unique_id=role.out("unique_id"),
        log_group_name=group.out("name"),
    )
    api = _only(present, "apigatewayv2.api")
    permission = Permission(
        name="api-report",
        function_name=function.out("name"),
        principal="apigateway.amazonaws.com",
        source_arn=f"{api.out('arn')}/*/*",
    )
    return group, role, policy, function, permission


def _children(present: Stack) -> tuple[Resource, ...]:
    """A route and an integration of an API that is still there."""
    api, read = _only(present, "apigatewayv2.api"), _only(present, "lambda.function")
    integration = Integration(name="report", api_id=api.out("id"), function_arn=read.out("arn"))
    route = Route(name="GET /report", api_id=api.out("id"), integration_id=integration.out("id"))
    return integration, route


def _with_data(deployment: Deployment, present: Stack) -> tuple[Resource, ...]:
    pool = _only(present, "cognito-idp.user_pool")
    return (
        Table(name=f"{deployment.prefix}-parents", hash=Attribute("id", "S")),
        Group(name="parent", user_pool_id=pool.out("id"), description="Has children"),
    )


def _only(present: Stack, kind: str) -> Resource:
    return next(resource for resource in present.resources if resource.kind == kind)
