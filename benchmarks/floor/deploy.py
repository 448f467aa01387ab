"""The first deploy."""

from __future__ import annotations

import hashlib
import json
import secrets
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from benchmarks.floor.aws import (
    EXPIRING,
    FUNCTIONS,
    INDEXES,
    LOG_GROUPS,
    OF_API,
    OURS,
    PREFIX,
    REGION,
    TABLES,
    TAG_LIST,
    TAGS,
    THREADS,
    VERSIONS,
    Aws,
    done,
    until,
)
from benchmarks.floor.functions import (
    MARKER_GONE,
    allow_gateway,
    follow_stream,
    is_active,
    make_function,
    make_layer,
    make_log_group,
    make_role,
    tell_failures,
)
from benchmarks.floor.lock import Lock
from benchmarks.floor.names import all_free
from benchmarks.floor.people import make_groups, make_pool
from benchmarks.floor.site import (
    invalidate,
    make_access,
    make_bucket,
    make_distribution,
    make_headers,
    make_media,
    put_bucket_policy,
    put_file,
    shown,
    site_files,
    stages,
)

ROUTES = {
    "GET /api/{proxy+}": "api-read",
    **{f"{method} /api/{{proxy+}}": "api-write" for method in ("POST", "PUT", "PATCH", "DELETE")},
    **{f"{method} /api/users{more}": "api-accounts" for method in ("GET", "POST") for more in ("", "/{proxy+}")},
}
PUBLIC_ROUTES = ("GET /api/health", "GET /api/openapi.json", "GET /api/public/notifications")
LOGGED = {
    "requestId": "$context.requestId",
    "routeKey": "$context.routeKey",
    "status": "$context.status",
    "latency": "$context.responseLatency",
    "integrationErrorMessage": "$context.integrationErrorMessage",
}


def deploy(url: str) -> None:
    """Make everything, and wait until it can be used."""
    aws = Aws(url)
    with ThreadPoolExecutor(THREADS) as pool:
        go = pool.submit
        all_free(aws, go)
        lock = Lock(aws)
        # What others wait for goes first. No task is submitted before those that it waits for, so none can starve.
        dynamodb = aws.client("dynamodb")
        tables = {name: go(make_table, dynamodb, name) for name in TABLES}
        iam = aws.client("iam")
        roles = {half: go(make_role, iam, half) for half in FUNCTIONS}
        cognito = aws.client("cognito-idp")
        app = go(make_pool, cognito)
        logs = aws.client("logs")
        groups = {name: go(make_log_group, aws, logs, name) for name in LOG_GROUPS}
        functions_client = aws.client("lambda")
        layer = go(make_layer, functions_client, aws.layer)
        functions = {
            half: go(
                make_function,
                iam,
                functions_client,
                half,
                roles[half],
                tables,
                groups,
                app,
                layer,
                aws.account,
                aws.media,
            )
            for half in FUNCTIONS
        }
        s3 = aws.client("s3")
        bucket = go(make_bucket, aws, s3)
        cloudfront = aws.client("cloudfront")
        access = go(make_access, aws, cloudfront)
        headers = go(make_headers, aws, cloudfront)
        gateway = aws.client("apigatewayv2")
        api = go(lambda: gateway.create_api(**api_settings(), ProtocolType="HTTP", Tags=TAGS)["ApiId"])
        site = go(make_distribution, aws, cloudfront, bucket, access, headers, api)
        rest = [
            go(make_api_children, gateway, api, app, functions, groups, site),
            *(go(allow_gateway, aws, functions_client, half, functions[half], api) for half in OF_API),
            go(follow_stream, dynamodb, functions_client, functions["search"], tables["users"], 100),
            go(follow_stream, dynamodb, functions_client, functions["media-expiry"], tables["media"], 10, MARKER_GONE),
            go(tell_failures, iam, functions_client, functions["media"], functions["media-expiry"]),
            go(put_bucket_policy, aws, s3, site),
            go(make_media, aws, s3, functions["media"], site),
            go(make_groups, cognito, app),
            *(go(until, partial(is_active, functions_client, half)) for half in functions),
        ]
        files = site_files(aws, site.result(), api.result(), *app.result())
        for stage in stages(files):
            put = [go(put_file, aws, s3, key, *files[key]) for key in stage]
            done(put)
        served = {key: shown(*file) for key, file in files.items()}
        # The last one is what says that all are there.
        digest = hashlib.sha256(json.dumps([served, put[-1].result()], sort_keys=True).encode()).hexdigest()
        invalidate(cloudfront, site.result(), digest)
        done([*tables.values(), *roles.values(), *groups.values(), *functions.values(), *rest])
        lock.release()


