"""THE stack: everything that a deployment consists of. Read this first.

A field like `role.out("arn")` is an output of another resource; who depends on whom follows from these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studentdb import __version__
from studentdb.provision import policies, tags
from studentdb.provision.aws import Deployment
from studentdb.provision.core import Resource
from studentdb.provision.endpoints import Endpoints
from studentdb.provision.engine import Stack
from studentdb.provision.migrations import MIGRATIONS, SEARCH
from studentdb.provision.resources.apigateway_api import Api, Cors
from studentdb.provision.resources.apigateway_route import Authorizer, Integration, Route
from studentdb.provision.resources.apigateway_stage import Stage
from studentdb.provision.resources.cloudfront_access import OriginAccessControl, ResponseHeadersPolicy
from studentdb.provision.resources.cloudfront_distribution import Distribution
from studentdb.provision.resources.cloudfront_invalidation import Invalidation
from studentdb.provision.resources.cognito_client import UserPoolClient
from studentdb.provision.resources.cognito_user_pool import Group, UserPool
from studentdb.provision.resources.dynamodb_signing_key import SigningKey
from studentdb.provision.resources.dynamodb_table import Attribute, Index, Table
from studentdb.provision.resources.dynamodb_versions import FIRST_SCHEMA, Migration, Schema, ToolVersion
from studentdb.provision.resources.iam_role import Role, RolePolicy
from studentdb.provision.resources.lambda_event_source import EventSourceMapping
from studentdb.provision.resources.lambda_function import Function
from studentdb.provision.resources.lambda_permission import Permission
from studentdb.provision.resources.log_group import LogGroup
from studentdb.provision.resources.s3_bucket import Bucket, BucketPolicy
from studentdb.provision.resources.s3_objects import File, Objects
from studentdb.provision.site_files import config_file
from studentdb.provision.undeclared import undeclared

# The one place that names the functions' runtime; lambda_src keeps to the oldest Python that the product supports.
RUNTIME = "python3.13"
ARCHITECTURE = "arm64"
STAGE = "prod"
ACCESS_TOKEN_MINUTES = 15
REFRESH_TOKEN_DAYS = 30

# The attribute with the second (Unix time) after which an item is not needed any more.
EXPIRES = "expires"

GROUPS = {
    "admin": "Runs the school's system: may do everything",
    "lecturer": "Teaches classes",
    "student": "Attends classes",
}


@dataclass(frozen=True, kw_only=True)
class StackSettings:
    """What a school may choose about its deployment."""

    password_minimum_length: int = 12
    log_retention_days: int = 90
    api_burst: int = 50
    api_rate: int = 100
    # The school's own fields of people, as JSON.
    custom_fields: str = ""
    grade_scale: str = "A 90, B 80, C 70, D 60, F 0"


def stack(
    deployment: Deployment,
    endpoints: Endpoints,
    settings: StackSettings,
    *,
    code: bytes,
    site: Mapping[str, tuple[bytes, str, str]],
    public_routes: Sequence[str],
    account_routes: Sequence[str],
    version: str = __version__,
    migrations: Sequence[Migration] = MIGRATIONS,
) -> Stack:
    """The desired state of a deployment.

    `code` is the functions' zip, `site` the site's files (key -> body, content type, cache control), `public_routes`
    the route keys that need no token, `account_routes` those of the accounts function; `version` is the tool's,
    `migrations` lead from the first schema to its own.
    """
    prefix = deployment.prefix

    # --- data
    text, number = "S", "N"
    role = Attribute(name="role", type=text)
    users = Table(
        name=f"{prefix}-users",
        hash=Attribute(name="id", type=text),
        range=Attribute(name="email", type=text),
        indexes=(
            Index(name="role-index", hash=role, projection="KEYS_ONLY"),
            Index(name="role-name-index", hash=role, range=Attribute(name="name_key", type=text)),
        ),
        # The search follows what changes here.
        stream=True,
        # A new table is of the newest schema: there is nothing in it that could be migrated.
        tags={tags.TOOL: version, tags.SCHEMA: str(FIRST_SCHEMA + len(migrations))},
    )
    record_id, sort_key = Attribute(name="id", type=text), Attribute(name="sort_key", type=text)
    listed = Index(name="list-index", hash=Attribute(name="kind", type=text), range=sort_key)
    sessions = Table(
        name=f"{prefix}-academic-sessions",
        hash=record_id,
        indexes=(listed, Index(name="parent-index", hash=Attribute(name="parentId", type=text), range=sort_key)),
    )
    subjects = Table(name=f"{prefix}-subjects", hash=record_id, indexes=(listed,))
    class_id, person_id = Attribute(name="classId", type=text), Attribute(name="personId", type=text)
    classes = Table(
        name=f"{prefix}-classes",
        hash=record_id,
        indexes=(
            listed,
            Index(name="session-index", hash=Attribute(name="academicSessionId", type=text), range=sort_key),
            Index(name="subject-index", hash=Attribute(name="subjectId", type=text), range=sort_key),
        ),
    )
    enrollments = Table(
        name=f"{prefix}-enrollments",
        hash=class_id,
        range=person_id,
        indexes=(Index(name="person-index", hash=person_id, range=class_id),),
    )
    # Line items and results of a class side by side: a score sheet is one Query.
    scores = Table(
        name=f"{prefix}-scores",
        hash=class_id,
        range=Attribute(name="key", type=text),
        indexes=(Index(name="student-index", hash=Attribute(name="studentId", type=text), range=class_id),),
    )
    at = Attribute(name="at", type=text)
    audit = Table(
        name=f"{prefix}-audit",
        hash=Attribute(name="entity", type=text),
        range=at,
        indexes=(
            Index(name="actor-index", hash=Attribute(name="actor", type=text), range=at),
            Index(name="day-index", hash=Attribute(name="day", type=text), range=at),
        ),
    )
    notifications = Table(
        name=f"{prefix}-notifications",
        hash=Attribute(name="id", type=number),
        range=Attribute(name="sent_at", type=text),
        indexes=(
            Index(
                name="audience-index",
                hash=Attribute(name="audience", type=text),
                range=sort_key,
            ),
        ),
        time_to_live=EXPIRES,
    )
    # Unique locks (number, e-mail), accounts, search postings, read marks, and the key that signs cursors.
    index = Table(
        name=f"{prefix}-index",
        hash=Attribute(name="pk", type=text),
        range=Attribute(name="sk", type=text),
        time_to_live=EXPIRES,
    )
    signing_key = SigningKey(name="cursor", table_name=index.out("name"))
    tables = (users, classes, subjects, notifications, index, sessions, enrollments, scores, audit)

    # --- people
    pool = UserPool(name=f"{prefix}-users", password_minimum_length=settings.password_minimum_length)
    groups = tuple(
        Group(name=name, user_pool_id=pool.out("id"), description=description) for name, description in GROUPS.items()
    )
    client = UserPoolClient(
        name=f"{prefix}-app",
        user_pool_id=pool.out("id"),
        access_token_minutes=ACCESS_TOKEN_MINUTES,
        refresh_token_days=REFRESH_TOKEN_DAYS,
    )

    # --- API
    functions = _functions(deployment, settings, code, {table.name: table.out("arn") for table in tables}, pool)
    tool_version = ToolVersion(name=users.name, table_arn=users.out("arn"), version=version)
    schema = Schema(name=users.name, table_arn=users.out("arn"), migrations=tuple(migrations))
    api = Api(name=f"{prefix}-api", description=f"studentdb {deployment.id}")
    integrations = {
        part: Integration(name=part, api_id=api.out("id"), function_arn=function.out("arn"))
        for part, (*_, function) in functions.items()
    }
    authorizer = Authorizer(
        name="cognito",
        api_id=api.out("id"),
        issuer=endpoints.issuer(pool.out("id")),
        audience=client.out("id"),
    )
    answers = {
        "GET /api/{proxy+}": "read",
        **{f"{method} /api/{{proxy+}}": "write" for method in ("POST", "PUT", "PATCH", "DELETE")},
        # The longer form wins (PAY-14).
        **dict.fromkeys(account_routes, "accounts"),
    }
    public = {key: "read" if key.startswith("GET ") else "write" for key in public_routes}
    routes = [
        Route(
            name=key,
            api_id=api.out("id"),
            integration_id=integrations[part].out("id"),
            authorizer_id=None if key in public else authorizer.out("id"),
        )
        for key, part in (answers | public).items()
    ]
    # Below /aws/vendedlogs/ the account's log resource policy does not grow with every group (AGW-20).
    access_log = LogGroup(name=f"/aws/vendedlogs/{prefix}-api", retention_days=settings.log_retention_days)
    stage = Stage(
        name=STAGE,
        api_id=api.out("id"),
        log_group_arn=access_log.out("arn"),
        burst=settings.api_burst,
        rate=settings.api_rate,
    )
    permissions = tuple(
        Permission(
            name=f"api-{part}",
            function_name=function.out("name"),
            principal="apigateway.amazonaws.com",
            source_arn=f"{api.out('arn')}/*/*",
        )
        for part, (*_, function) in functions.items()
    )

    # --- site
    bucket = Bucket(name=f"{prefix}-site-{deployment.digest}")
    access = OriginAccessControl(name=f"{prefix}-site-{deployment.digest}")
    headers = ResponseHeadersPolicy(
        name=f"{prefix}-site-{deployment.digest}",
        content_security_policy=policies.content_security_policy(endpoints.cognito_url()),
    )
    origin = endpoints.api_origin(api.out("id"), STAGE)
    distribution = Distribution(
        name=f"{prefix}-site",
        comment=f"studentdb {deployment.id}",
        bucket_domain_name=bucket.out("regional_domain_name"),
        origin_access_control_id=access.out("id"),
        response_headers_policy_id=headers.out("id"),
        api_domain=origin["domain"],
        api_path=origin["path"],
        api_http_port=origin["http_port"],
        api_protocol=origin["protocol"],
        viewer_protocol_policy=endpoints.viewer_protocol_policy,
    )
    bucket_policy = BucketPolicy(
        name=bucket.name,
        document=policies.site_bucket(bucket.out("arn"), distribution.out("arn"), tls_only=endpoints.has_tls),
    )
    site_url = endpoints.site_url(distribution.out("label"))
    # The API's CORS needs the site's address, and the site needs the API's: hence a resource of its own.
    cors = Cors(name="cors", api_id=api.out("id"), origins=(site_url,))
    config = config_file(
        {
            "deployment": deployment.id,
            "region": deployment.region,
            "siteUrl": site_url,
            "apiUrl": endpoints.api_url(api.out("id"), STAGE),
            "userPoolId": pool.out("id"),
            "clientId": client.out("id"),
            "cognitoUrl": endpoints.cognito_url(),
        }
    )
    files = {key: File(body=body, content_type=kind, cache_control=cache) for key, (body, kind, cache) in site.items()}
    files["config.json"] = File(body=config[0], content_type=config[1], cache_control=config[2])
    objects = Objects(name="site", bucket=bucket.out("name"), files=files)
    invalidation = Invalidation(
        name="site",
        distribution_id=distribution.out("id"),
        distribution_arn=distribution.out("arn"),
        digest=objects.out("digest"),
    )

    resources: tuple[Resource, ...] = (
        *tables,
        signing_key,
        pool,
        # Before the groups, which nothing waits for: a pool's children are made one at a time.
        client,
        *groups,
        *(each for parts in functions.values() for each in parts),
        *_search(deployment, settings, code, users, index),
        tool_version,
        schema,
        api,
        *integrations.values(),
        authorizer,
        *routes,
        access_log,
        stage,
        *permissions,
        bucket,
        access,
        headers,
        distribution,
        bucket_policy,
        cors,
        objects,
        invalidation,
    )
    # No feature can be switched off so far, and nothing was ever taken out or renamed: what is, is added here.
    return Stack(resources, absent=undeclared(resources))


def _functions(
    deployment: Deployment, settings: StackSettings, code: bytes, tables: Mapping[str, str], pool: UserPool
) -> dict[str, tuple[LogGroup, Role, RolePolicy, Function]]:
    """The API's functions by name, and what each may. `tables` is name -> ARN."""
    audit, index, users = (tables[f"{deployment.prefix}-{noun}"] for noun in ("audit", "index", "users"))
    # What is written into the audit stays as it is.
    everything, appends = [*tables.values()], policies.appends(audit)
    may = {
        "read": [policies.reads(everything), appends],
        "write": [policies.reads(everything), appends, policies.writes([arn for arn in everything if arn != audit])],
        "accounts": [
            policies.reads([users, index]),
            appends,
            policies.writes([index]),
            policies.accounts(pool.out("arn")),
        ],
    }
    own_fields = {"CUSTOM_FIELDS": settings.custom_fields} if settings.custom_fields else {}
    variables = {
        "read": {**own_fields, "GRADE_SCALE": settings.grade_scale},
        "write": own_fields,
        "accounts": {"USER_POOL_ID": pool.out("id")},
    }
    return {
        part: _function(
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


def _search(
    deployment: Deployment, settings: StackSettings, code: bytes, users: Table, index: Table
) -> tuple[Resource, ...]:
    """What keeps the search's postings of parts: a function that the stream of the users table invokes."""
    parts = _function(
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


def _function(
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
        memory_mb=512,
        timeout_s=timeout_s,
        environment={"TABLE_PREFIX": deployment.prefix, **(environment or {})},
        log_group_name=log_group.out("name"),
    )
    return log_group, role, policy, function
