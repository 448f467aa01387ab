"""THE stack: everything that a deployment consists of. Read this first.

A field like `role.out("arn")` is an output of another resource; who depends on whom follows from these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from studentdb import __version__
from studentdb.provision import functions, mailing, policies, tables
from studentdb.provision.aws import Deployment
from studentdb.provision.core import Resource
from studentdb.provision.endpoints import Endpoints
from studentdb.provision.engine import Stack
from studentdb.provision.migrations import MIGRATIONS
from studentdb.provision.resources.apigateway_api import Api, Cors
from studentdb.provision.resources.apigateway_route import Authorizer, Integration, Route
from studentdb.provision.resources.apigateway_stage import Stage
from studentdb.provision.resources.cloudfront_access import OriginAccessControl, ResponseHeadersPolicy
from studentdb.provision.resources.cloudfront_distribution import Distribution
from studentdb.provision.resources.cloudfront_invalidation import Invalidation
from studentdb.provision.resources.cognito_client import UserPoolClient
from studentdb.provision.resources.cognito_mfa import UserPoolMfa
from studentdb.provision.resources.cognito_user_pool import Group, UserPool
from studentdb.provision.resources.dynamodb_signing_key import SigningKey
from studentdb.provision.resources.dynamodb_versions import FIRST_SCHEMA, Migration, Schema, ToolVersion
from studentdb.provision.resources.lambda_layer import LayerContent
from studentdb.provision.resources.lambda_permission import Permission
from studentdb.provision.resources.log_group import LogGroup
from studentdb.provision.resources.s3_bucket import Bucket
from studentdb.provision.resources.s3_bucket_policy import BucketPolicy
from studentdb.provision.resources.s3_data_bucket import BucketCors, DataBucket
from studentdb.provision.resources.s3_objects import File, Objects
from studentdb.provision.site_files import config_file
from studentdb.provision.stack_settings import StackSettings
from studentdb.provision.undeclared import undeclared

STAGE = "prod"
ACCESS_TOKEN_MINUTES = 15
REFRESH_TOKEN_DAYS = 30

GROUPS = {
    "admin": "Runs the school's system: may do everything",
    "lecturer": "Teaches classes",
    "student": "Attends classes",
}


def stack(
    deployment: Deployment,
    endpoints: Endpoints,
    settings: StackSettings,
    *,
    code: bytes,
    site: Mapping[str, tuple[bytes, str, str]],
    public_routes: Sequence[str],
    account_routes: Sequence[str],
    pillow: LayerContent,
    version: str = __version__,
    migrations: Sequence[Migration] = MIGRATIONS,
) -> Stack:
    """The desired state of a deployment.

    `code` is the functions' zip, `site` the site's files (key -> body, content type, cache control), `public_routes`
    the route keys that need no token, `account_routes` those of the accounts function, `pillow` the library that
    looks at pictures, for the platform that the functions run on; `version` is the tool's,
    `migrations` lead from the first schema to its own.
    """
    prefix = deployment.prefix

    # --- data
    data = tables.declare(prefix, version=version, schema=FIRST_SCHEMA + len(migrations))
    signing_key = SigningKey(name="cursor", table_name=data.index.out("name"))

    media = DataBucket(
        name=f"{prefix}-media-{deployment.digest}", tls_only=endpoints.has_tls, kms_key=settings.media_kms_key
    )

    inspecting = functions.inspecting(deployment, settings, code, data, media, pillow, endpoints.s3_addressing)
    _, _, looking_role, _, looks, *_ = inspecting

    # --- people
    *sign_up_parts, sign_up = functions.signing_up(deployment, settings, code, data, mailing.outbox(prefix))
    pool = UserPool(
        name=f"{prefix}-users",
        password_minimum_length=settings.password_minimum_length,
        sign_up_function_arn=sign_up.out("arn") if settings.self_registration else "",
    )
    # The function must not need the pool, which needs the function: what it may be invoked by stands apart.
    sign_up_permission = Permission(
        name="sign-up",
        function_name=sign_up.out("name"),
        principal="cognito-idp.amazonaws.com",
        source_arn=pool.out("arn"),
    )
    self_registration = (*sign_up_parts, sign_up, sign_up_permission)
    groups = tuple(
        Group(name=name, user_pool_id=pool.out("id"), description=description) for name, description in GROUPS.items()
    )
    client = UserPoolClient(
        name=f"{prefix}-app",
        user_pool_id=pool.out("id"),
        access_token_minutes=ACCESS_TOKEN_MINUTES,
        refresh_token_days=REFRESH_TOKEN_DAYS,
    )
    mfa = UserPoolMfa(name="totp", user_pool_id=pool.out("id"))

    # --- API
    api_functions = functions.answering(
        deployment, settings, code, data, pool, media, looks, mailing.outbox(prefix), endpoints.s3_addressing
    )
    tool_version = ToolVersion(name=data.users.name, table_arn=data.users.out("arn"), version=version)
    schema = Schema(name=data.users.name, table_arn=data.users.out("arn"), migrations=tuple(migrations))
    api = Api(name=f"{prefix}-api", description=f"studentdb {deployment.id}")
    integrations = {
        part: Integration(name=part, api_id=api.out("id"), function_arn=function.out("arn"))
        for part, (*_, function) in api_functions.items()
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
        for part, (*_, function) in api_functions.items()
    )

    # --- site
    bucket = Bucket(name=f"{prefix}-site-{deployment.digest}")
    access = OriginAccessControl(name=f"{prefix}-site-{deployment.digest}")
    headers = ResponseHeadersPolicy(
        name=f"{prefix}-site-{deployment.digest}",
        content_security_policy=policies.content_security_policy(
            endpoints.cognito_url(), endpoints.bucket_origin(media.out("regional_domain_name"))
        ),
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
    media_cors = BucketCors(name="media", bucket=media.out("name"), origins=(site_url,))
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

    # --- mail
    mail = mailing.declare(deployment, endpoints, settings, code, data, pool, site_url)

    resources: tuple[Resource, ...] = (
        *data.all(),
        signing_key,
        *(self_registration if settings.self_registration else ()),
        pool,
        # Before the groups, which nothing waits for: a pool's children are made one at a time.
        client,
        mfa,
        *groups,
        *(each for parts in api_functions.values() for each in parts),
        *functions.searching(deployment, settings, code, data),
        media,
        media_cors,
        *inspecting,
        *functions.ending(deployment, settings, code, data, media, (looking_role, looks), endpoints.s3_addressing),
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
        *mail.resources,
    )
    # What is switched off goes; nothing was ever taken out or renamed: what is, is added here.
    switched_off: tuple[Resource, ...] = () if settings.self_registration else self_registration
    return Stack(resources, absent=(*switched_off, *undeclared(resources), *mail.absent))
