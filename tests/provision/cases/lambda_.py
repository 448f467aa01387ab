"""Functions and the permissions to invoke them."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from typing import Any

from studentdb.provision import policies
from studentdb.provision.aws import Aws
from studentdb.provision.core import Resource
from studentdb.provision.resources.dynamodb_shape import Attribute
from studentdb.provision.resources.dynamodb_table import Table
from studentdb.provision.resources.iam_role import Role, RolePolicy
from studentdb.provision.resources.lambda_event_invoke import EventInvokeConfig
from studentdb.provision.resources.lambda_event_source import EventSourceMapping
from studentdb.provision.resources.lambda_function import Function
from studentdb.provision.resources.lambda_layer import Layer, LayerContent
from studentdb.provision.resources.lambda_permission import Permission
from studentdb.provision.resources.log_group import LogGroup
from tests.provision.lifecycle import Case


def zipped(source: str) -> bytes:
    """A package with one module, `app.py`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("app.py", source)
    return buffer.getvalue()


def parents(aws: Aws) -> tuple[Resource, ...]:
    """What a function needs: a role and a log group."""
    name = f"{aws.deployment.prefix}-api-read"
    return (
        Role(name=name, service="lambda.amazonaws.com", description="Runs the function"),
        LogGroup(name=f"/aws/lambda/{name}", retention_days=30),
    )


def function(aws: Aws, made: tuple[Resource, ...], **differing: Any) -> Function:
    """The function of the cases, some fields of which may differ."""
    first = Function(
        name=f"{aws.deployment.prefix}-api-read",
        description="Answers",
        role_arn=made[0].out("arn"),
        role_unique_id=made[0].out("unique_id"),
        code=zipped("def handler(event, context):\n    return 1\n"),
        handler="app.handler",
        runtime="python3.13",
        architecture="arm64",
        memory_mb=512,
        timeout_s=30,
        environment={"USERS_TABLE": "users"},
        log_group_name=made[1].out("name"),
    )
    return dataclasses.replace(first, **differing)


def _other_code(aws: Aws, made: tuple[Resource, ...]) -> Function:
    return function(aws, made, code=zipped("def handler(event, context):\n    return 2\n"))


def _other_configuration(aws: Aws, made: tuple[Resource, ...]) -> Function:
    return function(
        aws,
        made,
        description="Answers again",
        handler="app.handle",
        runtime="python3.12",
        memory_mb=256,
        timeout_s=10,
        environment={},
    )


def _more_memory(aws: Aws, resource: Resource) -> None:
    aws.client("lambda").update_function_configuration(FunctionName=resource.name, MemorySize=1024)


def _with_function(aws: Aws) -> tuple[Resource, ...]:
    made = parents(aws)
    return (*made, function(aws, made))


def _permission(aws: Aws, made: tuple[Resource, ...], api: str) -> Permission:
    return Permission(
        name="api",
        function_name=made[2].out("name"),
        principal="apigateway.amazonaws.com",
        source_arn=aws.arn("execute-api", f"{api}/*/*"),
    )


def _with_stream(aws: Aws) -> tuple[Resource, ...]:
    """A function that may read the stream of a table."""
    users = Table(name=f"{aws.deployment.prefix}-users", hash=Attribute("id", "S"), stream=True)
    role, log_group = parents(aws)
    may = policies.document(policies.reads_stream(users.out("arn")))
    policy = RolePolicy(name="stream", role_name=role.out("name"), document=may)
    return (users, role, log_group, policy, function(aws, (role, log_group)))


def _mapping(made: tuple[Resource, ...], batch_size: int, *patterns: str) -> EventSourceMapping:
    users, function = made[0], made[-1]
    return EventSourceMapping(
        name="users",
        function_name=function.out("name"),
        table_arn=users.out("arn"),
        stream_arn=users.out("stream_arn"),
        batch_size=batch_size,
        patterns=patterns,
    )


def _disabled(aws: Aws, resource: Resource) -> None:
    live = resource.read(aws)
    assert live is not None
    aws.client("lambda").update_event_source_mapping(UUID=live.twins[0], Enabled=False)


