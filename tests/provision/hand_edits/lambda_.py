"""Functions, who may call them, their roles and log groups."""

from __future__ import annotations

import json
from typing import Any

from studentdb.provision import tags
from studentdb.provision.aws import Aws
from studentdb.provision.core import Live
from studentdb.provision.resources.lambda_function import ROLE_ID
from tests.provision.cases.lambda_ import zipped
from tests.provision.hand_edits import Edit


def _retention(aws: Aws, group: Any, _: Live) -> None:
    aws.client("logs").delete_retention_policy(logGroupName=group.name)


def _unmarked(aws: Aws, group: Any, live: Live) -> None:
    aws.client("logs").untag_resource(resourceArn=live.outputs["arn"], tagKeys=[tags.DEPLOYMENT])


def _trust(aws: Aws, role: Any, _: Live) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    aws.client("iam").update_assume_role_policy(RoleName=role.name, PolicyDocument=_document(trust))


def _role_description(aws: Aws, role: Any, _: Live) -> None:
    aws.client("iam").update_role(RoleName=role.name, Description="by hand")


def _wider(aws: Aws, policy: Any, _: Live) -> None:
    right = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    aws.client("iam").put_role_policy(
        RoleName=policy.role_name, PolicyName=policy.name, PolicyDocument=_document(right)
    )


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _function(**change: Any) -> Edit:
    return lambda aws, function, _: aws.client("lambda").update_function_configuration(
        FunctionName=function.name, **change
    )


def _function_role(aws: Aws, function: Any, _: Live) -> None:
    other = f"{function.name}-other"
    service = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    made = aws.client("iam").create_role(RoleName=other, AssumeRolePolicyDocument=_document(service))
    aws.client("lambda").update_function_configuration(FunctionName=function.name, Role=made["Role"]["Arn"])


def _code(**change: Any) -> Edit:
    def edit(aws: Aws, function: Any, _: Live) -> None:
        same = {"ZipFile": function.code, "Architectures": [function.architecture]}
        aws.client("lambda").update_function_code(FunctionName=function.name, **{**same, **change})

    return edit


def _role_id(aws: Aws, function: Any, live: Live) -> None:
    aws.client("lambda").tag_resource(Resource=live.outputs["arn"], Tags={ROLE_ID: "AROABYHAND"})


def _layer(aws: Aws, function: Any, _: Live) -> None:
    client = aws.client("lambda")
    made = client.publish_layer_version(LayerName=f"{function.name}-hand", Content={"ZipFile": zipped("x = 1\n")})
    client.update_function_configuration(FunctionName=function.name, Layers=[made["LayerVersionArn"]])


def _layer_content(aws: Aws, layer: Any, live: Live) -> None:
    """A version never changes: another one in its place."""
    client = aws.client("lambda")
    content = {"ZipFile": zipped("x = 'by hand'\n")}
    client.publish_layer_version(LayerName=layer.name, Description="by hand", Content=content)
    version = int(live.outputs["arn"].rpartition(":")[2])
    client.delete_layer_version(LayerName=layer.name, VersionNumber=version)


def _concurrency(aws: Aws, function: Any, _: Live) -> None:
    aws.client("lambda").put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=0)


def _permission(**change: str) -> Edit:
    def edit(aws: Aws, permission: Any, _: Live) -> None:
        client, function = aws.client("lambda"), permission.function_name
        client.remove_permission(FunctionName=function, StatementId=permission.name)
        same = {
            "Action": "lambda:InvokeFunction",
            "Principal": permission.principal,
            "SourceArn": permission.source_arn,
        }
        client.add_permission(FunctionName=function, StatementId=permission.name, **{**same, **change})

    return edit


def _mapping(**change: Any) -> Edit:
    return lambda aws, _, live: aws.client("lambda").update_event_source_mapping(UUID=live.twins[0], **change)


def _stream_of_before(aws: Aws, mapping: Any, live: Live) -> None:
    """As if the table's stream had been switched off and on since; the mapping stays with the one of before."""
    client = aws.client("lambda")
    client.delete_event_source_mapping(UUID=live.twins[0])
    client.create_event_source_mapping(
        FunctionName=mapping.function_name,
        EventSourceArn=f"{mapping.table_arn}/stream/2020-01-01T00:00:00.000",
        StartingPosition="TRIM_HORIZON",
        BatchSize=mapping.batch_size,
        ParallelizationFactor=1,
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=-1,
        MaximumRecordAgeInSeconds=-1,
    )


