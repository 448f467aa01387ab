"""The first deploy."""

from __future__ import annotations

import hashlib
import io
import json
import secrets
import zipfile
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.clock import ROOT
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
ACCOUNT_ACTIONS = (
    *("AdminCreateUser", "AdminGetUser", "AdminSetUserPassword", "AdminUpdateUserAttributes", "ListUsers"),
    *("AdminDeleteUser", "AdminDisableUser", "AdminEnableUser", "AdminUserGlobalSignOut"),
    *("AdminAddUserToGroup", "AdminRemoveUserFromGroup", "AdminListGroupsForUser", "ListUsersInGroup"),
)
LOGGED = {
    "requestId": "$context.requestId",
    "routeKey": "$context.routeKey",
    "status": "$context.status",
    "latency": "$context.responseLatency",
    "integrationErrorMessage": "$context.integrationErrorMessage",
}


READS = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"]
STREAM_READS = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"]
DESCRIPTIONS = {
    **{half: f"The API's {half.removeprefix('api-')} function" for half in OF_API},
    "search": "Keeps what people are found by",
    "media": "Looks at new files",
    "media-expiry": "Ends files whose time is over, or that nobody could look at",
}
HANDLERS = {"search": "search_feed", "media": "media_feed", "media-expiry": "media_expiry"}
# What comes of the stream: only what DynamoDB itself has removed.
MARKER_GONE = {
    "eventName": ["REMOVE"],
    "userIdentity": {"type": ["Service"], "principalId": ["dynamodb.amazonaws.com"]},
    "dynamodb": {"Keys": {"key": {"S": ["expiry"]}}},
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


def make_role(iam: Any, half: str) -> dict[str, str]:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    name = f"{PREFIX}-{half}-{REGION}"
    role = iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        Description=f"studentdb {OURS}",
        Tags=TAG_LIST,
    )["Role"]
    return {"name": name, "arn": role["Arn"], "id": role["RoleId"]}


def make_log_group(aws: Aws, logs: Any, name: str) -> str:
    logs.create_log_group(logGroupName=name, tags=TAGS)
    logs.put_retention_policy(logGroupName=name, retentionInDays=90)
    return f"arn:aws:logs:{REGION}:{aws.account}:log-group:{name}"


def make_function(
    iam: Any,
    client: Any,
    half: str,
    role: Future[dict[str, str]],
    tables: dict[str, Future[str]],
    groups: dict[str, Future[str]],
    app: Future[tuple[str, str]],
    layer: Future[str],
    account: str,
    media: str,
) -> str:
    name = f"{PREFIX}-{half}"
    log_group = f"/aws/lambda/{name}"
    arns = [tables[name].result() for name in (TABLES if half in ("api-read", "api-write") else ("users", "index"))]
    audit = tables["audit"].result()
    everything = [arn for table in arns for arn in (table, f"{table}/index/*")]
    variables = {"TABLE_PREFIX": PREFIX}
    more: dict[str, Any] = {"MemorySize": 512}
    logged = allow(["logs:CreateLogStream", "logs:PutLogEvents"], [f"{groups[log_group].result()}:*"])
    statements = [logged, allow(READS, everything), allow(["dynamodb:PutItem"], [audit])]
    writes = ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem"]
    looks = f"arn:aws:lambda:{REGION}:{account}:function:{PREFIX}-media"
    lists = allow(["s3:ListBucketVersions"], [f"arn:aws:s3:::{media}"])
    files = {"MEDIA_BUCKET": media, "S3_ADDRESSING": "path", "MEDIA_QUOTA_MB": "1000"}
    if half == "api-read":
        statements.append(lists)
        variables |= files
    if half == "api-write":
        statements.append(allow(writes, arns[:-1]))
        signs = ["PutObject", "GetObjectVersion", "DeleteObject", "DeleteObjectVersion"]
        stored = [f"arn:aws:s3:::{media}/{prefix}/*" for prefix in ("media", "thumbs")]
        statements.append(allow([f"s3:{action}" for action in signs[:1]], stored[:1]))
        statements.append(allow([f"s3:{action}" for action in signs[1:]], stored))
        statements += [lists, allow(["lambda:InvokeFunction"], [looks])]
        variables |= {**files, "MEDIA_FUNCTION": f"{PREFIX}-media"}
    if half == "media":
        statements = [
            logged,
            allow(["s3:GetObjectVersion"], [f"arn:aws:s3:::{media}/media/*"]),
            allow(
                ["s3:PutObject", "s3:DeleteObjectVersion"],
                [f"arn:aws:s3:::{media}/{prefix}/*" for prefix in ("media", "thumbs")],
            ),
            allow(["s3:ListBucketVersions"], [f"arn:aws:s3:::{media}"]),
            allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], [tables["media"].result()]),
            {
                **allow(["dynamodb:UpdateItem"], [tables["index"].result()]),
                "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["media#*"]}},
            },
        ]
        more = {"MemorySize": 1024, "Layers": [layer.result()]}
        variables |= {"MEDIA_BUCKET": media, "S3_ADDRESSING": "path"}
    if half == "media-expiry":
        table, quotas = tables["media"].result(), {"dynamodb:LeadingKeys": ["media#*"]}
        own = allow(["dynamodb:UpdateItem"], [tables["index"].result()])
        statements = [
            logged,
            allow(STREAM_READS, [f"{table}/stream/*"]),
            allow(["s3:DeleteObjectVersion"], [f"arn:aws:s3:::{media}/{part}/*" for part in ("media", "thumbs")]),
            lists,
            allow(["dynamodb:GetItem"], [table]),
            allow(writes, [table]),
            {**own, "Condition": {"ForAllValues:StringLike": quotas}},
            allow(["lambda:InvokeFunction"], [looks]),
        ]
        variables |= {"MEDIA_BUCKET": media, "S3_ADDRESSING": "path", "MEDIA_FUNCTION": f"{PREFIX}-media"}
    if half == "search":
        users, index = arns
        statements = [
            logged,
            allow(STREAM_READS, [f"{users}/stream/*"]),
            allow(READS, [users, f"{users}/index/*"]),
            allow(["dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem"], [index]),
            allow(["dynamodb:ConditionCheckItem"], [users]),
        ]
    if half == "api-accounts":
        pool_id, _ = app.result()
        statements.append(allow(writes, arns[1:]))
        statements.append(allow(["dynamodb:PutItem"], arns[:1]))
        actions = [f"cognito-idp:{action}" for action in ACCOUNT_ACTIONS]
        statements.append(allow(actions, [f"arn:aws:cognito-idp:{REGION}:{account}:userpool/{pool_id}"]))
        variables["USER_POOL_ID"] = pool_id
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_role_policy(RoleName=role.result()["name"], PolicyName=half, PolicyDocument=document)
    made = client.create_function(
        FunctionName=name,
        Description=f"{DESCRIPTIONS[half]} ({OURS})",
        Role=role.result()["arn"],
        Handler=f"studentdb_api.{HANDLERS.get(half, half.removeprefix('api-'))}.handler",
        Runtime="python3.13",
        Timeout={"search": 60, "media": 120, "media-expiry": 60}.get(half, 30),
        Environment={"Variables": variables},
        LoggingConfig={"LogFormat": "Text", "LogGroup": log_group},
        TracingConfig={"Mode": "PassThrough"},
        **more,
        Code={"ZipFile": package()},
        Architectures=["arm64"],
        PackageType="Zip",
        Tags={**TAGS, "studentdb:role-id": role.result()["id"]},
    )
    return str(made["FunctionArn"])


