"""The files of a site in a bucket.

A listing shows keys and ETags (the MD5 of what we upload: single part, SSE-S3) but no headers, and one HeadObject per
file and deploy is too many. So the headers of all files stand in one more object, the manifest, written after the
files: whatever the listing dates later than the manifest was touched since (by hand, or by a deploy that was cut off)
and only that is asked for by HeadObject. A survey that finds nothing changed costs two calls.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from studentdb.errors import StudentDBError
from studentdb.provision.aws import Aws, error_code, has_code, ignoring
from studentdb.provision.core import Change, Live, Outputs, Resource, giver
from studentdb.provision.resources.s3_bucket import TRANSIENT

# Public like the files that it lists.
MANIFEST = ".studentdb-manifest.json"
UPLOADS_AT_ONCE = 16
REMOVE_BUDGET = 120.0


@dataclass(frozen=True)
class File:
    """`body` may hold tokens when it is a str; it is stored as UTF-8."""

    body: str | bytes = field(repr=False)
    content_type: str
    cache_control: str

    @property
    def content(self) -> bytes:
        """The bytes that are stored."""
        return self.body.encode() if isinstance(self.body, str) else self.body

    @property
    def properties(self) -> dict[str, str]:
        """What is compared."""
        return {
            "etag": hashlib.md5(self.content, usedforsecurity=False).hexdigest(),
            "content_type": self.content_type,
            "cache_control": self.cache_control,
        }


@dataclass(frozen=True, kw_only=True)
class Objects(Resource):
    """`files` by key are all that the bucket holds: other keys are removed. A child of a bucket of ours.

    Output: `digest` of what is served (keys, contents, headers) and of the manifest's version. It changes with every
    update: also one that only undoes what somebody did by hand, which the caches may hold.
    """

    kind: ClassVar[str] = "s3.objects"
    identity: ClassVar = ("name", "bucket")
    volatile: ClassVar = frozenset({"digest"})
    actions: ClassVar = {
        "read": ("s3:ListBucket", "s3:GetObject"),
        "create": ("s3:PutObject",),
        "update": ("s3:PutObject", "s3:DeleteObject"),
        "delete": ("s3:ListBucket", "s3:DeleteObject"),
    }

    bucket: str
    files: Mapping[str, File] = field(repr=False)

    @property
    def goes_with(self) -> str:
        """The bucket: it is emptied before it is deleted."""
        return giver(self.bucket)

    def properties(self) -> dict[str, Any]:
        """`etag`, `content_type` and `cache_control` by key, the manifest included."""
        return {key: file.properties for key, file in self._all_files().items()}

    def read(self, aws: Aws) -> Live | None:
        """None while nothing is there, or no bucket."""
        try:
            listed = {item["Key"]: item for item in self._list(aws)}
            if not listed:
                return None
            headers, version = self._manifest(aws) if MANIFEST in listed else ({}, "")
            properties: dict[str, Any] = {}
            for key, item in listed.items():
                known = headers.get(key)
                if key == MANIFEST:
                    known = _manifest_headers()
                elif known is None or item["LastModified"] > listed[MANIFEST]["LastModified"]:
                    known = self._head(aws, key)
                properties[key] = {"etag": item["ETag"].strip('"'), **known}
        except ClientError as error:
            if error_code(error) != "NoSuchBucket":
                raise
            return None
        return Live(properties, _outputs(properties, version))

    def diff(self, live: Live) -> tuple[Change, ...]:
        """Files to write, then those to remove."""
        unwanted = sorted(set(live.properties) - set(self._all_files()))
        return (*super().diff(live), *(Change(key, live.properties[key], None) for key in unwanted))

    def create(self, aws: Aws) -> Outputs:
        """Uploads everything."""
        live = Live({})
        return self.update(aws, live, self.diff(live))

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        """New files, then the pages that name them, then the manifest; unwanted ones go last.

        A visitor in the middle of it so finds every file that the page asks for, and a cut leaves a difference.
        """
        files = self._all_files()
        wanted = [change.property for change in changes if change.after is not None and change.property != MANIFEST]
        for stage in _stages(wanted, files):
            with ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
                uploads = [pool.submit(self._put, aws, key, files[key]) for key in stage]
            for upload in uploads:
                upload.result()
        # Always: it dates what was written before it, and its version is this update's mark.
        version = self._put(aws, MANIFEST, files[MANIFEST])
        self._remove(aws, [change.property for change in changes if change.after is None])
        return _outputs(self.properties(), version)

    def delete(self, aws: Aws, live: Live) -> None:
        """Removes what is listed; old versions go with the bucket."""
        with ignoring("NoSuchBucket"):
            self._remove(aws, [item["Key"] for item in self._list(aws)])

    def _all_files(self) -> dict[str, File]:
        headers = {
            key: {"content_type": file.content_type, "cache_control": file.cache_control}
            for key, file in self.files.items()
        }
        manifest = File(json.dumps(headers, sort_keys=True, indent=1), **_manifest_headers())
        return {**self.files, MANIFEST: manifest}

    def _list(self, aws: Aws) -> Iterator[dict[str, Any]]:
        for page in aws.client("s3").get_paginator("list_objects_v2").paginate(**self._target(aws)):
            yield from page.get("Contents", ())

    def _manifest(self, aws: Aws) -> tuple[dict[str, dict[str, str]], str]:
        """The headers by key, and the manifest's version."""
        version = ""
        try:
            answer = aws.client("s3").get_object(**self._target(aws), Key=MANIFEST)
            version = _version(answer)
            headers = {
                key: {"content_type": entry["content_type"], "cache_control": entry["cache_control"]}
                for key, entry in json.loads(answer["Body"].read()).items()
            }
        except ClientError as error:
            if error_code(error) != "NoSuchKey":
                raise
        except (ValueError, KeyError, TypeError, AttributeError):
            pass  # damaged by hand: its ETag differs, so it is written anew
        else:
            return headers, version
        return {}, version

    def _head(self, aws: Aws, key: str) -> dict[str, str]:
        found = aws.client("s3").head_object(**self._target(aws), Key=key)
        return {"content_type": found.get("ContentType", ""), "cache_control": found.get("CacheControl", "")}

    def _put(self, aws: Aws, key: str, file: File) -> str:
        aws.pause(0)
        answer = aws.retry(
            lambda: aws.client("s3").put_object(
                **self._target(aws),
                Key=key,
                Body=file.content,
                ContentType=file.content_type,
                CacheControl=file.cache_control,
            ),
            when=has_code("NoSuchBucket"),  # S3-06
        )
        return _version(answer)

    def _remove(self, aws: Aws, keys: list[str]) -> None:
        left = [{"Key": key} for key in keys]

        def remove() -> bool | None:
            # Failures of single keys come with a 200 (S3-17).
            batches = [left[start : start + 1000] for start in range(0, len(left), 1000)]
            left[:] = [{"Key": error["Key"]} for batch in batches for error in self._failed(aws, batch)]
            return None if left else True

        aws.wait(remove, what=f"removing {len(keys)} files from bucket {self.bucket}", budget=REMOVE_BUDGET)

    def _failed(self, aws: Aws, batch: list[dict[str, str]]) -> list[dict[str, str]]:
        """What S3 may well remove a moment later. Raises StudentDBError for what it never will."""
        answer = aws.client("s3").delete_objects(**self._target(aws), Delete={"Objects": batch, "Quiet": True})
        errors: list[dict[str, str]] = answer.get("Errors", [])
        for error in errors:
            if error.get("Code") not in TRANSIENT:
                raise StudentDBError(
                    f"files cannot be removed from bucket {self.bucket}",
                    why=f"S3 answers {error.get('Code')} for {error.get('Key')}",
                    hint="run the same command again: it goes on from here",
                )
        return errors

    def _target(self, aws: Aws) -> dict[str, str]:
        return {"Bucket": self.bucket, "ExpectedBucketOwner": aws.account}


def _outputs(properties: Mapping[str, Any], version: str) -> Outputs:
    return {"digest": hashlib.sha256(json.dumps([properties, version], sort_keys=True).encode()).hexdigest()}


def _version(answer: Mapping[str, Any]) -> str:
    """Written while versioning was not in force yet, an object has none at first and `null` later."""
    return str(answer.get("VersionId") or "null")


def _manifest_headers() -> dict[str, str]:
    return {"content_type": "application/json", "cache_control": "no-cache"}


def _stages(keys: Iterable[str], files: Mapping[str, File]) -> tuple[list[str], list[str]]:
    """What pages load, then the pages (and what they read first)."""
    assets, pages = [], []
    for key in keys:
        if key == "config.json" or files[key].content_type.startswith("text/html"):
            pages.append(key)
        else:
            assets.append(key)
    return assets, pages
