"""The functions of a deployment: what each does, what it may, and what invokes it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from studentdb.provision import policies
from studentdb.provision.aws import Deployment
from studentdb.provision.core import Resource
from studentdb.provision.migrations import SEARCH
from studentdb.provision.resources.cognito_user_pool import UserPool
from studentdb.provision.resources.dynamodb_table import Table
from studentdb.provision.resources.iam_role import Role, RolePolicy
from studentdb.provision.resources.lambda_event_invoke import EventInvokeConfig
from studentdb.provision.resources.lambda_event_source import EventSourceMapping
from studentdb.provision.resources.lambda_function import Function
from studentdb.provision.resources.lambda_layer import Layer, LayerContent
from studentdb.provision.resources.lambda_permission import Permission
from studentdb.provision.resources.log_group import LogGroup
from studentdb.provision.resources.s3_data_bucket import BucketNotification, DataBucket
from studentdb.provision.stack_settings import StackSettings
from studentdb.provision.tables import Tables

# The one place that names the functions' runtime; lambda_src keeps to the oldest Python that the product supports.
RUNTIME = "python3.13"
ARCHITECTURE = "arm64"
SIGN_UP = "sign-up"
# Only what DynamoDB itself has removed, of all that changes in the media table.
_MARKER_GONE = {
    "eventName": ["REMOVE"],
    "userIdentity": {"type": ["Service"], "principalId": ["dynamodb.amazonaws.com"]},
    "dynamodb": {"Keys": {"key": {"S": ["expiry"]}}},
}


def answering(
    deployment: Deployment,
    settings: StackSettings,
    code: bytes,
    tables: Tables,
    pool: UserPool,
    media: DataBucket,
    looks: Function,
    outbox: Table,
    s3_addressing: str,
) -> dict[str, tuple[LogGroup, Role, RolePolicy, Function]]:
    """The API's functions by name, and what each may. `looks` is the function that looks at new files.

    `outbox` is only there where the school sends mail.
    """
    audit, index, users = (table.out("arn") for table in (tables.audit, tables.index, tables.users))
    # What is written into the audit stays as it is.
    everything, appends = [table.out("arn") for table in tables.all()], policies.appends(audit)
    mail = [outbox.out("arn")] if settings.mail_from else []
    keys = policies.uses_keys(media.out("arn"), deployment.region, deployment.account)
    may = {
        "read": [policies.reads([*everything, *mail]), appends, policies.lists_media(media.out("arn"))],
        "write": [
            policies.reads(everything),
            appends,
            policies.writes([arn for arn in everything if arn != audit]),
            *([policies.queues(mail[0])] if mail else []),
            *policies.hands_out_media(media.out("arn")),
            keys,
            policies.allow(["lambda:InvokeFunction"], [looks.out("arn")]),
        ],
        "accounts": [
            policies.reads([users, index]),
            appends,
            policies.writes([index]),
            # Somebody who signs up may be nobody's record yet.
            policies.appends(users),
            policies.accounts(pool.out("arn")),
            *([policies.appends(mail[0])] if mail else []),
        ],
    }
    second_factor = {"MFA_REQUIRED_ROLES": settings.mfa_required_roles} if settings.mfa_required_roles else {}
    own_fields = {"CUSTOM_FIELDS": settings.custom_fields} if settings.custom_fields else {}
    sender = {"MAIL_FROM": settings.mail_from} if settings.mail_from else {}
    files = {
        "MEDIA_BUCKET": media.out("name"),
        "S3_ADDRESSING": s3_addressing,
        "MEDIA_QUOTA_MB": str(settings.media_quota_mb),
    }
    variables = {
        "read": {**second_factor, **own_fields, **sender, **files, "GRADE_SCALE": settings.grade_scale},
        "write": {**second_factor, **own_fields, **sender, **files, "MEDIA_FUNCTION": looks.out("name")},
        "accounts": {**second_factor, **sender, "USER_POOL_ID": pool.out("id")},
    }
    return {
        part: function(
            deployment,
            settings,
            code,
            f"api-{part}",
            statements,
            handler=f"studentdb_api.{part}.handler",
            description=f"The API's {part} function ({deployment.id})",
            environment=variables[part],
        )
        for part, statements in may.items()
    }


def searching(deployment: Deployment, settings: StackSettings, code: bytes, tables: Tables) -> tuple[Resource, ...]:
    """What keeps the search's postings of parts: a function that the stream of the users table invokes."""
    users, index = tables.users, tables.index
    parts = function(
        deployment,
        settings,
        code,
        SEARCH,
        [
            policies.reads_stream(users.out("arn")),
            policies.reads([users.out("arn")]),
            *policies.writes_postings(users.out("arn"), index.out("arn")),
        ],
        handler="studentdb_api.search_feed.handler",
        description=f"Keeps what people are found by ({deployment.id})",
        # A piece of a migration is a hundred people.
        timeout_s=60,
    )
    stream = EventSourceMapping(
        name="users",
        function_name=parts[-1].out("name"),
        table_arn=users.out("arn"),
        stream_arn=users.out("stream_arn"),
        batch_size=100,
    )
    return (*parts, stream)


