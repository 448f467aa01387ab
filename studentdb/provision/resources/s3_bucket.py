"""A private, versioned, encrypted S3 bucket with all its settings; its policy: s3_bucket_policy.py.

Ownership: our tag, set in the create call itself. A bucket of exactly our name in our account that has no tags and
nothing in it is a half-made one of ours; any other one is never touched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from studentdb.errors import StudentDBError
from studentdb.provision import tags
from studentdb.provision.aws import Aws, error_code, has_code, ignoring
from studentdb.provision.core import Change, Live, NotOursError, Outputs, Resource

NONCURRENT_DAYS = 30
ABORT_MULTIPART_DAYS = 7
# A name that was deleted a moment ago is not free at once (S3-05).
CREATE_BUDGET = 1200.0
EMPTY_BUDGET = 900.0

# A new bucket is not visible everywhere (S3-06); settings in quick succession collide (S3-07, S3-37).
_NOT_YET = has_code("NoSuchBucket", "OperationAborted")
# What single keys of a DeleteObjects may fail with, for a moment (S3-17).
TRANSIENT = frozenset({"InternalError", "SlowDown", "ServiceUnavailable", "OperationAborted", "RequestTimeout"})
_DNS_SUFFIX = {"aws-cn": "amazonaws.com.cn", "aws-eusc": "amazonaws.eu"}

_NO_PUBLIC_ACCESS = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
LIFECYCLE = [
    {
        "ID": "abort-incomplete-uploads",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": ABORT_MULTIPART_DAYS},
    },
    {
        "ID": "expire-noncurrent-versions",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": NONCURRENT_DAYS},
    },
]


@dataclass(frozen=True, kw_only=True)
class Bucket(Resource):
    """Outputs: `name`, `arn`, `regional_domain_name` (for CloudFront origins)."""

    kind: ClassVar[str] = "s3.bucket"
    actions: ClassVar = {
        "read": (
            "s3:GetBucketTagging",
            "s3:GetBucketPublicAccessBlock",
            "s3:GetBucketOwnershipControls",
            "s3:GetBucketVersioning",
            "s3:GetEncryptionConfiguration",
            "s3:GetLifecycleConfiguration",
            "s3:ListBucketVersions",
            "s3:ListAllMyBuckets",
        ),
        "create": ("s3:CreateBucket", "s3:TagResource"),
        "update": (
            "s3:PutBucketTagging",
            "s3:PutBucketPublicAccessBlock",
            "s3:PutBucketOwnershipControls",
            "s3:PutBucketVersioning",
            "s3:PutEncryptionConfiguration",
            "s3:PutLifecycleConfiguration",
        ),
        "delete": (
            "s3:ListBucket",
            "s3:ListBucketVersions",
            "s3:ListBucketMultipartUploads",
            "s3:AbortMultipartUpload",
            "s3:DeleteObject",
            "s3:DeleteObjectVersion",
            "s3:DeleteBucket",
        ),
    }

    @property
    def lane(self) -> str:
        """Settings of one bucket are written one at a time (S3-07)."""
        return f"bucket:{self.name}"

    def properties(self) -> dict[str, Any]:
        """The tag and every setting, so that a crash between two of them is repaired by `update`."""
        return {
            "tagged": True,
            "public_access_block": _NO_PUBLIC_ACCESS,
            "object_ownership": "BucketOwnerEnforced",
            "versioning": "Enabled",
            "encryption": _encryption(self._encryption_rule()),
            "lifecycle": LIFECYCLE,
        }

    def read(self, aws: Aws) -> Live | None:
        """Raises NotOursError for another account's bucket and for an unmarked one with tags or contents."""
        try:
            return Live(self._read_all(aws), self._outputs(aws))
        except ClientError as error:
            if error_code(error) != "NoSuchBucket":
                raise
            return None

    def find(self, aws: Aws) -> Live | None:
        """Raises as `read`."""
        with ignoring("NoSuchBucket"):
            return Live({"tagged": self._is_tagged(aws)}, self._outputs(aws))
        return None

    def create(self, aws: Aws) -> Outputs:
        """Raises NotOursError when the name is taken by another account."""
        configuration: dict[str, Any] = {"Tags": tags.as_list(aws.tags)}
        if aws.region != "us-east-1":  # which is refused as a constraint (S3-01)
            configuration["LocationConstraint"] = aws.region
        make = partial(aws.client("s3").create_bucket, Bucket=self.name, CreateBucketConfiguration=configuration)
        try:
            aws.retry(make, when=has_code("OperationAborted"), budget=CREATE_BUDGET)
        except ClientError as error:
            if error_code(error) == "BucketAlreadyExists":
                raise self._foreign() from error
            if error_code(error) != "BucketAlreadyOwnedByYou":
                raise
        # us-east-1 answers 200 for a bucket that was there before (S3-03), so whose it is is read in any case. What
        # AWS's defaults hold already is not written again.
        live = aws.wait(lambda: self.read(aws), what=f"bucket {self.name} becoming visible", budget=120)
        return self.update(aws, live, self.diff(live))

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        """One setting after the other."""
        writers = self._writers(aws)
        for change in changes:
            aws.retry(writers[change.property], when=_NOT_YET)
        return self._outputs(aws)

    def settle(self, aws: Aws) -> None:
        """Waits for the lifecycle rules: their reads lag behind, alone of all settings (S3-21)."""
        aws.wait(
            lambda: self._lifecycle(aws) == LIFECYCLE or None,
            what=f"the lifecycle rules of {self.name} becoming visible",
            budget=180,
        )

    def delete(self, aws: Aws, live: Live) -> None:
        """Removes every version, delete marker and unfinished upload first."""
        with ignoring("NoSuchBucket"):
            # A late write (of a log, of an upload that was under way) makes it non-empty again (S3-13).
            aws.retry(lambda: self._delete_once(aws), when=has_code("BucketNotEmpty", "OperationAborted"), budget=300)
        # DeleteBucket answers before the name is gone (S3-19).
        aws.wait(lambda: self._is_gone(aws), what=f"bucket {self.name} disappearing", budget=120)

    def _is_tagged(self, aws: Aws) -> bool:
        s3 = aws.client("s3")
        target = self._target(aws)
        try:
            found = tags.from_list(s3.get_bucket_tagging(**target)["TagSet"])
        except ClientError as error:
            if error_code(error) == "AccessDenied" and not self._in_our_account(aws):
                raise self._foreign() from error
            if error_code(error) != "NoSuchTagSet":
                raise
            found = {}
        if aws.owns(found):
            return True
        versions = s3.list_object_versions(**target, MaxKeys=1)
        if found or versions.get("Versions") or versions.get("DeleteMarkers"):
            raise NotOursError(
                "bucket", self.name, f"it lacks the tag {tags.DEPLOYMENT}={aws.deployment.id} and is not an empty one"
            )
        return False

    def _in_our_account(self, aws: Aws) -> bool:
        """An AccessDenied on a bucket of ours is a missing right, not a foreign bucket."""
        found = aws.client("s3").list_buckets(Prefix=self.name)
        return any(bucket["Name"] == self.name for bucket in found.get("Buckets", ()))

    def _read_all(self, aws: Aws) -> dict[str, Any]:
        s3 = aws.client("s3")
        target = self._target(aws)
        asked: dict[str, Callable[[], Any]] = {
            "tagged": lambda: self._is_tagged(aws),
            "block": lambda: unless_unset(
                lambda: s3.get_public_access_block(**target)["PublicAccessBlockConfiguration"],
                "NoSuchPublicAccessBlockConfiguration",
            ),
            "ownership": lambda: unless_unset(
                lambda: s3.get_bucket_ownership_controls(**target)["OwnershipControls"]["Rules"][0]["ObjectOwnership"],
                "OwnershipControlsNotFoundError",
            ),
            "encryption": lambda: unless_unset(
                lambda: s3.get_bucket_encryption(**target)["ServerSideEncryptionConfiguration"]["Rules"][0],
                "ServerSideEncryptionConfigurationNotFoundError",
            ),
            "versioning": lambda: s3.get_bucket_versioning(**target).get("Status"),
            "lifecycle": lambda: self._lifecycle(aws),
        }
        # At once: one after the other they would be the longest part of a survey.
        with ThreadPoolExecutor(len(asked)) as pool:
            reads = {name: pool.submit(read) for name, read in asked.items()}
        # First, because what else cannot be read of a bucket may be so because it is somebody else's.
        tagged = reads["tagged"].result()
        block, encryption = reads["block"].result(), reads["encryption"].result()
        return {
            "tagged": tagged,
            "public_access_block": block and {key: block.get(key, False) for key in _NO_PUBLIC_ACCESS},
            "object_ownership": reads["ownership"].result(),
            "versioning": reads["versioning"].result(),
            "encryption": encryption and _encryption(encryption),
            "lifecycle": reads["lifecycle"].result(),
        }

    def _lifecycle(self, aws: Aws) -> list[dict[str, Any]] | None:
        s3 = aws.client("s3")
        rules = unless_unset(
            lambda: s3.get_bucket_lifecycle_configuration(**self._target(aws))["Rules"],
            "NoSuchLifecycleConfiguration",
        )
        # An all-matching filter may come back as `{}`.
        return rules and sorted(
            ({**rule, "Filter": rule.get("Filter") or {"Prefix": ""}} for rule in rules), key=lambda rule: rule["ID"]
        )

    def _writers(self, aws: Aws) -> dict[str, Callable[[], object]]:
        s3 = aws.client("s3")
        target = self._target(aws)
        encryption = {"Rules": [self._encryption_rule()]}
        ownership = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        return {
            # Replaces the whole set, and is called only when that is empty.
            "tagged": partial(s3.put_bucket_tagging, **target, Tagging={"TagSet": tags.as_list(aws.tags)}),
            "public_access_block": partial(
                s3.put_public_access_block, **target, PublicAccessBlockConfiguration=_NO_PUBLIC_ACCESS
            ),
            "object_ownership": partial(s3.put_bucket_ownership_controls, **target, OwnershipControls=ownership),
            "versioning": partial(s3.put_bucket_versioning, **target, VersioningConfiguration={"Status": "Enabled"}),
            "encryption": partial(s3.put_bucket_encryption, **target, ServerSideEncryptionConfiguration=encryption),
            "lifecycle": partial(
                s3.put_bucket_lifecycle_configuration, **target, LifecycleConfiguration={"Rules": LIFECYCLE}
            ),
        }

    def _encryption_rule(self) -> dict[str, Any]:
        return {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}

    def _delete_once(self, aws: Aws) -> None:
        with ThreadPoolExecutor(1) as pool:
            aborted = pool.submit(self._abort_uploads, aws)
            aws.wait(lambda: self._emptied(aws), what=f"emptying bucket {self.name}", budget=EMPTY_BUDGET)
        aborted.result()
        aws.client("s3").delete_bucket(**self._target(aws))

    def _abort_uploads(self, aws: Aws) -> None:
        s3 = aws.client("s3")
        target = self._target(aws)
        for page in s3.get_paginator("list_multipart_uploads").paginate(**target):
            for upload in page.get("Uploads", ()):
                aws.pause(0)
                with ignoring("NoSuchUpload"):
                    s3.abort_multipart_upload(**target, Key=upload["Key"], UploadId=upload["UploadId"])

    def _emptied(self, aws: Aws) -> bool | None:
        """One pass over everything in it; None when S3 asks for another one."""
        s3 = aws.client("s3")
        target = self._target(aws)
        failed: set[str] = set()
        for page in s3.get_paginator("list_object_versions").paginate(**target):
            aws.pause(0)
            found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            if found:
                batch = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in found]
                answer = s3.delete_objects(**target, Delete={"Objects": batch, "Quiet": True})
                # Failures of single keys come with a 200 (S3-17).
                failed |= {str(error.get("Code", "")) for error in answer.get("Errors", ())}
        if failed - TRANSIENT:
            raise StudentDBError(
                f"bucket {self.name} cannot be emptied",
                why=f"S3 refuses to delete some of its objects ({', '.join(sorted(failed))})",
                hint=f"aws s3api list-object-versions --bucket {self.name}",
            )
        return None if failed else True

    def _is_gone(self, aws: Aws) -> bool | None:
        try:
            aws.client("s3").head_bucket(**self._target(aws))
        except ClientError as error:
            # A HEAD has no body, so botocore takes the status for the code.
            if error_code(error) in ("404", "NoSuchBucket"):
                return True
            raise
        return None

    def _target(self, aws: Aws) -> dict[str, str]:
        return {"Bucket": self.name, "ExpectedBucketOwner": aws.account}

    def _foreign(self) -> NotOursError:
        return NotOursError("bucket", self.name, "bucket names are global and another AWS account has this one")

    def _outputs(self, aws: Aws) -> Outputs:
        # The global name of a new bucket redirects viewers for a day (S3-25, CF-32).
        suffix = _DNS_SUFFIX.get(aws.partition, "amazonaws.com")
        return {
            "name": self.name,
            "arn": aws.arn("s3", self.name, region=False, account=False),
            "regional_domain_name": f"{self.name}.s3.{aws.region}.{suffix}",
        }


def unless_unset(call: Callable[[], Any], unset: str) -> Any:
    """`call()`, or None when S3 answers that the setting is not there (S3-36)."""
    try:
        return call()
    except ClientError as error:
        if error_code(error) != unset:
            raise
        return None


def _encryption(rule: Mapping[str, Any]) -> str:
    """`AES256`, or `aws:kms` with what else was chosen."""
    default = rule.get("ApplyServerSideEncryptionByDefault", {})
    key = default.get("KMSMasterKeyID")
    words = (f", key {key}" if key else "") + (", bucket key" if rule.get("BucketKeyEnabled") else "")
    return f"{default.get('SSEAlgorithm')}{words}"
