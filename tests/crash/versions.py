"""Two versions of the product and some changes by hand, so that one deploy updates, replaces, adds and removes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from studentdb.bundle import find
from studentdb.provision import policies
from studentdb.provision.aws import Aws, Deployment
from studentdb.provision.core import Resource
from studentdb.provision.deployer import Deployer, Source
from studentdb.provision.engine import Stack
from studentdb.provision.events import Emit, silent
from studentdb.provision.resources.iam_role import Role
from studentdb.provision.resources.lambda_function import ROLE_ID
from studentdb.provision.resources.lambda_layer import LayerContent
from studentdb.provision.resources.log_group import LogGroup
from studentdb.provision.stack import stack
from studentdb.provision.stack_settings import StackSettings
from studentdb.provision.undeclared import undeclared
from tests.pictures import PILLOW
from tests.provision.migrating import MIGRATIONS, people

PERSON = "kept@example.edu"
ROW = {"id": {"S": "kept"}, "email": {"S": PERSON}, "role": {"S": "student"}, "name": {"S": "Kim"}}

_NOTHING_DELETED = policies.document(
    {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucketWebsite", "Resource": "*"}
)
# Fields in which the older version differs. A kind that is not here has nothing that a declaration could change.
_OLDER: Mapping[str, Mapping[str, Any]] = {
    "apigatewayv2.api": {"description": "An older version"},
    "apigatewayv2.authorizer": {"audience": "nobody"},
    "apigatewayv2.cors": {"origins": ("https://old.example.edu",)},
    "apigatewayv2.integration": {"function_arn": "arn:aws:lambda:eu-central-1:000000000000:function:old"},
    "apigatewayv2.route": {"authorizer_id": ""},
    "apigatewayv2.stage": {"burst": 1},
    "cloudfront.distribution": {"viewer_protocol_policy": "https-only"},
    "cloudfront.response_headers_policy": {"referrer_policy": "same-origin"},
    "cognito-idp.user_pool": {"password_minimum_length": 10},
    "cognito-idp.user_pool_client": {"access_token_minutes": 60},
    "cognito-idp.user_pool_email": {"sender": "old@school.example"},
    "events.rule": {"description": "An older version"},
    "iam.role": {"description": "An older version", "service": "edgelambda.amazonaws.com"},
    "iam.role_policy": {"document": policies.document(policies.appends("*"))},
    "lambda.event_invoke_config": {"destination_arn": "arn:aws:lambda:eu-central-1:000000000000:function:old"},
    "lambda.event_source_mapping": {"batch_size": 1},
    "lambda.function": {"memory_mb": 256},
    "lambda.layer": {"content": LayerContent("another", PILLOW.build)},
    "lambda.permission": {"source_arn": "arn:aws:execute-api:eu-central-1:000000000000:old/*/*"},
    "logs.log_group": {"retention_days": 30},
    "s3.cors": {"origins": ("https://old.example.edu",)},
    "s3.notification": {"prefix": "old/"},
    "s3.bucket_policy": {"document": _NOTHING_DELETED},
    "sesv2.configuration_set": {"event_bus_arn": "arn:aws:events:eu-central-1:000000000000:event-bus/old"},
}


@dataclass(frozen=True)
class Versions:
    """Makes deployers. `folder` takes the older version's code and site."""

    folder: Path

    def prepare(self) -> None:
        """Write the older version's files."""
        bundle = find()
        old = self._old_source()
        shutil.copytree(bundle.lambda_src, old.functions)
        shutil.copytree(bundle.site, old.site)
        (old.functions / "old.py").write_text("# gone since\n")
        (old.site / "old.js").write_text("// gone since\n")
        (old.site / "index.html").write_text("<!doctype html><title>Old</title>\n")
        next(old.site.glob("*.css")).unlink()

    def present(self, aws: Aws, emit: Emit = silent, declare: Callable[..., Stack] = stack) -> Deployer:
        """The version that this checkout is, or another description of it."""
        bundle = find()
        source = Source(
            functions=bundle.lambda_src,
            site=bundle.site,
            public_routes=bundle.public_routes,
            account_routes=bundle.account_routes,
            pillow=PILLOW,
        )
        return Deployer(aws, _everything(aws), source, emit, declare=declare)

    def older(self, aws: Aws) -> Deployer:
        """One in which everything that can be changed later is different."""
        return Deployer(aws, _everything(aws), self._old_source(), silent, declare=_older_stack)

    def _old_source(self) -> Source:
        return Source(
            functions=self.folder / "lambda_src",
            site=self.folder / "site",
            public_routes=find().public_routes,
            account_routes=find().account_routes,
            pillow=PILLOW,
        )


def _everything(aws: Aws) -> StackSettings:
    """With all that can be switched on."""
    return StackSettings(mail_from=f"office@{aws.deployment.prefix}.example")


def newer_stack(deployment: Deployment, *arguments: Any, **named: Any) -> Stack:
    """The present stack, were it a version later: data are migrated, and something is not declared any more."""
    present = stack(deployment, *arguments, version="99.0.0", migrations=MIGRATIONS, **named)
    return replace(present, absent=(*present.absent, *_retired(deployment)))


def _older_stack(deployment: Deployment, *arguments: Any, **named: Any) -> Stack:
    present = stack(deployment, *arguments, version="0.0.1", migrations=(), **named)
    resources = (*map(_older, present.resources), *_retired(deployment))
    return Stack(resources, absent=undeclared(resources))


