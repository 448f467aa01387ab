"""Has a file looked at again by the function that looks at new ones (media_feed.py)."""

from __future__ import annotations

import json
import os
import urllib.parse
from collections.abc import Mapping
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from studentdb_api import media_store

_FUNCTION = os.environ.get("MEDIA_FUNCTION", "")


@cache
def client() -> Any:
    """Made on first use."""
    return boto3.client("lambda", config=Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard"}))


def ask(media_id: str, version_id: str) -> None:
    """Tell it of a version as S3 does, and wait for nothing."""
    found = {"key": media_store.object_key(media_id), "versionId": version_id}
    event = {"Records": [{"eventName": "studentdb:LookAgain", "s3": {"object": found}}]}
    client().invoke(FunctionName=_FUNCTION, InvocationType="Event", Payload=json.dumps(event).encode())


def id_of(record: Mapping[str, Any]) -> str:
    """Which file a record of S3's event is about."""
    return urllib.parse.unquote_plus(record["s3"]["object"]["key"]).removeprefix(media_store.PREFIX)
