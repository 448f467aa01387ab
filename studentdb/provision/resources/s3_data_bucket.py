"""A bucket that holds people's files, what browsers of which site may do with it, and whom it tells of a new file.

The bucket is kept by a plain teardown and adopted by the next deploy, with every setting: that is why its policy is one
of them and no resource of its own, which would go with the teardown.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from studentdb.provision.aws import Aws, error_code, error_message, has_code, ignoring
from studentdb.provision.core import Change, Live, Outputs, Resource, giver
from studentdb.provision.policies import tls_only
from studentdb.provision.resources.s3_bucket import Bucket, unless_unset
from studentdb.provision.resources.s3_bucket_policy import canonical, policy_not_yet

# What browsers keep of the answer to a preflight, in seconds.
_PREFLIGHT_S = 3000
# S3 asks Lambda whether it may invoke; a permission of a moment ago is not seen yet (S3-24).
_PERMISSION_BUDGET = 300.0

_not_yet = has_code("NoSuchBucket", "OperationAborted")


@dataclass(frozen=True, kw_only=True)
class DataBucket(Bucket):
    """Outputs as `Bucket`'s. `tls_only` refuses everything without TLS.

    New files are encrypted with the key whose ARN is `kms_key`, with the AWS-managed one where that is "".
    """

    kind: ClassVar[str] = "s3.data_bucket"
    stateful: ClassVar[bool] = True
    actions: ClassVar = {
        **Bucket.actions,
        "read": (*Bucket.actions["read"], "s3:GetBucketPolicy"),
        "update": (*Bucket.actions["update"], "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"),
    }

    tls_only: bool
    kms_key: str = ""

    def properties(self) -> dict[str, Any]:
        """The policy is one of the settings."""
        return {**super().properties(), "policy": canonical(self._document()) if self.tls_only else None}

    def _document(self) -> dict[str, Any]:
        return dict(tls_only(f"arn:aws:s3:::{self.name}"))

    def _read_all(self, aws: Aws) -> dict[str, Any]:
        found = super()._read_all(aws)
        read = partial(aws.client("s3").get_bucket_policy, **self._target(aws))
        policy = unless_unset(lambda: json.loads(read()["Policy"]), "NoSuchBucketPolicy")
        return {**found, "policy": policy and canonical(policy)}

    def _writers(self, aws: Aws) -> dict[str, Callable[[], object]]:
        return {**super()._writers(aws), "policy": partial(self._write_policy, aws)}

    def _write_policy(self, aws: Aws) -> None:
        s3, target = aws.client("s3"), self._target(aws)
        if self.tls_only:
            text = json.dumps(self._document())
            aws.retry(lambda: s3.put_bucket_policy(**target, Policy=text), when=policy_not_yet)
        else:
            s3.delete_bucket_policy(**target)

    def _encryption_rule(self) -> dict[str, Any]:
        # A key for the bucket instead of one for every file: one request to KMS for many.
        own = {"KMSMasterKeyID": self.kms_key} if self.kms_key else {}
        return {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", **own}, "BucketKeyEnabled": True}


@dataclass(frozen=True, kw_only=True)
class BucketCors(Resource):
    """Which sites' pages may send files to our bucket and read them (S3-30). No outputs; `name` is ours alone."""

    kind: ClassVar[str] = "s3.cors"
    identity: ClassVar = ("name", "bucket")
    actions: ClassVar = {
        "read": ("s3:GetBucketCORS",),
        "create": ("s3:PutBucketCORS",),
        "update": ("s3:PutBucketCORS",),
        "delete": ("s3:PutBucketCORS",),
    }

    bucket: str
    origins: tuple[str, ...]

    @property
    def lane(self) -> str:
        return f"bucket:{self.bucket}"

    @property
    def goes_with(self) -> str:
        return giver(self.bucket)

    def properties(self) -> dict[str, Any]:
        return {"rules": [self._rule()]}

    def _rule(self) -> dict[str, Any]:
        return {
            "AllowedHeaders": ["content-type"],
            "AllowedMethods": ["GET", "POST"],
            "AllowedOrigins": list(self.origins),
            "ExposeHeaders": ["ETag"],
            "MaxAgeSeconds": _PREFLIGHT_S,
        }

    def read(self, aws: Aws) -> Live | None:
        """None as well while there is no bucket."""
        try:
            rules = aws.client("s3").get_bucket_cors(**_target(aws, self.bucket))["CORSRules"]
        except ClientError as error:
            if error_code(error) not in ("NoSuchCORSConfiguration", "NoSuchBucket"):
                raise
            return None
        return Live({"rules": rules})

    def create(self, aws: Aws) -> Outputs:
        s3 = aws.client("s3")
        rules = {"CORSRules": [self._rule()]}
        aws.retry(lambda: s3.put_bucket_cors(**_target(aws, self.bucket), CORSConfiguration=rules), when=_not_yet)
        return {}

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        return self.create(aws)

    def delete(self, aws: Aws, live: Live) -> None:
        s3 = aws.client("s3")
        with ignoring("NoSuchBucket"):
            aws.retry(lambda: s3.delete_bucket_cors(**_target(aws, self.bucket)), when=has_code("OperationAborted"))