def _older(resource: Resource) -> Resource:
    differing: Any = dict(_OLDER.get(resource.kind, {}))
    if indexes := getattr(resource, "indexes", ()):
        # One of another shape, so that an index goes and an index comes.
        differing["indexes"] = (replace(indexes[0], projection="ALL"), *indexes[1:])
    return replace(resource, **differing)


def _retired(deployment: Deployment) -> tuple[Resource, ...]:
    name = f"{deployment.prefix}-report"
    return (
        LogGroup(name=f"/aws/lambda/{name}", retention_days=30),
        Role(name=name, service="lambda.amazonaws.com", description="Reports"),
    )


def change_by_hand(aws: Aws, present: Stack) -> None:
    """What no older version could have made otherwise, what cannot be changed but only made anew, what is too much."""
    names = {resource.kind: resource.name for resource in present.resources}
    for kind in ("s3.bucket", "s3.data_bucket"):
        _loosen_the_bucket(aws, names[kind])
    _sign_nothing(aws, names["cloudfront.origin_access_control"])
    _give_the_client_a_secret(aws, names["cognito-idp.user_pool"], names["cognito-idp.user_pool_client"])
    _say_that_the_role_was_another(aws, names["lambda.function"])
    _add_to_parents(aws, present, names["apigatewayv2.api"])
    aws.client("dynamodb").update_table(
        TableName=names["dynamodb.table"], DeletionProtectionEnabled=False, BillingMode="PROVISIONED"
    )


def _say_that_the_role_was_another(aws: Aws, function: str) -> None:
    client = aws.client("lambda")
    arn = client.get_function(FunctionName=function)["Configuration"]["FunctionArn"]
    client.tag_resource(Resource=arn, Tags={ROLE_ID: "a role that was deleted"})


def _add_to_parents(aws: Aws, present: Stack, api_name: str) -> None:
    """To the first function and its role, and to the API."""
    function = next(resource for resource in present.resources if resource.kind == "lambda.function")
    role = next(resource for resource in present.resources if resource.kind == "iam.role")
    anybody = {"Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
    aws.client("lambda").add_permission(FunctionName=function.name, StatementId="by-hand", **anybody)
    document = json.dumps(policies.document(policies.appends("*")))
    aws.client("iam").put_role_policy(RoleName=role.name, PolicyName="by-hand", PolicyDocument=document)
    gateway = aws.client("apigatewayv2")
    apis = gateway.get_apis()["Items"]
    api_id = next(api["ApiId"] for api in apis if api["Name"] == api_name)
    gateway.create_stage(ApiId=api_id, StageName="by-hand")


def _loosen_the_bucket(aws: Aws, name: str) -> None:
    s3 = aws.client("s3")
    s3.delete_public_access_block(Bucket=name)
    s3.delete_bucket_ownership_controls(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"})
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.delete_bucket_lifecycle(Bucket=name)


def _sign_nothing(aws: Aws, name: str) -> None:
    cloudfront = aws.client("cloudfront", region="us-east-1")
    listed = cloudfront.list_origin_access_controls()["OriginAccessControlList"]["Items"]
    found = next(item["Id"] for item in listed if item["Name"] == name)
    now = cloudfront.get_origin_access_control(Id=found)
    config = {**now["OriginAccessControl"]["OriginAccessControlConfig"], "SigningBehavior": "never"}
    cloudfront.update_origin_access_control(Id=found, IfMatch=now["ETag"], OriginAccessControlConfig=config)


def _give_the_client_a_secret(aws: Aws, pool_name: str, name: str) -> None:
    """A client has a secret from its beginning or never."""
    cognito = aws.client("cognito-idp")
    pool = _pool(aws, pool_name)
    for found in cognito.list_user_pool_clients(UserPoolId=pool, MaxResults=60)["UserPoolClients"]:
        cognito.delete_user_pool_client(UserPoolId=pool, ClientId=found["ClientId"])
    cognito.create_user_pool_client(UserPoolId=pool, ClientName=name, GenerateSecret=True)


def add_data(aws: Aws) -> None:
    """A student and an account, which only a teardown with data may take away."""
    prefix = aws.deployment.prefix
    aws.client("dynamodb").put_item(TableName=f"{prefix}-users", Item=ROW)
    aws.client("cognito-idp").admin_create_user(
        UserPoolId=_pool(aws, f"{prefix}-users"), Username=PERSON, MessageAction="SUPPRESS"
    )


def lost_data(aws: Aws, *, migrated: bool = False) -> list[str]:
    """What of `add_data` is not there any more, or not as `newer_stack` wants it."""
    prefix = aws.deployment.prefix
    key = {name: ROW[name] for name in ("id", "email")}
    looks: dict[str, Callable[[], bool]] = {
        "the student": lambda: "Item" in aws.client("dynamodb").get_item(TableName=f"{prefix}-users", Key=key),
        "the account": lambda: bool(
            aws.client("cognito-idp").list_users(UserPoolId=_pool(aws, f"{prefix}-users"))["Users"]
        ),
    }
    lost = [f"{what} is gone" for what, is_there in looks.items() if not is_there()]
    if migrated and not lost and people(aws) != {"kept": {"role": "student", "name": "Kim", "letter": "K"}}:
        lost.append("the student is not migrated")
    return lost


def _pool(aws: Aws, name: str) -> str:
    pools = aws.client("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]
    return next(str(pool["Id"]) for pool in pools if pool["Name"] == name)
