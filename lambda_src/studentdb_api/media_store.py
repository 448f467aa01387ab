"""The bucket of the files: presigned requests to it, and hiding a file behind a delete marker."""

from __future__ import annotations

import datetime
import os
import urllib.parse
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import boto3
from botocore.config import Config

from studentdb_api import clock
from studentdb_api.dynamodb import Record

UPLOAD_MINUTES = 10
PREFIX = "media/"
_BUCKET = os.environ.get("MEDIA_BUCKET", "")


@cache
def client() -> Any:
    """Made on first use. The regional address, by SigV4: the global one redirects for a day (S3-25)."""
    return boto3.client(
        "s3",
        config=Config(
            signature_version="s3v4",
            s3={
                "addressing_style": os.environ.get("S3_ADDRESSING", "virtual"),
                "us_east_1_regional_endpoint": "regional",
            },
            connect_timeout=2,
            read_timeout=20,
            retries={"mode": "standard"},
        ),
    )


def object_key(media_id: str) -> str:
    """Where the file is: nothing that a person typed is part of it."""
    return f"{PREFIX}{media_id}"


def upload_form(record: Record) -> dict[str, Any]:
    """What uploads exactly this many bytes of this type to this key (S3-26, S3-27), for some minutes."""
    # A link says so as well; this way no other way to the object shows it either.
    fields = {"Content-Type": record["contentType"], "Content-Disposition": "attachment"}
    made = client().generate_presigned_post(
        _BUCKET,
        object_key(record["id"]),
        Fields=dict(fields),
        Conditions=[
            *({name: value} for name, value in fields.items()),
            ["content-length-range", record["size"], record["size"]],
        ],
        ExpiresIn=UPLOAD_MINUTES * 60,
    )
    return {"url": made["url"], "fields": made["fields"], "validUntil": _in(UPLOAD_MINUTES)}


def link(record: Record, seconds: int) -> dict[str, str]:
    """A link to the version that was looked at, which saves it under its name and never shows it."""
    url = client().generate_presigned_url(
        "get_object",
        Params={
            "Bucket": _BUCKET,
            "Key": object_key(record["id"]),
            "VersionId": record["versionId"],
            "ResponseContentDisposition": _attachment(record["name"]),
            "ResponseContentType": record["contentType"],
        },
        ExpiresIn=seconds,
    )
    return {"url": url, "validUntil": _in(seconds)}


def hide(media_id: str) -> None:
    """Put a delete marker over the file: the lifecycle removes what is behind it, in time."""
    client().delete_object(Bucket=_BUCKET, Key=object_key(media_id))


def uncover(media_id: str) -> set[str]:
    """Take the delete markers away. Returns the versions of the file that are there."""
    versions: set[str] = set()
    for each in entries(media_id):
        if each["deleteMarker"]:
            _remove(each)
        else:
            versions.add(each["versionId"])
    return versions


def remove_all(media_id: str) -> None:
    """Remove every version and every delete marker, for good."""
    for each in entries(media_id):
        _remove(each)


def newest(media_id: str) -> str:
    """The version that came last; "" when there is none."""
    versions = (str(each["versionId"]) for each in entries(media_id) if not each["deleteMarker"])
    return next(versions, "")


def entries(media_id: str) -> Iterator[dict[str, Any]]:
    """What S3 has of a file, the newest first: versions and delete markers."""
    pages = client().get_paginator("list_object_versions").paginate(Bucket=_BUCKET, Prefix=object_key(media_id))
    for page in pages:
        found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        # S3 has the versions of a page apart from its markers, and their times to the second.
        for each in sorted(found, key=lambda each: (each["IsLatest"], each["LastModified"]), reverse=True):
            yield {
                "key": each["Key"],
                "versionId": each["VersionId"],
                "size": each.get("Size"),
                "createdAt": clock.text(each["LastModified"]),
                "deleteMarker": "Size" not in each,
            }


class Page(NamedTuple):
    """Some of the bucket: of each file its id and when its latest version came; `following` leads to the next page."""

    files: dict[str, str]
    following: str


def page(after: str, size: int) -> Page:
    """The next `size` versions and delete markers in the bucket, after the key `after`."""
    marker = {"KeyMarker": after} if after else {}
    found = client().list_object_versions(Bucket=_BUCKET, Prefix=PREFIX, MaxKeys=size, **marker)
    files: dict[str, str] = {}
    last = ""
    for each in (*found.get("Versions", ()), *found.get("DeleteMarkers", ())):
        media_id = each["Key"].removeprefix(PREFIX).partition("/")[0]
        files[media_id] = max(files.get(media_id, ""), clock.text(each["LastModified"]))
        last = max(last, each["Key"])
    return Page(files, last if found.get("IsTruncated") else "")


def _remove(entry: dict[str, Any]) -> None:
    client().delete_object(Bucket=_BUCKET, Key=entry["key"], VersionId=entry["versionId"])


def _attachment(name: str) -> str:
    """RFC 6266: the name as it is for those who know UTF-8, and one that harms nobody for others."""
    plain = "".join(each if (each.isascii() and each.isalnum()) or each in "-_." else "_" for each in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{urllib.parse.quote(name, safe='')}"


def _in(seconds: int) -> str:
    return clock.text(datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds))
