"""Files of the media hub where S3 is moto's: the bucket, and an upload with its event."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from tests.lambda_src.functions import Functions

Record = dict[str, Any]


def bucket_of(api: Functions) -> str:
    """The bucket of files, which is made where it is not there."""
    s3, name = api.s3, api.users.replace("-users", "-media")
    if name not in [each["Name"] for each in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": api.session.region_name})
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


def arrived(api: Functions, media_id: str, content: bytes) -> Record:
    """As S3 stores a file; returns the event that it sends."""
    key = f"media/{media_id}"
    version = api.s3.put_object(Bucket=bucket_of(api), Key=key, Body=content)["VersionId"]
    found = {"key": key, "size": len(content), "versionId": version, "sequencer": "0055AED6DCD90281E5"}
    return {"Records": [{"eventName": "ObjectCreated:Post", "s3": {"object": found}}]}


def uploads(api: Functions) -> Callable[[Record, bytes], object]:
    """What sends a file that was announced, for tests/examples.py."""

    def upload(announced: Record, content: bytes) -> None:
        feed = importlib.import_module("studentdb_api.media_feed")
        feed.handler(arrived(api, announced["media"]["id"], content), None)

    return upload
