"""The teardown, data included."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from benchmarks.floor.aws import GROUPS, LOG_GROUPS, PREFIX, REGION, TABLES, THREADS, Aws, done, until
from benchmarks.floor.check import find_api, find_distribution, find_pool
from benchmarks.floor.deploy import active_table
from benchmarks.floor.people import pool_settings


def teardown(url: str) -> None:
    """Remove everything, each thing after what refers to it."""
    aws = Aws(url)
    with ThreadPoolExecutor(THREADS) as pool:
        go = pool.submit
        dynamodb = aws.client("dynamodb")
        tasks = [go(remove_table, dynamodb, name) for name in TABLES]
        gateway, functions = aws.client("apigatewayv2"), aws.client("lambda")
        api = go(remove_api, gateway)
        logs = aws.client("logs")
        removed = {half: go(remove_function, functions, logs, half, api) for half in ("read", "write")}
        iam = aws.client("iam")
        tasks += [api, *removed.values(), *(go(remove_role, iam, half, removed[half]) for half in removed)]
        tasks.append(go(remove_access_log, logs, api))
        tasks.append(go(remove_pool, aws.client("cognito-idp"), api))
        cloudfront, s3 = aws.client("cloudfront"), aws.client("s3")
        emptied = go(empty_bucket, aws, s3)
        distribution = go(remove_distribution, cloudfront)
        tasks += [
            go(remove_access, aws, cloudfront, distribution),
            go(remove_headers, aws, cloudfront, distribution),
            go(remove_bucket, aws, s3, emptied, distribution),
        ]
        done(tasks)


def remove_table(dynamodb: Any, name: str) -> None:
    table = f"{PREFIX}-{name}"
    if name == "index":
        dynamodb.delete_item(TableName=table, Key={"pk": {"S": "secret#cursor"}, "sk": {"S": "-"}})
    dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
    until(lambda: active_table(dynamodb, table))
    dynamodb.delete_table(TableName=table)

    def gone() -> bool:
        try:
            dynamodb.describe_table(TableName=table)
        except dynamodb.exceptions.ResourceNotFoundException:
            return True
        return False

    until(gone)


def remove_api(gateway: Any) -> None:
    api = find_api(gateway)
    for route in gateway.get_routes(ApiId=api)["Items"]:
        gateway.delete_route(ApiId=api, RouteId=route["RouteId"])
    gateway.delete_cors_configuration(ApiId=api)
    gateway.delete_stage(ApiId=api, StageName="prod")
    for integration in gateway.get_integrations(ApiId=api)["Items"]:
        gateway.delete_integration(ApiId=api, IntegrationId=integration["IntegrationId"])
    for authorizer in gateway.get_authorizers(ApiId=api)["Items"]:
        gateway.delete_authorizer(ApiId=api, AuthorizerId=authorizer["AuthorizerId"])
    gateway.delete_api(ApiId=api)


def remove_function(functions: Any, logs: Any, half: str, api: Future[None]) -> None:
    name = f"{PREFIX}-api-{half}"
    api.result()
    functions.remove_permission(FunctionName=name, StatementId=f"api-{half}")
    functions.delete_function(FunctionName=name)
    logs.delete_log_group(logGroupName=f"/aws/lambda/{name}")


def remove_access_log(logs: Any, api: Future[None]) -> None:
    api.result()
    logs.delete_log_group(logGroupName=LOG_GROUPS[2])


def remove_role(iam: Any, half: str, function: Future[None]) -> None:
    name = f"{PREFIX}-api-{half}-{REGION}"
    function.result()
    iam.delete_role_policy(RoleName=name, PolicyName=f"api-{half}")
    iam.delete_role(RoleName=name)


def remove_pool(cognito: Any, api: Future[None]) -> None:
    pool = find_pool(cognito)
    client = cognito.list_user_pool_clients(UserPoolId=pool, MaxResults=60)["UserPoolClients"][0]["ClientId"]
    api.result()
    cognito.delete_user_pool_client(UserPoolId=pool, ClientId=client)
    for name in GROUPS:
        cognito.delete_group(UserPoolId=pool, GroupName=name)
    cognito.update_user_pool(UserPoolId=pool, **pool_settings("INACTIVE"))
    cognito.delete_user_pool(UserPoolId=pool)


def empty_bucket(aws: Aws, s3: Any) -> None:
    ours = {"Bucket": aws.bucket}
    keys = [{"Key": item["Key"]} for item in s3.list_objects_v2(**ours)["Contents"]]
    s3.delete_bucket_policy(**ours)
    s3.delete_objects(**ours, Delete={"Objects": keys, "Quiet": True})
    found = s3.list_object_versions(**ours)
    versions = [
        {"Key": item["Key"], "VersionId": item["VersionId"]}
        for item in (*found.get("Versions", ()), *found.get("DeleteMarkers", ()))
    ]
    s3.delete_objects(**ours, Delete={"Objects": versions, "Quiet": True})


def remove_bucket(aws: Aws, s3: Any, emptied: Future[None], distribution: Future[None]) -> None:
    emptied.result()
    distribution.result()
    s3.delete_bucket(Bucket=aws.bucket)


def remove_distribution(cloudfront: Any) -> None:
    found = find_distribution(cloudfront)
    which = {"Id": found["Id"]}
    cloudfront.untag_resource(Resource=found["ARN"], TagKeys={"Items": ["studentdb:site-digest"]})
    now = cloudfront.get_distribution_config(**which)
    config = {**now["DistributionConfig"], "Enabled": False}
    cloudfront.update_distribution(**which, IfMatch=now["ETag"], DistributionConfig=config)
    until(lambda: cloudfront.get_distribution(**which)["Distribution"]["Status"] == "Deployed")
    etag = cloudfront.get_distribution_config(**which)["ETag"]
    cloudfront.delete_distribution(**which, IfMatch=etag)


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
