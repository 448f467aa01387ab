"""The policy of an S3 bucket."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from studentdb.provision.aws import Aws, error_code, error_message, has_code, ignoring
from studentdb.provision.core import Change, Live, Outputs, Resource
from studentdb.provision.resources.s3_bucket import Bucket


@dataclass(frozen=True, kw_only=True)
class BucketPolicy(Resource):
    """The one policy of bucket `name`: a write replaces it, so all is in one `document` (S3-33). No outputs."""

    kind: ClassVar[str] = "s3.bucket_policy"
    actions: ClassVar = {
        "read": ("s3:GetBucketPolicy",),
        "create": ("s3:PutBucketPolicy",),
        "update": ("s3:PutBucketPolicy",),
        "delete": ("s3:DeleteBucketPolicy",),
    }

    document: Mapping[str, Any]

    @property
    def lane(self) -> str:
        """The bucket's: its settings are written one at a time (S3-07)."""
        return f"bucket:{self.name}"

    @property
    def goes_with(self) -> str:
        return f"{Bucket.kind}/{self.name}"

    def properties(self) -> dict[str, Any]:
        """The document in its canonical form."""
        return {"document": canonical(self.document)}

    def read(self, aws: Aws) -> Live | None:
        """None as well while there is no bucket."""
        try:
            text = aws.client("s3").get_bucket_policy(**self._target(aws))["Policy"]
        except ClientError as error:
            if error_code(error) not in ("NoSuchBucketPolicy", "NoSuchBucket"):
                raise
            return None
        return Live({"document": canonical(json.loads(text))})

    def create(self, aws: Aws) -> Outputs:
        """Waits for a principal or bucket that was made a moment ago."""
        put = partial(aws.client("s3").put_bucket_policy, **self._target(aws), Policy=json.dumps(self.document))
        aws.retry(put, when=policy_not_yet)
        return {}

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        """Replaces it."""
        return self.create(aws)

    def delete(self, aws: Aws, live: Live) -> None:
        """The bucket may be gone already."""
        remove = partial(aws.client("s3").delete_bucket_policy, **self._target(aws))
        with ignoring("NoSuchBucket", "NoSuchBucketPolicy"):
            aws.retry(remove, when=has_code("OperationAborted"))

    def _target(self, aws: Aws) -> dict[str, str]:
        return {"Bucket": self.name, "ExpectedBucketOwner": aws.account}


def policy_not_yet(error: ClientError) -> bool:
    # S3-06, S3-07, and a new role is unknown for a while (S3-08).
    return error_code(error) in ("NoSuchBucket", "OperationAborted") or (
        error_code(error) == "MalformedPolicy" and "Invalid principal" in error_message(error)
    )


def canonical(value: Any) -> Any:
    """AWS may hand lists back in another order, and a list of one as its element; a policy means the same then."""
    if isinstance(value, Mapping):
        return {key: canonical(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        items = [canonical(item) for item in value]
        return items[0] if len(items) == 1 else sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
    return value