def _with_two_functions(aws: Aws) -> tuple[Resource, ...]:
    """The first may invoke the second."""
    made = parents(aws)
    first = function(aws, made)
    second = function(aws, made, name=f"{aws.deployment.prefix}-failures")
    may = policies.document(policies.allow(["lambda:InvokeFunction"], [second.out("arn")]))
    return (*made, first, second, RolePolicy(name="failures", role_name=made[0].out("name"), document=may))


def _failures(made: tuple[Resource, ...], position: int) -> EventInvokeConfig:
    return EventInvokeConfig(
        name="failures", function_name=made[2].out("name"), destination_arn=made[position].out("arn")
    )


def _no_retries(aws: Aws, resource: Resource) -> None:
    assert isinstance(resource, EventInvokeConfig)
    aws.client("lambda").put_function_event_invoke_config(FunctionName=resource.function_name, MaximumRetryAttempts=0)


def _unfiltered(aws: Aws, resource: Resource) -> None:
    live = resource.read(aws)
    assert live is not None
    aws.client("lambda").update_event_source_mapping(UUID=live.twins[0], FilterCriteria={})


def layer(aws: Aws, source: str) -> Layer:
    """A layer with one module."""
    name = f"{aws.deployment.prefix}-pillow-{aws.deployment.digest}"
    return Layer(name=name, content=LayerContent(f"a module, {source!r}", lambda: zipped(source)))


def _with_layer(aws: Aws) -> tuple[Resource, ...]:
    return (*parents(aws), layer(aws, "x = 1\n"))


def _only_by_hand(aws: Aws, resource: Resource) -> None:
    """A version of a layer never changes: another one in its place."""
    client = aws.client("lambda")
    found = client.list_layer_versions(LayerName=resource.name)["LayerVersions"]
    content = {"ZipFile": zipped("x = 'by hand'\n")}
    client.publish_layer_version(LayerName=resource.name, Description="by hand", Content=content)
    for version in found:
        client.delete_layer_version(LayerName=resource.name, VersionNumber=version["Version"])


CASES: list[Case] = [
    Case(
        name="layer",
        resource=lambda aws, _: layer(aws, "x = 1\n"),
        changed=lambda aws, _: layer(aws, "x = 2\n"),
        drift=_only_by_hand,
        tagged=False,
        # The engine asks for this one instead of ListLayerVersions.
        emulator_actions=("lambda:ListLayers",),
    ),
    Case(
        name="function-layers",
        parents=_with_layer,
        resource=lambda aws, made: function(aws, made, layers=(made[2].out("arn"),)),
        changed=function,
        emulator_actions=("lambda:ListLayers",),
    ),
    Case(
        name="function",
        parents=parents,
        resource=function,
        changed=_other_configuration,
        drift=_more_memory,
    ),
    Case(name="function-code", parents=parents, resource=function, changed=_other_code),
    Case(
        name="function-architecture",
        parents=parents,
        resource=function,
        changed=lambda aws, made: function(aws, made, architecture="x86_64"),
        without_moto="UpdateFunctionCode ignores Architectures",
    ),
    Case(
        name="permission",
        parents=_with_function,
        resource=lambda aws, made: _permission(aws, made, "abc"),
        changed=lambda aws, made: _permission(aws, made, "def"),
        tagged=False,
    ),
    Case(
        name="event-invoke-config",
        parents=_with_two_functions,
        resource=lambda _, made: _failures(made, 3),
        # Of its own failures: any other function would do.
        changed=lambda _, made: _failures(made, 2),
        drift=_no_retries,
        tagged=False,
        without_moto="PutFunctionEventInvokeConfig does not replace what is there",
    ),
    Case(
        name="event-source-mapping",
        parents=_with_stream,
        resource=lambda _, made: _mapping(made, 100),
        changed=lambda _, made: _mapping(made, 50),
        drift=_disabled,
        tagged=False,
    ),
    Case(
        name="event-source-mapping-filtered",
        parents=_with_stream,
        resource=lambda _, made: _mapping(made, 100, '{"eventName": ["REMOVE"]}'),
        changed=lambda _, made: _mapping(made, 100, '{"eventName": ["INSERT"]}', '{"eventName": ["REMOVE"]}'),
        drift=_unfiltered,
        tagged=False,
    ),
]
