"""All that a second deploy has to look at, each thing once; and how the floor finds what has a generated id."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from benchmarks.floor.aws import (
    FOLLOWING,
    FUNCTIONS,
    GROUPS,
    LOG_GROUPS,
    LOG_GROUPS_BEGIN,
    MANIFEST,
    OURS,
    PREFIX,
    REGION,
    TABLES,
    TAGS,
    THREADS,
    Aws,
    Call,
    done,
)
from benchmarks.floor.lock import PATH


def check(url: str) -> None:
    """Read everything; comparing it with what is wanted would take no time that one could measure."""
    aws = Aws(url)
    with ThreadPoolExecutor(THREADS) as pool:
        go = pool.submit
        # Does somebody hold the lock?
        tasks = [go(aws.client("ssm").get_parameters_by_path, Path=PATH)]
        dynamodb = aws.client("dynamodb")
        tasks += [go(check_table, dynamodb, name) for name in TABLES]
        key = {"pk": {"S": "secret#cursor"}, "sk": {"S": "-"}}
        tasks.append(go(dynamodb.get_item, TableName=f"{PREFIX}-index", Key=key, ProjectionExpression="pk"))
        gateway = aws.client("apigatewayv2")
        api = go(find_api, gateway)
        cognito = aws.client("cognito-idp")
        people = go(find_pool, cognito)
        iam, functions = aws.client("iam"), aws.client("lambda")
        for half in FUNCTIONS:
            role = f"{PREFIX}-{half}-{REGION}"
            tasks += [
                go(iam.get_role, RoleName=role),
                go(iam.get_role_policy, RoleName=role, PolicyName=half),
                # Did somebody give it more rights?
                go(iam.list_role_policies, RoleName=role),
                go(iam.list_attached_role_policies, RoleName=role),
                go(functions.get_function, FunctionName=f"{PREFIX}-{half}"),
                go(functions.get_policy, FunctionName=f"{PREFIX}-{half}"),
            ]
        tasks += [
            *(go(functions.list_event_source_mappings, FunctionName=f"{PREFIX}-{half}") for half in FOLLOWING),
            go(iam.get_role_policy, RoleName=f"{PREFIX}-media-{REGION}", PolicyName="media-failures"),
            go(functions.get_function_event_invoke_config, FunctionName=f"{PREFIX}-media"),
        ]
        tasks.append(go(functions.list_layer_versions, LayerName=aws.layer))
        logs = aws.client("logs")
        tasks += [go(logs.describe_log_groups, logGroupNamePrefix=begin) for begin in LOG_GROUPS_BEGIN]
        arns = [f"arn:aws:logs:{REGION}:{aws.account}:log-group:{name}" for name in LOG_GROUPS]
        tasks += [go(logs.list_tags_for_resource, resourceArn=arn) for arn in arns]
        s3 = aws.client("s3")
        reads: list[Call] = [
            *(s3.get_bucket_tagging, s3.get_public_access_block, s3.get_bucket_ownership_controls),
            *(s3.get_bucket_versioning, s3.get_bucket_encryption, s3.get_bucket_lifecycle_configuration),
            *(s3.get_bucket_policy, s3.list_objects_v2),
        ]
        tasks += [go(read, Bucket=aws.bucket) for read in reads]
        settings = (*reads[:6], s3.get_bucket_cors, s3.get_bucket_notification_configuration)
        tasks += [go(read, Bucket=aws.media) for read in settings]
        tasks.append(go(s3.get_object, Bucket=aws.bucket, Key=MANIFEST))
        tasks += check_api(gateway, api.result(), go)
        tasks += check_pool(cognito, people.result(), go)
        cloudfront = aws.client("cloudfront")
        tasks += [
            go(check_distribution, cloudfront),
            go(cloudfront.list_origin_access_controls),
            go(cloudfront.list_response_headers_policies, Type="custom"),
        ]
        done(tasks)


def check_table(dynamodb: Any, name: str) -> None:
    table = f"{PREFIX}-{name}"
    arn = dynamodb.describe_table(TableName=table)["Table"]["TableArn"]
    dynamodb.list_tags_of_resource(ResourceArn=arn)
    dynamodb.describe_continuous_backups(TableName=table)
    dynamodb.describe_time_to_live(TableName=table)


def check_api(gateway: Any, api: str, go: Callable[..., Future[Any]]) -> list[Future[Any]]:
    reads = (gateway.get_integrations, gateway.get_authorizers, gateway.get_routes, gateway.get_stages)
    return [go(read, ApiId=api) for read in reads]


def check_pool(cognito: Any, pool: str, go: Callable[..., Future[Any]]) -> list[Future[Any]]:
    return [
        go(check_client, cognito, pool),
        go(cognito.describe_user_pool, UserPoolId=pool),
        go(cognito.get_user_pool_mfa_config, UserPoolId=pool),
        *(go(cognito.get_group, UserPoolId=pool, GroupName=name) for name in GROUPS),
    ]


def check_client(cognito: Any, pool: str) -> None:
    client = cognito.list_user_pool_clients(UserPoolId=pool, MaxResults=60)["UserPoolClients"][0]["ClientId"]
    cognito.describe_user_pool_client(UserPoolId=pool, ClientId=client)


def check_distribution(cloudfront: Any) -> None:
    found = find_distribution(cloudfront)
    cloudfront.list_tags_for_resource(Resource=found["ARN"])
    cloudfront.get_distribution(Id=found["Id"])


def find_api(gateway: Any) -> str:
    return next(str(api["ApiId"]) for api in gateway.get_apis()["Items"] if api.get("Tags") == TAGS)


def find_pool(cognito: Any) -> str:
    pools = cognito.list_user_pools(MaxResults=60)["UserPools"]
    return next(str(pool["Id"]) for pool in pools if pool["Name"] == f"{PREFIX}-users")


def find_distribution(cloudfront: Any) -> dict[str, Any]:
    found = cloudfront.list_distributions()["DistributionList"]["Items"]
    return next(item for item in found if item["Comment"] == f"studentdb {OURS}")