def signing_up(
    deployment: Deployment, settings: StackSettings, code: bytes, tables: Tables, outbox: Table
) -> tuple[LogGroup, Role, RolePolicy, Function]:
    """What Cognito invokes when somebody signs up. It takes nothing of the pool, which takes its ARN."""
    domains = " ".join(settings.self_registration_domains)
    return function(
        deployment,
        settings,
        code,
        SIGN_UP,
        [
            *policies.registers(tables.index.out("arn")),
            policies.appends(tables.audit.out("arn")),
            *([policies.appends(outbox.out("arn"))] if settings.mail_from else []),
        ],
        handler="studentdb_api.sign_up.handler",
        description=f"Checks and keeps who signs up ({deployment.id})",
        environment={
            **({"SIGN_UP_DOMAINS": domains} if domains else {}),
            **({"MAIL_FROM": settings.mail_from} if settings.mail_from else {}),
        },
        # Cognito waits no longer.
        timeout_s=5,
    )


def inspecting(
    deployment: Deployment,
    settings: StackSettings,
    code: bytes,
    tables: Tables,
    media: DataBucket,
    pillow: LayerContent,
    s3_addressing: str,
) -> tuple[Layer, LogGroup, Role, RolePolicy, Function, Permission, BucketNotification]:
    """What looks at each new file: a function that the bucket invokes."""
    layer = Layer(name=f"{deployment.prefix}-pillow-{deployment.digest}", content=pillow)
    parts = function(
        deployment,
        settings,
        code,
        "media",
        [
            *policies.inspects_media(media.out("arn"), tables.media.out("arn"), tables.index.out("arn")),
            policies.uses_keys(media.out("arn"), deployment.region, deployment.account),
        ],
        handler="studentdb_api.media_feed.handler",
        description=f"Looks at new files ({deployment.id})",
        environment={"MEDIA_BUCKET": media.out("name"), "S3_ADDRESSING": s3_addressing},
        # The largest file is read once.
        timeout_s=120,
        # A picture of the most pixels that are taken, twice: as it is, and turned.
        memory_mb=1024,
        layers=(layer.out("arn"),),
    )
    permission = Permission(
        name="bucket-media",
        function_name=parts[-1].out("name"),
        principal="s3.amazonaws.com",
        source_arn=media.out("arn"),
    )
    notification = BucketNotification(
        name="media", bucket=media.out("name"), function_arn=parts[-1].out("arn"), prefix="media/"
    )
    return (layer, *parts, permission, notification)


def ending(
    deployment: Deployment,
    settings: StackSettings,
    code: bytes,
    tables: Tables,
    media: DataBucket,
    looking: tuple[Role, Function],
    s3_addressing: str,
) -> tuple[Resource, ...]:
    """What ends files whose time is over: a function that the stream of the media table invokes.

    `looking` is the function that looks at new files, with its role; what it fails on is told to this one as well.
    """
    its_role, looks = looking
    table = tables.media
    parts = function(
        deployment,
        settings,
        code,
        "media-expiry",
        [
            policies.reads_stream(table.out("arn")),
            *policies.ends_media(media.out("arn"), table.out("arn"), tables.index.out("arn"), looks.out("arn")),
        ],
        handler="studentdb_api.media_expiry.handler",
        description=f"Ends files whose time is over, or that nobody could look at ({deployment.id})",
        environment={
            "MEDIA_BUCKET": media.out("name"),
            "MEDIA_FUNCTION": looks.out("name"),
            "S3_ADDRESSING": s3_addressing,
        },
        timeout_s=60,
    )
    stream = EventSourceMapping(
        name="media",
        function_name=parts[-1].out("name"),
        table_arn=table.out("arn"),
        stream_arn=table.out("stream_arn"),
        batch_size=10,
        patterns=(json.dumps(_MARKER_GONE),),
    )
    arn = parts[-1].out("arn")
    # Apart from the role's own policy: the two functions name each other.
    may_tell = RolePolicy(
        name="media-failures",
        role_name=its_role.out("name"),
        document=policies.document(policies.allow(["lambda:InvokeFunction"], [arn])),
    )
    failures = EventInvokeConfig(name="media", function_name=looks.out("name"), destination_arn=arn)
    return (*parts, stream, may_tell, failures)


def function(
    deployment: Deployment,
    settings: StackSettings,
    code: bytes,
    part: str,
    may: Sequence[Mapping[str, Any]],
    *,
    handler: str,
    description: str,
    environment: Mapping[str, str] | None = None,
    timeout_s: int = 30,
    memory_mb: int = 512,
    layers: tuple[str, ...] = (),
) -> tuple[LogGroup, Role, RolePolicy, Function]:
    """A function, with the role and the log group that only it uses.

    `may` are its policy's statements beside that on its logs, `environment` its variables beside the tables' prefix.
    """
    name = f"{deployment.prefix}-{part}"
    log_group = LogGroup(name=f"/aws/lambda/{name}", retention_days=settings.log_retention_days)
    # IAM names are global to the account, deployments are regional.
    role = Role(
        name=f"{name}-{deployment.region}", service="lambda.amazonaws.com", description=f"studentdb {deployment.id}"
    )
    document = policies.document(policies.function_logs(log_group.out("arn")), *may)
    policy = RolePolicy(name=part, role_name=role.out("name"), document=document)
    function = Function(
        name=name,
        description=description,
        role_arn=role.out("arn"),
        role_unique_id=role.out("unique_id"),
        code=code,
        handler=handler,
        runtime=RUNTIME,
        architecture=ARCHITECTURE,
        memory_mb=memory_mb,
        timeout_s=timeout_s,
        environment={"TABLE_PREFIX": deployment.prefix, **(environment or {})},
        log_group_name=log_group.out("name"),
        layers=layers,
    )
    return log_group, role, policy, function
