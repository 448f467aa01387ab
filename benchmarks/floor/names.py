"""Nothing is written before it is known that no name is somebody else's."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any

from botocore.exceptions import ClientError

from benchmarks.floor.aws import FUNCTIONS, LOG_GROUPS, LOG_GROUPS_BEGIN, OURS, PREFIX, REGION, TABLES, Aws, Call

ABSENT = {"ResourceNotFoundException", "NoSuchEntity", "NoSuchBucket", "404"}


def all_free(aws: Aws, go: Callable[..., Future[Any]]) -> None:
    """Raises RuntimeError when something is there."""
    looks: list[Future[bool]] = []
    dynamodb = aws.client("dynamodb")
    looks += [go(exists, dynamodb.describe_table, TableName=f"{PREFIX}-{name}") for name in TABLES]
    iam, functions = aws.client("iam"), aws.client("lambda")
    for half in FUNCTIONS:
        looks.append(go(exists, iam.get_role, RoleName=f"{PREFIX}-{half}-{REGION}"))
        looks.append(go(exists, functions.get_function, FunctionName=f"{PREFIX}-{half}"))
    looks.append(go(lambda: bool(functions.list_layer_versions(LayerName=aws.layer)["LayerVersions"])))
    logs, s3, groups = aws.client("logs"), aws.client("s3"), set(LOG_GROUPS)
    looks += [
        go(lambda begin=begin: bool(names(logs.describe_log_groups(logGroupNamePrefix=begin)["logGroups"]) & groups))
        for begin in LOG_GROUPS_BEGIN
    ]
    looks += [go(exists, s3.head_bucket, Bucket=name) for name in (aws.bucket, aws.media)]
    gateway, cognito, cloudfront = aws.client("apigatewayv2"), aws.client("cognito-idp"), aws.client("cloudfront")
    looks += [
        go(listed, f"{PREFIX}-api", lambda: names(gateway.get_apis()["Items"])),
        go(listed, f"{PREFIX}-users", lambda: names(cognito.list_user_pools(MaxResults=60)["UserPools"])),
        go(listed, f"studentdb {OURS}", lambda: names(items(cloudfront.list_distributions))),
        go(listed, aws.bucket, lambda: names(items(cloudfront.list_origin_access_controls))),
        go(listed, aws.bucket, lambda: policies(items(cloudfront.list_response_headers_policies, Type="custom"))),
    ]
    if any(look.result() for look in looks):
        raise RuntimeError("a name is taken")


def exists(read: Call, **which: str) -> bool:
    try:
        read(**which)
    except ClientError as error:
        if error.response["Error"]["Code"] in ABSENT:
            return False
        raise
    return True


def listed(name: str, read: Callable[[], set[str]]) -> bool:
    return name in read()


def names(found: Iterable[dict[str, Any]]) -> set[str]:
    return {item.get("Name") or item.get("logGroupName") or item.get("Comment") or "" for item in found}


def policies(found: Iterable[dict[str, Any]]) -> set[str]:
    return {item["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]["Name"] for item in found}


def items(read: Call, **arguments: str) -> list[dict[str, Any]]:
    """Of a CloudFront list, whose answer has one key beside the metadata."""
    answer = read(**arguments)
    (found,) = (value for key, value in answer.items() if key != "ResponseMetadata")
    return list(found.get("Items", ()))
