"""A bucket, its policy, its files."""

from __future__ import annotations

import dataclasses
import json

from studentdb.provision import policies
from studentdb.provision.aws import Aws
from studentdb.provision.core import Resource
from studentdb.provision.resources.lambda_permission import Permission
from studentdb.provision.resources.s3_bucket import Bucket
from studentdb.provision.resources.s3_bucket_policy import BucketPolicy
from studentdb.provision.resources.s3_data_bucket import BucketCors, BucketNotification, DataBucket
from studentdb.provision.resources.s3_objects import MANIFEST, File, Objects
from tests.provision.cases.lambda_ import function, parents
from tests.provision.lifecycle import Case

PAGE = File("<!doctype html><title>School</title>", "text/html; charset=utf-8", "no-cache")
SCRIPT = File(b"export const one = 1;\n", "text/javascript; charset=utf-8", "public, max-age=0")


def bucket(aws: Aws) -> Bucket:
    """The site's bucket."""
    return Bucket(name=f"{aws.deployment.prefix}-site-{aws.deployment.digest}")


def _with_bucket(aws: Aws) -> tuple[Resource, ...]:
    return (bucket(aws),)


def data_bucket(aws: Aws) -> DataBucket:
    """That of people's files. Without its policy: moto takes a Deny for one of everything, whatever its condition."""
    name = f"{aws.deployment.prefix}-media-{aws.deployment.digest}"
    return DataBucket(name=name, tls_only=False)


def _cors(made: tuple[Resource, ...], origin: str) -> BucketCors:
    return BucketCors(name="media", bucket=made[0].out("name"), origins=(origin,))


def _any_origin(aws: Aws, resource: Resource) -> None:
    assert isinstance(resource, BucketCors)
    rule = {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}
    aws.client("s3").put_bucket_cors(Bucket=resource.bucket, CORSConfiguration={"CORSRules": [rule]})


def _notification(made: tuple[Resource, ...], prefix: str) -> BucketNotification:
    return BucketNotification(name="media", bucket=made[0].out("name"), function_arn=made[3].out("arn"), prefix=prefix)


def _with_bucket_and_function(aws: Aws) -> tuple[Resource, ...]:
    bucket, made = data_bucket(aws), parents(aws)
    invoked = function(aws, made)
    permission = Permission(
        name="bucket",
        function_name=invoked.out("name"),
        principal="s3.amazonaws.com",
        source_arn=bucket.out("arn"),
    )
    return (bucket, *made, invoked, permission)


def _silenced(aws: Aws, resource: Resource) -> None:
    assert isinstance(resource, BucketNotification)
    other = {"Id": "x", "LambdaFunctionArn": resource.function_arn, "Events": ["s3:ObjectRemoved:*"]}
    aws.client("s3").put_bucket_notification_configuration(
        Bucket=resource.bucket, NotificationConfiguration={"LambdaFunctionConfigurations": [other]}
    )


def _loosened(aws: Aws, resource: Resource) -> None:
    s3 = aws.client("s3")
    s3.delete_public_access_block(Bucket=resource.name)
    s3.put_bucket_versioning(Bucket=resource.name, VersioningConfiguration={"Status": "Suspended"})
    s3.delete_bucket_lifecycle(Bucket=resource.name)
    # A teardown has to get rid of all of these.
    s3.put_object(Bucket=resource.name, Key="left behind", Body=b"1")
    s3.put_object(Bucket=resource.name, Key="left behind", Body=b"2")
    s3.delete_object(Bucket=resource.name, Key="left behind")
    s3.create_multipart_upload(Bucket=resource.name, Key="unfinished")


def _policy(aws: Aws, made: tuple[Resource, ...], distribution: str) -> BucketPolicy:
    arn = aws.arn("cloudfront", f"distribution/{distribution}", region=False)
    document = policies.site_bucket(made[0].out("arn"), arn, tls_only=aws.endpoints.has_tls)
    return BucketPolicy(name=made[0].out("name"), document=document)


def _policy_replaced(aws: Aws, resource: Resource) -> None:
    loose = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": aws.arn("iam", "root", region=False)},
            "Action": "s3:GetObject",
            "Resource": aws.arn("s3", f"{resource.name}/*", region=False, account=False),
        },
    }
    aws.client("s3").put_bucket_policy(Bucket=resource.name, Policy=json.dumps(loose))


def _objects(aws: Aws, made: tuple[Resource, ...], **differing: File | None) -> Objects:
    files = {
        "app.js": SCRIPT,
        "index.html": PAGE,
        "students": PAGE,
        "config.json": File("{}", "application/json", "no-cache"),
    }
    changed = {key.replace("_", "."): file for key, file in differing.items()}
    kept = {key: file for key, file in {**files, **changed}.items() if file is not None}
    return Objects(name="site", bucket=made[0].out("name"), files=kept)


def _changed_objects(aws: Aws, made: tuple[Resource, ...]) -> Objects:
    """Another body, only another header, one more, one less."""
    return _objects(
        aws,
        made,
        index_html=dataclasses.replace(PAGE, body="<!doctype html><title>Students</title>"),
        app_js=dataclasses.replace(SCRIPT, cache_control="no-cache"),
        style_css=File("p{}", "text/css; charset=utf-8", "no-cache"),
        students=None,
    )


def _tampered(aws: Aws, resource: Resource) -> None:
    assert isinstance(resource, Objects)
    s3 = aws.client("s3")
    s3.put_object(Bucket=resource.bucket, Key="index.html", Body=b"<p>defaced", ContentType="text/html")
    s3.put_object(Bucket=resource.bucket, Key="extra.html", Body=b"<p>mine")
    s3.delete_object(Bucket=resource.bucket, Key=MANIFEST)


CASES: list[Case] = [
    Case(name="s3-bucket", resource=lambda aws, _: bucket(aws), changed=None, drift=_loosened),
    Case(
        name="s3-data-bucket",
        resource=lambda aws, _: data_bucket(aws),
        changed=lambda aws, _: dataclasses.replace(data_bucket(aws), kms_key=aws.arn("kms", "key/of-the-school")),
        drift=_loosened,
    ),
    Case(
        name="s3-cors",
        parents=lambda aws: (data_bucket(aws),),
        resource=lambda _, made: _cors(made, "https://one.example.edu"),
        changed=lambda _, made: _cors(made, "https://two.example.edu"),
        drift=_any_origin,
        tagged=False,
    ),
    Case(
        name="s3-notification",
        parents=_with_bucket_and_function,
        resource=lambda _, made: _notification(made, "media/"),
        changed=lambda _, made: _notification(made, "files/"),
        drift=_silenced,
        tagged=False,
    ),
    Case(
        name="s3-bucket-policy",
        parents=_with_bucket,
        resource=lambda aws, made: _policy(aws, made, "E1"),
        changed=lambda aws, made: _policy(aws, made, "E2"),
        drift=_policy_replaced,
        tagged=False,
    ),
    Case(
        name="s3-objects",
        parents=_with_bucket,
        resource=_objects,
        changed=_changed_objects,
        drift=_tampered,
        tagged=False,
    ),
]