def _another_mapping(aws: Aws, mapping: Any, _: Live) -> None:
    other = f"{mapping.function_name}-by-hand"
    stream = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    made = aws.client("dynamodb").create_table(
        TableName=other,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification=stream,
    )["TableDescription"]
    aws.client("lambda").create_event_source_mapping(
        FunctionName=mapping.function_name, EventSourceArn=made["LatestStreamArn"], StartingPosition="LATEST"
    )


def _invoked(*destinations: str, **change: int) -> Edit:
    """Told of its own events besides, or instead; whatever is left out here is Lambda's own again."""

    def edit(aws: Aws, config: Any, _: Live) -> None:
        itself = aws.arn("lambda", f"function:{config.function_name}")
        wanted = {"OnFailure": config.destination_arn, **dict.fromkeys(destinations, itself)}
        aws.client("lambda").put_function_event_invoke_config(
            FunctionName=config.function_name,
            DestinationConfig={name: {"Destination": arn} for name, arn in wanted.items()},
            **change,
        )

    return edit


EDITS: dict[str, dict[str, Edit]] = {
    "logs.log_group": {"retention_days": _retention, "marked": _unmarked},
    "iam.role": {"trust": _trust, "description": _role_description},
    "iam.role_policy": {"document": _wider},
    "lambda.function": {
        "code_sha256": _code(ZipFile=zipped("def handler(event, context):\n    return 'by hand'\n")),
        "architecture": _code(Architectures=["x86_64"]),
        "description": _function(Description="by hand"),
        "role_arn": _function_role,
        "role_unique_id": _role_id,
        "handler": _function(Handler="app.other"),
        "runtime": _function(Runtime="python3.12"),
        "memory_mb": _function(MemorySize=1024),
        "timeout_s": _function(Timeout=900),
        "environment": _function(Environment={"Variables": {"USERS_TABLE": "users", "DEBUG": "1"}}),
        "log_group_name": _function(LoggingConfig={"LogFormat": "Text", "LogGroup": "/aws/lambda/by-hand"}),
        "log_format": _function(LoggingConfig={"LogFormat": "JSON"}),
        "tracing": _function(TracingConfig={"Mode": "Active"}),
        "layers": _layer,
        "subnets": _function(
            VpcConfig={"SubnetIds": ["subnet-0123456789abcdef0"], "SecurityGroupIds": ["sg-01234567"]}
        ),
        "reserved_concurrency": _concurrency,
    },
    "lambda.event_invoke_config": {
        "on_failure": _invoked("OnFailure"),
        "on_success": _invoked("OnSuccess"),
        "retries": _invoked(MaximumRetryAttempts=0),
        "event_age_s": _invoked(MaximumEventAgeInSeconds=60),
    },
    "lambda.layer": {"content": _layer_content},
    "lambda.event_source_mapping": {
        "stream_arn": _stream_of_before,
        "enabled": _mapping(Enabled=False),
        "batch_size": _mapping(BatchSize=1),
        "batching_window_s": _mapping(MaximumBatchingWindowInSeconds=300),
        "parallelization": _mapping(ParallelizationFactor=10),
        "bisect": _mapping(BisectBatchOnFunctionError=False),
        "retries": _mapping(MaximumRetryAttempts=0),
        "record_age_s": _mapping(MaximumRecordAgeInSeconds=60),
        "filters": _mapping(FilterCriteria={"Filters": [{"Pattern": '{"eventName": ["INSERT"]}'}]}),
        "destination": _mapping(
            DestinationConfig={"OnFailure": {"Destination": "arn:aws:sqs:eu-central-1:123456789012:by-hand"}}
        ),
        "others": _another_mapping,
    },
    "lambda.permission": {
        "principal": _permission(Principal="events.amazonaws.com"),
        "source_arn": _permission(SourceArn="arn:aws:execute-api:eu-central-1:123456789012:other/*/*"),
        "action": _permission(Action="lambda:GetFunction"),
    },
}
