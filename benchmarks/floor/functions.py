"""The functions: their roles, logs, code and rights, and what invokes them."""

from __future__ import annotations

import io
import json
import zipfile
from concurrent.futures import Future
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.clock import ROOT
from benchmarks.floor.aws import LAYER, OF_API, OURS, PREFIX, REGION, TABLES, TAG_LIST, TAGS, Aws, until

ACCOUNT_ACTIONS = (
    *("AdminCreateUser", "AdminGetUser", "AdminSetUserPassword", "AdminUpdateUserAttributes", "ListUsers"),
    *("AdminDeleteUser", "AdminDisableUser", "AdminEnableUser", "AdminSetUserMFAPreference"),
    *("AdminUserGlobalSignOut",),
    *("AdminAddUserToGroup", "AdminRemoveUserFromGroup", "AdminListGroupsForUser", "ListUsersInGroup"),
)
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
    encryption = {
        **allow(["kms:Decrypt", "kms:GenerateDataKey"], [f"arn:aws:kms:{REGION}:{account}:key/*"]),
        "Condition": {
            "StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"},
            "StringLike": {"kms:EncryptionContext:aws:s3:arn": [f"arn:aws:s3:::{media}", f"arn:aws:s3:::{media}/*"]},
        },
    }
    files = {"MEDIA_BUCKET": media, "S3_ADDRESSING": "path", "MEDIA_QUOTA_MB": "1000"}
    if half == "api-read":
        statements.append(lists)
        variables |= {**files, "GRADE_SCALE": "A 90, B 80, C 70, D 60, F 0"}
    if half == "api-write":
        statements.append(allow(writes, [arn for arn in arns if arn != audit]))
        signs = ["PutObject", "GetObjectVersion", "DeleteObject", "DeleteObjectVersion"]
        stored = [f"arn:aws:s3:::{media}/{prefix}/*" for prefix in ("media", "thumbs")]
        statements.append(allow([f"s3:{action}" for action in signs[:1]], stored[:1]))
        statements.append(allow([f"s3:{action}" for action in signs[1:]], stored))
        statements += [lists, encryption, allow(["lambda:InvokeFunction"], [looks])]
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
            encryption,
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
            {
                **allow(["dynamodb:Query"], [index]),
                "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["search#aside"]}},
            },
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
    made = client.publish_layer_version(LayerName=name, Description=LAYER, Content={"ZipFile": buffer.getvalue()})
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