def make_table(dynamodb: Any, name: str) -> str:
    keys = TABLES[name]
    table = f"{PREFIX}-{name}"
    attributes = dict(keys)
    marks = TAG_LIST
    more: dict[str, Any] = {}
    if name in ("users", "media"):
        more["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    if name == "users":
        marks = [*TAG_LIST, *({"Key": key, "Value": value} for key, value in VERSIONS.items())]
    if name in INDEXES:
        attributes |= {key: "S" for index in INDEXES[name].values() for key in index}
        more["GlobalSecondaryIndexes"] = [
            {
                "IndexName": index,
                "KeySchema": schema(*index_keys),
                "Projection": {"ProjectionType": "KEYS_ONLY" if index == "role-index" else "ALL"},
            }
            for index, index_keys in INDEXES[name].items()
        ]
    dynamodb.create_table(
        TableName=table,
        KeySchema=schema(*dict(keys)),
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": kind} for key, kind in attributes.items()],
        BillingMode="PAY_PER_REQUEST",
        SSESpecification={"Enabled": True, "SSEType": "KMS"},
        DeletionProtectionEnabled=True,
        Tags=marks,
        **more,
    )
    made = until(lambda: active_table(dynamodb, table))
    if name in EXPIRING:
        dynamodb.update_time_to_live(
            TableName=table, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"}
        )
    dynamodb.update_continuous_backups(
        TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    until(lambda: recovers(dynamodb, table))
    if name == "index":
        key = {"pk": {"S": "secret#cursor"}, "sk": {"S": "-"}, "key": {"B": secrets.token_bytes(32)}}
        dynamodb.put_item(TableName=table, Item=key, ConditionExpression="attribute_not_exists(pk)")
    return str(made["TableArn"])


def schema(*names: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=False)]


def active_table(dynamodb: Any, table: str) -> Any:
    found = dynamodb.describe_table(TableName=table)["Table"]
    return found if found["TableStatus"] == "ACTIVE" else None


def recovers(dynamodb: Any, table: str) -> bool:
    found = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    return bool(found["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED")


def api_settings() -> dict[str, Any]:
    return {"Name": f"{PREFIX}-api", "Description": f"studentdb {OURS}", "DisableExecuteApiEndpoint": False}


def make_api_children(
    gateway: Any,
    api: Future[str],
    app: Future[tuple[str, str]],
    functions: dict[str, Future[str]],
    groups: dict[str, Future[str]],
    site: Future[dict[str, str]],
) -> None:
    """One after the other: AWS takes one control call at a time per API."""
    ours = {"ApiId": api.result()}
    gateway.create_stage(
        **ours,
        StageName="prod",
        AutoDeploy=True,
        AccessLogSettings={
            "DestinationArn": groups[LOG_GROUPS[-1]].result(),
            "Format": json.dumps(LOGGED, separators=(",", ":")),
        },
        DefaultRouteSettings={"ThrottlingBurstLimit": 50, "ThrottlingRateLimit": 100.0},
        Tags=TAGS,
    )
    pool_id, client_id = app.result()
    authorizer = gateway.create_authorizer(
        **ours,
        Name="cognito",
        AuthorizerType="JWT",
        IdentitySource=["$request.header.Authorization"],
        JwtConfiguration={
            "Audience": [client_id],
            "Issuer": f"https://cognito-idp.{REGION}.amazonaws.com/{pool_id}",
        },
    )["AuthorizerId"]
    integrations = {
        half: gateway.create_integration(
            **ours,
            Description=half.removeprefix("api-"),
            IntegrationType="AWS_PROXY",
            IntegrationMethod="POST",
            IntegrationUri=function.result(),
            PayloadFormatVersion="2.0",
            TimeoutInMillis=30_000,
        )["IntegrationId"]
        for half, function in functions.items()
        if half in OF_API
    }
    for key, half in ROUTES.items():
        gateway.create_route(
            **ours,
            RouteKey=key,
            Target=f"integrations/{integrations[half]}",
            AuthorizationType="JWT",
            AuthorizerId=authorizer,
        )
    for key in PUBLIC_ROUTES:
        gateway.create_route(
            **ours,
            RouteKey=key,
            Target=f"integrations/{integrations['api-read']}",
            AuthorizationType="NONE",
        )
    gateway.update_api(
        **ours,
        CorsConfiguration={
            "AllowOrigins": [site.result()["url"]],
            "AllowHeaders": ["authorization", "content-type", "idempotency-key"],
            "AllowMethods": ["DELETE", "GET", "PATCH", "POST", "PUT"],
            "AllowCredentials": False,
            "MaxAge": 3600,
        },
    )
