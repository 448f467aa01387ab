"""The bucket of the files: presigned requests to it, hiding a file behind a delete marker, and what is made of one."""

from __future__ import annotations

import datetime
import os
import urllib.parse
from collections.abc import Iterator
from functools import cache
from typing import Any, BinaryIO, NamedTuple

import boto3
from botocore.config import Config

from studentdb_api import clock
from studentdb_api.dynamodb import Record
from studentdb_api.media_images import SQUARES

UPLOAD_MINUTES = 10
PREFIX = "media/"
# Of what is made of a picture. No event tells of what comes here.
SMALL = "thumbs/"
# Which of them a link leads to, or a version is of: the file itself, its thumbnail, or an avatar's square of this size.
FILE, THUMBNAIL = "file", "thumbnail"
# What was not uploaded carries this: no form lets a client send it (S3-26).
MADE_FROM = "made-from"
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


def key_of(media_id: str, part: str) -> str:
    """Where a part is: the file, or one that is made of it. All of the small ones begin alike."""
    if part == FILE:
        return object_key(media_id)
    return f"{SMALL}{media_id}" if part == THUMBNAIL else f"{SMALL}{media_id}/{part}"


def version_field(part: str) -> str:
    """What the record calls the version of a part."""
    return {FILE: "versionId", THUMBNAIL: "thumbnailVersionId"}.get(part, f"square{part}VersionId")


def parts(record: Record) -> list[str]:
    """All that the record names a version of."""
    return [part for part in (FILE, THUMBNAIL, *map(str, SQUARES)) if version_field(part) in record]


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


def link(record: Record, seconds: int, part: str = FILE) -> dict[str, str]:
    """A link to the version that was looked at, which saves it under its name and never shows it; or to a small one.

    An address that ends in an image is shown by a page's <img> all the same.
    """
    is_file = part == FILE
    name = record["name"] if is_file else f"{record['name']}.webp"
    url = client().generate_presigned_url(
        "get_object",
        Params={
            "Bucket": _BUCKET,
            "Key": key_of(record["id"], part),
            "VersionId": record[version_field(part)],
            "ResponseContentDisposition": _attachment(name),
            "ResponseContentType": record["contentType"] if is_file else "image/webp",
        },
        ExpiresIn=seconds,
    )
    return {"url": url, "validUntil": _in(seconds)}


def put_made(record: Record, content: BinaryIO, version_id: str) -> str:
    """Store what was made of a version of the file, as the next one; returns which one it is."""
    stored = client().put_object(
        Bucket=_BUCKET,
        Key=object_key(record["id"]),
        Body=content,
        ContentType=record["contentType"],
        ContentDisposition="attachment",
        Metadata={MADE_FROM: version_id},
    )
    return str(stored["VersionId"])


def put_small(media_id: str, part: str, content: bytes, content_type: str) -> str:
    """Store a small one of a picture; returns its version."""
    stored = client().put_object(
        Bucket=_BUCKET,
        Key=key_of(media_id, part),
        Body=content,
        ContentType=content_type,
        ContentDisposition="attachment",
    )
    return str(stored["VersionId"])


def keep_only(record: Record) -> None:
    """Remove every version of the file, and of its small ones, that the record does not name."""
    named = versions_of(record)
    for each in everything(record):
        if not each["deleteMarker"] and each["versionId"] not in named:
            remove(each["key"], each["versionId"])


def versions_of(record: Record) -> set[str]:
    """Those that the record names, of the file and of its small ones."""
    return {record[version_field(part)] for part in parts(record)}


def remove(key: str, version_id: str) -> None:
    """For good."""
    client().delete_object(Bucket=_BUCKET, Key=key, VersionId=version_id)


def hide(record: Record) -> None:
    """Put delete markers over the file and its small ones: the lifecycle removes what is behind them, in time."""
    # An upload that is under way has no version yet.
    for part in dict.fromkeys((FILE, *parts(record))):
        client().delete_object(Bucket=_BUCKET, Key=key_of(record["id"], part))


def uncover(record: Record) -> set[str]:
    """Take the delete markers away. Returns the versions that are there."""
    versions: set[str] = set()
    for each in (*entries(record["id"]), *(small(record["id"]) if THUMBNAIL in parts(record) else ())):
        if each["deleteMarker"]:
            remove(each["key"], each["versionId"])
        else:
            versions.add(each["versionId"])
    return versions


def remove_all(media_id: str) -> None:
    """Remove every version and every delete marker, of the file and its small ones, for good."""
    for each in (*entries(media_id), *small(media_id)):
        remove(each["key"], each["versionId"])


def earliest(media_id: str) -> str:
    """The version that came first, which was uploaded: what is made of it comes later; "" when there is none."""
    versions = [str(each["versionId"]) for each in entries(media_id) if not each["deleteMarker"]]
    return versions[-1] if versions else ""


def entries(media_id: str) -> Iterator[dict[str, Any]]:
    """What S3 has of a file, the newest first: versions and delete markers."""
    return _entries(object_key(media_id))


def small(media_id: str) -> Iterator[dict[str, Any]]:
    """What S3 has of a file's small ones; of each the newest first."""
    return _entries(key_of(media_id, THUMBNAIL))


def everything(record: Record) -> Iterator[dict[str, Any]]:
    """What S3 has of a file, and of its small ones where it is a picture."""
    yield from entries(record["id"])
    if record["contentType"].startswith("image/"):
        yield from small(record["id"])


def _entries(prefix: str) -> Iterator[dict[str, Any]]:
    """Ids have one length, so that no file's keys begin with another's."""
    pages = client().get_paginator("list_object_versions").paginate(Bucket=_BUCKET, Prefix=prefix)
    for page in pages:
        found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        # S3 has the versions of a page apart from its markers, and their times to the second.
        for each in sorted(found, key=lambda each: (each["IsLatest"], each["LastModified"]), reverse=True):
            yield {
                "key": each["Key"],
                "part": _part(each["Key"]),
                "versionId": each["VersionId"],
                "size": each.get("Size"),
                "createdAt": clock.text(each["LastModified"]),
                "deleteMarker": "Size" not in each,
            }


class Page(NamedTuple):
    """Some of the bucket: of each file its id and when its latest version came; `following` leads to the next page."""

    files: dict[str, str]
    following: str


def page(prefix: str, after: str, size: int) -> Page:
    """The next `size` versions and delete markers below a prefix of the bucket, after the key `after`."""
    marker = {"KeyMarker": after} if after else {}
    found = client().list_object_versions(Bucket=_BUCKET, Prefix=prefix, MaxKeys=size, **marker)
    files: dict[str, str] = {}
    last = ""
    for each in (*found.get("Versions", ()), *found.get("DeleteMarkers", ())):
        media_id = each["Key"].removeprefix(prefix).partition("/")[0]
        files[media_id] = max(files.get(media_id, ""), clock.text(each["LastModified"]))
        last = max(last, each["Key"])
    return Page(files, last if found.get("IsTruncated") else "")


def _part(key: str) -> str:
    """The inverse of `key_of`."""
    if key.startswith(PREFIX):
        return FILE
    return key.removeprefix(SMALL).partition("/")[2] or THUMBNAIL


def _attachment(name: str) -> str:
    """RFC 6266: the name as it is for those who know UTF-8, and one that harms nobody for others."""
    plain = "".join(each if (each.isascii() and each.isalnum()) or each in "-_." else "_" for each in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{urllib.parse.quote(name, safe='')}"


def _in(seconds: int) -> str:
    return clock.text(datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds))
