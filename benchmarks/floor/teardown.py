"""The teardown, data included."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

from benchmarks.floor.aws import (
    FOLLOWING,
    FUNCTIONS,
    LOG_GROUPS,
    PREFIX,
    REGION,
    TABLES,
    TAG_LIST,
    TAGS,
    THREADS,
    Aws,
    done,
    until,
)
from benchmarks.floor.check import find_api, find_distribution, find_pool
from benchmarks.floor.lock import Lock
from benchmarks.floor.names import exists
from benchmarks.floor.people import pool_settings


def teardown(url: str) -> None:
    """Remove everything that carries the tag, each thing after what refers to it. Children go with their parents."""
    aws = Aws(url)
    lock = Lock(aws)
    with ThreadPoolExecutor(THREADS) as pool:
        go = pool.submit
        # What others wait for goes first. No task is submitted before those that it waits for, so none can starve.
        cloudfront = aws.client("cloudfront")
        distribution = go(remove_distribution, cloudfront)
        dynamodb = aws.client("dynamodb")
        tasks = [go(remove_table, dynamodb, name) for name in TABLES]
        logs, gateway = aws.client("logs"), aws.client("apigatewayv2")
        tasks.append(go(remove_api, aws, gateway, logs))
        functions, iam = aws.client("lambda"), aws.client("iam")
        removed = {half: go(remove_function, aws, functions, logs, half) for half in FUNCTIONS}
        tasks.append(go(remove_layer, aws, functions))
        tasks += [go(remove_role, iam, half, function) for half, function in removed.items()]
        tasks.append(go(remove_pool, aws.client("cognito-idp")))
        tasks += [
            go(remove_access, aws, cloudfront, distribution),
            go(remove_headers, aws, cloudfront, distribution),
            *(go(remove_bucket, aws.client("s3"), name, distribution) for name in (aws.bucket, aws.media)),
            *removed.values(),
        ]
        done(tasks)
    lock.destroy()


def ours(found: object) -> None:
    """Tags in either shape."""
    if found not in (TAGS, TAG_LIST) and not (isinstance(found, dict) and found.items() >= TAGS.items()):
        raise RuntimeError(f"somebody else's: {found}")


def remove_table(dynamodb: Any, name: str) -> None:
    table = f"{PREFIX}-{name}"
    arn = dynamodb.describe_table(TableName=table)["Table"]["TableArn"]
    ours({mark["Key"]: mark["Value"] for mark in dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"]})
    dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
    until(lambda: may_go(dynamodb, table))
    until(lambda: not exists(dynamodb.describe_table, TableName=table))


def may_go(dynamodb: Any, table: str) -> bool:
    """Whether its deletion has begun; it is refused while the table is still being changed."""
    try:
        dynamodb.delete_table(TableName=table)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("ResourceInUseException", "ValidationException"):
            return False
        raise
    return True


def remove_api(aws: Aws, gateway: Any, logs: Any) -> None:
    api = find_api(gateway)
    gateway.delete_stage(ApiId=api, StageName="prod")
    remove_log_group(aws, logs, LOG_GROUPS[-1])
    gateway.delete_api(ApiId=api)


def remove_function(aws: Aws, functions: Any, logs: Any, half: str) -> None:
    name = f"{PREFIX}-{half}"
    ours(functions.get_function(FunctionName=name)["Tags"])
    if half in FOLLOWING:
        for mapping in functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]:
            functions.delete_event_source_mapping(UUID=mapping["UUID"])
    functions.delete_function(FunctionName=name)
    remove_log_group(aws, logs, f"/aws/lambda/{name}")


def remove_layer(aws: Aws, functions: Any) -> None:
    for version in functions.list_layer_versions(LayerName=aws.layer)["LayerVersions"]:
        functions.delete_layer_version(LayerName=aws.layer, VersionNumber=version["Version"])


def remove_log_group(aws: Aws, logs: Any, name: str) -> None:
    ours(logs.list_tags_for_resource(resourceArn=f"arn:aws:logs:{REGION}:{aws.account}:log-group:{name}")["tags"])
    logs.delete_log_group(logGroupName=name)


def remove_role(iam: Any, half: str, function: Future[None]) -> None:
    name = f"{PREFIX}-{half}-{REGION}"
    ours(iam.get_role(RoleName=name)["Role"]["Tags"])
    iam.delete_role_policy(RoleName=name, PolicyName=half)
    if half == "media":
        iam.delete_role_policy(RoleName=name, PolicyName="media-failures")
    function.result()
    iam.delete_role(RoleName=name)


def remove_pool(cognito: Any) -> None:
    pool = find_pool(cognito)
    ours(cognito.describe_user_pool(UserPoolId=pool)["UserPool"]["UserPoolTags"])
    cognito.update_user_pool(UserPoolId=pool, **pool_settings("INACTIVE"))
    cognito.delete_user_pool(UserPoolId=pool)


def remove_bucket(s3: Any, name: str, distribution: Future[None]) -> None:
    which = {"Bucket": name}
    ours(s3.get_bucket_tagging(**which)["TagSet"])
    distribution.result()
    found = s3.list_object_versions(**which)
    versions = [
        {"Key": item["Key"], "VersionId": item["VersionId"]}
        for item in (*found.get("Versions", ()), *found.get("DeleteMarkers", ()))
    ]
    if versions:
        s3.delete_objects(**which, Delete={"Objects": versions, "Quiet": True})
    s3.delete_bucket(**which)
    until(lambda: not exists(s3.head_bucket, **which))


def remove_distribution(cloudfront: Any) -> None:
    found = find_distribution(cloudfront)
    marks = cloudfront.list_tags_for_resource(Resource=found["ARN"])["Tags"]["Items"]
    ours({mark["Key"]: mark["Value"] for mark in marks})
    which = {"Id": found["Id"]}
    now = cloudfront.get_distribution_config(**which)
    config = {**now["DistributionConfig"], "Enabled": False}
    cloudfront.update_distribution(**which, IfMatch=now["ETag"], DistributionConfig=config)

    def disabled() -> Any:
        answer = cloudfront.get_distribution(**which)
        return answer["ETag"] if answer["Distribution"]["Status"] == "Deployed" else None

    cloudfront.delete_distribution(**which, IfMatch=until(disabled))


def remove_access(aws: Aws, cloudfront: Any, distribution: Future[None]) -> None:
    listed = cloudfront.list_origin_access_controls()["OriginAccessControlList"]["Items"]
    found = next(item["Id"] for item in listed if item["Name"] == aws.bucket)
    etag = cloudfront.get_origin_access_control(Id=found)["ETag"]
    distribution.result()
    cloudfront.delete_origin_access_control(Id=found, IfMatch=etag)


def remove_headers(aws: Aws, cloudfront: Any, distribution: Future[None]) -> None:
    listed = cloudfront.list_response_headers_policies(Type="custom")["ResponseHeadersPolicyList"]["Items"]
    policies = (item["ResponseHeadersPolicy"] for item in listed)
    found = next(each["Id"] for each in policies if each["ResponseHeadersPolicyConfig"]["Name"] == aws.bucket)
    etag = cloudfront.get_response_headers_policy(Id=found)["ETag"]
    distribution.result()
    cloudfront.delete_response_headers_policy(Id=found, IfMatch=etag)
