"""The bucket, its policy, its files."""

from __future__ import annotations

import copy
import json
from typing import Any

from studentdb.provision.aws import Aws
from studentdb.provision.core import Live
from tests.provision.hand_edits import Edit


def _bucket(call: str, **arguments: Any) -> Edit:
    return lambda aws, bucket, _: getattr(aws.client("s3"), call)(Bucket=bucket.name, **arguments)


def _bucket_policy(aws: Aws, policy: Any, _: Live) -> None:
    found = copy.deepcopy(policy.document)
    found["Statement"] = found["Statement"][:1]
    aws.client("s3").put_bucket_policy(Bucket=policy.name, Policy=json.dumps(found))


def _put(key: str, **change: Any) -> Edit:
    """An object with another body, or with another header alone."""

    def edit(aws: Aws, objects: Any, _: Live) -> None:
        file = objects.files.get(key)
        same: dict[str, Any] = {}
        if file is not None:
            same = {"Body": file.content, "ContentType": file.content_type, "CacheControl": file.cache_control}
        aws.client("s3").put_object(Bucket=objects.bucket, Key=key, **{**same, **change})

    return edit


def _deleted(key: str) -> Edit:
    return lambda aws, objects, _: aws.client("s3").delete_object(Bucket=objects.bucket, Key=key)


_OF_A_BUCKET: dict[str, Edit] = {
    "tagged": _bucket("delete_bucket_tagging"),
    "public_access_block": _bucket("delete_public_access_block"),
    "object_ownership": _bucket(
        "put_bucket_ownership_controls", OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    ),
    "versioning": _bucket("put_bucket_versioning", VersioningConfiguration={"Status": "Suspended"}),
    "encryption": _bucket(
        "put_bucket_encryption",
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]
        },
    ),
    "lifecycle": _bucket("delete_bucket_lifecycle"),
}


def _another_policy(aws: Aws, bucket: Any, _: Live) -> None:
    loose = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucketWebsite", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [{**loose, "Resource": f"arn:aws:s3:::{bucket.name}"}]}
    aws.client("s3").put_bucket_policy(Bucket=bucket.name, Policy=json.dumps(policy))


def _cors(aws: Aws, cors: Any, _: Live) -> None:
    rule = {"AllowedMethods": ["GET", "POST"], "AllowedOrigins": ["*"]}
    aws.client("s3").put_bucket_cors(Bucket=cors.bucket, CORSConfiguration={"CORSRules": [rule]})


def _tells(*, events: str) -> Edit:
    """The bucket invokes the function for something else, or tells EventBridge as well."""

    def edit(aws: Aws, notification: Any, _: Live) -> None:
        function = {
            "Id": notification.name,
            "LambdaFunctionArn": notification.function_arn,
            "Events": [events],
            "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": notification.prefix}]}},
        }
        told: dict[str, Any] = {"LambdaFunctionConfigurations": [function]}
        if events == "s3:ObjectCreated:*":
            told["EventBridgeConfiguration"] = {}
        aws.client("s3").put_bucket_notification_configuration(
            Bucket=notification.bucket, NotificationConfiguration=told
        )

    return edit


EDITS: dict[str, dict[str, Edit]] = {
    "s3.bucket": _OF_A_BUCKET,
    "s3.data_bucket": {**_OF_A_BUCKET, "policy": _another_policy},
    "s3.cors": {"rules": _cors},
    "s3.notification": {
        "functions": _tells(events="s3:ObjectRemoved:*"),
        "others": _tells(events="s3:ObjectCreated:*"),
    },
    "s3.bucket_policy": {"document": _bucket_policy},
    "s3.objects": {
        "index.html": _put("index.html", Body=b"<p>defaced"),
        "app.js": _put("app.js", CacheControl="public, max-age=31536000"),
        "students": _put("students", ContentType="text/plain"),
        "config.json": _deleted("config.json"),
        "extra.html": _put("extra.html", Body=b"<p>mine"),
        ".studentdb-manifest.json": _put(".studentdb-manifest.json", Body=b"{}"),
    },
}