def follow_stream(
    dynamodb: Any,
    client: Any,
    function: Future[str],
    table: Future[str],
    batch: int,
    pattern: dict[str, Any] | None = None,
) -> None:
    """The search follows the people; the ends of files follow their markers."""
    stream = dynamodb.describe_table(TableName=table.result().rpartition("/")[2])["Table"]["LatestStreamArn"]
    made = client.create_event_source_mapping(
        FunctionName=function.result().rpartition(":")[2],
        EventSourceArn=stream,
        StartingPosition="TRIM_HORIZON",
        Enabled=True,
        BatchSize=batch,
        MaximumBatchingWindowInSeconds=0,
        ParallelizationFactor=1,
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=-1,
        MaximumRecordAgeInSeconds=-1,
        **({"FilterCriteria": {"Filters": [{"Pattern": json.dumps(pattern)}]}} if pattern else {}),
    )
    until(lambda: client.get_event_source_mapping(UUID=made["UUID"])["State"] == "Enabled")


def tell_failures(iam: Any, client: Any, of: Future[str], to: Future[str]) -> None:
    """What the one fails on again and again is told to the other."""
    document = {"Version": "2012-10-17", "Statement": [allow(["lambda:InvokeFunction"], [to.result()])]}
    name = of.result().rpartition(":")[2]
    iam.put_role_policy(RoleName=f"{name}-{REGION}", PolicyName="media-failures", PolicyDocument=json.dumps(document))
    client.put_function_event_invoke_config(
        FunctionName=name,
        MaximumRetryAttempts=2,
        MaximumEventAgeInSeconds=6 * 3600,
        DestinationConfig={"OnFailure": {"Destination": to.result()}},
    )


def allow(actions: list[str], resources: list[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources}


def package() -> bytes:
    source = ROOT / "lambda_src"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(source.rglob("*"), key=lambda p: p.relative_to(source).as_posix()):
            if path.suffix in {".py", ".json"} and path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(source).as_posix(), (1980, 1, 1, 0, 0, 0))
                entry.create_system = 3
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()


def make_layer(client: Any, name: str) -> str:
    found = metadata.distribution("pillow")
    names = [each.as_posix() for each in found.files or () if each.hash and each.suffix != ".pyc"]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for each in names:
            archive.writestr(f"python/{each}", Path(str(found.locate_file(each))).read_bytes())
    made = client.publish_layer_version(
        LayerName=name, Description=found.version, Content={"ZipFile": buffer.getvalue()}
    )
    return str(made["LayerVersionArn"])


def is_active(client: Any, half: str) -> bool:
    # By its name: the function has been submitted before, and until it is there this asks again.
    try:
        found = client.get_function(FunctionName=f"{PREFIX}-{half}")
    except client.exceptions.ResourceNotFoundException:
        return False
    return bool(found["Configuration"]["State"] == "Active")


def allow_gateway(aws: Aws, client: Any, half: str, function: Future[str], api: Future[str]) -> None:
    client.add_permission(
        FunctionName=function.result(),
        StatementId=half,
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:{REGION}:{aws.account}:{api.result()}/*/*",
    )
    # What was added may have been lost, in silence.
    until(lambda: half in client.get_policy(FunctionName=function.result())["Policy"])


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