@dataclass(frozen=True, kw_only=True)
class BucketNotification(Resource):
    """Our bucket invokes a function for each new object whose key begins with `prefix`. No outputs.

    A write replaces whatever else the bucket tells anybody (S3-24).
    """

    kind: ClassVar[str] = "s3.notification"
    identity: ClassVar = ("name", "bucket")
    actions: ClassVar = {
        "read": ("s3:GetBucketNotification",),
        "create": ("s3:PutBucketNotification",),
        "update": ("s3:PutBucketNotification",),
        "delete": ("s3:PutBucketNotification",),
    }

    bucket: str
    function_arn: str
    prefix: str

    @property
    def lane(self) -> str:
        return f"bucket:{self.bucket}"

    @property
    def goes_with(self) -> str:
        return giver(self.bucket)

    def properties(self) -> dict[str, Any]:
        return {"functions": [self._function()], "others": []}

    def _function(self) -> dict[str, Any]:
        return {
            "Id": self.name,
            "LambdaFunctionArn": self.function_arn,
            "Events": ["s3:ObjectCreated:*"],
            "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": self.prefix}]}},
        }

    def read(self, aws: Aws) -> Live | None:
        """None as well while there is no bucket, and for one that tells nobody anything."""
        s3 = aws.client("s3")
        try:
            found = s3.get_bucket_notification_configuration(**_target(aws, self.bucket))
        except ClientError as error:
            if error_code(error) != "NoSuchBucket":
                raise
            return None
        functions = [_spelled(each) for each in found.get("LambdaFunctionConfigurations", ())]
        others = sorted(name for name in found if name not in ("LambdaFunctionConfigurations", "ResponseMetadata"))
        return Live({"functions": functions, "others": others}) if functions or others else None

    def create(self, aws: Aws) -> Outputs:
        self._put(aws, {"LambdaFunctionConfigurations": [self._function()]})
        return {}

    def update(self, aws: Aws, live: Live, changes: tuple[Change, ...]) -> Outputs:
        return self.create(aws)

    def delete(self, aws: Aws, live: Live) -> None:
        with ignoring("NoSuchBucket"):
            self._put(aws, {})

    def _put(self, aws: Aws, configuration: dict[str, Any]) -> None:
        put = partial(aws.client("s3").put_bucket_notification_configuration, **_target(aws, self.bucket))
        aws.retry(
            lambda: put(NotificationConfiguration=configuration), when=_cannot_invoke_yet, budget=_PERMISSION_BUDGET
        )


def _spelled(function: dict[str, Any]) -> dict[str, Any]:
    """S3 answers `Prefix`, whatever was written."""
    rules = [
        {"Name": rule["Name"].lower(), "Value": rule["Value"]}
        for rule in function.get("Filter", {}).get("Key", {}).get("FilterRules", ())
    ]
    return {**function, "Filter": {"Key": {"FilterRules": rules}}}


def _cannot_invoke_yet(error: ClientError) -> bool:
    return error_code(error) == "OperationAborted" or (
        error_code(error) == "InvalidArgument" and "Unable to validate" in error_message(error)
    )


def _target(aws: Aws, bucket: str) -> dict[str, str]:
    return {"Bucket": bucket, "ExpectedBucketOwner": aws.account}
